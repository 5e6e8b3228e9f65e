//! The values a field can take.

use super::field_type::FieldType;

/// A field's value, by the type it will have on the server.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A float; NaN and the infinities are refused.
    Float(f64),
    /// A single-precision float, written with as many digits as tell it from its neighbours: the
    /// server stores the 64-bit float nearest to that text.
    Float32(f32),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer, stored as a signed one; refused over `i64::MAX`.
    Unsigned(u64),
    /// A boolean.
    Boolean(bool),
    /// Text of any length, line feeds included.
    String(&'a str),
}

impl Value<'_> {
    /// The type this value gives its field.
    #[inline]
    #[must_use]
    pub const fn field_type(&self) -> FieldType {
        match self {
            Self::Float(_) | Self::Float32(_) => FieldType::Float,
            Self::Integer(_) | Self::Unsigned(_) => FieldType::Integer,
            Self::Boolean(_) => FieldType::Boolean,
            Self::String(_) => FieldType::String,
        }
    }
}

/// What can be a field's value.
///
/// Implement it for your own types by naming the [`Value`] they stand for:
///
/// ```
/// use influx_client::{Batch, FieldValue, Value};
///
/// struct Celsius(f64);
///
/// impl FieldValue for Celsius {
///     fn as_value(&self) -> Value<'_> {
///         Value::Float(self.0)
///     }
/// }
///
/// let mut batch = Batch::default();
/// batch.point("room").field("temperature", Celsius(21.5)).at(1)?;
/// assert_eq!(batch.as_bytes(), b"room temperature=21.5 1\n");
/// # Ok::<(), influx_client::PointError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field's value",
    label = "not a float, an integer, a boolean or text",
    note = "implement `influx_client::FieldValue` to say which `Value` stands for `{Self}`",
    note = "where `Measurement` is derived, `#[influx(skip)]` leaves a field of the struct out"
)]
pub trait FieldValue {
    /// The value to write.
    fn as_value(&self) -> Value<'_>;
}

macro_rules! field_value {
    ($($type:ty => $variant:ident as $wire:ty),* $(,)?) => {$(
        impl FieldValue for $type {
            #[inline]
            fn as_value(&self) -> Value<'_> {
                Value::$variant(<$wire>::from(*self))
            }
        }
    )*};
}

field_value! {
    f64 => Float as f64,
    f32 => Float32 as f32,
    i64 => Integer as i64,
    i32 => Integer as i64,
    i16 => Integer as i64,
    i8 => Integer as i64,
    u64 => Unsigned as u64,
    u32 => Integer as i64,
    u16 => Integer as i64,
    u8 => Integer as i64,
    bool => Boolean as bool,
}

impl FieldValue for isize {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        // No platform has pointers over 64 bits, so nothing is cut.
        Value::Integer(*self as i64)
    }
}

impl FieldValue for usize {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        Value::Unsigned(*self as u64)
    }
}

/// Every type of text, for each trait that is implemented for all of them.
macro_rules! string_types {
    ($implement:ident) => {
        $implement! {
            str,
            String,
            Box<str>,
            std::borrow::Cow<'_, str>,
            std::rc::Rc<str>,
            std::sync::Arc<str>,
        }
    };
}
pub(super) use string_types;

macro_rules! text_field {
    ($($type:ty),* $(,)?) => {$(
        impl FieldValue for $type {
            #[inline]
            fn as_value(&self) -> Value<'_> {
                Value::String(self)
            }
        }
    )*};
}

string_types!(text_field);

impl FieldValue for Value<'_> {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        *self
    }
}

impl<T: FieldValue + ?Sized> FieldValue for &T {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        (**self).as_value()
    }
}
