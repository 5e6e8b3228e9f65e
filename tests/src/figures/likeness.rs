//! Whether two figures could be of one distribution: the rules by which ours are held against the real ones.

use super::{Quantiles, Share, Standing};

/// How much larger than that of independent cases the variance is taken: of reads and writes of the same run, which share
/// its cuts.
pub(super) const OF_OPERATIONS: f64 = 8.0;
/// Of points that were written to shards of their own, each with a race of its own.
pub(super) const OF_SHARDS: f64 = 4.0;
/// Of the owners in a run, of which one hint strikes one or two.
pub(super) const OF_OWNERS: f64 = 2.0;
/// Difference of shares that is never too much.
const MARGIN: f64 = 0.02;
/// Difference of shares beyond which two are not called alike, however few cases there are.
const WIDEST: f64 = 0.25;
/// Standard errors that two shares may be apart.
const ERRORS: f64 = 3.0;
/// The same where that is more than [`WIDEST`]: so wide a difference is not as readily put down to chance.
const WIDE_ERRORS: f64 = 2.0;
/// Smallest likelihood that is put down to chance. With six runs here and three there, 0 of 6 beside 3 of 3 has 1.2 %.
const CHANCE: f64 = 0.02;
/// By how much latencies may differ: another machine, other software, other load.
const FACTOR: f64 = 4.0;
/// Milliseconds below which latencies are as good as equal.
const FLOOR: f64 = 2.0;
/// By how much what a time-out decides may differ.
const TIMEOUT_FACTOR: f64 = 1.1;
/// Figures of fewer cases, here or there, say nothing.
pub(super) const FEW: u64 = 5;

/// What is told where one side has next to no cases.
fn too_few() -> (Standing, String) {
    (Standing::TooFew, format!("fewer than {FEW} cases on one side"))
}

/// Two shares of runs.
pub(super) fn runs(ours: Share, real: Share) -> (Standing, String) {
    let p = fisher(ours, real);
    // Whatever came of so few runs, it could be put down to chance.
    let least = (0..=ours.n).map(|k| fisher(Share::of(k, ours.n), real)).fold(1.0, f64::min);
    if p < CHANCE {
        (Standing::Outside, format!("Fisher's exact test: p = {p:.3}, less than {CHANCE}"))
    } else if least < CHANCE {
        (Standing::Inside, format!("Fisher's exact test: p = {p:.3}"))
    } else {
        (Standing::TooFew, format!("Fisher's exact test: of so few runs, no outcome has p below {CHANCE}"))
    }
}

/// Two shares of cases that hang together, `spread` times as variable as independent ones.
pub(super) fn shares(ours: Share, real: Share, spread: f64) -> (Standing, String) {
    if ours.n.min(real.n) < FEW {
        return too_few();
    }
    let apart = |ours: Share| (ours.ratio() - real.ratio()).abs();
    let beyond = |ours: Share| apart(ours) > band(ours, real, spread);
    let told = format!("{:.1} points apart", 100.0 * apart(ours));
    let allowed = 100.0 * band(ours, real, spread).min(1.0);
    if beyond(ours) {
        return (Standing::Outside, format!("{told}, {allowed:.1} allowed"));
    }
    // Where nothing could be outside, what is inside says nothing; and where chance may have so much, only what is near
    // is called alike.
    let can_fail = [0, ours.n].into_iter().any(|k| beyond(Share::of(k, ours.n)));
    if can_fail && apart(ours) <= WIDEST {
        let allowed = allowed.min(100.0 * WIDEST);
        (Standing::Inside, format!("{told}, {allowed:.1} allowed"))
    } else {
        (Standing::TooFew, format!("{told}, and chance alone may make {allowed:.1} of so few"))
    }
}

/// How far apart two shares may be.
fn band(ours: Share, real: Share, spread: f64) -> f64 {
    let each = 1.0 / ours.n as f64 + 1.0 / real.n as f64;
    let band = if real.k == 0 || real.k == real.n {
        // None or all of the real ones: what we have must not widen what is allowed to us. None of n leaves it open whether
        // there are three in n, and no more.
        3.0 / ours.n.min(real.n) as f64
    } else {
        let pooled = (ours.k + real.k) as f64 / (ours.n + real.n) as f64;
        let error = (spread * pooled * (1.0 - pooled) * each).sqrt();
        (ERRORS * error).min((WIDE_ERRORS * error).max(WIDEST))
    };
    band.max(MARGIN)
}

