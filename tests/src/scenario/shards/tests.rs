#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn shard(id: u64, group: u64, start: &str, end: &str, owners: &[u64]) -> Shard {
    Shard {
        id,
        database: "d".into(),
        policy: "r".into(),
        group,
        start: start.into(),
        end: end.into(),
        expiry: String::new(),
        owners: owners.to_vec(),
    }
}

const WEEK: (&str, &str) = ("2016-02-15T00:00:00Z", "2016-02-22T00:00:00Z");
const TIME: i64 = 1_456_000_000_000_000_000;

fn one_each() -> Vec<Shard> {
    [(7, 6), (5, 4), (6, 5)].map(|(id, owner)| shard(id, 3, WEEK.0, WEEK.1, &[owner])).to_vec()
}

#[test]
fn the_answer_of_a_server_is_read() {
    let answer = json!({"results": [{"series": [{"name": "d", "columns": ["id", "database", "retention_policy",
        "shard_group", "start_time", "end_time", "expiry_time", "owners"],
        "values": [[5, "d", "r", 3, WEEK.0, WEEK.1, "", "4,5"]]}]}]});
    assert_eq!(shards(&answer).unwrap(), [shard(5, 3, WEEK.0, WEEK.1, &[4, 5])]);
    assert_eq!(shards(&json!({"results": [{}]})).unwrap(), []);
    assert!(shards(&json!({"results": [{"error": "x"}]})).is_err());
    assert!(shards(&json!({"error": "x"})).is_err());
}

#[test]
fn the_hash_is_the_published_one() {
    // Vectors of the algorithm's authors; 2^20 positions show 20 bits of each.
    for (text, hash) in
        [("", 0xcbf2_9ce4_8422_2325_u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
    {
        assert_eq!(position(text, 1 << 20) as u64, hash % (1 << 20), "{text:?}");
    }
    assert_eq!(position("any", 1), 0);
    assert_eq!(position("any", 0), 0);
}

#[test]
fn a_group_is_found_by_time_and_sorted_by_id() {
    let mut all = one_each();
    all.push(shard(1, 1, "2016-02-08T00:00:00Z", WEEK.0, &[4]));
    let ids: Vec<_> = group_at(&all, "d", "r", TIME).unwrap().iter().map(|shard| shard.id).collect();
    assert_eq!(ids, [5, 6, 7]);
    assert!(group_at(&all, "d", "other", TIME).is_err());
    assert!(group_at(&all, "x", "r", TIME).is_err());
    let end = nanoseconds(WEEK.1).unwrap();
    assert!(group_at(&all, "d", "r", i64::try_from(end).unwrap()).is_err(), "the end belongs to the next group");
    all.push(shard(9, 9, WEEK.0, WEEK.1, &[4]));
    assert!(group_at(&all, "d", "r", TIME).unwrap_err().contains("several"));
}

#[test]
fn a_picked_value_belongs_to_the_owner() {
    let shards = group_at(&one_each(), "d", "r", TIME).unwrap();
    let values = picks(&shards, &[6].into(), ("m", "k"), 0, 3).unwrap();
    assert_eq!(values.len(), 3);
    for value in 0..=values[2] {
        let belongs = position(&format!("m,k={value}"), 3) == 2;
        assert_eq!(belongs, values.contains(&value), "{value}");
    }
    let later = picks(&shards, &[6].into(), ("m", "k"), values[1], 2).unwrap();
    assert_eq!(later, values[1..]);
    assert!(picks(&shards, &[5, 6].into(), ("m", "k"), 0, 1).is_err(), "the owners have to be exactly these");
}

fn check(check: Value, all: &[Shard]) -> Result<(), String> {
    CheckShards::new(&check).unwrap().check(all, "d", "r", &[4, 5, 6])
}

#[test]
fn the_groups_of_a_policy_are_compared() {
    let all = one_each();
    let group = |more: Value| {
        let mut group = json!({"shards": 3, "replicas": 1});
        group.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"rp": "r", "rotation": true, "groups": [group]})
    };
    check(group(json!({})), &all).unwrap();
    check(group(json!({"start": WEEK.0, "end": WEEK.1, "expiry": ""})), &all).unwrap();
    for wrong in [
        json!({"shards": 2}),
        json!({"replicas": 2}),
        json!({"start": WEEK.1}),
        json!({"end": WEEK.0}),
        json!({"expiry": WEEK.0}),
    ] {
        assert!(check(group(wrong.clone()), &all).is_err(), "{wrong}");
    }
    assert!(check(json!({"groups": []}), &all).unwrap_err().contains("wanted 0 shard groups, got 1"));
    assert!(check(group(json!({})), &[]).is_err());
    let other = Shard { policy: "other".into(), ..shard(9, 9, WEEK.0, WEEK.1, &[4]) };
    let both: Vec<Shard> = all.iter().cloned().chain([other]).collect();
    check(json!({"groups": [{"shards": 3, "replicas": 1}]}), &both).unwrap();
    check(json!({"rp": "other", "groups": [{"shards": 1, "replicas": 1}]}), &both).unwrap();
}

#[test]
fn rotation_goes_over_all_shards_and_round_the_end() {
    let group = |lists: &[&[u64]]| {
        (1..).zip(lists).map(|(id, owners)| shard(id, 3, WEEK.0, WEEK.1, owners)).collect::<Vec<_>>()
    };
    let rotation = |lists: &[&[u64]]| {
        let wanted = json!({"rotation": true, "groups": [{"shards": lists.len(), "replicas": lists[0].len()}]});
        check(wanted, &group(lists))
    };
    rotation(&[&[5], &[6], &[4]]).unwrap();
    rotation(&[&[6, 4]]).unwrap();
    rotation(&[&[4, 5], &[6, 4]]).unwrap();
    assert!(rotation(&[&[4], &[6], &[5]]).is_err());
    assert!(rotation(&[&[5, 4]]).is_err());
    assert!(rotation(&[&[4, 5], &[5, 6]]).is_err());
    assert!(rotation(&[&[6, 9]]).unwrap_err().contains("no data node"));
    assert!(rotation(&[&[4, 4]]).is_err(), "the same owner twice");
}
