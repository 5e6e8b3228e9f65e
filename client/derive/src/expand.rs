//! The implementation that the derive writes.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{DeriveInput, Error, Generics, Path, Result, Type, parse_quote};

use crate::attributes::OnStruct;
use crate::columns::{Column, Columns};
use crate::name::{Name, Part, snake_case};

/// # Errors
/// Why the struct is no measurement.
pub(crate) fn measurement(input: &DeriveInput) -> Result<TokenStream> {
    let on_struct = OnStruct::read(&input.attrs);
    let columns = Columns::of(input);
    // Both are told at once.
    let (on_struct, columns) = match (on_struct, columns) {
        (Ok(on_struct), Ok(columns)) => (on_struct, columns),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            return Err(error);
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
    };
    let name = Name::new(on_struct.name.as_ref(), &input.ident, || snake_case(&input.ident.unraw().to_string()));
    let escaped = name.escaped(Part::Measurement)?;
    let influx: Path = on_struct.path.unwrap_or_else(|| parse_quote!(::influx_client));
    let key = |name: &str, text: &str| quote!(const { &#influx::__derive::Key::new(#name, #text) });

    // Names of the caller cannot meet these.
    let row = Ident::new("row", Span::mixed_site());
    let batch = Ident::new("batch", Span::mixed_site());

    let measurement = key(&name.text, &escaped);
    let tags = columns.tags.iter().map(|column| {
        let Column { ident, ty, name, escaped } = column;
        let key = key(name, &format!(",{escaped}="));
        quote!(<#ty as #influx::__derive::TagColumn>::put(&self.#ident, &mut #row, #key);)
    });
    let fields = columns.fields.iter().map(|column| {
        let Column { ident, ty, name, escaped } = column;
        let key = key(name, &format!("{escaped}="));
        quote!(<#ty as #influx::__derive::FieldColumn>::put(&self.#ident, &mut #row, #key);)
    });
    let finish = match &columns.time {
        Some((ident, ty)) => quote!(<#ty as #influx::__derive::TimeColumn>::finish(&self.#ident, #row)),
        None => quote!(#row.now()),
    };

    let generics = bounded(&input.generics, &columns, &influx)?;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #influx::Measurement for #ident #type_generics #where_clause {
            fn write_to(
                &self,
                #batch: &mut #influx::Batch,
            ) -> ::core::result::Result<(), #influx::PointError> {
                let mut #row = #influx::__derive::ReadyRow::open(#batch, #measurement);
                #(#tags)*
                #row.end_tags();
                #(#fields)*
                #finish
            }
        }
    })
}

/// The struct's generics with a bound for each column whose type depends on a type parameter.
fn bounded(generics: &Generics, columns: &Columns, influx: &Path) -> Result<Generics> {
    let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    let tags = columns.tags.iter().map(|column| (&column.ty, quote!(TagColumn)));
    let fields = columns.fields.iter().map(|column| (&column.ty, quote!(FieldColumn)));
    let time = columns.time.iter().map(|(_, ty)| (ty, quote!(TimeColumn)));
    let mut bounded = generics.clone();
    for (ty, column) in tags.chain(fields).chain(time).filter(|(ty, _)| mentions(ty, &parameters)) {
        let predicate = syn::parse2(quote!(#ty: #influx::__derive::#column))
            .map_err(|error| Error::new(Span::call_site(), error))?;
        bounded.make_where_clause().predicates.push(predicate);
    }
    Ok(bounded)
}

fn mentions(ty: &Type, parameters: &[&Ident]) -> bool {
    fn any(tokens: TokenStream, parameters: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => parameters.iter().any(|&parameter| *parameter == ident),
            TokenTree::Group(group) => any(group.stream(), parameters),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    !parameters.is_empty() && any(ty.to_token_stream(), parameters)
}
