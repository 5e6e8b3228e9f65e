//! What was found held against what was expected. Pure.

use influx_client::Class;

use super::expected::{Between, Stretch};

/// What one reader (the cluster, or one node of it) counts in a stretch: by field.
pub(crate) type Counted = Vec<u64>;

/// One stretch as one reader has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Points of the file that are not there: at least so many.
    pub(crate) missing: u64,
    /// Points that are there and not in the file: at least so many.
    pub(crate) extra: u64,
    /// The file's own number is not known well enough to say more.
    pub(crate) uncertain: bool,
}

impl Difference {
    /// Compares the fields one by one. Points have different fields: the field that differs most gives the number that
    /// is certain.
    pub(crate) fn of(expected: &Stretch, found: &[u64]) -> Self {
        let mut difference = Self::default();
        for (at, Between { low, high }) in expected.fields.iter().enumerate() {
            let found = found.get(at).copied().unwrap_or_default();
            difference.missing = difference.missing.max(low.saturating_sub(found));
            difference.extra = difference.extra.max(found.saturating_sub(*high));
            difference.uncertain |= low != high && (*low..=*high).contains(&found);
        }
        difference
    }

    /// Whether everything is there and nothing else.
    pub(crate) fn is_equal(self) -> bool {
        self == Self::default()
    }
}

/// What all stretches come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) compared: u64,
    pub(crate) equal: u64,
    pub(crate) missing: u64,
    /// Of these, those in stretches that the retention policy has removed or refuses.
    pub(crate) beyond_retention: u64,
    /// Of these, those that every reader lacks.
    pub(crate) missing_everywhere: u64,
    pub(crate) extra: u64,
    pub(crate) uncertain: u64,
}

impl Totals {
    /// Takes in a stretch as each reader has it.
    pub(crate) fn add(&mut self, readers: &[Difference], beyond_retention: bool) {
        let worst = |of: fn(&Difference) -> u64| readers.iter().map(of).max().unwrap_or_default();
        let missing = worst(|difference| difference.missing);
        self.compared += 1;
        self.equal += u64::from(readers.iter().all(|difference| difference.is_equal()));
        self.missing += missing;
        self.extra += worst(|difference| difference.extra);
        self.missing_everywhere += readers.iter().map(|difference| difference.missing).min().unwrap_or_default();
        if beyond_retention {
            self.beyond_retention += missing;
        }
        self.uncertain += u64::from(readers.iter().any(|difference| difference.uncertain));
    }
}

/// What else bears on the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Circumstances {
    /// More than the file's points may be there.
    pub(crate) allow_extra: bool,
    /// Hints for a node are known to wait.
    pub(crate) pending: bool,
    /// Lines that cannot be compared, as they have no timestamp.
    pub(crate) unstamped: u64,
    /// Lines that a server may have stored and that cannot be asked for here.
    pub(crate) beyond_asking: u64,
    /// Why a node could not be asked.
    pub(crate) trouble: Option<Class>,
    /// There were points to compare.
    pub(crate) any: bool,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything was compared and is the same.
    Equal,
    /// No window has fewer points than the files, some have more, and that was said to be fine.
    EqualOrMore,
    /// Points are missing.
    Missing,
    /// Points are missing that another replica has, or for which hints wait.
    Behind,
    /// Points are missing, all of them beyond the retention policy.
    Expired,
    /// There are more points than in the files.
    Extra,
    /// There are other values than in the files.
    Differs,
    /// Lines without a timestamp were not compared.
    Unstamped,
    /// It cannot be told which lines are one point.
    Uncertain,
    /// A node could not be asked; the class says why.
    NotAsked(Class),
    /// There was nothing to compare.
    Nothing,
}

impl Verdict {
    /// The one word for scripts.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::EqualOrMore => "equal-or-more",
            Self::Missing => "missing",
            Self::Behind => "behind",
            Self::Expired => "expired",
            Self::Extra => "extra",
            Self::Differs => "differs",
            Self::Unstamped => "unstamped",
            Self::Uncertain => "uncertain",
            Self::NotAsked(_) => "not-asked",
            Self::Nothing => "nothing",
        }
    }

    /// The class, by what is to be done.
    pub(crate) fn class(self) -> Class {
        match self {
            Self::Equal | Self::EqualOrMore => Class::Ok,
            // Stored nowhere, or later: sending the file again does no harm and settles it.
            Self::Missing | Self::Uncertain => Class::Timeout,
            // Handoff is on it, or another replica has it.
            Self::Behind => Class::BelowLevel,
            Self::Expired => Class::OutsideRetention,
            // The data is not what it should be, and sending it again does not mend it.
            Self::Extra | Self::Differs | Self::Unstamped => Class::Rejected,
            Self::NotAsked(class) => class,
            Self::Nothing => Class::Malformed,
        }
    }
}

