//! What the fields of a struct are for a point.

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Field, Fields, GenericArgument, Ident, PathArguments, Result, Type};

use crate::attributes::OnField;
use crate::name::{Name, Part};

/// A field of the struct that is a tag or field of the point.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) name: String,
    /// The name as it is written in a line.
    pub(crate) escaped: String,
}

/// The point that a struct is.
pub(crate) struct Columns {
    /// In the server's order.
    pub(crate) tags: Vec<Column>,
    /// In the struct's order.
    pub(crate) fields: Vec<Column>,
    pub(crate) time: Option<(Ident, Type)>,
}

impl Columns {
    /// # Errors
    /// Everything that is wrong with the fields.
    pub(crate) fn of(input: &DeriveInput) -> Result<Self> {
        let mut columns = Self { tags: Vec::new(), fields: Vec::new(), time: None };
        let mut names = HashMap::new();
        let mut errors: Option<Error> = None;
        for field in named_fields(input)? {
            if let Err(error) = columns.add(field, &mut names) {
                match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                }
            }
        }
        if let Some(errors) = errors {
            return Err(errors);
        }
        if columns.fields.is_empty() {
            let why = match columns.tags.is_empty() {
                true => "a point needs a field: give the struct one that is not the time and not skipped",
                false => "a point needs a field: all that this struct has are tags",
            };
            return Err(Error::new(input.ident.span(), why));
        }
        // The server compares the names as they are written.
        columns.tags.sort_by(|a, b| a.escaped.cmp(&b.escaped));
        Ok(columns)
    }

    fn add(&mut self, field: &Field, names: &mut HashMap<String, (Part, Ident)>) -> Result<()> {
        let on_field = OnField::read(&field.attrs)?;
        // Only the fields of tuple structs have no name.
        let Some(ident) = field.ident.clone() else {
            return Ok(());
        };
        if on_field.skip.is_some() {
            return Ok(());
        }
        if let Some(span) = on_field.time {
            return match self.time.replace((ident, field.ty.clone())) {
                Some((first, _)) => {
                    Err(Error::new(span, format!("a point has one time, and `{}` is it already", first.unraw())))
                }
                None => Ok(()),
            };
        }
        let part = if on_field.tag.is_some() { Part::Tag } else { Part::Field };
        if part == Part::Tag
            && let Some(float) = float_in(&field.ty)
        {
            let why = format!(
                "`{float}` cannot be a tag: each value would make a series of its own; make it a field by taking `#[influx(tag)]` away"
            );
            return Err(Error::new(float.span(), why));
        }
        let name = Name::new(on_field.rename.as_ref(), &ident, || ident.unraw().to_string());
        let escaped = name.escaped(part)?;
        if let Some((other, first)) = names.insert(name.text.clone(), (part, ident.clone())) {
            let (what, other, first) = (part.as_str(), other.as_str(), first.unraw());
            let why = match what == other {
                true => format!("{what} {:?} is given twice, first by `{first}`: rename one", name.text),
                false => format!(
                    "{what} {:?} has the name of a {other}, that of `{first}`, so that queries cannot tell them apart: rename one",
                    name.text
                ),
            };
            return Err(Error::new(name.span, why));
        }
        let column = Column { ident, ty: field.ty.clone(), name: name.text, escaped };
        match part {
            Part::Tag => self.tags.push(column),
            Part::Field | Part::Measurement | Part::TagValue => self.fields.push(column),
        }
        Ok(())
    }
}

fn named_fields(input: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    let (span, what) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Ok(fields.named.iter()),
            Fields::Unnamed(_) => (input.ident.span(), "the fields of a tuple struct have no names"),
            Fields::Unit => (input.ident.span(), "a point needs a field, and a unit struct has none"),
        },
        Data::Enum(data) => (data.enum_token.span, "an enum has no fields of its own"),
        Data::Union(data) => (data.union_token.span, "which field of a union has a value is not known"),
    };
    Err(Error::new(span, format!("{what}: `Measurement` is derived for structs with named fields")))
}

/// The float type that a tag's type is, behind references and `Option`.
fn float_in(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Group(group) => float_in(&group.elem),
        Type::Paren(paren) => float_in(&paren.elem),
        Type::Reference(reference) => float_in(&reference.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match &last.arguments {
                PathArguments::AngleBracketed(arguments) if last.ident == "Option" => {
                    arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => float_in(ty),
                        _ => None,
                    })
                }
                _ => (last.ident == "f64" || last.ident == "f32").then_some(&last.ident),
            }
        }
        _ => None,
    }
}
