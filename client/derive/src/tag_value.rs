//! Enums whose variants are tag values.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Path, Result, Variant, parse_quote};

use crate::attributes::{OnEnum, OnVariant};
use crate::name::{Name, Part, snake_case};

/// # Errors
/// Why the type is no tag value.
pub(crate) fn tag_value(input: &DeriveInput) -> Result<TokenStream> {
    let refuse = |span, what: &str| {
        Err(Error::new(span, format!("{what}: `TagValue` is derived for enums whose variants have no fields")))
    };
    let variants = match &input.data {
        Data::Enum(data) if data.variants.is_empty() => {
            return refuse(input.ident.span(), "an enum without variants has no values");
        }
        Data::Enum(data) => &data.variants,
        Data::Struct(data) => return refuse(data.struct_token.span, "which text stands for a struct is not known"),
        Data::Union(data) => return refuse(data.union_token.span, "which text stands for a union is not known"),
    };
    let mut errors: Option<Error> = None;
    let mut arms = TokenStream::new();
    for variant in variants {
        match arm(variant) {
            Ok(arm) => arms.extend(arm),
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let influx: Path = OnEnum::read(&input.attrs)?.path.unwrap_or_else(|| parse_quote!(::influx_client));
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #influx::TagValue for #ident #type_generics #where_clause {
            #[inline]
            fn as_tag(&self) -> #influx::Tag<'_> {
                #influx::Tag::Text(match self { #arms })
            }
        }
    })
}

fn arm(variant: &Variant) -> Result<TokenStream> {
    let ident = &variant.ident;
    if !matches!(variant.fields, Fields::Unit) {
        let why = format!("`{ident}` has fields, so no one text stands for it: implement `TagValue` by hand");
        return Err(Error::new(ident.span(), why));
    }
    let on_variant = OnVariant::read(&variant.attrs)?;
    let name = Name::new(on_variant.rename.as_ref(), ident, || snake_case(&ident.unraw().to_string()));
    // The encoder escapes it, with all other tag values.
    name.escaped(Part::TagValue)?;
    let text = name.text;
    Ok(quote!(Self::#ident => #text,))
}