/// Median and 95th percentile of latencies beside the real ones, of which there were so many at most.
pub(super) fn latencies(ours: Quantiles, real: [f64; 2], real_n: u64) -> (Standing, String) {
    if (ours.n as u64).min(real_n) < FEW {
        return too_few();
    }
    let (p50, p95) = (latency(ours.p50, real[0]), latency(ours.p95, real[1]));
    (Standing::of(p50.0 && p95.0), format!("p50 {}; p95 {}", p50.1, p95.1))
}

fn latency(ours: f64, real: f64) -> (bool, String) {
    // A second is the time-out of a write on the server, ten that of the client: not a matter of the machine.
    let decided = [1000.0, 10_000.0].into_iter().any(|limit| (limit..limit * 1.02).contains(&real));
    let (factor, floor) = if decided { (TIMEOUT_FACTOR, 0.0) } else { (FACTOR, FLOOR) };
    let (inside, limits) = within(ours, real, factor, floor);
    (inside, format!("{limits} ms"))
}

/// Two counts within a factor of each other.
pub(super) fn counts(ours: f64, real: f64, factor: f64) -> (Standing, String) {
    let (inside, limits) = within(ours, real, factor, 0.0);
    (Standing::of(inside), limits)
}

/// Whether a number is within a factor of the real one, or as good as nothing beside the floor as that is; and the limits.
fn within(ours: f64, real: f64, factor: f64, floor: f64) -> (bool, String) {
    let (least, most) = (real / factor, real.max(floor) * factor);
    let number = |number: f64| if number < 100.0 { format!("{number:.1}") } else { format!("{number:.0}") };
    if least > floor {
        (least <= ours && ours <= most, format!("{} to {}", number(least), number(most)))
    } else {
        (ours <= most, format!("at most {}", number(most)))
    }
}

