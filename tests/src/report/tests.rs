//! Pages of runs of every kind.
#![allow(clippy::unwrap_used)]

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::experiment::{Ending, RunDir};
use crate::history::{Event, FaultEvent, Interval, Kind, Operation};
use crate::plot::sample::{Story, sample};

/// The lines of a history in the order of their times.
fn events(operations: &[Operation]) -> Vec<Event> {
    let mut events = Vec::new();
    for one in operations {
        let begin = Event {
            process: one.process,
            kind: Kind::Invoke,
            f: one.f,
            value: one.value,
            time: one.invoked,
            node: one.node.clone(),
            id: one.id,
            write_time: one.write_time,
            error: None,
            class: None,
            outcome: None,
        };
        let kind = match one.completion {
            crate::history::Completion::Ok => Kind::Ok,
            crate::history::Completion::Fail => Kind::Fail,
            crate::history::Completion::Info => Kind::Info,
        };
        let end = one.completed.map(|time| Event {
            kind,
            time,
            error: one.error.clone(),
            class: one.class.clone(),
            outcome: one.outcome.clone(),
            ..begin.clone()
        });
        events.push(begin);
        events.extend(end);
    }
    events.sort_by_key(|event| event.time);
    events
}

fn nemesis(faults: &[Interval]) -> Vec<FaultEvent> {
    let event = |fault: &Interval, begins| FaultEvent {
        time: if begins { fault.from } else { fault.to },
        begins,
        fault: fault.fault.clone(),
        whom: fault.whom.clone(),
    };
    faults.iter().flat_map(|fault| [event(fault, true), event(fault, false)]).collect()
}

/// A directory as a run leaves it.
fn run_in(dir: &RunDir, story: Story, experiment: &str) {
    let (operations, faults) = sample(story, 30, 5);
    dir.make().unwrap();
    dir.write_json(
        RunDir::RUN,
        &json!({"experiment": experiment, "seed": 5, "profile": "0.10", "nodes": ["node1", "node2", "node3"], "level": "all", "seconds": 30}),
    )
    .unwrap();
    dir.write_lines(RunDir::HISTORY, &events(&operations)).unwrap();
    dir.write_lines(RunDir::NEMESIS, &nemesis(&faults)).unwrap();
    dir.write(RunDir::SHARDS, "name: jepsen\nid  owners\n1   1,4,5\n").unwrap();
    let verdict = json!({"study": "illegal", "honest": "legal", "unique": "unknown", "why": [{"rule": "study", "text": "read 3 is not to be explained"}]});
    dir.write_json(RunDir::VERDICT, &verdict).unwrap();
    dir.write_json(RunDir::FIGURES, &json!({"register": {"staleReads": {"k": 3, "n": 12}}})).unwrap();
    let mut ending = Ending { summary: vec!["half of the writes time out".into()], ..Ending::default() };
    ending.expect("no write fails", true, "0 of 300");
    ending.expect("replicas differ", false, "0 of 3");
    dir.write_json(RunDir::ENDING, &ending).unwrap();
    dir.write_json("truth.json", &json!({"claims": [{"claim": "stored", "false": 0}]})).unwrap();
    dir.write("counterexample.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>why</text></svg>").unwrap();
}

/// Nothing of a page is fetched from elsewhere, and nothing of it runs.
fn assert_self_contained(page: &str) {
    for forbidden in
        ["<script", "<link", "<iframe", "src=\"http", "href=\"http", "@import", "url(", " onload=", "javascript:"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn a_run_has_its_pictures_and_everything_on_one_page() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::at(root.path().join("run"));
    run_in(&dir, Story::All, "register-partition-all");
    write_run(&dir).unwrap();
    for name in ["latency-raw", "latency-quantiles", "rate"] {
        assert!(fs::read_to_string(dir.file(&format!("{name}.svg"))).unwrap().starts_with("<svg "));
        assert!(fs::read(dir.file(&format!("{name}.png"))).unwrap().starts_with(b"\x89PNG"));
    }
    let page = fs::read_to_string(dir.file(RunDir::REPORT)).unwrap();
    assert_self_contained(&page);
    for there in [
        "profile 0.10, 3 nodes, level all, seed 5, 30 s",
        "1 of 2 expectations did not hold.",
        "half of the writes time out",
        "read 3 is not to be explained",
        "3 of 12 (25 %)",
        "1   1,4,5",
        "write-timeout",
        "The study of 2016",
        "data:image/svg+xml;base64,",
        "href=\"./history.jsonl\"",
        "href=\"./report.html\"",
        "id=\"file-truth-json\"",
    ] {
        assert!(page.contains(there), "{there}");
    }
    assert_eq!(page.matches("<svg ").count(), 3);
    assert_self_contained(&fs::read_to_string(dir.file("timeline.html")).unwrap());
    // Made again, it is the same: what was made is no material.
    write_run(&dir).unwrap();
    assert_eq!(fs::read_to_string(dir.file(RunDir::REPORT)).unwrap(), page);
}

#[test]
fn what_is_not_there_is_left_out() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::at(root.path());
    write_run(&dir).unwrap();
    let page = fs::read_to_string(dir.file(RunDir::REPORT)).unwrap();
    for absent in ["<svg", "linearizable", "What had to hold", "Faults", "timeline"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(!dir.file("timeline.html").exists() && !dir.file("rate.svg").exists());
}

#[test]
fn a_damaged_file_is_an_error_and_not_a_shorter_page() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::at(root.path());
    dir.write(RunDir::HISTORY, "{\"process\":1}\n").unwrap();
    let error = write_run(&dir).unwrap_err().to_string();
    assert!(error.contains("history.jsonl") && error.contains("line 1"), "{error}");
}

