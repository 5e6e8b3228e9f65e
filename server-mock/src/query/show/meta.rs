//! What the metadata tells.

use super::{number, row, text};
use crate::Profile;
use crate::core::meta::{Database, MetaData, RetentionPolicy, ShardGroup};
use crate::go;
use crate::query::QueryError;
use crate::query::ast::{Statement, privilege_name};
use crate::query::format_rfc3339;
use crate::query::result::Row;
use crate::query::value::Value;

/// The rows of a statement that needs only the metadata; `None` for any other statement.
///
/// `database` is the request's, for `SHOW RETENTION POLICIES` without one; `visible` tells which databases the user
/// may see in `SHOW DATABASES`.
///
/// # Errors
/// [`QueryError`] when the statement names a database or user that is not there.
pub fn from_meta(
    statement: &Statement,
    database: &str,
    meta: &MetaData,
    profile: Profile,
    visible: impl Fn(&str) -> bool,
) -> Option<Result<Vec<Row>, QueryError>> {
    Some(Ok(match statement {
        Statement::ShowDatabases => databases(meta, visible),
        Statement::ShowRetentionPolicies { database: named } => {
            return Some(retention_policies(meta, if named.is_empty() { database } else { named }, profile));
        }
        Statement::ShowServers => servers(meta),
        Statement::ShowShards => shards(meta, profile),
        Statement::ShowShardGroups => shard_groups(meta),
        Statement::ShowUsers => users(meta),
        Statement::ShowGrants { user } => return Some(grants(meta, user)),
        Statement::ShowContinuousQueries => continuous_queries(meta),
        Statement::ShowSubscriptions => subscriptions(meta),
        _ => return None,
    }))
}

fn databases(meta: &MetaData, visible: impl Fn(&str) -> bool) -> Vec<Row> {
    let names = meta.databases.iter().map(|database| &database.name).filter(|name| visible(name));
    vec![row("databases", &["name"], names.map(|name| vec![text(name)]).collect())]
}

fn retention_policies(meta: &MetaData, name: &str, profile: Profile) -> Result<Vec<Row>, QueryError> {
    if name.is_empty() {
        return Err(QueryError::DatabaseNameRequired);
    }
    let database = meta.database(name).ok_or_else(|| QueryError::DatabaseNotFound(name.to_owned()))?;
    let values = database.retention_policies.iter().map(|policy| {
        let mut cells = vec![text(&policy.name), text(go::format_duration(policy.duration))];
        match profile {
            Profile::V1_8 => cells.push(text(go::format_duration(policy.shard_group_duration))),
            Profile::V0_10 => {}
        }
        cells.push(number(u64::from(policy.replica_n)));
        cells.push(Value::Boolean(policy.name == database.default_retention_policy));
        cells
    });
    let columns: &[&str] = match profile {
        Profile::V1_8 => &["name", "duration", "shardGroupDuration", "replicaN", "default"],
        Profile::V0_10 => &["name", "duration", "replicaN", "default"],
    };
    Ok(vec![row("", columns, values.collect())])
}

fn servers(meta: &MetaData) -> Vec<Row> {
    let line = |id: u64, http: &str, tcp: &str| vec![number(id), text(http), text(tcp)];
    let columns = &["id", "http_addr", "tcp_addr"];
    let data = meta.data_nodes.iter().map(|node| line(node.id, &node.http_addr, &node.tcp_addr));
    let metas = meta.meta_nodes.iter().map(|node| line(node.id, &node.http_addr, &node.tcp_addr));
    vec![row("data_nodes", columns, data.collect()), row("meta_nodes", columns, metas.collect())]
}

/// Groups that still count, in the order of policies and start times.
fn live_groups(database: &Database) -> impl Iterator<Item = (&RetentionPolicy, &ShardGroup)> {
    database.retention_policies.iter().flat_map(|policy| {
        let live = policy.shard_groups.iter().filter(|group| group.deleted_at.is_none());
        live.map(move |group| (policy, group))
    })
}

fn instant(nanoseconds: i64) -> Value {
    // Shown in whole seconds.
    text(format_rfc3339(i128::from(nanoseconds.div_euclid(1_000_000_000)) * 1_000_000_000))
}

/// When the points of a group may go. Of a policy that keeps them for ever it is the end of the group.
fn expiry(policy: &RetentionPolicy, group: &ShardGroup) -> Value {
    instant(group.end_time.saturating_add(policy.duration))
}