/// The likelihood that two samples of one distribution differ as much as these, or more: Fisher's exact test, two-sided.
fn fisher(a: Share, b: Share) -> f64 {
    let (k, n) = (a.k + b.k, a.n + b.n);
    let chance = |x: u64| (ln_choose(a.n, x) + ln_choose(b.n, k - x) - ln_choose(n, k)).exp();
    let met = chance(a.k);
    let least = k.saturating_sub(b.n);
    (least..=k.min(a.n)).map(chance).filter(|chance| *chance <= met * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| (2..=n).map(|i| (i as f64).ln()).sum::<f64>();
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Standing::{Inside, Outside, TooFew};
    use super::*;

    const fn s(k: u64, n: u64) -> Share {
        Share::of(k, n)
    }

    #[test]
    fn fisher_gives_the_known_values() {
        // The lady tasting tea.
        assert!((fisher(s(3, 4), s(1, 4)) - 0.485_714).abs() < 1e-5);
        assert!((fisher(s(0, 6), s(6, 6)) - 2.0 / 924.0).abs() < 1e-9);
        assert!((fisher(s(2, 6), s(2, 6)) - 1.0).abs() < 1e-9);
    }

    /// The 1.8 cluster was run three times: that is enough where all three came out alike, and six runs are held against
    /// them.
    #[test]
    fn three_real_runs_can_be_contradicted_or_are_said_to_be_too_few() {
        let standing = |ours, real| runs(ours, real).0;
        assert_eq!([0, 1, 6].map(|k| standing(s(k, 6), s(3, 3))), [Outside, Inside, Inside]);
        assert_eq!([0, 3, 6].map(|k| standing(s(k, 6), s(1, 3))), [TooFew; 3], "no outcome would be one too many");
        assert_eq!([0, 3].map(|k| standing(s(k, 3), s(3, 3))), [TooFew; 2], "nor of three runs");
        assert_eq!(standing(s(0, 0), s(3, 3)), TooFew);
        assert_eq!([0, 1, 2].map(|k| standing(s(k, 6), s(6, 6))), [Outside, Outside, Inside]);
    }

    #[test]
    fn a_share_is_alike_only_near_the_real_one() {
        let standing = |ours, real| shares(ours, real, OF_OPERATIONS).0;
        assert_eq!(standing(s(1066, 2603), s(1066, 2603)), Inside);
        assert_eq!(standing(s(1300, 2600), s(1066, 2603)), Inside);
        assert_eq!(standing(s(1500, 2600), s(1066, 2603)), Outside);
        let owners = |ours, real| shares(ours, real, OF_OWNERS).0;
        assert_eq!(owners(s(9, 36), s(9, 18)), Inside);
        assert_eq!(owners(s(0, 36), s(9, 18)), Outside);
        assert_eq!(owners(s(6, 36), s(9, 18)), TooFew, "33 points are not alike, and may be chance");
        assert_eq!([0, 4, 9, 14, 18].map(|k| owners(s(k, 18), s(9, 18))), [Outside, TooFew, Inside, TooFew, Outside]);
        assert_eq!(owners(s(3, 6), s(3, 6)), TooFew, "nothing could be outside");
        assert_eq!(owners(s(2, 4), s(9, 18)), TooFew);
    }

    /// What a real cluster never did, or did every time, leaves little room.
    #[test]
    fn none_and_all_have_a_margin_that_ours_does_not_widen() {
        let standing = |ours, real| shares(ours, real, OF_OPERATIONS).0;
        assert_eq!(standing(s(0, 800), s(0, 794)), Inside);
        assert_eq!(standing(s(16, 800), s(0, 794)), Inside);
        assert_eq!(standing(s(17, 800), s(0, 794)), Outside);
        assert_eq!(standing(s(2500, 2569), s(2569, 2569)), Outside);
        let owners = |k| shares(s(k, 18), s(0, 18), OF_OWNERS).0;
        assert_eq!([0, 3, 4, 9].map(owners), [Inside, Inside, Outside, Outside]);
        let nine = |k| shares(s(k, 18), s(0, 9), OF_OWNERS).0;
        assert_eq!([4, 5, 7].map(nine), [Inside, TooFew, Outside]);
    }

    fn ms(n: usize, p50: f64, p95: f64) -> Quantiles {
        Quantiles { n, p50, p95, p99: p95, max: p95 }
    }

    #[test]
    fn a_time_out_is_held_to_its_time() {
        assert!(latency(1050.0, 1002.0).0 && !latency(1900.0, 1002.0).0);
        let (standing, why) = latencies(ms(100, 1900.0, 1050.0), [1002.0, 1003.0], 100);
        assert_eq!((standing, why.as_str()), (Outside, "p50 911 to 1102 ms; p95 912 to 1103 ms"));
    }

    /// The limit that is told is the one that is applied.
    #[test]
    fn latencies_have_the_limits_that_are_told() {
        assert_eq!(latency(8.0, 1.3), (true, "at most 8.0 ms".to_owned()));
        assert_eq!(latency(8.1, 1.3), (false, "at most 8.0 ms".to_owned()));
        assert_eq!(latency(0.1, 5.7), (true, "at most 22.8 ms".to_owned()));
        assert_eq!(latency(4.9, 20.0), (false, "5.0 to 80.0 ms".to_owned()));
        assert!(latency(5.0, 20.0).0 && latency(80.0, 20.0).0 && !latency(80.1, 20.0).0);
        assert_eq!(latencies(ms(4, 2.0, 3.0), [2.0, 3.0], 100).0, TooFew);
        assert_eq!(latencies(ms(100, 2.0, 3.0), [2.0, 3.0], 3).0, TooFew, "three real ones say nothing either");
        assert_eq!(latencies(ms(5, 2.0, 3.0), [2.0, 3.0], 5).0, Inside);
    }

    #[test]
    fn counts_are_within_a_factor() {
        assert_eq!(counts(300.0, 200.0, 1.6).0, Inside);
        assert_eq!(counts(330.0, 200.0, 1.6), (Outside, "125 to 320".to_owned()));
        assert_eq!(counts(100.0, 200.0, 1.6).0, Outside);
    }

    proptest! {
        #[test]
        fn a_likelihood_is_one(k in 0_u64..20, n in 0_u64..20, l in 0_u64..20, m in 0_u64..20) {
            let (a, b) = (s(k, k + n), s(l, l + m));
            let p = fisher(a, b);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - fisher(b, a)).abs() < 1e-9);
        }

        /// Nothing is like itself by too much, and nothing far away is alike.
        #[test]
        fn a_share_is_never_outside_itself(k in 0_u64..3000, more in 0_u64..3000, far in 0_u64..3000, spread in 1.0..8.0_f64) {
            let real = s(k, k + more);
            prop_assert_ne!(shares(real, real, spread).0, Outside);
            let other = s(far, far.max(1) * 2);
            if (other.ratio() - real.ratio()).abs() > WIDEST {
                prop_assert_ne!(shares(other, real, spread).0, Inside);
            }
        }
    }
}
