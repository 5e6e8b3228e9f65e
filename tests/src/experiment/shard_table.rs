//! The table of `SHOW SHARDS`, as the `influx` shell prints it.

use std::time::SystemTime;

use influx_client::Shard;
use jiff::Timestamp;

/// The table, in the order of the start of the shards, then of their ids.
pub(crate) fn shard_table(database: &str, shards: &[Shard]) -> String {
    let mut shards: Vec<&Shard> = shards.iter().collect();
    shards.sort_by_key(|shard| (shard.start, shard.id));
    let header =
        ["id", "database", "retention_policy", "shard_group", "start_time", "end_time", "expiry_time", "owners"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(shards.into_iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut text = format!("name: {database}\n{}\n", "-".repeat("name: ".len() + database.len()));
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn row(shard: &Shard) -> [String; 8] {
    let owners: Vec<String> = shard.owners.iter().map(u64::to_string).collect();
    [
        shard.id.to_string(),
        shard.database.clone(),
        shard.retention_policy.clone(),
        shard.shard_group.to_string(),
        time(shard.start),
        time(shard.end),
        shard.expiry.map(time).unwrap_or_default(),
        owners.join(","),
    ]
}

/// RFC 3339, in seconds.
fn time(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_the_shell_and_empty_columns_stay() {
        let text = shard_table("jepsen", &[]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(&lines[..2], ["name: jepsen", "------------"]);
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>(),
            ["id", "database", "retention_policy", "shard_group", "start_time", "end_time", "expiry_time", "owners"]
        );
    }

    #[test]
    fn times_are_in_seconds() {
        let time_of = |nanos| time(SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(nanos));
        assert_eq!(time_of(1_000_000_000_000_000_000), "2001-09-09T01:46:40Z");
    }
}
