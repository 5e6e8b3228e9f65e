//! Queues of hinted handoff, as a data node reports its own. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::resolution::HandoffState;
use crate::{DiagnosticTable, Statistic};

/// The bytes at the end of each file of a queue that say where its head is (cluster 1.8 facts § 5, 0.10 facts § 4).
const FOOTER: i64 = 8;

/// What waits in one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueState {
    /// Nothing.
    Empty,
    /// Something, and how much.
    Waiting {
        /// Points, where the server counts them.
        points: Option<u64>,
        /// Bytes: as the server counts them, or of the files where it only tells those. Files keep what was delivered
        /// until they are removed.
        bytes: u64,
    },
    /// The server does not tell for certain.
    Unknown,
}

/// A queue of hinted handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandoffQueue {
    /// The id of the data node that it is for.
    pub node: u64,
    /// The shard that it is for; `None` in version 0.10, which keeps one queue a node.
    pub shard: Option<u64>,
    /// What waits in it.
    pub state: QueueState,
}

/// Everything that a data node tells of its queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    pub(super) queues: Vec<HandoffQueue>,
    /// A queue that is not listed is empty, or not there.
    pub(super) complete: bool,
}

impl Backlog {
    /// What it says about hints for a shard of a node.
    pub(super) fn of(&self, node: u64, shard: u64) -> HandoffState {
        let concerned = self.queues.iter().filter(|q| q.node == node && q.shard.is_none_or(|s| s == shard));
        let mut state = if self.complete { HandoffState::Empty } else { HandoffState::Unknown };
        for queue in concerned {
            match queue.state {
                QueueState::Empty => {}
                QueueState::Waiting { .. } => return HandoffState::Pending,
                QueueState::Unknown => state = HandoffState::Unknown,
            }
        }
        state
    }

    /// Whether every queue is empty.
    pub(super) fn state(&self) -> HandoffState {
        let mut state = if self.complete { HandoffState::Empty } else { HandoffState::Unknown };
        for queue in &self.queues {
            match queue.state {
                QueueState::Empty => {}
                QueueState::Waiting { .. } => return HandoffState::Pending,
                QueueState::Unknown => state = HandoffState::Unknown,
            }
        }
        state
    }

    /// Reads two looks at a node's statistics and diagnostics, taken one after the other: `SHOW STATS`, then `SHOW
    /// DIAGNOSTICS`, twice.
    ///
    /// A version tells the size of a queue's files (`queueBytes`, 1.8) but not how much of them was delivered; the head's
    /// place in its file stands in the diagnostics. A queue is empty where its only file ends, but for the footer, at the
    /// head; or where its files have nothing but footers. Version 0.10 tells only head and tail, where the tail is the place
    /// of the last read or write: it stands right behind the head for an instant after each delivery too, so both looks must
    /// agree. The bundled server counts what waits (`hh_queue`).
    pub(super) fn read(first: &Look, second: &Look) -> Self {
        let mut queues: BTreeMap<(u64, Option<u64>), QueueState> = BTreeMap::new();
        for statistic in second.named("hh_processor") {
            let Some(key) = queue_key(statistic) else { continue };
            queues.insert(key, QueueState::Unknown);
        }
        // Version 0.10 lists a queue in its statistics only once it has counted something.
        for position in &second.positions {
            if !queues.keys().any(|(node, _)| *node == position.node) {
                queues.insert((position.node, None), QueueState::Unknown);
            }
        }
        for (key, state) in &mut queues {
            if is_empty(*key, first, second) {
                *state = QueueState::Empty;
            }
        }
        for statistic in second.named("hh_queue") {
            let Some(key) = queue_key(statistic) else { continue };
            let amount = |name| statistic.integer(name).and_then(|n| u64::try_from(n).ok());
            if amount("blocks") != Some(0) {
                let state =
                    QueueState::Waiting { points: amount("points"), bytes: amount("bytes").unwrap_or_default() };
                queues.insert(key, state);
            }
        }
        let queue = |((node, shard), state)| HandoffQueue { node, shard, state };
        Self { queues: queues.into_iter().map(queue).collect(), complete: second.complete }
    }
}

/// One look at a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    statistics: Vec<Statistic>,
    positions: Vec<Position>,
    /// Every queue of the node is in here.
    complete: bool,
}

/// Head and tail of a queue, as a diagnosis shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    node: u64,
    active: bool,
    head: Option<(String, i64)>,
    tail: Option<(String, i64)>,
}