/// The same for one of its shards, where 1.8 tells nothing of a policy that keeps its points for ever.
fn shard_expiry(policy: &RetentionPolicy, group: &ShardGroup, profile: Profile) -> Value {
    match profile {
        Profile::V1_8 if policy.duration == 0 => text(""),
        Profile::V1_8 | Profile::V0_10 => expiry(policy, group),
    }
}

fn shards(meta: &MetaData, profile: Profile) -> Vec<Row> {
    let columns =
        &["id", "database", "retention_policy", "shard_group", "start_time", "end_time", "expiry_time", "owners"];
    let rows = meta.databases.iter().map(|database| {
        let values = live_groups(database).flat_map(|(policy, group)| {
            group.shards.iter().map(move |shard| {
                let owners: Vec<String> = shard.owners.iter().map(u64::to_string).collect();
                vec![
                    number(shard.id),
                    text(&database.name),
                    text(&policy.name),
                    number(group.id),
                    instant(group.start_time),
                    instant(group.end_time),
                    shard_expiry(policy, group, profile),
                    text(owners.join(",")),
                ]
            })
        });
        row(&database.name, columns, values.collect())
    });
    rows.collect()
}

fn shard_groups(meta: &MetaData) -> Vec<Row> {
    let columns = &["id", "database", "retention_policy", "start_time", "end_time", "expiry_time"];
    let values = meta.databases.iter().flat_map(|database| {
        live_groups(database).map(|(policy, group)| {
            vec![
                number(group.id),
                text(&database.name),
                text(&policy.name),
                instant(group.start_time),
                instant(group.end_time),
                expiry(policy, group),
            ]
        })
    });
    vec![row("shard groups", columns, values.collect())]
}

fn users(meta: &MetaData) -> Vec<Row> {
    let values = meta.users.iter().map(|user| vec![text(&user.name), Value::Boolean(user.admin)]);
    vec![row("", &["user", "admin"], values.collect())]
}

fn grants(meta: &MetaData, name: &str) -> Result<Vec<Row>, QueryError> {
    let user = meta.users.iter().find(|user| user.name == name);
    let user = user.ok_or_else(|| QueryError::invalid("user not found"))?;
    let values =
        user.privileges.iter().map(|(database, privilege)| vec![text(database), text(privilege_name(*privilege))]);
    Ok(vec![row("", &["database", "privilege"], values.collect())])
}

/// None can be made that stays, but every database is named.
fn continuous_queries(meta: &MetaData) -> Vec<Row> {
    let of = |database: &Database| {
        let queries = meta.continuous_queries.iter().filter(|query| query.database == database.name);
        let values = queries.map(|query| vec![text(&query.name), text(&query.query)]);
        row(&database.name, &["name", "query"], values.collect())
    };
    meta.databases.iter().map(of).collect()
}

