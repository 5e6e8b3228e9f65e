//! Operations for tests.

use crate::history::{Completion, Function, Operation};

/// A write that was done, numbered as its value.
pub(super) fn write(process: u32, value: i64, invoked: u64, completed: u64) -> Operation {
    Operation {
        process,
        f: Function::Write,
        value: Some(value),
        id: Some(value.unsigned_abs()),
        write_time: None,
        node: None,
        invoked,
        completed: Some(completed),
        completion: Completion::Ok,
        error: None,
        class: None,
        outcome: None,
    }
}

/// A read of the write of this value.
pub(super) fn read(process: u32, value: i64, invoked: u64, completed: u64) -> Operation {
    Operation { f: Function::Read, ..write(process, value, invoked, completed) }
}

/// A write of which nobody knows.
pub(super) fn unknown(process: u32, value: i64, invoked: u64) -> Operation {
    Operation { completed: None, completion: Completion::Info, ..write(process, value, invoked, 0) }
}
