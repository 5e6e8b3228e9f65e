//! The real input: observations of the weather in two cities, written at quorum and read back.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::time::Duration;

use influx_client::{Client, ConsistencyLevel, Gzip, MissingTime, NoRetry, Precision};

use super::replicas::Held;
use super::stage::{DATABASE, PATIENCE, Stage};
use crate::console::Paint;
use crate::failure::Failure;
use crate::input::{Feed, FeedOptions, Rules, Source};
use crate::job::{Ending, Job, JobOptions, Progress, ProgressChoice, Reporter, Subject, Teller, Traffic};
use crate::queries;
use crate::render::{folded, plot};
use crate::settings::{bytes_text, duration_text, grouped};
use crate::signals::Signals;

/// `examples/weather.lp.gz`; its source is told in `examples/README.md`.
const OBSERVATIONS: &[u8] = include_bytes!("../../../examples/weather.lp.gz");
/// The name of the input in messages.
const NAME: &str = "examples/weather.lp.gz";

/// Creates the database and writes the file, with a bar for those who watch.
pub(crate) async fn write(stage: &Stage<'_>, signals: Signals) -> Result<(), Failure> {
    let console = stage.console;
    stage.ask(&format!("CREATE DATABASE {DATABASE} WITH DURATION INF REPLICATION 3 SHARD DURATION 7d")).await?;
    let hosts = stage.cluster.data_urls();
    let client = Client::builder()
        .endpoints(hosts.clone())
        .database(DATABASE)
        .consistency(ConsistencyLevel::Quorum)
        // One request makes more than a hundred shard groups, each by a round of the meta nodes.
        .attempt_timeout(Duration::from_secs(60))
        .retry(NoRetry)
        .gzip(Gzip::Off)
        .build()
        .map_err(|error| Failure::Internal(error.to_string()))?;
    let rules = Rules {
        precision: Precision::Nanoseconds,
        missing_time: MissingTime::ClientClock,
        stamped_only: false,
        validate: true,
        split_types: false,
        max_lines: 1_000,
        max_bytes: 4 << 20,
    };
    let input_bytes = Some(OBSERVATIONS.len() as u64);
    let options = FeedOptions {
        base_time: None,
        dump: None,
        sources: vec![Source::Embedded(NAME, OBSERVATIONS)],
        rules,
        max_line: 1 << 20,
        linger: Duration::from_secs(1),
    };
    let subject = Subject {
        job: "demo".to_owned(),
        database: DATABASE.to_owned(),
        retention_policy: None,
        level: ConsistencyLevel::Quorum,
        hosts,
        sources: vec![NAME.to_owned()],
        input_bytes,
    };
    let progress = Progress::new(ProgressChoice::Auto, input_bytes, console);
    let feed = Feed::start(options).map_err(|error| Failure::Internal(error.to_string()))?;
    let ending = Ending::new(signals, None, Duration::from_secs(1));
    let reporter = Reporter::silent(console, subject);
    let teller = Teller { reporter, progress, rejects: None, summary_file: None };
    let options = JobOptions { fail_fast: true, ..JobOptions::default() };
    let job = Job::new(&client, Arc::new(Traffic::new(1)), feed, ending, teller, options);
    let sum = job.run().await;
    let expected = points_inside()?;
    let text = format!(
        "wrote {NAME} at quorum: {} points in {} requests, {} of line protocol in {}: {} points/s",
        grouped(sum.counts.accepted),
        grouped(sum.batches.values().sum()),
        bytes_text(sum.bytes_sent),
        duration_text(sum.elapsed),
        grouped(sum.rate()),
    );
    console.print(&(folded(&text, console.width().unwrap_or(usize::MAX), 2) + "\n"))?;
    if sum.exit().0 != 0 || sum.counts.accepted != expected || sum.counts.settled() != expected {
        let said = sum.counts.equation();
        return Err(Failure::ClaimBroken(format!(
            "{expected} points were to be accepted at quorum: {}, {said}",
            sum.class
        )));
    }
    Ok(())
}

/// How many points the file has, counted here by its lines: it has no multi-line strings.
fn points_inside() -> Result<u64, Failure> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(Cursor::new(OBSERVATIONS))
        .read_to_string(&mut text)
        .map_err(|error| Failure::Internal(format!("{NAME}: {error}")))?;
    Ok(text.lines().count() as u64)
}

/// Shows that each replica holds all of it, and the picture of one series.
pub(crate) async fn show(stage: &Stage<'_>) -> Result<(), Failure> {
    let console = stage.console;
    let measurements = [("weather", "temp_max"), ("hourly_normals", "temperature")];
    let mut expected = 0;
    for (measurement, field) in measurements {
        let statement = format!("SELECT count({field}) FROM {measurement}");
        let alike = |counts: &[(String, Held)]| counts.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let counts = stage.replicas.count_until(&stage.cluster, DATABASE, &statement, PATIENCE, alike).await;
        let held: Vec<String> = counts.iter().map(|(name, held)| format!("{name} {held}")).collect();
        console.print(&format!("  {measurement}: {}\n", held.join(", ")))?;
        match counts.first() {
            Some((_, Held::Points(points))) if alike(&counts) => expected += points,
            _ => return Err(Failure::ClaimBroken(format!("the replicas differ on {measurement}: {counts:?}"))),
        }
    }
    if expected != points_inside()? {
        return Err(Failure::ClaimBroken(format!("the replicas hold {expected} points, not {}", points_inside()?)));
    }
    let title = "highest temperature of the day in Seattle, 2012 to 2015 (°C), as data1 has it";
    let rows = queries::rows(
        stage.replicas.client("data1")?,
        Some(DATABASE),
        "SELECT temp_max FROM weather WHERE location = 'Seattle'",
    )
    .await?;
    let mut series = Vec::new();
    for row in &rows {
        let value = row.get("temp_max").and_then(serde_json::Value::as_f64);
        let time = row.get("time").and_then(serde_json::Value::as_f64);
        if let (Some(time), Some(value)) = (time, value) {
            series.push((time, value));
        }
    }
    if series.len() < 1_000 {
        return Err(Failure::ClaimBroken(format!("only {} days of Seattle's weather came back", series.len())));
    }
    console.print(&format!("\n{}\n", console.painted(title, Paint::Strong)))?;
    for line in plot(&series, 72, 6) {
        console.print(&format!("{line}\n"))?;
    }
    console.print("\n")
}
