#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::core::meta::{Database, MetaData, RetentionPolicy, ShardGroup};
use crate::query::ast::Statement;
use crate::query::render::{Epoch, Style, body};
use crate::query::result::StatementResult;
use crate::query::{Params, normalize, parse};
use crate::scan::{Column, FieldType, Values};

/// What the captured answers are about.
const POINTS: &str = "\
cpu,host=a,region=x v=1,i=1i,s=\"one\",b=true 1000000000
cpu,host=a,region=x v=2,i=2i 61000000000
cpu,host=a,region=x v=4,s=\"two\",b=false 121000000000
cpu,host=b,region=x v=10,i=10i 30000000000
cpu,host=b,region=x v=20 61000000000
cpu,host=c v=7,w=3 61000000000
mem,host=a v=100i 61000000000
mem,host=b used=5 62000000000";

/// A query and the answer of a real 1.8 server to it (times as nanoseconds), one pair a line.
const ANSWERS: &str = include_str!("answers.tsv");

const SECOND: i64 = 1_000_000_000;
/// Long after all points.
const NOW: i64 = 1_700_000_000 * SECOND;

/// Values of one field by time.
type Cells = BTreeMap<i64, Cell>;

#[derive(Clone, Debug)]
enum Cell {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
}

/// Blocks of these lines, which are simpler than line protocol: no escapes.
fn blocks(lines: &str) -> Vec<SeriesBlock> {
    type Key = (String, Vec<(String, String)>);
    let mut series: BTreeMap<Key, BTreeMap<String, Cells>> = BTreeMap::new();
    for line in lines.lines() {
        let [key, fields, time] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let mut parts = key.split(',');
        let name = parts.next().unwrap().to_owned();
        let tags = parts.map(|tag| tag.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let columns = series.entry((name, tags)).or_default();
        for field in fields.split(',') {
            let (field, text) = field.split_once('=').unwrap();
            let cell = match text {
                "true" | "false" => Cell::Boolean(text == "true"),
                _ if text.starts_with('"') => Cell::Text(text.trim_matches('"').to_owned()),
                _ => match text.strip_suffix('i') {
                    Some(integer) => Cell::Integer(integer.parse().unwrap()),
                    None => Cell::Float(text.parse().unwrap()),
                },
            };
            columns.entry(field.to_owned()).or_default().insert(time.parse().unwrap(), cell);
        }
    }
    let blocks = series.into_iter().map(|((measurement, tags), columns)| {
        let columns = columns.into_iter().map(|(field, cells)| Column {
            field,
            times: cells.keys().copied().collect(),
            values: values(cells.into_values().collect()),
        });
        SeriesBlock { measurement, tags, columns: columns.collect() }
    });
    blocks.collect()
}

fn values(cells: Vec<Cell>) -> Values {
    match cells[0] {
        Cell::Float(_) => Values::Float(
            cells.into_iter().map(|cell| if let Cell::Float(v) = cell { v } else { panic!("one type") }).collect(),
        ),
        Cell::Integer(_) => Values::Integer(
            cells.into_iter().map(|cell| if let Cell::Integer(v) = cell { v } else { panic!("one type") }).collect(),
        ),
        Cell::Boolean(_) => Values::Boolean(
            cells.into_iter().map(|cell| if let Cell::Boolean(v) = cell { v } else { panic!("one type") }).collect(),
        ),
        Cell::Text(_) => Values::String(
            cells.into_iter().map(|cell| if let Cell::Text(v) = cell { v } else { panic!("one type") }).collect(),
        ),
    }
}

/// What a shard with these blocks answers to a scan.
fn scan(scan: &PlannedScan, blocks: &[SeriesBlock]) -> SourceRows {
    let wanted = |name: &str| match &scan.measurements {
        Measurements::All => true,
        Measurements::Named(named) => named == name,
        Measurements::Matching(pattern) => crate::query::Pattern::new(pattern).unwrap().is_match(name),
    };
    let mut rows = SourceRows { blocks: Vec::new(), indexes: vec![ShardIndex::default()] };
    for block in blocks.iter().filter(|block| wanted(&block.measurement)) {
        let index = &mut rows.indexes[0];
        index.series.push((block.measurement.clone(), block.tags.clone()));
        let mut found = block.clone();
        found.columns.clear();
        for column in &block.columns {
            let kind = match &column.values {
                Values::Float(_) => FieldType::Float,
                Values::Integer(_) => FieldType::Integer,
                Values::Boolean(_) => FieldType::Boolean,
                Values::String(_) => FieldType::String,
            };
            index.fields.push((block.measurement.clone(), column.field.clone(), kind));
            let asked = scan.fields.as_ref().is_none_or(|fields| fields.contains(&column.field));
            let inside = |time: &i64| (scan.min_time..=scan.max_time).contains(time);
            if asked && column.times.iter().any(inside) {
                // The shard may send more than was asked for: the executor has to cut.
                found.columns.push(column.clone());
            }
        }
        if !found.columns.is_empty() {
            rows.blocks.push(found);
        }
    }
    rows
}

fn select(query: &str, profile: Profile) -> Result<Select, String> {
    let mut statements = parse(query, &Params::default(), profile).map_err(|error| error.to_string())?;
    let database =
        Database { name: "db".to_owned(), default_retention_policy: "rp".to_owned(), retention_policies: Vec::new() };
    let meta = MetaData { databases: vec![database], ..MetaData::default() };
    normalize(&mut statements[0], "db", "", &meta).map_err(|error| error.to_string())?;
    let Statement::Select(select) = statements.remove(0) else { panic!("a SELECT") };
    Ok(*select)
}

fn rows(query: &str, lines: &str, context: &Context, limits: &Limits) -> Result<Vec<Row>, String> {
    let select = select(query, context.profile)?;
    let blocks = blocks(lines);
    let scans = plan(&select, context).map_err(|error| error.to_string())?;
    let sources: Vec<SourceRows> = scans.iter().map(|wanted| scan(wanted, &blocks)).collect();
    execute(&select, &sources, context, limits).map_err(|error| error.to_string())
}

fn context(profile: Profile, now: i64) -> Context {
    Context { now, profile, seed: 1 }
}

/// The answer in JSON, times as nanoseconds.
fn answer(query: &str, lines: &str) -> String {
    let style = Style { epoch: Epoch::from_parameter("ns"), ..Style::new(Profile::V1_8) };
    let result = match rows(query, lines, &context(Profile::V1_8, NOW), &Limits::default()) {
        Ok(rows) => StatementResult::rows(0, rows),
        Err(error) => StatementResult::failed(0, error),
    };
    String::from_utf8(body(&[result], &style)).unwrap()
}

fn cells(query: &str, lines: &str, context: &Context) -> Vec<Vec<Value>> {
    let rows = rows(query, lines, context, &Limits::default()).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().flat_map(|row| row.values).collect()
}

#[test]
fn answers_of_a_real_server_byte_for_byte() {
    let mut checked = 0;
    for line in ANSWERS.lines() {
        let (query, expected) = line.split_once('\t').unwrap();
        assert_eq!(answer(query, POINTS).trim_end(), expected, "{query}");
        checked += 1;
    }
    assert!(checked > 200, "the captured answers are there");
}

#[test]
fn a_field_of_two_types_shows_the_one_asked_for_and_all_in_0_10() {
    let lines = "m,t=a v=1i 10\nm,t=b v=\"x\" 20\nm,t=c v=2i 30";
    let shown = |query, profile| -> Vec<Value> {
        cells(query, lines, &context(profile, NOW)).into_iter().map(|mut row| row.remove(1)).collect()
    };
    let [one, text, two] = [Value::Integer(1), Value::from("x"), Value::Integer(2)];
    assert_eq!(shown("SELECT v FROM m", Profile::V1_8), [one.clone(), two.clone()]);
    assert_eq!(shown("SELECT v::string FROM m", Profile::V1_8), std::slice::from_ref(&text));
    assert_eq!(shown("SELECT v FROM m GROUP BY *", Profile::V0_10), [one, text, two]);
    assert_eq!(shown("SELECT sum(v) FROM m", Profile::V0_10), [Value::Integer(3)]);
}

#[test]
fn times_before_the_epoch_have_buckets_of_their_own() {
    let lines = "m v=1 -61000000000\nm v=3 -59000000000\nm v=5 -1";
    let query = "SELECT count(v) FROM m WHERE time >= -180s AND time < 0 GROUP BY time(1m)";
    assert_eq!(
        cells(query, lines, &context(Profile::V1_8, NOW)),
        [(-180, 0), (-120, 1), (-60, 2)].map(|(time, n)| vec![Value::Time(time * SECOND), Value::Integer(n)])
    );
    let first = cells("SELECT first(v) FROM m", lines, &context(Profile::V1_8, NOW));
    assert_eq!(first, [[Value::Time(-61 * SECOND), Value::Float(1.0)]]);
}

#[test]
fn buckets_without_an_upper_bound_end_now_and_start_with_the_first_point() {
    let lines = "m v=1 60000000000\nm v=3 190000000000";
    let query = "SELECT mean(v) FROM m GROUP BY time(1m)";
    let shown = cells(query, lines, &context(Profile::V1_8, 250 * SECOND));
    let times: Vec<&Value> = shown.iter().map(|row| &row[0]).collect();
    assert_eq!(times, [60, 120, 180, 240].map(|time| Value::Time(time * SECOND)).iter().collect::<Vec<_>>());
    assert_eq!(shown[1][1], Value::Null);
}

#[test]
fn points_of_the_future_are_seen_in_1_8_and_not_in_0_10() {
    let lines = "m v=1 10\nm v=2 30";
    let query = "SELECT v FROM m";
    assert_eq!(cells(query, lines, &context(Profile::V1_8, 20)).len(), 2);
    assert_eq!(cells(query, lines, &context(Profile::V0_10, 20)).len(), 1);
}

/// The captured case of 0.10 with two points one nanosecond apart.
#[test]
fn numbers_compared_with_time_are_floats_in_0_10() {
    let lines = "tl v=0 1456000000000000000\ntl v=1 1456000000000000001";
    let old = context(Profile::V0_10, NOW);
    let by_number = "SELECT v FROM tl WHERE time = 1456000000000000001";
    assert_eq!(cells(by_number, lines, &old), [[Value::Time(1_456_000_000 * SECOND), Value::Float(0.0)]]);
    let by_text = "SELECT v FROM tl WHERE time = '2016-02-20T20:26:40.000000001Z'";
    let second = [[Value::Time(1_456_000_000 * SECOND + 1), Value::Float(1.0)]];
    assert_eq!(cells(by_text, lines, &old), second);
    assert_eq!(cells(by_number, lines, &context(Profile::V1_8, NOW)), second);
}

#[test]
fn too_many_buckets_are_refused() {
    let limits = Limits { max_buckets: 100, ..Limits::default() };
    let context = context(Profile::V1_8, NOW);
    let far = "SELECT count(v) FROM m WHERE time >= 0 AND time < 1000s GROUP BY time(1s)";
    let error = rows(far, "m v=1 5", &context, &limits).unwrap_err();
    assert_eq!(error, "max-select-buckets limit exceeded: (1000/100)");
    // Without a lower bound the number is known only while they are made.
    let open = "SELECT count(v) FROM m WHERE time < 1000s GROUP BY time(1ns)";
    let error = rows(open, "m v=1 5", &context, &limits).unwrap_err();
    assert_eq!(error, "max-select-buckets limit exceeded: (101/100)");
    let hundred_years = "SELECT mean(v) FROM m WHERE time >= '1970-01-01' AND time < '2070-01-01' GROUP BY time(1ns)";
    assert!(rows(hundred_years, "m v=1 5", &context, &Limits::default()).is_err());
}

#[test]
fn the_other_limits() {
    let context = context(Profile::V1_8, NOW);
    for (limits, message) in [
        (Limits { max_series: 2, ..Limits::default() }, "max-select-series limit exceeded: (3/2)"),
        (Limits { max_points: 5, ..Limits::default() }, "max-select-point limit exceeed: (6/5)"),
        (
            Limits { max_values: 5, ..Limits::default() },
            "the result has more than 5 values: narrow the time range, use LIMIT or a longer interval",
        ),
        (
            Limits { max_steps: 5, ..Limits::default() },
            "the query takes more than 5 steps: narrow the time range, shorten the condition or ask for less",
        ),
    ] {
        assert_eq!(rows("SELECT v FROM cpu", POINTS, &context, &limits).unwrap_err(), message);
    }
}

#[test]
fn long_statements_are_computed_or_refused_but_never_run_for_hours() {
    let context = context(Profile::V1_8, NOW);
    let condition = vec!["host = 'b'"; 50_000].join(" OR ");
    let query = format!("SELECT v FROM cpu WHERE {condition}");
    assert_eq!(cells(&query, POINTS, &context).len(), 2);
    let calls: Vec<String> = (0..30_000).map(|n| format!("mean(f{n})")).collect();
    let query = format!("SELECT {} FROM cpu", calls.join(", "));
    assert_eq!(rows(&query, POINTS, &context, &Limits::default()).unwrap(), []);
    let query = format!("SELECT {}, mean(v) FROM cpu", calls.join(", "));
    let limits = Limits { max_steps: 1_000_000, ..Limits::default() };
    assert!(rows(&query, POINTS, &context, &limits).unwrap_err().contains("takes more than 1000000 steps"));
}

#[test]
fn the_plan_names_what_is_needed_and_no_more() {
    let context = context(Profile::V1_8, 1000 * SECOND);
    let planned = |query: &str| plan(&select(query, Profile::V1_8).unwrap(), &context).unwrap();
    let [one] = planned("SELECT max(v), other FROM m WHERE host = 'a' AND time > now() - 10s").try_into().unwrap();
    assert_eq!(
        one,
        PlannedScan {
            database: "db".to_owned(),
            retention_policy: "rp".to_owned(),
            measurements: Measurements::Named("m".to_owned()),
            min_time: 990 * SECOND + 1,
            max_time: crate::query::MAX_TIME,
            fields: Some(["host", "other", "v"].map(str::to_owned).to_vec()),
        }
    );
    let [inner, second] =
        planned("SELECT max(x) FROM (SELECT mean(v) AS x FROM /^a/ WHERE time > 5s), db.old.b WHERE time < 9s")
            .try_into()
            .unwrap();
    assert_eq!(inner.measurements, Measurements::Matching("^a".to_owned()));
    assert_eq!((inner.min_time, inner.max_time), (5 * SECOND + 1, 9 * SECOND - 1));
    assert_eq!((second.retention_policy.as_str(), second.min_time), ("old", crate::query::MIN_TIME));
    assert_eq!(planned("SELECT * FROM m")[0].fields, None);
    // What looks back needs the bucket before.
    let [derived] = planned("SELECT derivative(mean(v)) FROM m WHERE time >= 60s AND time < 120s GROUP BY time(10s)")
        .try_into()
        .unwrap();
    assert_eq!(derived.min_time, 50 * SECOND);
}

#[test]
fn shard_groups_in_the_range_are_scanned() {
    let group = |id: u64, deleted_at: Option<i64>| ShardGroup {
        id,
        start_time: id as i64 * 100,
        end_time: id as i64 * 100 + 100,
        deleted_at,
        truncated_at: None,
        shards: Vec::new(),
    };
    let policy = RetentionPolicy {
        name: "rp".to_owned(),
        duration: 0,
        shard_group_duration: 100,
        replica_n: 1,
        shard_groups: vec![group(0, None), group(1, Some(5)), group(2, None), group(3, None)],
    };
    let database =
        Database { name: "db".to_owned(), default_retention_policy: "rp".to_owned(), retention_policies: vec![policy] };
    let meta = MetaData { databases: vec![database], ..MetaData::default() };
    let groups = |query: &str| {
        let scans = plan(&select(query, Profile::V1_8).unwrap(), &context(Profile::V1_8, NOW)).unwrap();
        let groups = scans[0].shard_groups(&meta).map_err(|error| error.to_string())?;
        Ok::<_, String>(groups.map(|group| group.id).collect::<Vec<_>>())
    };
    assert_eq!(groups("SELECT v FROM m WHERE time >= 99 AND time <= 200").unwrap(), [0, 2]);
    assert_eq!(groups("SELECT v FROM m WHERE time >= 100 AND time < 200").unwrap(), [0u64; 0]);
    assert_eq!(groups("SELECT v FROM m").unwrap(), [0, 2, 3]);
    assert_eq!(groups("SELECT * FROM norp.g").unwrap_err(), "retention policy not found: norp");
}

#[test]
fn without_indexes_names_are_known_from_the_points() {
    let select = select("SELECT * FROM m", Profile::V1_8).unwrap();
    let sources = [SourceRows { blocks: blocks("m,t=x v=1 5"), indexes: Vec::new() }];
    let rows = execute(&select, &sources, &context(Profile::V1_8, NOW), &Limits::default()).unwrap();
    assert_eq!(rows[0].columns, ["time", "t", "v"]);
    let nothing = execute(&select, &[SourceRows::default()], &context(Profile::V1_8, NOW), &Limits::default());
    assert_eq!(nothing.unwrap(), []);
}

#[test]
fn a_zone_shifts_buckets_and_what_is_shown() {
    let query = "SELECT count(v) FROM m WHERE time >= '2017-03-12' AND time < '2017-03-14' GROUP BY time(1d) \
                 tz('America/Los_Angeles')";
    let rows = rows(query, "m v=1 1489360000000000000", &context(Profile::V1_8, NOW), &Limits::default()).unwrap();
    let text = String::from_utf8(body(&[StatementResult::rows(0, rows)], &Style::new(Profile::V1_8))).unwrap();
    assert!(text.contains(r#"[["2017-03-12T00:00:00-08:00",1],["2017-03-13T00:00:00-07:00",0]]"#), "{text}");
}

#[test]
fn a_sample_is_repeatable() {
    let lines: Vec<String> = (0..50).map(|n| format!("m v={n} {n}")).collect();
    let sample = || cells("SELECT sample(v, 5) FROM m", &lines.join("\n"), &context(Profile::V1_8, NOW));
    assert_eq!(sample().len(), 5);
    assert_eq!(sample(), sample());
}
