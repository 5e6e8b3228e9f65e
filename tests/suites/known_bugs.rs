//! A known bug is found where it is and not where it cannot be; what it leaves behind is repaired where that is asked for.

use influx_lab::NODE_ARGUMENT;
use influx_lab::bugs::{self, BUGS, Finding};
use influx_lab::experiment::{Order, RunDir, Target};
use influx_lab::repair::{self, REPAIR, Row};
use influx_server_mock::Profile;

fn order(dir: &tempfile::TempDir, only: &str, profile: Option<Profile>) -> Result<Order, String> {
    Ok(Order {
        dir: RunDir::at(dir.path()),
        seed: 1,
        time: None,
        nodes: None,
        profile,
        set: vec![("only".into(), only.into())],
        target: Target::this_program(&[NODE_ARGUMENT]).map_err(|error| error.to_string())?,
    })
}

/// The race of 0.10 over a new shard group; neither 1.8 nor groups that are known have it.
pub async fn a_known_bug_is_found_and_its_controls_are_clean() -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let order = order(&dir, "drop-race", None)?;
    let ending = bugs::run(&order, &()).await.map_err(|error| error.to_string())?;
    let findings: Vec<Finding> = order.dir.read_json(BUGS).map_err(|error| error.to_string())?;
    let [finding] = findings.as_slice() else { return Err(format!("one bug was sought: {findings:#?}")) };
    let whole = finding.is_validated() && finding.is_prevented() && finding.controls.len() == 2;
    if whole && ending.holds() { Ok(()) } else { Err(format!("{finding:#?}")) }
}

/// The same race: without repair its replicas stay different, with repair they become equal.
pub async fn anti_entropy_makes_replicas_equal() -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let order = order(&dir, "drop-race", Some(Profile::V0_10))?;
    let ending = repair::run(&order, &()).await.map_err(|error| error.to_string())?;
    let rows: Vec<Row> = order.dir.read_json(REPAIR).map_err(|error| error.to_string())?;
    let [row] = rows.as_slice() else { return Err(format!("one cause was brought about: {rows:#?}")) };
    let whole = row.off.left == row.off.differing && row.on.left == 0;
    if whole && ending.holds() { Ok(()) } else { Err(format!("{row:#?}")) }
}