/// Databases without any are left out.
fn subscriptions(meta: &MetaData) -> Vec<Row> {
    let of = |database: &Database| {
        let known = meta.subscriptions.iter().filter(|subscription| subscription.database == database.name);
        let values: Vec<_> = known
            .map(|known| {
                let mode = if known.to_all { "ALL" } else { "ANY" };
                let destinations = Value::List(known.destinations.as_slice().into());
                vec![text(&known.retention_policy), text(&known.name), text(mode), destinations]
            })
            .collect();
        let columns = ["retention_policy", "name", "mode", "destinations"];
        (!values.is_empty()).then(|| row(&database.name, &columns, values))
    };
    meta.databases.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::core::meta::{DataNode, MetaNode, Privilege, Shard, User};
    use crate::query::render::{Style, body};
    use crate::query::result::StatementResult;
    use crate::query::{Params, parse};

    const WEEK: i64 = 7 * 86_400 * 1_000_000_000;
    const MONDAY: i64 = 1_599_436_800_000_000_000;

    fn meta() -> MetaData {
        let policy = |name: &str, duration| RetentionPolicy {
            name: name.to_owned(),
            duration,
            shard_group_duration: WEEK,
            replica_n: 2,
            shard_groups: vec![
                ShardGroup {
                    id: 7,
                    start_time: MONDAY,
                    end_time: MONDAY + WEEK,
                    deleted_at: None,
                    truncated_at: None,
                    shards: vec![Shard { id: 11, owners: vec![6, 4] }],
                },
                ShardGroup {
                    id: 8,
                    start_time: MONDAY + WEEK,
                    end_time: MONDAY + 2 * WEEK,
                    deleted_at: Some(1),
                    truncated_at: None,
                    shards: vec![Shard { id: 12, owners: vec![4, 5] }],
                },
            ],
        };
        MetaData {
            databases: vec![
                Database {
                    name: "db".to_owned(),
                    default_retention_policy: "rp0".to_owned(),
                    retention_policies: vec![policy("rp0", 0), policy("short", WEEK)],
                },
                Database {
                    name: "empty".to_owned(),
                    default_retention_policy: String::new(),
                    retention_policies: Vec::new(),
                },
            ],
            meta_nodes: vec![MetaNode { id: 1, http_addr: "m:1".to_owned(), tcp_addr: "m:2".to_owned() }],
            data_nodes: vec![DataNode { id: 4, http_addr: "d:1".to_owned(), tcp_addr: "d:2".to_owned() }],
            users: vec![User {
                name: "u".to_owned(),
                hash: "h".to_owned(),
                admin: false,
                privileges: vec![("db".to_owned(), Privilege::Read)],
            }],
            ..MetaData::default()
        }
    }

    fn answer(query: &str, profile: Profile) -> String {
        let statement = parse(query, &Params::default(), profile).unwrap().remove(0);
        let rows = from_meta(&statement, "db", &meta(), profile, |_| true).unwrap();
        String::from_utf8(body(&[StatementResult::of(0, rows)], &Style::new(profile))).unwrap()
    }

    #[test]
    fn the_forms_of_both_profiles() {
        for (query, profile, expected) in [
            (
                "SHOW DATABASES",
                Profile::V1_8,
                r#"[{"name":"databases","columns":["name"],"values":[["db"],["empty"]]}]"#,
            ),
            (
                "SHOW RETENTION POLICIES ON db",
                Profile::V1_8,
                r#"[{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values":[["rp0","0s","168h0m0s",2,true],["short","168h0m0s","168h0m0s",2,false]]}]"#,
            ),
            (
                "SHOW RETENTION POLICIES",
                Profile::V0_10,
                r#"[{"columns":["name","duration","replicaN","default"],"values":[["rp0","0s",2,true],["short","168h0m0s",2,false]]}]"#,
            ),
            (
                "SHOW SHARDS",
                Profile::V1_8,
                r#"[{"name":"db","columns":["id","database","retention_policy","shard_group","start_time","end_time","expiry_time","owners"],"values":[[11,"db","rp0",7,"2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","","6,4"],[11,"db","short",7,"2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","2020-09-21T00:00:00Z","6,4"]]},{"name":"empty","columns":["id","database","retention_policy","shard_group","start_time","end_time","expiry_time","owners"]}]"#,
            ),
            (
                "SHOW SHARD GROUPS",
                Profile::V0_10,
                r#"[{"name":"shard groups","columns":["id","database","retention_policy","start_time","end_time","expiry_time"],"values":[[7,"db","rp0","2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","2020-09-14T00:00:00Z"],[7,"db","short","2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","2020-09-21T00:00:00Z"]]}]"#,
            ),
            (
                "SHOW SHARD GROUPS",
                Profile::V1_8,
                r#"[{"name":"shard groups","columns":["id","database","retention_policy","start_time","end_time","expiry_time"],"values":[[7,"db","rp0","2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","2020-09-14T00:00:00Z"],[7,"db","short","2020-09-07T00:00:00Z","2020-09-14T00:00:00Z","2020-09-21T00:00:00Z"]]}]"#,
            ),
            (
                "SHOW SERVERS",
                Profile::V1_8,
                r#"[{"name":"data_nodes","columns":["id","http_addr","tcp_addr"],"values":[[4,"d:1","d:2"]]},{"name":"meta_nodes","columns":["id","http_addr","tcp_addr"],"values":[[1,"m:1","m:2"]]}]"#,
            ),
            ("SHOW USERS", Profile::V1_8, r#"[{"columns":["user","admin"],"values":[["u",false]]}]"#),
            ("SHOW GRANTS FOR u", Profile::V1_8, r#"[{"columns":["database","privilege"],"values":[["db","READ"]]}]"#),
        ] {
            let answer = answer(query, profile);
            assert!(answer.contains(&format!("\"series\":{expected}}}")), "{query}: {answer}");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let expected = "{\"results\":[{\"statement_id\":0,\"error\":\"database not found: nope\"}]}\n";
        assert_eq!(answer("SHOW RETENTION POLICIES ON nope", Profile::V1_8), expected);
        assert!(answer("SHOW GRANTS FOR nobody", Profile::V1_8).contains("\"error\":\"user not found\""));
    }
}
