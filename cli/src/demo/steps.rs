//! The failures, one row each. Everything that a row claims is asked of the replicas, never assumed.

use std::time::Instant;

use super::child;
use super::replicas::Held;
use super::row::{Row, Rows};
use super::shards::owner_of;
use super::stage::{DATABASE, KNOWN_WEEK, NEW_WEEK, POINTS, SINGLE, Stage, points};
use crate::failure::Failure;
use crate::settings::duration_text;

const ALL: Held = Held::Points(POINTS);
const NONE: Held = Held::Points(0);

/// All steps in their order.
pub(crate) async fn play(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    one_node_dead(stage, rows).await?;
    one_node_paused(stage, rows).await?;
    every_owner_dead(stage, rows).await?;
    meta_quorum_lost(stage, rows).await?;
    points_at_fault(stage, rows).await?;
    setup_at_fault(stage, rows).await
}

/// A data node killed: fine at quorum, below the level at all; hinted handoff brings it all once the node is back.
async fn one_node_dead(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    stage.kill(&["data3"]).await?;

    let mut row = Row::new("data3 killed, write at quorum");
    let written = stage.write(DATABASE, "quorum", &points("killed-quorum", KNOWN_WEEK)).await?;
    row.written(&written, 0, "ok", "stored");
    let held = stage.count(DATABASE, "killed-quorum").await;
    row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", Held::Dead)]);
    rows.add(&row)?;

    let mut row = Row::new("data3 still dead, write at all");
    let written = stage.write(DATABASE, "all", &points("killed-all", KNOWN_WEEK)).await?;
    row.written(&written, 12, "below-level", "below-level");
    row.expect("points counted as below level", &written.summary.points.below_level, &POINTS);
    let held = stage.count(DATABASE, "killed-all").await;
    row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", Held::Dead)]);
    let hints = stage.hints().await;
    row.claim("hints for data3 are queued", hints > 0);
    rows.add(&row)?;

    let mut row = Row::new("data3 restarted, hints drained");
    stage.restart(&["data3"]).await?;
    let drained = stage.drained().await;
    row.claim("every hint was delivered", drained.is_some());
    for step in ["killed-quorum", "killed-all"] {
        let held = stage.count_until(DATABASE, step, &["data1", "data2", "data3"], POINTS).await;
        row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", ALL)]);
    }
    if let Some(time) = drained {
        row.note(format!(
            "{hints} hinted points delivered, {} after the restart; both writes are on all three",
            duration_text(time)
        ));
    }
    rows.add(&row)
}

/// A paused node leaves the coordinator without a verdict, and the points arrive all the same.
async fn one_node_paused(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    stage.pause("data2").await?;
    let mut row = Row::new("data2 paused, write at all");
    let started = Instant::now();
    let written = stage.write(DATABASE, "all", &points("paused-all", KNOWN_WEEK)).await?;
    let took = started.elapsed();
    row.written(&written, 11, "timeout", "unknown");
    row.expect("points counted as unknown", &written.summary.points.unknown, &POINTS);
    let held = stage.count(DATABASE, "paused-all").await;
    row.held(&held, &[("data1", ALL), ("data2", Held::Paused), ("data3", ALL)]);
    row.note(format!("the answer came after {}, the cluster's write-timeout", duration_text(took)));
    rows.add(&row)?;

    let mut row = Row::new("data2 resumed: the points came later");
    stage.resume("data2").await?;
    let held = stage.count_until(DATABASE, "paused-all", &["data2"], POINTS).await;
    row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", ALL)]);
    row.claim("every hint was delivered", stage.drained().await.is_some());
    rows.add(&row)
}

