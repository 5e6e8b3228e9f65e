//! A long import through everything that goes wrong: a node is killed and restarted, the import is interrupted and resumed
//! twice, and in the end every replica has exactly the points of the file.
//!
//! `cargo test` runs a short one. `INFLUX_CLI_SOAK_POINTS=5000000 cargo test --release -p influx-cli --test soak` is the real
//! thing.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "it/harness.rs"]
mod harness;
#[allow(dead_code)]
#[path = "it/place.rs"]
mod place;
#[allow(dead_code)]
#[path = "it/schemas.rs"]
mod schemas;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use harness::{Cluster, Ran};
use place::Place;

/// Points of the file where nobody asks for more.
const POINTS: u64 = 40_000;

/// Points with distinct values, in whole numbers so that their sum is exact.
fn write_file(path: &Path, points: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for n in 0..points {
        let time = 1_451_520_000_000_000_000 + n * 50_000_000;
        writeln!(file, "m,host=h{},rack=r{} v={n},u={}i,s=\"text {}\" {time}", n % 100, n % 7, n % 1_000, n % 13)
            .unwrap();
    }
    file.flush().unwrap();
}

/// A run of the import, and what it takes to follow it.
struct Run<'a> {
    place: &'a Place,
    child: Option<Child>,
    limit: Duration,
}

impl Run<'_> {
    /// Waits until so many points are settled.
    fn reaches(&mut self, points: u64) {
        let begun = Instant::now();
        loop {
            let shown = self.place.run(&["journal", "show", "--json", "soak.lp"]);
            let settled = if shown.code == 0 { shown.events()[0]["points"]["settled"].as_u64().unwrap() } else { 0 };
            if settled >= points {
                return;
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it ended at {settled} of {points} points: {:?}", self.end());
            assert!(begun.elapsed() < self.limit, "{settled} of {points} points in {:?}", self.limit);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn end(&mut self) -> Ran {
        let code = self.child.take().unwrap().wait().unwrap().code().unwrap();
        let read = |name: &str| std::fs::read_to_string(self.place.path(name)).unwrap();
        Ran { code, out: read("out"), err: read("err") }
    }

    fn interrupt(mut self) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), Signal::INT).unwrap();
        let ran = self.end();
        assert_eq!(ran.code, 130, "{ran:?}");
        assert!(ran.summary()["resume"].as_str().unwrap().contains("--resume"), "{ran:?}");
    }
}

#[test]
fn an_import_with_a_dead_node_and_two_interruptions_is_whole_on_every_replica() {
    let asked = std::env::var("INFLUX_CLI_SOAK_POINTS").ok();
    let points = asked.as_deref().map_or(POINTS, |text| text.parse().expect("INFLUX_CLI_SOAK_POINTS is a number"));
    let place = Place::new();
    write_file(&place.path("soak.lp"), points);
    let cluster =
        Cluster::with(&["--set", "hh-retry-interval=200ms", "--set", "hh-retry-max-interval=400ms"]).database(3);
    // Not through the node that is going to die: at quorum it would take with it what it had not yet sent to the third replica.
    let others = cluster.data_nodes().into_iter().filter(|node| node != "data2");
    let hosts: Vec<String> = others.map(|node| cluster.url(&node)).collect();
    let hosts = hosts.join(",");
    // Unlimited it would be over before everything is done to it.
    let rate = (points / if asked.is_some() { 30 } else { 3 }).to_string();
    let lines = (points / 80).clamp(1, 5_000).to_string();
    let limit = Duration::from_secs(60 + points / 1_000);
    let start = |flags: &[&str]| {
        let arguments = ["import", "--json", "-H", &hosts, "-d", "db", "-c", "quorum", "--batch-lines", &lines];
        // A cluster on a busy machine misses its level now and then: the next try does not.
        let more = ["--rate-points", &rate, "--on-below-level", "retry", "soak.lp"];
        let mut command = place.command(&[&arguments[..], &more, flags].concat());
        // Files, since a pipe that nobody reads would hold it up.
        let file = |name: &str| Stdio::from(File::create(place.path(name)).unwrap());
        let child = command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap();
        Run { place: &place, child: Some(child), limit }
    };

    let mut run = start(&[]);
    run.reaches(points / 8);
    cluster.fault(&["kill", "data2"]);
    run.reaches(points * 3 / 8);
    run.interrupt();
    let mut run = start(&["--resume"]);
    run.reaches(points / 2);
    cluster.fault(&["restart", "data2"]);
    run.reaches(points * 6 / 8);
    run.interrupt();
    let begun = Instant::now();
    let ran = loop {
        let ran = start(&["--resume"]).end();
        // A cluster that is too slow for its own time-outs leaves batches for a next run, as a service would start it.
        if !(10..=15).contains(&ran.code) || begun.elapsed() > limit {
            break ran;
        }
        eprintln!("ended with {}: {}", ran.code, ran.summary());
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = ran.summary();
    let settled = summary["points"]["accepted"].as_u64().unwrap() + summary["earlier"]["accepted"].as_u64().unwrap();
    assert_eq!(settled, points, "{summary}");

    let sum = (points * (points - 1) / 2) as f64;
    for node in cluster.data_nodes() {
        let begun = Instant::now();
        loop {
            let held = cluster.query(&node, "SELECT count(v), sum(v), count(u), count(s) FROM m");
            let row = held.first().cloned().unwrap_or_default();
            let counts = [1, 3, 4].map(|column| row[column].as_u64());
            if counts == [Some(points); 3] && row[2].as_f64() == Some(sum) {
                break;
            }
            assert!(begun.elapsed() < limit, "{node} has {row} instead of {points} points of the sum {sum}");
            // Hinted handoff brings what the node missed.
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
