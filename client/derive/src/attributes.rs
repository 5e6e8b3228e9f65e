//! The contents of `#[influx(…)]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitStr, Path, Result, Token};

/// What stands on the struct.
#[derive(Default)]
pub(crate) struct OnStruct {
    pub(crate) name: Option<LitStr>,
    pub(crate) path: Option<Path>,
}

/// What stands on a field.
#[derive(Default)]
pub(crate) struct OnField {
    pub(crate) tag: Option<Span>,
    pub(crate) time: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) rename: Option<LitStr>,
}

impl OnStruct {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| match &*word(meta) {
            "name" => set(&mut found.name, meta, text(meta)?),
            "crate" => {
                let path = text(meta)?.parse()?;
                set(&mut found.path, meta, path)
            }
            field @ ("tag" | "time" | "skip" | "rename") => {
                Err(meta.error(format!("`{field}` belongs on a field; the struct takes `name = \"…\"`")))
            }
            other => {
                Err(meta
                    .error(format!("unknown attribute `{other}`: the struct takes `name = \"…\"` and `crate = \"…\"`")))
            }
        })?;
        Ok(found)
    }
}

impl OnField {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| match &*word(meta) {
            "tag" => flag(&mut found.tag, meta),
            "time" => flag(&mut found.time, meta),
            "skip" => flag(&mut found.skip, meta),
            "rename" => set(&mut found.rename, meta, text(meta)?),
            "name" => Err(meta.error("`name` belongs on the struct; a field takes `rename = \"…\"`")),
            other => Err(meta.error(format!(
                "unknown attribute `{other}`: a field takes `tag`, `time`, `rename = \"…\"` and `skip`"
            ))),
        })?;
        found.agree()?;
        Ok(found)
    }

    /// Refuses what cannot stand together.
    fn agree(&self) -> Result<()> {
        let rename = self.rename.as_ref().map(LitStr::span);
        let pairs = [
            (self.skip, self.tag, "this field is skipped, so it is no tag: keep `tag` or `skip`"),
            (self.skip, self.time, "this field is skipped, so it is not the time: keep `time` or `skip`"),
            (self.skip, rename, "this field is skipped, so it has no name: take `rename` or `skip` away"),
            (self.time, self.tag, "this field is the time, so it is no tag: keep `time` or `tag`"),
            (self.time, rename, "the time of a point has no name: take `rename` away"),
        ];
        match pairs.into_iter().find_map(|(one, other, why)| Some((one?, other?, why))) {
            Some((_, culprit, why)) => Err(Error::new(culprit, why)),
            None => Ok(()),
        }
    }
}

/// What stands on an enum of tag values.
#[derive(Default)]
pub(crate) struct OnEnum {
    pub(crate) path: Option<Path>,
}

impl OnEnum {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| {
            match &*word(meta) {
            "crate" => {
                let path = text(meta)?.parse()?;
                set(&mut found.path, meta, path)
            }
            other => Err(meta.error(format!(
                "unknown attribute `{other}`: an enum of tag values takes `crate = \"…\"`, its variants take `rename = \"…\"`"
            ))),
        }
        })?;
        Ok(found)
    }
}

/// What stands on a variant of an enum of tag values.
#[derive(Default)]
pub(crate) struct OnVariant {
    pub(crate) rename: Option<LitStr>,
}

impl OnVariant {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| match &*word(meta) {
            "rename" => set(&mut found.rename, meta, text(meta)?),
            other => Err(meta.error(format!("unknown attribute `{other}`: a variant takes `rename = \"…\"`"))),
        })?;
        Ok(found)
    }
}

/// Reads every entry of every `#[influx(…)]`.
fn each(attributes: &[Attribute], mut read: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("influx")) {
        attribute.parse_nested_meta(|meta| read(&meta))?;
    }
    Ok(())
}

fn word(meta: &ParseNestedMeta<'_>) -> String {
    let path = &meta.path;
    quote::quote!(#path).to_string().replace(' ', "")
}

/// The text that an entry is to have.
fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let text = meta.value().and_then(syn::parse::ParseBuffer::parse);
    text.map_err(|error| Error::new(error.span(), format!("`{0}` takes a text in quotes: `{0} = \"…\"`", word(meta))))
}

fn set<T>(place: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> Result<()> {
    match place.replace(value) {
        Some(_) => Err(meta.error(format!("`{}` is given twice: keep one", word(meta)))),
        None => Ok(()),
    }
}

fn flag(place: &mut Option<Span>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) || meta.input.peek(syn::token::Paren) {
        let why = format!("`{}` takes no value; `rename = \"…\"` gives another name", word(meta));
        return Err(Error::new(meta.input.span(), why));
    }
    set(place, meta, meta.path.span())
}