/// No owner of a shard is up: any hands off, one fails; both arrive when the owner is back.
async fn every_owner_dead(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    stage.ask(&format!("CREATE DATABASE {SINGLE} WITH REPLICATION 1")).await?;
    let (step, owner) = owner_of(stage, SINGLE, KNOWN_WEEK).await?;
    stage.kill(&[&owner]).await?;

    let mut row = Row::new(format!("the only owner ({owner}) killed, write at any"));
    let written = stage.write(SINGLE, "any", &points(&step, KNOWN_WEEK)).await?;
    row.written(&written, 0, "ok", "stored");
    let held = only(&owner, stage.count(SINGLE, &step).await);
    row.held(&held, &[(&owner, Held::Dead)]);
    let hints = stage.hints().await;
    row.claim("the points wait in hinted handoff", hints >= POINTS);
    row.note(format!("accepted by hinted handoff alone: {hints} points wait for {owner}"));
    rows.add(&row)?;

    let mut row = Row::new(format!("{owner} still dead, write at one"));
    let again = points(&step, KNOWN_WEEK + 3_600_000_000_000);
    let written = stage.write(SINGLE, "one", &again).await?;
    row.written(&written, 14, "no-replica", "unknown");
    row.expect("points counted as unknown", &written.summary.points.unknown, &POINTS);
    let held = only(&owner, stage.count(SINGLE, &step).await);
    row.held(&held, &[(&owner, Held::Dead)]);
    rows.add(&row)?;

    let mut row = Row::new(format!("{owner} restarted, hints drained"));
    stage.restart(&[&owner]).await?;
    row.claim("every hint was delivered", stage.drained().await.is_some());
    let held = only(&owner, stage.count_until(SINGLE, &step, &[&owner], 2 * POINTS).await);
    row.held(&held, &[(&owner, Held::Points(2 * POINTS))]);
    row.note(
        "both writes are there, also the one that failed: of a failure without a replica only `unknown` can be said",
    );
    rows.add(&row)
}

/// Two of three meta nodes dead: existing shard groups go on, new ones cannot be made.
async fn meta_quorum_lost(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    stage.kill(&["meta1", "meta2"]).await?;

    let mut row = Row::new("meta1 and meta2 killed, known week, quorum");
    let written = stage.write(DATABASE, "quorum", &points("meta-known", KNOWN_WEEK)).await?;
    row.written(&written, 0, "ok", "stored");
    let everywhere = ["data1", "data2", "data3"];
    let held = stage.count_until(DATABASE, "meta-known", &everywhere, POINTS).await;
    row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", ALL)]);
    rows.add(&row)?;

    let mut row = Row::new("still without them, a new week, quorum");
    let started = Instant::now();
    let written = stage.write(DATABASE, "quorum", &points("meta-new", NEW_WEEK)).await?;
    let took = started.elapsed();
    row.written(&written, 15, "meta-unavailable", "not-stored");
    row.expect("points counted as not stored", &written.summary.points.not_stored, &POINTS);
    let held = stage.count(DATABASE, "meta-new").await;
    row.held(&held, &[("data1", NONE), ("data2", NONE), ("data3", NONE)]);
    row.note(format!("the coordinator asked the meta nodes for {} and gave up", duration_text(took)));
    rows.add(&row)?;

    let mut row = Row::new("meta nodes restarted: still nothing of it");
    stage.restart(&["meta1", "meta2"]).await?;
    let held = stage.count(DATABASE, "meta-new").await;
    row.held(&held, &[("data1", NONE), ("data2", NONE), ("data3", NONE)]);
    row.expect("hints", &stage.hints().await, &0);
    rows.add(&row)?;

    let mut row = Row::new("the same write again, with the quorum back");
    let written = stage.write(DATABASE, "quorum", &points("meta-new", NEW_WEEK)).await?;
    row.written(&written, 0, "ok", "stored");
    let held = stage.count_until(DATABASE, "meta-new", &everywhere, POINTS).await;
    row.held(&held, &[("data1", ALL), ("data2", ALL), ("data3", ALL)]);
    rows.add(&row)
}

