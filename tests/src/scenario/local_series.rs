//! Which series a data node has to have, and which it has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shards::{Shard, position};

/// For each data node, the series that belong to a shard it owns.
pub(super) fn belonging(shards: &[Shard], series: &[String]) -> BTreeMap<u64, BTreeSet<String>> {
    let mut all: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for key in series {
        let Some(shard) = shards.get(position(key, shards.len())) else { continue };
        for owner in &shard.owners {
            all.entry(*owner).or_default().insert(key.clone());
        }
    }
    all
}

/// The keys in an answer to SHOW SERIES, of those measurements that `series` has.
pub(super) fn listed(answer: &Value, series: &[String]) -> Result<BTreeSet<String>, String> {
    let measurement = |key: &str| key.split_once(',').map_or(key, |(name, _)| name).to_owned();
    let measurements: BTreeSet<String> = series.iter().map(|key| measurement(key)).collect();
    let result = answer["results"].get(0).filter(|result| result.get("error").is_none());
    let result = result.ok_or_else(|| format!("no SHOW SERIES answer: {answer}"))?;
    let mut keys = BTreeSet::new();
    for series in result["series"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let columns = series["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
        let column = columns.iter().position(|column| matches!(column.as_str(), Some("key" | "_key")));
        let column = column.ok_or_else(|| format!("no column of keys: {answer}"))?;
        for row in series["values"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let key = row[column].as_str().ok_or_else(|| format!("a key is a text: {answer}"))?;
            if measurements.contains(&measurement(key)) {
                keys.insert(key.to_owned());
            }
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn shard(id: u64, owners: &[u64]) -> Shard {
        Shard {
            id,
            database: "d".into(),
            policy: "r".into(),
            group: 1,
            start: String::new(),
            end: String::new(),
            expiry: String::new(),
            owners: owners.to_vec(),
        }
    }

    #[test]
    fn every_series_belongs_to_the_owners_of_its_shard() {
        let series: Vec<String> = (0..20).map(|n| format!("m,k={n}")).collect();
        let all = belonging(&[shard(1, &[4, 5]), shard(2, &[6])], &series);
        assert_eq!(all[&4], all[&5]);
        assert!(all[&4].is_disjoint(&all[&6]));
        assert_eq!(all[&4].len() + all[&6].len(), 20);
        assert!(!all[&4].is_empty() && !all[&6].is_empty());
    }

    #[test]
    fn other_measurements_do_not_count() {
        let answer = json!({"results": [{"series": [{"columns": ["key"],
            "values": [["m,k=1"], ["m"], ["warm"], ["mm,k=1"]]}]}]});
        let listed = listed(&answer, &["m,k=1".into()]).unwrap();
        assert_eq!(listed, ["m".to_owned(), "m,k=1".to_owned()].into());
    }

    #[test]
    fn an_error_is_no_empty_list() {
        assert_eq!(listed(&json!({"results": [{}]}), &[]).unwrap(), BTreeSet::new());
        assert!(listed(&json!({"results": [{"error": "x"}]}), &[]).is_err());
        assert!(listed(&json!({"error": "x"}), &[]).is_err());
        assert!(listed(&json!({"results": [{"series": [{"columns": ["name"], "values": [["m"]]}]}]}), &[]).is_err());
    }
}
