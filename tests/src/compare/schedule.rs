//! What is done to the cluster, and when.

use std::time::Duration;

use influx_server_mock::{Fault, Probability, ReplyCut, ReplyFault};

/// Something done to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Kills a node as a crash would.
    Kill(&'static str),
    /// Starts it again.
    Restart(&'static str),
    /// Begins a fault.
    Begin(Fault),
    /// Ends all faults but killed nodes.
    Heal,
}

/// The acts of a seed, in order, with their times since the workload began. `data1`, the one server that some senders
/// know, never dies; for a while nobody can connect to it.
#[must_use]
pub fn schedule(seed: u64) -> Vec<(Duration, Act)> {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5EED);
    let data1 = || "data1".to_owned();
    let half = |fault: ReplyFault, seed| fault.on("/write").share(Probability::percent(60), seed);
    let (cut, late) = (random.u64(..), random.u64(..));
    let acts = [
        // An owner is away, then back while hints for it wait.
        (1_000, Act::Kill("data3")),
        (3_000, Act::Restart("data3")),
        // No new shard groups.
        (5_000, Act::Begin(Fault::MetaDown { node: "meta1".into() })),
        (7_500, Act::Heal),
        // Writes that are carried out, and nobody hears of it.
        (
            8_000,
            Act::Begin(Fault::Reply { node: data1(), fault: half(ReplyFault::real().cut(ReplyCut::BeforeHead), cut) }),
        ),
        (9_000, Act::Heal),
        (9_100, Act::Begin(Fault::Reply { node: data1(), fault: half(ReplyFault::real().delayed(LATE), late) })),
        (10_000, Act::Heal),
        // Two owners are away, and of what they miss nothing is kept.
        (10_800, Act::Begin(Fault::HandoffFull { node: data1() })),
        (10_900, Act::Kill("data2")),
        (11_100, Act::Kill("data3")),
        (12_600, Act::Heal),
        (12_700, Act::Restart("data2")),
        (12_800, Act::Restart("data3")),
        // The one server that some know cannot be connected to.
        (14_000, Act::Begin(Fault::RefuseHttp { node: data1() })),
        (14_800, Act::Heal),
    ];
    let mut last = Duration::ZERO;
    acts.into_iter()
        .map(|(millis, act)| {
            last = last.max(Duration::from_millis(millis + random.u64(0..100)));
            (last, act)
        })
        .collect()
}

/// Longer than any sender waits.
const LATE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_ends_and_nothing_is_out_of_order() {
        for seed in 0..50 {
            let acts = schedule(seed);
            assert_eq!(acts, schedule(seed));
            assert!(acts.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            let dead = acts.iter().fold(Vec::new(), |mut dead, (_, act)| {
                match act {
                    Act::Kill(node) => dead.push(*node),
                    Act::Restart(node) => dead.retain(|one| one != node),
                    Act::Begin(_) | Act::Heal => {}
                }
                dead
            });
            assert!(dead.is_empty());
            assert_eq!(acts.last().map(|(_, act)| act.clone()), Some(Act::Heal));
        }
    }
}
