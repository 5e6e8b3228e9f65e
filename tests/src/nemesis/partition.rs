//! The network is cut in random halves and healed, again and again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::experiment::LabError;
use crate::history::FaultEvent;
use crate::target::{Cluster, Machine};

/// How often and how long the network is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halves {
    /// How long it is whole before each cut.
    pub whole: Duration,
    /// How long each cut lasts.
    pub cut: Duration,
    /// Whether the first machine is on the smaller side of the first cut, whatever chance says of the others.
    pub first_is_cut_off: bool,
}

/// One cut. Times since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub to: Duration,
    /// The machines of either side; the smaller side first.
    pub sides: [Vec<Machine>; 2],
}

impl Halves {
    /// The cuts that begin in a run of this length: of two runs with one seed and one number of machines, the same ones. The
    /// last one takes its whole time as well, although nobody writes any more. If it ended with the run, what was written
    /// in it would arrive before older hints do, and on every owner these would have the last word; on the real clusters
    /// they had it on half of them.
    #[must_use]
    pub fn schedule(self, seed: u64, machines: &[Machine], run: Duration) -> Vec<Cut> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut cuts = Vec::new();
        let mut from = self.whole;
        while from < run && !self.cut.is_zero() {
            let to = from + self.cut;
            let mut shuffled = machines.to_vec();
            rng.shuffle(&mut shuffled);
            let half = machines.len() / 2;
            let first = shuffled.iter().position(|machine| Some(machine) == machines.first());
            if let Some(first) =
                first.filter(|first| self.first_is_cut_off && cuts.is_empty() && *first >= half && half > 0)
            {
                shuffled.swap(0, first);
            }
            let larger = shuffled.split_off(half);
            cuts.push(Cut { from, to, sides: [shuffled, larger] });
            from = to + self.whole;
        }
        cuts
    }
}

impl Cut {
    /// The sides in words: `node1,node2 | node3`.
    #[must_use]
    pub fn whom(&self) -> String {
        let side = |side: &Vec<Machine>| side.concat().join(",");
        self.sides.each_ref().map(side).join(" | ")
    }
}

/// Makes the cuts, and tells of each change of the network when it is in force everywhere.
///
/// # Errors
/// [`LabError`] when a node does not take a change.
///
/// # Cancellation
/// The cut in force stays.
pub async fn cut_and_heal(
    cluster: &mut Cluster,
    cuts: &[Cut],
    began: Instant,
    mut tell: impl FnMut(FaultEvent),
) -> Result<(), LabError> {
    for cut in cuts {
        let event = |begins| FaultEvent {
            time: u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX),
            begins,
            fault: "partition".to_owned(),
            whom: cut.whom(),
        };
        sleep_until(began + cut.from).await;
        cluster.partition(&cut.sides).await?;
        tell(event(true));
        sleep_until(began + cut.to).await;
        cluster.heal().await?;
        tell(event(false));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn machines(count: usize) -> Vec<Machine> {
        (1..=count).map(|number| vec![format!("node{number}")]).collect()
    }

    const STUDY: Halves =
        Halves { whole: Duration::from_secs(1), cut: Duration::from_secs(3), first_is_cut_off: false };

    #[test]
    fn the_first_machine_is_on_the_smaller_side_of_the_first_cut_where_it_has_to_be() {
        let long = Halves { cut: Duration::from_secs(15), first_is_cut_off: true, ..STUDY };
        let mut elsewhere = 0;
        for seed in 0..50 {
            for count in [2, 3, 5] {
                let cuts = long.schedule(seed, &machines(count), Duration::from_secs(30));
                assert!(cuts[0].sides[0].contains(&machines(1)[0]) && cuts[0].sides[0].len() == count / 2);
                elsewhere += usize::from(cuts[1].sides[1].contains(&machines(1)[0]));
            }
        }
        assert!((50..130).contains(&elsewhere), "later cuts are by chance: {elsewhere}");
    }

    #[test]
    fn in_the_study_s_run_an_eighth_cut_begins_and_takes_its_time() {
        let cuts = STUDY.schedule(1, &machines(3), Duration::from_secs(30));
        assert_eq!(cuts.len(), 8);
        assert_eq!((cuts[0].from, cuts[0].to), (Duration::from_secs(1), Duration::from_secs(4)));
        assert_eq!((cuts[7].from, cuts[7].to), (Duration::from_secs(29), Duration::from_secs(32)));
    }

    #[test]
    fn what_stands_on_one_machine_is_not_cut_apart() {
        let machines = [vec!["data1".to_owned(), "meta1".to_owned()], vec!["data2".to_owned()]];
        let cut =
            Cut { from: Duration::ZERO, to: STUDY.cut, sides: [vec![machines[0].clone()], vec![machines[1].clone()]] };
        assert_eq!(cut.whom(), "data1,meta1 | data2");
    }

    proptest! {
        #[test]
        fn every_cut_is_in_halves_and_begins_within_the_run(seed: u64, count in 2_usize..9, seconds in 1_u64..60) {
            let (machines, run) = (machines(count), Duration::from_secs(seconds));
            let cuts = STUDY.schedule(seed, &machines, run);
            prop_assert_eq!(&cuts, &STUDY.schedule(seed, &machines, run), "the seed decides");
            let mut last = Duration::ZERO;
            for cut in &cuts {
                prop_assert!(last + STUDY.whole <= cut.from && cut.from < run && cut.to == cut.from + STUDY.cut);
                last = cut.to;
                prop_assert_eq!(cut.sides[0].len(), count / 2);
                let mut all = cut.sides.concat();
                all.sort();
                prop_assert_eq!(&all, &machines);
            }
        }

        #[test]
        fn over_many_seeds_every_machine_is_cut_off(seed in 0_u64..1_000) {
            let machines = machines(3);
            let alone = |seed| STUDY.schedule(seed, &machines, Duration::from_secs(400)).into_iter().map(|cut| cut.sides[0].concat());
            let mut met: Vec<_> = alone(seed).flatten().collect();
            met.sort();
            met.dedup();
            prop_assert_eq!(met.len(), 3);
        }
    }
}
