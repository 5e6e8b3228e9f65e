//! Whether to run a command again, and when. Pure: time and randomness are arguments.

use std::fmt;
use std::time::Duration;

use influx_client::{Class, ConsistencyLevel};

/// What an exit code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Run the command again.
    Retry,
    /// Do not run it again; end after a pause, in which what was queued can arrive.
    Wait,
    /// End with the command's exit code.
    Stop,
    /// End with 0.
    Accept,
}

impl Action {
    pub(crate) const ALL: [(&'static str, Self); 4] =
        [("retry", Self::Retry), ("wait", Self::Wait), ("stop", Self::Stop), ("ok", Self::Accept)];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Wait => "wait",
            Self::Stop => "stop",
            Self::Accept => "ok",
        }
    }
}

/// How pauses grow from one failure to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// They do not.
    Constant,
    /// By the first one each time.
    Linear,
    /// To the double each time.
    Exponential,
}

impl Growth {
    pub(crate) const ALL: [(&'static str, Self); 3] =
        [("constant", Self::Constant), ("linear", Self::Linear), ("exponential", Self::Exponential)];
}

/// Which exit codes a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// One.
    Code(u8),
    /// All with this digit before the last: `3x`.
    Tens(u8),
    /// All that no other rule is for.
    Other,
}

impl On {
    /// `below-level`, `12`, `1x` or `other`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text == "other" {
            return Some(Self::Other);
        }
        if let Some(tens) = text.strip_suffix('x') {
            return tens.parse().ok().filter(|tens| (1..=25).contains(tens)).map(Self::Tens);
        }
        match text.parse::<u8>() {
            // A command that succeeds is not run again.
            Ok(code) => (code != 0).then_some(Self::Code(code)),
            Err(_) => {
                text.parse::<Class>().ok().map(|class| Self::Code(class.exit_code())).filter(|on| *on != Self::Code(0))
            }
        }
    }

    pub(crate) fn includes(self, code: u8) -> bool {
        match self {
            Self::Code(own) => own == code,
            Self::Tens(tens) => code / 10 == tens,
            Self::Other => true,
        }
    }

    /// More specific rules come first.
    fn rank(self) -> u8 {
        match self {
            Self::Code(_) => 0,
            Self::Tens(_) => 1,
            Self::Other => 2,
        }
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => match Class::from_exit_code(*code) {
                Some(class) => f.write_str(class.id()),
                None => write!(f, "{code}"),
            },
            Self::Tens(tens) => write!(f, "{tens}x"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// What to do about some exit codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) action: Action,
    /// The first pause.
    pub(crate) delay: Duration,
    pub(crate) growth: Growth,
    /// The longest pause.
    pub(crate) cap: Duration,
    /// Pause for anything between nothing and the whole of it, so that many who failed together do not return together.
    pub(crate) jitter: bool,
    /// How often to run again for this rule.
    pub(crate) max: Option<u32>,
    /// The weaker level to go on with after that.
    pub(crate) level: Option<ConsistencyLevel>,
}

impl Rule {
    /// Ends with the command's code.
    pub(crate) const STOP: Self = Self {
        action: Action::Stop,
        delay: Duration::ZERO,
        growth: Growth::Constant,
        cap: Duration::from_secs(300),
        jitter: true,
        max: None,
        level: None,
    };

    /// The longest that the pause after the `nth` failure can be, from 1.
    pub(crate) fn pause(&self, nth: u32) -> Duration {
        let factor = match self.growth {
            Growth::Constant => 1,
            Growth::Linear => nth.max(1),
            Growth::Exponential => 1_u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX),
        };
        self.delay.saturating_mul(factor).min(self.cap)
    }
}

/// The whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// How often the command is run at most.
    pub(crate) tries: u32,
    /// No pause ends later than this after the start.
    pub(crate) budget: Duration,
    /// The level to begin with.
    pub(crate) level: Option<ConsistencyLevel>,
    pub(crate) rules: Vec<(On, Rule)>,
}

/// What has happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    tries: u32,
    /// Failures of each rule since the level was last changed.
    failures: Vec<u32>,
    pub(crate) level: Option<ConsistencyLevel>,
}

/// Why a command is not run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It succeeded.
    Succeeded,
    /// Its rule says so.
    Rule(Action),
    /// Its rule's `max` is used up, and there is no weaker level.
    RuleTries,
    /// The tries of the whole are used up.
    Tries,
    /// The next try would begin too late.
    Budget,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Run the command again after a pause, at the level that the course now has.
    Again { after: Duration, weakened: bool },
    /// End with this exit code, after a pause.
    End { code: u8, after: Duration, why: End },
}

