//! `#[derive(Measurement)]` and `#[derive(TagValue)]` for `influx-client`, which re-exports them and documents them with
//! the traits of those names.
//!
//! What can be known of a point before it has values is done here: its names are checked as a 1.x server reads them,
//! escaped and sorted, and handed over as literals that are copied. What cannot be stored does not compile, with the
//! message on the attribute, name or type that is at fault.

use proc_macro::TokenStream;

mod attributes;
mod columns;
mod expand;
mod name;
mod tag_value;

/// Implements `influx_client::Measurement`; the attributes are documented with that trait.
#[proc_macro_derive(Measurement, attributes(influx))]
pub fn derive_measurement(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::measurement(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Implements `influx_client::TagValue` for an enum; the attributes are documented with that trait.
#[proc_macro_derive(TagValue, attributes(influx))]
pub fn derive_tag_value(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    tag_value::tag_value(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