/// The verdict on it all; only an equal count of everything is `Equal`.
pub(crate) fn verdict(totals: &Totals, circumstances: &Circumstances) -> Verdict {
    let lacking = totals.missing - totals.beyond_retention;
    if let Some(class) = circumstances.trouble {
        // What a node that was not asked holds is not known.
        Verdict::NotAsked(class)
    } else if !circumstances.any && circumstances.unstamped == 0 {
        Verdict::Nothing
    } else if lacking > 0 && (circumstances.pending || totals.missing_everywhere == 0) {
        Verdict::Behind
    } else if lacking > 0 {
        Verdict::Missing
    } else if totals.uncertain + circumstances.beyond_asking > 0 {
        Verdict::Uncertain
    } else if totals.missing > 0 {
        Verdict::Expired
    } else if circumstances.unstamped > 0 {
        Verdict::Unstamped
    } else if totals.extra == 0 {
        Verdict::Equal
    } else if circumstances.allow_extra {
        Verdict::EqualOrMore
    } else {
        Verdict::Extra
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(fields: &[(u64, u64)]) -> Stretch {
        let fields: Vec<Between> = fields.iter().map(|&(low, high)| Between { low, high }).collect();
        Stretch { start: 0, points: fields.first().copied().unwrap_or_default(), fields }
    }

    #[test]
    fn the_field_that_differs_most_gives_the_number() {
        let expected = stretch(&[(10, 10), (5, 5)]);
        assert!(Difference::of(&expected, &[10, 5]).is_equal());
        let less = Difference::of(&expected, &[9, 2]);
        assert_eq!((less.missing, less.extra), (3, 0));
        let both = Difference::of(&expected, &[9, 9]);
        assert_eq!((both.missing, both.extra), (1, 4));
        assert_eq!(Difference::of(&expected, &[]).missing, 10);
    }

    #[test]
    fn between_two_bounds_nothing_is_claimed() {
        let expected = stretch(&[(10, 12)]);
        for found in 10..=12 {
            let difference = Difference::of(&expected, &[found]);
            assert_eq!(difference, Difference { uncertain: true, ..Difference::default() });
            assert!(!difference.is_equal());
        }
        assert_eq!(Difference::of(&expected, &[9]).missing, 1);
        assert_eq!(Difference::of(&expected, &[13]).extra, 1);
    }

    #[test]
    fn each_verdict_has_its_reason() {
        let missing = |missing| Difference { missing, ..Difference::default() };
        let extra = Difference { extra: 1, ..Difference::default() };
        let uncertain = Difference { uncertain: true, ..Difference::default() };
        let any = Circumstances { any: true, ..Circumstances::default() };
        let of = |readers: &[Difference], beyond: bool, circumstances: &Circumstances| {
            let mut totals = Totals::default();
            totals.add(&[Difference::default()], false);
            totals.add(readers, beyond);
            verdict(&totals, circumstances).class()
        };
        assert_eq!(of(&[missing(0)], false, &any), Class::Ok);
        assert_eq!(of(&[missing(1)], false, &any), Class::Timeout);
        assert_eq!(of(&[missing(1)], true, &any), Class::OutsideRetention);
        assert_eq!(of(&[missing(1), missing(0)], false, &any), Class::BelowLevel);
        assert_eq!(of(&[missing(2), missing(1)], false, &any), Class::Timeout);
        assert_eq!(of(&[missing(1)], false, &Circumstances { pending: true, ..any }), Class::BelowLevel);
        assert_eq!(of(&[extra], false, &any), Class::Rejected);
        assert_eq!(of(&[extra], false, &Circumstances { allow_extra: true, ..any }), Class::Ok);
        assert_eq!(of(&[uncertain], false, &any), Class::Timeout);
        assert_eq!(of(&[missing(0)], false, &Circumstances { unstamped: 1, ..any }), Class::Rejected);
        assert_eq!(of(&[missing(0)], false, &Circumstances { beyond_asking: 1, ..any }), Class::Timeout);
        let down = Circumstances { trouble: Some(Class::Unreachable), ..any };
        assert_eq!(of(&[missing(0)], false, &down), Class::Unreachable);
        assert_eq!(verdict(&Totals::default(), &Circumstances::default()).class(), Class::Malformed);
    }
}
