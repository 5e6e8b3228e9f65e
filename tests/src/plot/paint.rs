//! Colours.

use crate::history::Completion;

/// A colour and how much it covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// Red, green and blue.
    pub rgb: (u8, u8, u8),
    /// From 0, not seen, to 1, nothing behind it is seen.
    pub alpha: f64,
}

impl Paint {
    /// Text and axes.
    pub const INK: Self = Self::solid(0x22, 0x26, 0x2b);
    /// What is less important than [`Paint::INK`].
    pub const FAINT: Self = Self::solid(0x5f, 0x66, 0x6d);
    /// Lines behind everything.
    pub const GRID: Self = Self::solid(0xdd, 0xe1, 0xe5);
    /// Lines between those of [`Paint::GRID`].
    pub const FINE_GRID: Self = Self::solid(0xf0, 0xf2, 0xf4);
    /// The paper.
    pub const PAPER: Self = Self::solid(0xff, 0xff, 0xff);

    /// A colour that hides what is behind it.
    #[must_use]
    pub const fn solid(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: (red, green, blue), alpha: 1.0 }
    }

    /// The same colour, covering so much.
    #[must_use]
    pub const fn with_alpha(self, alpha: f64) -> Self {
        Self { rgb: self.rgb, alpha }
    }

    /// As CSS and SVG write it, without [`Paint::alpha`].
    #[must_use]
    pub fn css(self) -> String {
        let (red, green, blue) = self.rgb;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colours of Jepsen's plots, darkened until they are told apart on white and by every kind of eye: blue, orange, pink
/// differ in lightness too.
#[must_use]
pub const fn of_completion(completion: Completion) -> Paint {
    match completion {
        Completion::Ok => Paint::solid(0x4a, 0x9c, 0xe8),
        Completion::Info => Paint::solid(0xf0, 0x95, 0x00),
        Completion::Fail => Paint::solid(0xc9, 0x12, 0x78),
    }
}

/// The colour of a fault by its kind: that of [`family`].
#[must_use]
pub fn of_fault(fault: &str) -> Paint {
    family(fault).1
}

/// What a kind of fault is one of, and the colour of these: there are more kinds than colours that can be told apart.
#[must_use]
pub fn family(fault: &str) -> (&'static str, Paint) {
    const FAMILIES: [(&str, &[&str], Paint); 7] = [
        ("network", &["partition", "isolate", "cut", "drop"], Paint::solid(0x6a, 0x6f, 0x8f)),
        ("killed", &["kill", "crash"], Paint::solid(0xb3, 0x26, 0x1e)),
        ("paused", &["pause"], Paint::solid(0xa8, 0x86, 0x00)),
        ("replies", &["reply"], Paint::solid(0xc0, 0x5a, 0x1f)),
        ("meta service", &["meta"], Paint::solid(0x3f, 0x7d, 0x3a)),
        ("slow", &["slow", "delay", "late", "clock"], Paint::solid(0x00, 0x80, 0x80)),
        ("full or refusing", &["full", "refuse", "block"], Paint::solid(0x7a, 0x3f, 0xa0)),
    ];
    let among = |words: &[&str]| words.iter().any(|word| fault.contains(word));
    // "reply-cut" and "meta-down-quorum" are named after what they strike.
    let named = |words: &[&str]| words.iter().any(|word| fault.starts_with(word));
    let found = FAMILIES
        .iter()
        .find(|(_, words, _)| named(words))
        .or_else(|| FAMILIES.iter().find(|(_, words, _)| among(words)));
    found.map_or(("other", Paint::solid(0x55, 0x55, 0x55)), |(name, _, paint)| (name, *paint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_faults_have_families() {
        let kinds = [
            "partition",
            "one-way-cut",
            "meta-kill",
            "reply-cut",
            "reply-late",
            "disk-slow-shards",
            "hh-full",
            "refuse-http",
            "?",
        ];
        let names = kinds.map(|kind| family(kind).0);
        let wanted = [
            "network",
            "network",
            "meta service",
            "replies",
            "replies",
            "slow",
            "full or refusing",
            "full or refusing",
            "other",
        ];
        assert_eq!(names, wanted);
    }
}
