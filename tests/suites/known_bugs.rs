//! A known bug is found where it is and not where it cannot be; what it leaves behind is repaired where that is asked for.

use influx_lab::NODE_ARGUMENT;
use influx_lab::bugs::{self, BUGS, Finding};
use influx_lab::experiment::{Order, RunDir, Target};
use influx_lab::repair::{self, REPAIR, Row};
use influx_server_mock::Profile;

use crate::Failure;

fn order(dir: &tempfile::TempDir, only: &str, profile: Option<Profile>) -> Result<Order, Failure> {
    Ok(Order {
        dir: RunDir::at(dir.path()),
        seed: 1,
        time: None,
        nodes: None,
        profile,
        set: vec![("only".into(), only.into())],
        target: Target::this_program(&[NODE_ARGUMENT])?,
    })
}

/// The race of 0.10 over a new shard group; neither 1.8 nor groups that are known have it.
pub(crate) async fn found_and_controls_clean() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let order = order(&dir, "drop-race", None)?;
    let ending = bugs::run(&order, &()).await?;
    let findings: Vec<Finding> = order.dir.read_json(BUGS)?;
    let [finding] = findings.as_slice() else { return Err(format!("one bug was sought: {findings:#?}").into()) };
    let whole = finding.is_validated() && finding.is_prevented() && finding.controls.len() == 2;
    if whole && ending.holds() { Ok(()) } else { Err(format!("{finding:#?}").into()) }
}

/// The same race: without repair its replicas stay different, with repair they become equal.
pub(crate) async fn repaired() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let order = order(&dir, "drop-race", Some(Profile::V0_10))?;
    let ending = repair::run(&order, &()).await?;
    let rows: Vec<Row> = order.dir.read_json(REPAIR)?;
    let [row] = rows.as_slice() else { return Err(format!("one cause was brought about: {rows:#?}").into()) };
    let whole = row.off.left == row.off.differing && row.on.left == 0;
    if whole && ending.holds() { Ok(()) } else { Err(format!("{row:#?}").into()) }
}