#[test]
fn many_runs_are_one_page_and_one_table() {
    let root = tempfile::tempdir().unwrap();
    let names = ["register-partition-all", "register-partition-any"];
    let runs: Vec<_> = names.iter().map(|name| RunDir::at(root.path().join(name))).collect();
    for ((run, name), story) in runs.iter().zip(names).zip([Story::All, Story::Any]) {
        run_in(run, story, name);
        write_run(run).unwrap();
    }
    let dir = RunDir::at(root.path());
    write_collection(&dir, "The study", &runs).unwrap();
    let page = fs::read_to_string(dir.file(RunDir::REPORT)).unwrap();
    assert_self_contained(&page);
    for name in names {
        assert!(page.contains(&format!("href=\"./{name}/report.html\"")), "{name}");
    }
    assert_eq!(page.matches("class=\"thumbnail\"").count(), 2);

    let table = Table::of(&runs).unwrap();
    let text = table.text();
    let line =
        |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    assert!(line("experiment").ends_with("register-partition-all  register-partition-any"));
    assert!(line("verdict, study").ends_with("illegal                 illegal"));
    assert!(line("writes not ok").contains("100"), "{text}");
    assert_self_contained(&table.html());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Whatever a server, a user or a file says, a page shows it and is not changed by it.
    #[test]
    fn every_text_is_shown_and_none_is_markup(wild in "[<>&\"'a-z/=\\-! ]{1,40}") {
        let text = format!("<i>{wild}</i><script>\"'&");
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::at(root.path());
        let (mut operations, _) = sample(Story::All, 3, 1);
        for one in &mut operations {
            (one.error, one.class, one.outcome, one.node) =
                (Some(text.clone()), Some(text.clone()), Some(text.clone()), Some(text.clone()));
        }
        dir.write_lines(RunDir::HISTORY, &events(&operations)).unwrap();
        let fault = FaultEvent { time: 5, begins: true, fault: text.clone(), whom: text.clone() };
        dir.write_lines(RunDir::NEMESIS, &[fault]).unwrap();
        dir.write(RunDir::SHARDS, &text).unwrap();
        let mut ending = Ending { summary: vec![text.clone()], ..Ending::default() };
        ending.expect(&text, false, &text);
        dir.write_json(RunDir::ENDING, &ending).unwrap();
        let map = |key: &str| json!({key: &text, "experiment": &text, "profile": &text, "why": [{"rule": &text, "text": &text}], "study": &text});
        dir.write_json(RunDir::RUN, &map(&text)).unwrap();
        dir.write_json(RunDir::VERDICT, &map(&text)).unwrap();
        dir.write_json(RunDir::FIGURES, &map(&text)).unwrap();
        dir.write_json("truth.json", &json!([map(&text), map(&text)])).unwrap();
        let files = super::files::Files::read(&dir).unwrap();
        let pages = [
            super::run::report(&text, &files, &dir, &[], &mut [], std::slice::from_ref(&text)),
            super::timeline::timeline(&files, &dir),
            Table::of(std::slice::from_ref(&dir)).unwrap().html(),
        ];
        for page in pages {
            prop_assert!(!page.contains("<i>") && !page.contains("<script"), "{}", page);
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            prop_assert!(page.contains(&escaped));
            // Outside of tags there is no bracket that is not one of a tag, and tags are balanced.
            prop_assert_eq!(page.matches('<').count(), page.matches('>').count());
            prop_assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
        }
        let svg = crate::plot::latency_raw(&files.operations, &files.faults, &files.caption(&dir)).svg().unwrap();
        prop_assert!(!svg.contains("<i>") && !svg.contains("<script"));
    }
}
