//! Which bytes of an input are settled: a mark below which all are, and stretches beyond it.

use serde::{Deserialize, Serialize};

use crate::input::Mark;

/// The settled part of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ranges {
    /// Everything before it is settled.
    mark: Mark,
    /// Settled stretches behind the mark, in order; they neither touch each other nor the mark.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beyond: Vec<Stretch>,
}

/// A settled stretch behind the mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) from: u64,
    pub(crate) to: Mark,
}

impl Ranges {
    /// Everything before it is settled.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The settled stretches behind the mark.
    pub(crate) fn beyond(&self) -> &[Stretch] {
        &self.beyond
    }

    /// Settles the bytes from `from` to `to`, which may overlap what is settled.
    pub(crate) fn settle(&mut self, from: u64, to: &Mark) {
        if to.byte <= from || to.byte <= self.mark.byte {
            return;
        }
        if from <= self.mark.byte {
            self.mark = to.clone();
        } else {
            let at = self.beyond.partition_point(|stretch| stretch.to.byte < from);
            let mut merged = Stretch { from, to: to.clone() };
            let mut end = at;
            while let Some(stretch) = self.beyond.get(end).filter(|stretch| stretch.from <= merged.to.byte) {
                merged.from = merged.from.min(stretch.from);
                if stretch.to.byte > merged.to.byte {
                    merged.to = stretch.to.clone();
                }
                end += 1;
            }
            self.beyond.splice(at..end, [merged]);
        }
        while let Some(first) = self.beyond.first().filter(|first| first.from <= self.mark.byte) {
            if first.to.byte > self.mark.byte {
                self.mark = first.to.clone();
            }
            self.beyond.remove(0);
        }
    }

    /// Whether they are as [`Ranges::settle`] leaves them; what was read from a file may not be.
    pub(crate) fn are_sound(&self) -> bool {
        let mut end = self.mark.byte;
        self.beyond.iter().all(|stretch| {
            let sound = stretch.from > end && stretch.to.byte > stretch.from;
            end = stretch.to.byte;
            sound
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::input::Context;

    fn mark(byte: u64) -> Mark {
        Mark { byte, line: byte / 10 + 1, context: Arc::default() }
    }

    fn settled(ranges: &Ranges) -> Vec<bool> {
        let within = |byte: u64, stretch: &Stretch| (stretch.from..stretch.to.byte).contains(&byte);
        (0..100).map(|byte| byte < ranges.mark.byte || ranges.beyond.iter().any(|s| within(byte, s))).collect()
    }

    #[test]
    fn the_mark_moves_only_over_what_is_whole() {
        let mut ranges = Ranges::default();
        ranges.settle(20, &mark(30));
        ranges.settle(40, &mark(50));
        assert_eq!((ranges.mark().byte, ranges.beyond().len()), (0, 2));
        ranges.settle(0, &mark(10));
        assert_eq!((ranges.mark().byte, ranges.mark().line), (10, 2));
        ranges.settle(10, &mark(20));
        assert_eq!((ranges.mark().byte, ranges.mark().line, ranges.beyond().len()), (30, 4, 1));
        ranges.settle(30, &mark(40));
        assert_eq!((ranges.mark().byte, ranges.beyond().len()), (50, 0));
    }

    #[test]
    fn the_mark_carries_the_context_of_the_stretch_that_moved_it() {
        let context = Arc::new(Context { database: Some("b".to_owned()), ..Context::default() });
        let mut ranges = Ranges::default();
        ranges.settle(10, &Mark { byte: 20, line: 3, context: Arc::clone(&context) });
        ranges.settle(0, &mark(10));
        assert_eq!(ranges.mark().context, context);
    }

    proptest! {
        /// Whatever is settled in whatever order, exactly that is settled, and in the one normal form.
        #[test]
        fn exactly_what_was_settled_is(stretches in prop::collection::vec((0u64..100, 0u64..30), 0..12)) {
            let mut ranges = Ranges::default();
            let mut bytes = vec![false; 100];
            for (from, length) in stretches {
                let to = (from + length).min(100);
                ranges.settle(from, &mark(to));
                for byte in from..to {
                    bytes[byte as usize] = true;
                }
                prop_assert!(ranges.are_sound());
                prop_assert_eq!(settled(&ranges), bytes.clone());
            }
        }
    }
}
