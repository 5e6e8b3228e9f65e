//! Points that were refused before anything was sent.

use influx_client::PointErrorKind;

use crate::frame::Writer;

/// How many are told of in full.
const KEPT: usize = 1_000;

/// Points that no server could store, by their place in the call.
#[derive(Debug, Default)]
pub(crate) struct RefusedPoints {
    total: usize,
    kept: Vec<(usize, &'static str, String)>,
}

impl RefusedPoints {
    #[cold]
    pub(crate) fn add(&mut self, index: usize, kind: &PointErrorKind) {
        self.total += 1;
        if self.kept.len() < KEPT {
            self.kept.push((index, kind.name(), kind.to_string()));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    #[cfg(test)]
    pub(crate) fn kinds(&self) -> Vec<(usize, &'static str)> {
        self.kept.iter().map(|(index, kind, _)| (*index, *kind)).collect()
    }

    pub(crate) fn put(&self, frame: &mut Writer) {
        frame.i32_or_none(Some(self.total)).list(&self.kept, |frame, (index, kind, text)| {
            frame.i32_or_none(Some(*index)).str(kind).str(text);
        });
    }
}