/// Points that no server can store, among points that it can.
async fn points_at_fault(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    let everywhere = ["data1", "data2", "data3"];
    let held_by_all = [("data1", ALL), ("data2", ALL), ("data3", ALL)];

    // The field gets its type first; the batch below gives it another one in its fourth line alone.
    let first = stage.write(DATABASE, "all", &format!("demo,step=types state=1i {KNOWN_WEEK}\n")).await?;
    let mut row = Row::new("a type conflict among good points, quorum");
    row.expect("exit code of the first write of the field", &first.exit, &0);
    let bad = format!("demo,step=conflict state=\"on\" {}", KNOWN_WEEK + 7);
    let written = stage.write(DATABASE, "quorum", &with_line(4, &bad, &points("conflict", KNOWN_WEEK))).await?;
    row.written(&written, 32, "type-conflict", "partly-stored");
    refused_alone(&mut row, &written, "type-conflict", &bad);
    let held = stage.count_until(DATABASE, "conflict", &everywhere, POINTS).await;
    row.held(&held, &held_by_all);
    rows.add(&row)?;

    let mut row = Row::new("an unparsable line among good points, quorum");
    let bad = "demo,step=unparsable v= 1451520000000000007";
    let written = stage.write(DATABASE, "quorum", &with_line(4, bad, &points("unparsable", KNOWN_WEEK))).await?;
    row.written(&written, 31, "malformed", "partly-stored");
    refused_alone(&mut row, &written, "malformed", bad);
    let held = stage.count_until(DATABASE, "unparsable", &everywhere, POINTS).await;
    row.held(&held, &held_by_all);
    rows.add(&row)
}

/// The bad line was named, and it alone.
fn refused_alone(row: &mut Row, written: &child::Written, class: &str, bad: &str) {
    row.expect("points accepted", &written.summary.points.accepted, &POINTS);
    row.expect("points refused", &written.summary.points.rejected, &1);
    row.expect("lines named", &written.rejects.len(), &1);
    if let Some(reject) = written.rejects.first() {
        row.expect("the line named", &reject.line, &Some(4));
        row.expect("its class", &reject.class.as_str(), &class);
        row.expect("its text", &reject.text.as_deref(), &Some(bad));
        row.note(format!("named: line 4, {bad}"));
    }
}

/// The same lines with one more as the `number`th.
fn with_line(number: usize, line: &str, lines: &str) -> String {
    let mut all: Vec<&str> = lines.lines().collect();
    all.insert(number - 1, line);
    all.join("\n") + "\n"
}

/// What no retry mends.
async fn setup_at_fault(stage: &mut Stage<'_>, rows: &mut Rows<'_>) -> Result<(), Failure> {
    let nowhere = [("data1", NONE), ("data2", NONE), ("data3", NONE)];

    let mut row = Row::new("a database that does not exist");
    let written = stage.write("absent", "quorum", &points("no-database", KNOWN_WEEK)).await?;
    row.written(&written, 21, "not-found", "not-stored");
    let held = stage.count(DATABASE, "no-database").await;
    row.held(&held, &nowhere);
    row.claim("the database was not made by the write", !stage.databases().await?.iter().any(|name| name == "absent"));
    rows.add(&row)?;

    let mut row = Row::new("a retention policy that does not exist");
    let arguments = ["-H", &stage.coordinator, "-d", DATABASE, "-c", "quorum", "--rp", "absent"];
    let written = child::write(&arguments, &points("no-policy", KNOWN_WEEK)).await?;
    row.written(&written, 21, "not-found", "not-stored");
    let held = stage.count(DATABASE, "no-policy").await;
    row.held(&held, &nowhere);
    rows.add(&row)?;

    let mut row = Row::new("an address where nobody listens");
    let arguments = ["-H", NOBODY, "-d", DATABASE, "-c", "quorum"];
    let written = child::write(&arguments, &points("nobody", KNOWN_WEEK)).await?;
    row.written(&written, 10, "unreachable", "not-stored");
    let held = stage.count(DATABASE, "nobody").await;
    row.held(&held, &nowhere);
    rows.add(&row)
}

/// An address of this machine on which nobody listens: systems keep this port for a service long out of use.
const NOBODY: &str = "http://127.0.0.1:1";

/// Of a shard with one owner, only that node's answer tells what a replica holds: the others would ask it.
fn only(owner: &str, held: Vec<(String, Held)>) -> Vec<(String, Held)> {
    held.into_iter().filter(|(name, _)| name == owner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_put_where_it_is_said_to_be() {
        let lines = with_line(4, "bad", &points("x", 0));
        assert_eq!(lines.lines().nth(3), Some("bad"));
        assert_eq!(lines.lines().count() as u64, POINTS + 1);
    }
}
