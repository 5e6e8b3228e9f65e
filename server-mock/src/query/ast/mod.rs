//! Statements as the parser makes them; `Display` writes them as the real servers do in their messages.

mod display;
mod expr;
mod quote;
mod select;
mod statement;

pub(super) use display::privilege_name;
pub use expr::{BinaryOp, Call, Expr, FieldKind, VarRef, WildcardKind};
pub(super) use quote::quote_idents;
pub use quote::{quote_ident, quote_string};
pub use select::{Dimension, Field, Fill, Measurement, OrderBy, Select, Source, TimeZoneName, time_arguments};
pub use statement::{
    AlterRetentionPolicy, Cardinality, CardinalityOf, CreateContinuousQuery, CreateDatabase, CreateRetentionPolicy,
    CreateSubscription, Listing, Resample, Secret, ShowMeasurements, ShowTags, Statement, TagKeys,
};