impl Look {
    pub(super) fn new(statistics: Vec<Statistic>, diagnostics: &[DiagnosticTable], since_1_0: bool) -> Self {
        let hh = diagnostics.iter().filter(|table| table.name == "hh");
        let positions = hh.flat_map(|table| &table.rows).filter_map(|row| {
            let place = |name| split_place(row.get(name)?.as_str()?);
            Some(Position {
                node: number(row.get("node")?)?,
                active: row.get("active").is_some_and(|active| active == "yes" || *active == true),
                head: place("head"),
                tail: place("tail"),
            })
        });
        // A queue exists from its first hint on, and from the start of a node that finds one on its disk. Each has a line in
        // the diagnostics, where these have the module at all; and in the statistics, but in version 0.10 only once it has
        // counted something.
        let listed = statistics.iter().any(|statistic| statistic.name == "hh");
        let complete = since_1_0 && listed || diagnostics.iter().any(|table| table.name == "hh");
        Self { positions: positions.collect(), statistics, complete }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Statistic> {
        self.statistics.iter().filter(move |statistic| statistic.name == name)
    }
}

/// Node and shard of a statistic. The shard is told by a tag (`shardID`, or `shard`) or by the end of the path, `…/node/shard`.
fn queue_key(statistic: &Statistic) -> Option<(u64, Option<u64>)> {
    let node = statistic.tags.get("node")?.parse().ok()?;
    let tagged = ["shardID", "shard"].iter().find_map(|tag| statistic.tags.get(*tag)?.parse().ok());
    let in_path = || {
        let mut parts = statistic.tags.get("path")?.rsplit(['/', '\\']);
        let shard = parts.next()?.parse().ok()?;
        (parts.next()?.parse() == Ok(node)).then_some(shard)
    };
    Some((node, tagged.or_else(in_path)))
}

fn is_empty((node, shard): (u64, Option<u64>), first: &Look, second: &Look) -> bool {
    let files = |look: &Look| {
        let of = look.named("hh_processor").find(|s| queue_key(s) == Some((node, shard)))?;
        Some((of.integer("queueBytes")?, of.integer("queueDepth")?))
    };
    let places = |look: &Look| -> Vec<Position> {
        let of = look.positions.iter().filter(|p| {
            let in_shard = |place: &Option<(String, i64)>| {
                shard.is_none_or(|s| place.as_ref().is_some_and(|(path, _)| shard_of(path) == Some(s)))
            };
            p.node == node && in_shard(&p.head)
        });
        of.cloned().collect()
    };
    // Several under one name: which of them waits is not told.
    if second.named("hh_processor").filter(|s| queue_key(s) == Some((node, shard))).count() > 1 {
        return false;
    }
    match (files(first), files(second)) {
        (Some((_, _)), Some((bytes, count))) if bytes <= FOOTER.saturating_mul(count) => true,
        // One file, of one size before and after the look at its head.
        (Some((before, 1)), Some((after, 1))) if before == after => match places(first).as_slice() {
            [Position { head: Some((_, head)), .. }] => head.checked_add(FOOTER) == Some(after),
            _ => false,
        },
        (None, None) => {
            let (one, two) = (places(first), places(second));
            let [place] = two.as_slice() else { return false };
            let (Some((head_file, head)), Some((tail_file, tail))) = (&place.head, &place.tail) else { return false };
            place.active && one == two && head_file == tail_file && head.checked_add(FOOTER) == Some(*tail)
        }
        _ => false,
    }
}

/// `path:offset`
fn split_place(text: &str) -> Option<(String, i64)> {
    let (path, offset) = text.rsplit_once(':')?;
    Some((path.to_owned(), offset.parse().ok()?))
}

/// The shard in the path of a segment, `…/node/shard/segment`.
fn shard_of(path: &str) -> Option<u64> {
    path.rsplit(['/', '\\']).nth(1)?.parse().ok()
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

impl fmt::Display for QueueState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Waiting { points: Some(points), bytes } => write!(f, "{points} points in {bytes} bytes waiting"),
            Self::Waiting { points: None, bytes } => write!(f, "{bytes} bytes waiting"),
            Self::Unknown => f.write_str("not told"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn statistic(name: &str, tags: &[(&str, &str)], values: &Value) -> Statistic {
        Statistic {
            name: name.into(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            values: values.as_object().unwrap().clone().into_iter().collect(),
        }
    }

    /// A queue of 1.8 for shard 7 of node 5.
    fn new_look(bytes: i64, files: i64, head: &str) -> Look {
        let of = statistic(
            "hh_processor",
            &[("node", "5"), ("shardID", "7")],
            &json!({ "queueBytes": bytes, "queueDepth": files }),
        );
        Look::new(vec![of], &[table(head, "/hh/5/7/1:9")], true)
    }

    fn old_look(head: &str, tail: &str) -> Look {
        Look::new(Vec::new(), &[table(head, tail)], false)
    }

    fn table(head: &str, tail: &str) -> DiagnosticTable {
        let row = json!({ "node": 5, "active": "yes", "last modified": "x", "head": head, "tail": tail });
        let row = row.as_object().unwrap().clone().into_iter().collect();
        DiagnosticTable { name: "hh".into(), rows: vec![row] }
    }

    fn state(first: &Look, second: &Look) -> QueueState {
        let backlog = Backlog::read(first, second);
        assert_eq!(backlog.queues.len(), 1);
        backlog.queues[0].state
    }

    #[test]
    fn a_file_with_nothing_but_its_footer_is_empty() {
        assert_eq!(state(&new_look(8, 1, "/hh/5/7/1:0"), &new_look(8, 1, "/hh/5/7/1:0")), QueueState::Empty);
        assert_eq!(state(&new_look(500, 2, "x"), &new_look(16, 2, "x")), QueueState::Empty);
    }

    #[test]
    fn queues_that_are_told_by_their_paths_are_told_apart() {
        let queue = |path: &str, bytes: i64| {
            let values = json!({ "queueBytes": bytes, "queueDepth": 1 });
            statistic("hh_processor", &[("node", "5"), ("path", path)], &values)
        };
        let look = |paths: [&str; 2]| Look::new(vec![queue(paths[0], 8), queue(paths[1], 500)], &[table("", "")], true);
        let states = |paths| {
            let queues = Backlog::read(&look(paths), &look(paths)).queues;
            queues.iter().map(|queue| (queue.shard, queue.state)).collect::<Vec<_>>()
        };
        let apart = [(Some(7), QueueState::Empty), (Some(8), QueueState::Unknown)];
        assert_eq!(states(["/var/hh/5/7", "/var/hh/5/8"]), apart);
        assert_eq!(states(["C:\\hh\\5\\7", "C:\\hh\\5\\8"]), apart);
        assert_eq!(states(["elsewhere", "and there"]), [(None, QueueState::Unknown)], "one of them waits");
    }

    #[test]
    fn a_head_at_the_end_of_the_only_file_is_empty() {
        let at = |bytes, files, head: i64| new_look(bytes, files, &format!("/hh/5/7/1:{head}"));
        assert_eq!(state(&at(500, 1, 492), &at(500, 1, 492)), QueueState::Empty);
        for (first, second) in [
            (at(500, 1, 491), at(500, 1, 492)),
            (at(500, 1, 492), at(600, 1, 492)),
            (at(500, 2, 492), at(500, 2, 492)),
            (new_look(500, 1, "/hh/5/8/1:492"), at(500, 1, 492)),
            (new_look(500, 1, "/hh/5/7/1"), at(500, 1, 492)),
            (new_look(500, 1, ""), at(500, 1, 492)),
        ] {
            assert_eq!(state(&first, &second), QueueState::Unknown, "{first:?} {second:?}");
        }
    }

    #[test]
    fn head_and_tail_of_the_old_version_count_only_when_they_stay() {
        let empty = old_look("/hh/5/1:249", "/hh/5/1:257");
        assert_eq!(state(&empty, &empty), QueueState::Empty);
        for (first, second) in [
            (old_look("/hh/5/1:100", "/hh/5/1:108"), empty.clone()),
            (empty.clone(), old_look("/hh/5/1:249", "/hh/5/1:900")),
            (old_look("/hh/5/1:249", "/hh/5/2:257"), old_look("/hh/5/1:249", "/hh/5/2:257")),
            (old_look("/hh/5/1", "/hh/5/1"), old_look("/hh/5/1", "/hh/5/1")),
        ] {
            assert_eq!(state(&first, &second), QueueState::Unknown, "{first:?} {second:?}");
        }
    }

    #[test]
    fn what_is_counted_is_believed() {
        let counted = |blocks: i64| {
            let values = json!({ "blocks": blocks, "points": 3, "bytes": 90 });
            Look::new(vec![statistic("hh_queue", &[("node", "5"), ("shard", "7")], &values)], &[table("", "")], true)
        };
        let backlog = Backlog::read(&counted(1), &counted(1));
        let of_shard = backlog.queues.iter().find(|queue| queue.shard == Some(7)).unwrap();
        assert_eq!(of_shard.state, QueueState::Waiting { points: Some(3), bytes: 90 });
        assert_eq!(backlog.of(5, 7), HandoffState::Pending);
        assert_eq!(backlog.of(6, 7), HandoffState::Empty, "the node lists its queues, and there is none");
    }

    #[test]
    fn a_node_that_lists_nothing_is_not_taken_for_an_empty_one() {
        let nothing = Look::default();
        let backlog = Backlog::read(&nothing, &nothing);
        assert_eq!((backlog.state(), backlog.of(5, 7)), (HandoffState::Unknown, HandoffState::Unknown));
        let module = |since_1_0| Look::new(vec![statistic("hh", &[], &json!({ "writeShardReq": 0 }))], &[], since_1_0);
        assert_eq!(Backlog::read(&module(true), &module(true)).state(), HandoffState::Empty);
        assert_eq!(
            Backlog::read(&module(false), &module(false)).state(),
            HandoffState::Unknown,
            "0.10 leaves some out"
        );
    }
}
