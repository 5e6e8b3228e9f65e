//! The `SHOW` statements over what is in the shards.

use std::collections::BTreeMap;

use super::{Scope, read};
use crate::Profile;
use crate::coordinator::Owners;
use crate::query::ast::{ShowMeasurements, Statement};
use crate::query::show::{self, IndexScope};
use crate::query::{Row, Value};
use crate::scan::ShardIndex;

/// Who tells what is in the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Witnesses {
    /// The node that is asked, of its own shards.
    ThisNode,
    /// One owner of each shard, as for a `SELECT`, which these statements are to the real servers.
    OneOwnerEach,
    /// Every data node, of all that it has, whatever the others have.
    EveryNode,
}

fn witnesses(statement: &Statement, profile: Profile) -> Witnesses {
    if show::reads_own_shards_only(statement, profile) {
        return Witnesses::ThisNode;
    }
    let collected = match statement {
        Statement::ShowMeasurements(_) | Statement::ShowTagKeys(_) | Statement::ShowTagValues { .. } => true,
        Statement::ShowCardinality(count) => count.is_estimated(),
        _ => false,
    };
    match profile {
        Profile::V1_8 if collected => Witnesses::EveryNode,
        Profile::V1_8 | Profile::V0_10 => Witnesses::OneOwnerEach,
    }
}

/// The rows of a statement over indexes; `None` for any other statement.
pub(super) async fn rows(
    owners: &Owners,
    statement: &Statement,
    scope: Scope<'_>,
    asked: &IndexScope,
) -> Result<Option<Vec<Row>>, String> {
    let indexes = match witnesses(statement, owners.profile) {
        Witnesses::ThisNode => vec![read::own_indexes(owners, asked).await?],
        Witnesses::OneOwnerEach => read::indexes(owners, asked, read::only(owners, scope)?).await?,
        Witnesses::EveryNode => {
            let told = read::indexes_of_all(owners, asked).await;
            return Ok(collected(statement, &told, owners.profile, scope.now));
        }
    };
    show::from_index(statement, &indexes, owners.profile, scope.now).transpose().map_err(|error| error.to_string())
}

/// The rows of what every node told by itself. A condition that a node refuses is as silent as a dead node: each of them
/// gives nothing then (public source of the cluster).
fn collected(statement: &Statement, told: &[ShardIndex], profile: Profile, now: i64) -> Option<Vec<Row>> {
    match statement {
        Statement::ShowMeasurements(show) => Some(measurements(show, told, profile, now)),
        other => show::from_index(other, told, profile, now).map(Result::unwrap_or_default),
    }
}

/// A condition holds for a measurement as one node knows it, and it is listed when it holds on any of them.
fn measurements(show: &ShowMeasurements, told: &[ShardIndex], profile: Profile, now: i64) -> Vec<Row> {
    let mut whole = show.clone();
    (whole.listing.limit, whole.listing.offset) = (0, 0);
    let whole = Statement::ShowMeasurements(Box::new(whole));
    let mut form = None;
    let mut lines = BTreeMap::new();
    for index in told {
        let rows = show::from_index(&whole, std::slice::from_ref(index), profile, now);
        for mut row in rows.and_then(Result::ok).unwrap_or_default() {
            lines.extend(row.values.drain(..).map(|line| (name(&line), line)));
            form.get_or_insert(row);
        }
    }
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let limit = if show.listing.limit == 0 { usize::MAX } else { number(show.listing.limit) };
    let values: Vec<_> = lines.into_values().skip(number(show.listing.offset)).take(limit).collect();
    form.filter(|_| !values.is_empty()).map(|form| Row { values, ..form }).into_iter().collect()
}

/// What a line of the listing is sorted by.
fn name(line: &[Value]) -> String {
    match line.first() {
        Some(Value::String(name)) => name.to_string(),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::{Params, parse};

    fn statement(text: &str) -> Statement {
        parse(text, &Params::default(), Profile::V1_8).unwrap().remove(0)
    }

    #[test]
    fn who_is_asked() {
        for (text, new, old) in [
            ("SHOW MEASUREMENTS", Witnesses::EveryNode, Witnesses::OneOwnerEach),
            ("SHOW TAG KEYS", Witnesses::EveryNode, Witnesses::OneOwnerEach),
            ("SHOW TAG VALUES WITH KEY = k", Witnesses::EveryNode, Witnesses::ThisNode),
            ("SHOW SERIES", Witnesses::OneOwnerEach, Witnesses::ThisNode),
            ("SHOW FIELD KEYS", Witnesses::OneOwnerEach, Witnesses::ThisNode),
            ("SHOW SERIES CARDINALITY", Witnesses::EveryNode, Witnesses::OneOwnerEach),
            ("SHOW SERIES CARDINALITY FROM m", Witnesses::OneOwnerEach, Witnesses::OneOwnerEach),
            ("SHOW MEASUREMENT EXACT CARDINALITY", Witnesses::OneOwnerEach, Witnesses::OneOwnerEach),
            ("SHOW TAG KEY CARDINALITY", Witnesses::OneOwnerEach, Witnesses::OneOwnerEach),
        ] {
            let statement = statement(text);
            let asked = [Profile::V1_8, Profile::V0_10].map(|profile| witnesses(&statement, profile));
            assert_eq!(asked, [new, old], "{text}");
        }
    }

    /// Each node judges what it has; only the list of all has a limit.
    #[test]
    fn measurements_are_collected() {
        let series =
            |measurement: &str, host: &str| (measurement.to_owned(), vec![("host".to_owned(), host.to_owned())]);
        let told = [vec![series("a", "x"), series("c", "x")], vec![series("a", "y"), series("b", "x")]]
            .map(|series| ShardIndex { series, fields: Vec::new() });
        let names = |text: &str| -> Vec<String> {
            let rows = collected(&statement(text), &told, Profile::V1_8, 0).unwrap();
            rows.iter().flat_map(|row| &row.values).map(|line| name(line)).collect()
        };
        assert_eq!(names("SHOW MEASUREMENTS"), ["a", "b", "c"]);
        assert_eq!(names("SHOW MEASUREMENTS LIMIT 1 OFFSET 1"), ["b"]);
        assert_eq!(names("SHOW MEASUREMENTS OFFSET 3"), [""; 0]);
        assert_eq!(names("SHOW MEASUREMENTS WHERE host != 'y'"), ["a", "b", "c"]);
        assert_eq!(names("SHOW MEASUREMENTS WHERE host > 'y'"), [""; 0]);
    }
}
