#![allow(clippy::unwrap_used)]

use super::super::{Command, DataNode};
use super::*;

const HOUR: i64 = 3_600_000_000_000;
const DAY: i64 = 24 * HOUR;

struct Machine {
    data: MetaData,
    profile: Profile,
}

impl Machine {
    fn new(profile: Profile) -> Self {
        let data_nodes =
            (4..=6).map(|id| DataNode { id, http_addr: format!("h{id}"), tcp_addr: format!("t{id}") }).collect();
        Self { data: MetaData { data_nodes, ..MetaData::default() }, profile }
    }

    fn apply(&mut self, command: &Command) -> Result<Applied, CommandError> {
        self.data.apply(self.data.index + 1, 1, command, self.profile)
    }

    fn refusal(&mut self, command: &Command) -> String {
        let before = MetaData { index: 0, ..self.data.clone() };
        let refused = self.apply(command).unwrap_err().to_string();
        assert_eq!(MetaData { index: 0, ..self.data.clone() }, before, "a refused command changes nothing");
        refused
    }
}

fn spec(name: &str, duration: i64, replica_n: u32) -> RetentionPolicySpec {
    RetentionPolicySpec {
        name: Some(name.to_owned()),
        duration: Some(duration),
        shard_group_duration: None,
        replica_n: Some(replica_n),
    }
}

fn create_database(name: &str, policy: Option<RetentionPolicySpec>) -> Command {
    Command::CreateDatabase { name: name.to_owned(), policy }
}

fn create_policy(database: &str, policy: RetentionPolicySpec, default: bool) -> Command {
    Command::CreateRetentionPolicy { database: database.to_owned(), policy, default }
}

fn update(name: &str, duration: Option<i64>, shard_group_duration: Option<i64>) -> Command {
    Command::UpdateRetentionPolicy {
        database: "db".to_owned(),
        name: name.to_owned(),
        duration,
        shard_group_duration,
        replica_n: None,
        default: false,
    }
}

#[test]
fn a_database_comes_with_its_default_policy() {
    for (profile, name) in [(Profile::V1_8, "autogen"), (Profile::V0_10, "default")] {
        let mut machine = Machine::new(profile);
        assert_eq!(machine.apply(&create_database("db", None)), Ok(Applied::Changed));
        assert_eq!(machine.apply(&create_database("db", None)), Ok(Applied::Unchanged));
        let policy = machine.data.retention_policy("db", "").unwrap();
        assert_eq!((policy.name.as_str(), policy.duration, policy.replica_n), (name, 0, 3));
        assert_eq!(policy.shard_group_duration, 7 * DAY);
        assert_eq!(machine.data.index, 2);
    }
}

/// Captured case ddl-rp: the durations and the refusal of a second definition.
#[test]
fn retention_policies_as_captured() {
    let mut machine = Machine::new(Profile::V1_8);
    machine.apply(&create_database("db", Some(spec("rp0", 0, 3)))).unwrap();
    for (name, duration, replica_n, group) in [("r1", HOUR, 1, HOUR), ("r2", 2 * DAY, 2, DAY), ("r3", 0, 3, 7 * DAY)] {
        machine.apply(&create_policy("db", spec(name, duration, replica_n), false)).unwrap();
        assert_eq!(machine.data.retention_policy("db", name).unwrap().shard_group_duration, group, "{name}");
    }
    let again = create_policy("db", spec("r2", 3 * DAY, 3), false);
    assert_eq!(machine.refusal(&again), "retention policy already exists");
    assert_eq!(machine.apply(&create_policy("db", spec("r2", 2 * DAY, 2), false)), Ok(Applied::Unchanged));
    let as_default = create_policy("db", spec("r2", 2 * DAY, 2), true);
    assert_eq!(machine.refusal(&as_default), "retention policy conflicts with an existing policy");
    assert_eq!(machine.data.database("db").unwrap().default_retention_policy, "rp0");
}

#[test]
fn refusals_in_the_real_words() {
    let mut machine = Machine::new(Profile::V1_8);
    machine.apply(&create_database("db", None)).unwrap();
    for (command, text) in [
        (create_database("", None), "database name required"),
        (create_database(&"x".repeat(256), None), "name too long"),
        (create_database("s", Some(spec("x", 1_000_000_000, 3))), "retention policy duration must be at least 1h0m0s"),
        (create_database("db", Some(spec("x", 0, 3))), "retention policy conflicts with an existing policy"),
        (create_policy("nope", spec("x", 0, 1), false), "database not found: nope"),
        (create_policy("db", spec("", 0, 1), false), "retention policy name required"),
        (update("nope", None, None), "retention policy not found: nope"),
        (update("autogen", Some(HOUR), None), "retention policy duration must be greater than the shard duration"),
        (update("autogen", Some(1), None), "retention policy duration must be at least 1h0m0s"),
        (
            Command::SetDefaultRetentionPolicy { database: "db".to_owned(), name: "x".to_owned() },
            "retention policy not found: x",
        ),
    ] {
        assert_eq!(machine.refusal(&command), text, "{command:?}");
    }
}

#[test]
fn altering_keeps_or_derives_the_shard_duration() {
    for (profile, group) in [(Profile::V1_8, 7 * DAY), (Profile::V0_10, DAY)] {
        let mut machine = Machine::new(profile);
        machine.apply(&create_database("db", Some(spec("rp", 0, 3)))).unwrap();
        machine.apply(&update("rp", Some(30 * DAY), None)).unwrap();
        let policy = machine.data.retention_policy("db", "rp").unwrap();
        assert_eq!((policy.duration, policy.shard_group_duration), (30 * DAY, group), "{profile}");
    }
    let mut machine = Machine::new(Profile::V1_8);
    machine.apply(&create_database("db", Some(spec("rp", 0, 3)))).unwrap();
    machine.apply(&update("rp", Some(30 * DAY), Some(0))).unwrap();
    assert_eq!(machine.data.retention_policy("db", "rp").unwrap().shard_group_duration, DAY);
}

#[test]
fn a_dropped_default_policy_leaves_its_name() {
    let mut machine = Machine::new(Profile::V1_8);
    machine.apply(&create_database("db", None)).unwrap();
    let drop = Command::DropRetentionPolicy { database: "db".to_owned(), name: "autogen".to_owned() };
    assert_eq!(machine.apply(&drop), Ok(Applied::Changed));
    assert_eq!(machine.apply(&drop), Ok(Applied::Unchanged));
    let group = Command::CreateShardGroup { database: "db".to_owned(), policy: String::new(), time: 0 };
    assert_eq!(machine.refusal(&group), "retention policy not found: autogen");
    // A database without policies takes one from CREATE DATABASE … WITH.
    machine.apply(&create_database("db", Some(spec("rp", 0, 1)))).unwrap();
    assert_eq!(machine.data.database("db").unwrap().default_retention_policy, "rp");
}
