//! What a tag's value can be made of.

use super::value::string_types;

/// A tag's value. Whatever it was made of, the server stores it as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tag<'a> {
    /// Text; an empty one means that the point has no such tag.
    Text(&'a str),
    /// A signed integer, written in decimal digits.
    Integer(i64),
    /// An unsigned integer, written in decimal digits.
    Unsigned(u64),
    /// `true` or `false`.
    Boolean(bool),
}

/// What can be a tag's value in a type that derives [`Measurement`](super::Measurement): text, integers and booleans.
///
/// Floats are left out on purpose: every tag value makes a series of its own, which the server keeps in an index, and
/// two texts of one number are two series.
///
/// For an enum it is derived (feature `derive`): a variant's name in snake case is its text, unless
/// `#[influx(rename = "…")]` gives another. `#[influx(crate = "…")]` on the enum is the path of this crate, where it has
/// another than `::influx_client`.
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use influx_client::{Batch, Measurement, Tag, TagValue};
///
/// #[derive(TagValue)]
/// enum Site {
///     #[influx(rename = "eu-west-1")]
///     Europe,
///     NorthAmerica,
/// }
///
/// /// By hand, for whatever else has a text.
/// struct Serial(String);
///
/// impl TagValue for Serial {
///     fn as_tag(&self) -> Tag<'_> {
///         Tag::Text(&self.0)
///     }
/// }
///
/// #[derive(Measurement)]
/// struct Cpu {
///     #[influx(tag)]
///     site: Site,
///     #[influx(tag)]
///     serial: Serial,
///     usage: f64,
///     #[influx(time)]
///     at: i64,
/// }
///
/// let mut batch = Batch::default();
/// batch.push(&Cpu { site: Site::Europe, serial: Serial("x1".into()), usage: 0.5, at: 1 })?;
/// batch.push(&Cpu { site: Site::NorthAmerica, serial: Serial("x1".into()), usage: 0.5, at: 1 })?;
/// assert_eq!(batch.line(0), b"cpu,serial=x1,site=eu-west-1 usage=0.5 1");
/// assert_eq!(batch.line(1), b"cpu,serial=x1,site=north_america usage=0.5 1");
/// # }
/// # Ok::<(), influx_client::PointError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tag's value",
    label = "not text, an integer or a boolean",
    note = "tags are for names, of which there are few: make a measured value a field by taking `#[influx(tag)]` away",
    note = "implement `influx_client::TagValue` to say which text stands for `{Self}`"
)]
pub trait TagValue {
    /// The value to write.
    fn as_tag(&self) -> Tag<'_>;
}

macro_rules! text_tag {
    ($($type:ty),* $(,)?) => {$(
        impl TagValue for $type {
            #[inline]
            fn as_tag(&self) -> Tag<'_> {
                Tag::Text(self)
            }
        }
    )*};
}

string_types!(text_tag);

macro_rules! tag_value {
    ($($type:ty => $variant:ident as $wide:ty),* $(,)?) => {$(
        impl TagValue for $type {
            #[inline]
            fn as_tag(&self) -> Tag<'_> {
                Tag::$variant(<$wide>::from(*self))
            }
        }
    )*};
}

tag_value! {
    i64 => Integer as i64,
    i32 => Integer as i64,
    i16 => Integer as i64,
    i8 => Integer as i64,
    u64 => Unsigned as u64,
    u32 => Unsigned as u64,
    u16 => Unsigned as u64,
    u8 => Unsigned as u64,
    bool => Boolean as bool,
}

impl TagValue for isize {
    #[inline]
    fn as_tag(&self) -> Tag<'_> {
        // No platform has pointers over 64 bits, so nothing is cut.
        Tag::Integer(*self as i64)
    }
}

impl TagValue for usize {
    #[inline]
    fn as_tag(&self) -> Tag<'_> {
        Tag::Unsigned(*self as u64)
    }
}

impl TagValue for Tag<'_> {
    #[inline]
    fn as_tag(&self) -> Tag<'_> {
        *self
    }
}

impl<T: TagValue + ?Sized> TagValue for &T {
    #[inline]
    fn as_tag(&self) -> Tag<'_> {
        (**self).as_tag()
    }
}
