//! Control data as it crosses: what `java.io.DataInput` reads and `java.io.DataOutput` writes. Pure.

mod read;
mod write;

pub(crate) use read::{Fault, Reader};
pub(crate) use write::Writer;