impl Course {
    /// Nothing has happened yet.
    pub(crate) fn at(level: Option<ConsistencyLevel>) -> Self {
        Self { level, ..Self::default() }
    }
}

impl Policy {
    /// The rule for an exit code: the most specific one.
    pub(crate) fn rule(&self, code: u8) -> (Option<usize>, &Rule) {
        let fitting = self.rules.iter().enumerate().filter(|(_, (on, _))| on.includes(code));
        match fitting.min_by_key(|(_, (on, _))| on.rank()) {
            Some((at, (_, rule))) => (Some(at), rule),
            None => (None, &Rule::STOP),
        }
    }

    /// Whether some rule goes on with a weaker level.
    pub(crate) fn weakens(&self) -> bool {
        self.rules.iter().any(|(_, rule)| rule.level.is_some())
    }

    /// A run of the command ended with `code`; `elapsed` since the first one began, `random` from 0 to 1.
    pub(crate) fn next(&self, course: &mut Course, code: u8, elapsed: Duration, random: f64) -> Next {
        course.tries = course.tries.saturating_add(1);
        let end = |code, why| Next::End { code, after: Duration::ZERO, why };
        if code == 0 {
            return end(0, End::Succeeded);
        }
        let (at, rule) = self.rule(code);
        if code == Class::Deferred.exit_code() && rule.action == Action::Retry {
            // Whatever rule took it in: what is queued will arrive, and lengthens the queue if it is sent again.
            return end(code, End::Rule(Action::Wait));
        }
        match rule.action {
            Action::Stop => return end(code, End::Rule(Action::Stop)),
            Action::Accept => return end(0, End::Rule(Action::Accept)),
            Action::Wait => {
                let after = rule.pause(1).min(self.budget.saturating_sub(elapsed));
                return Next::End { code, after, why: End::Rule(Action::Wait) };
            }
            Action::Retry => {}
        }
        if course.tries >= self.tries {
            return end(code, End::Tries);
        }
        course.failures.resize(self.rules.len(), 0);
        // A rule that says to run again is one of the table's.
        let failures = at.and_then(|at| course.failures.get_mut(at)).map_or(1, |count| {
            *count = count.saturating_add(1);
            *count
        });
        if rule.max.is_some_and(|max| failures > max) {
            let weaker = rule.level.filter(|level| course.level.is_some_and(|now| *level < now));
            let Some(level) = weaker else { return end(code, End::RuleTries) };
            course.level = Some(level);
            course.failures.clear();
            // Another level is another question: it need not wait for the answer to the first.
            return if elapsed > self.budget {
                end(code, End::Budget)
            } else {
                Next::Again { after: Duration::ZERO, weakened: true }
            };
        }
        let longest = rule.pause(failures);
        let after = if rule.jitter { longest.mul_f64(random.clamp(0.0, 1.0)) } else { longest };
        if elapsed.saturating_add(after) > self.budget {
            return end(code, End::Budget);
        }
        Next::Again { after, weakened: false }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::retry::{DEFAULT, read};

    fn default() -> Policy {
        read(DEFAULT).unwrap()
    }

    fn seconds(next: Next) -> Option<u64> {
        match next {
            Next::Again { after, .. } => Some(after.as_secs()),
            Next::End { .. } => None,
        }
    }

    #[test]
    fn the_default_is_the_recipe() {
        let policy = default();
        let after = |code: u8, failures: u32| {
            let mut course = Course::default();
            let next = (0..failures).map(|_| policy.next(&mut course, code, Duration::ZERO, 1.0)).last().unwrap();
            seconds(next)
        };
        assert_eq!((1..=8).map(|n| after(10, n).unwrap()).collect::<Vec<_>>(), [2, 4, 6, 8, 10, 12, 14, 16]);
        assert_eq!([after(14, 3), after(15, 3), after(13, 2), after(11, 5)], [Some(6), Some(6), Some(30), Some(1)]);
        assert_eq!(after(10, 9), None, "eight more tries");
        for code in [1, 2, 20, 21, 22, 23, 24, 30, 35, 130, 137] {
            assert_eq!(after(code, 1), None, "{code}");
        }
        let mut course = Course::default();
        let waited = policy.next(&mut course, 16, Duration::ZERO, 0.5);
        assert_eq!(waited, Next::End { code: 16, after: Duration::from_secs(60), why: End::Rule(Action::Wait) });
    }

    #[test]
    fn the_level_is_weakened_as_a_last_resort() {
        let policy = default();
        let mut course = Course { level: Some(ConsistencyLevel::All), ..Course::default() };
        let mut next = || {
            let next = policy.next(&mut course, 12, Duration::ZERO, 0.1);
            (seconds(next), course.level)
        };
        let (all, quorum) = (Some(ConsistencyLevel::All), Some(ConsistencyLevel::Quorum));
        assert_eq!([next(), next(), next()], [(Some(30), all), (Some(30), all), (Some(0), quorum)]);
        assert_eq!([next(), next(), next()], [(Some(30), quorum), (Some(30), quorum), (None, quorum)]);
        let mut unknown = Course::default();
        let ends = (0..3).map(|_| policy.next(&mut unknown, 12, Duration::ZERO, 0.1)).last().unwrap();
        assert_eq!(
            ends,
            Next::End { code: 12, after: Duration::ZERO, why: End::RuleTries },
            "no level is known to be weaker"
        );
    }

    #[test]
    fn the_most_specific_rule_counts() {
        let policy =
            read("[on.other]\naction = \"ok\"\n[on.1x]\naction = \"stop\"\n[on.12]\naction = \"retry\"\n").unwrap();
        let action = |code| policy.rule(code).1.action;
        assert_eq!([action(12), action(11), action(30)], [Action::Retry, Action::Stop, Action::Accept]);
        assert_eq!(On::read("below-level"), Some(On::Code(12)));
        assert_eq!(On::read("3x"), Some(On::Tens(3)));
        for text in ["0", "ok", "x", "26x", "256", "sometimes", ""] {
            assert_eq!(On::read(text), None, "{text}");
        }
    }

    fn rule() -> impl Strategy<Value = Rule> {
        let growth = prop_oneof![Just(Growth::Constant), Just(Growth::Linear), Just(Growth::Exponential)];
        let level = prop::option::of(prop::sample::select(ConsistencyLevel::ALL.to_vec()));
        let action = prop::sample::select(Action::ALL.map(|(_, action)| action).to_vec());
        let times = (0_u64..100_000, 0_u64..100_000);
        (action, times, growth, any::<bool>(), prop::option::of(0_u32..4), level).prop_map(
            |(action, (delay, cap), growth, jitter, max, level)| Rule {
                action,
                delay: Duration::from_millis(delay),
                growth,
                cap: Duration::from_millis(cap),
                jitter,
                max,
                level,
            },
        )
    }

    proptest! {
        /// Whatever the table and whatever happens: the limits hold, and nothing is run again that its rule forbids.
        #[test]
        fn limits_hold(
            tries in 1_u32..20,
            budget in 0_u64..1_000_000,
            rules in prop::collection::vec((1_u8..20, rule()), 0..6),
            codes in prop::collection::vec((0_u8..20, 0_u64..50_000, 0.0_f64..=1.0), 60),
        ) {
            let budget = Duration::from_millis(budget);
            let rules = rules.into_iter().map(|(code, rule)| (On::Code(code), rule)).collect();
            let policy = Policy { tries, budget, level: None, rules };
            let mut course = Course { level: Some(ConsistencyLevel::All), ..Course::default() };
            let (mut elapsed, mut runs) = (Duration::ZERO, 0);
            for (code, took, random) in codes {
                runs += 1;
                elapsed += Duration::from_millis(took);
                let (rule, level) = (policy.rule(code).1.clone(), course.level);
                match policy.next(&mut course, code, elapsed, random) {
                    Next::Again { after, weakened } => {
                        prop_assert!(code != 0 && rule.action == Action::Retry);
                        prop_assert!(runs < tries);
                        prop_assert!(elapsed + after <= budget && after <= rule.cap);
                        prop_assert_eq!(weakened, course.level < level);
                        elapsed += after;
                    }
                    Next::End { code: ended, after, .. } => {
                        prop_assert!(ended == code || ended == 0 && (code == 0 || rule.action == Action::Accept));
                        prop_assert!(after <= rule.cap && (after.is_zero() || rule.action == Action::Wait));
                        break;
                    }
                }
            }
            prop_assert!(runs <= tries.max(1));
        }
    }
}
