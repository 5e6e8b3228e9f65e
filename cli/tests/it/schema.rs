//! `schema`: what `--json` prints is as the schemas say, and nothing in them is missing or out of date.

use std::collections::BTreeSet;

use influx_client::Class;
use serde_json::{Value, json};

use crate::harness::{Cluster, NOBODY, points, program, run, run_command};
use crate::schemas::{assert_valid, fault, files};

#[test]
fn every_schema_is_listed_and_printed() {
    let files = files();
    let listed = run(&["schema", "--json"], "").events();
    let names: BTreeSet<&str> = listed.iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, files.keys().map(String::as_str).collect());
    let table = run(&["schema"], "").out;
    for (name, schema) in &files {
        let printed: Value = serde_json::from_str(&run(&["schema", name], "").out).unwrap();
        assert_eq!(&printed, schema);
        assert_eq!(schema["$id"], format!("urn:influx-cli:v1:{name}"));
        assert_eq!(schema["properties"]["type"]["const"], *name);
        assert!(table.contains(&format!("\n{name} ")), "{table}");
    }
    let wrong = run(&["schema", "summery"], "");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("do you mean summary?"), "{}", wrong.err);
}

#[test]
fn the_classes_in_the_schemas_are_all_there_are() {
    let all: Vec<&str> = Class::ALL.iter().map(|class| class.id()).collect();
    let mut found = 0;
    let mut look = vec![];
    look.extend(files().into_values());
    while let Some(value) = look.pop() {
        match value {
            Value::Object(object) => {
                if let Some(Value::Array(values)) = object.get("enum")
                    && values.contains(&json!("below-level"))
                    && values.contains(&json!("ok"))
                {
                    let names: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                    assert_eq!(names, all);
                    found += 1;
                }
                look.extend(object.into_iter().map(|(_, value)| value));
            }
            Value::Array(values) => look.extend(values),
            _ => {}
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn a_field_too_many_or_too_few_is_noticed() {
    let good = run(&["explain", "--json", "12"], "").events().remove(0);
    assert_eq!(fault(&good), None);
    let mut more = good.clone();
    more["news"] = json!(1);
    assert!(fault(&more).is_some());
    let mut less = good.clone();
    less.as_object_mut().unwrap().remove("stored");
    assert!(fault(&less).is_some());
    let mut other = good;
    other["exit"] = json!("12");
    assert!(fault(&other).is_some());
}

/// Every event that a run prints is checked wherever tests look at events; here each type is seen at least once.
#[test]
fn each_type_is_printed_and_is_as_its_schema_says() {
    let mut seen = BTreeSet::new();
    let mut take = |lines: &str| {
        for line in lines.lines().filter(|line| line.starts_with('{')) {
            let event: Value = serde_json::from_str(line).unwrap();
            assert_valid(&event);
            seen.insert(event["type"].as_str().unwrap().to_owned());
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let up = run(&["cluster", "up", "--json", "--meta", "1", "--data", "2", "--dir", dir.path().to_str().unwrap()], "");
    take(&up.out);
    drop(crate::harness::run(&["cluster", "down", "--dir", dir.path().to_str().unwrap()], ""));

    let cluster = Cluster::with(&["--meta", "1", "--data", "2", "--set", "write_timeout=5s"]).database(2);
    take(&cluster.run(&["cluster", "status", "--json"]).out);
    let (one, two) = (cluster.url("data1"), cluster.url("data2"));
    let both = format!("{one},{two},{NOBODY}");
    let lines = format!("{}m v=\nm v=t 5\n", points("m", 3));
    take(&cluster.write(&["-v"], &lines).out);
    let progress =
        ["write", "-H", &one, "-d", "db", "--progress", "json", "--rate-points", "3/s", "--batch-lines", "1"];
    take(&run(&progress, points("slow", 6)).err);
    let state = tempfile::tempdir().unwrap();
    let import = |arguments: &[&str]| {
        let mut command = program();
        command.args(arguments).env("XDG_STATE_HOME", state.path());
        run_command(command, b"").out
    };
    let file = state.path().join("points.lp");
    std::fs::write(&file, &lines).unwrap();
    let file = file.to_str().unwrap();
    take(&import(&["import", "--json", "-H", NOBODY, "-d", "db", "--retry-budget", "0s", file]));
    take(&import(&["import", "--json", "-H", &one, "-d", "db", "--resume", file]));
    take(&import(&["journal", "list", "--json"]));
    take(&run(&["check", "--json"], &lines).out);
    take(&run(&["check", "--json"], "m v=1 1600000000\nm v=1\n").out);
    take(&run(&["verify", "--json", "-v", "--every-node", "-H", &one, "-d", "db", "-"], points("m", 4)).out);
    std::fs::write(state.path().join("other.lp"), points("m", 4).replace("v=3.5", "v=9.5")).unwrap();
    let other = state.path().join("other.lp");
    take(&run(&["verify", "--json", "--values", "-H", &one, "-d", "db", other.to_str().unwrap()], "").out);
    take(&run(&["ping", "--json", "-H", &both], "").out);
    take(&run(&["status", "--json", "-H", &both], "").out);
    cluster.fault(&["kill", "data2"]);
    take(&cluster.write(&["-c", "all"], points("m", 3)).out);
    take(&cluster.run(&["fault", "list", "--json"]).out);
    take(&run(&["verify", "--json", "--every-node", "-H", &one, "-d", "db", "-"], points("m", 3)).out);
    take(&run(&["status", "--json", "-H", &both], "").out);
    cluster.fault(&["drop", "data1", "meta1", "10%", "--for", "60s"]);
    take(&cluster.run(&["fault", "list", "--json"]).out);
    cluster.fault(&["heal"]);
    take(&run(&["classify", "--json", "--status", "503"], "queue is full").out);
    take(&run(&["explain", "--json"], "").out);
    take(&run(&["retry", "--dry-run", "--json"], "").out);
    take(&run(&["retry", "--json", "--", "false"], "").out);
    take(&run(&["lab", "list", "--json"], "").out);
    take(&run(&["lab", "replay", "7", "--json"], "").out);
    take(&run(&["lab", "check", "-", "--json"], crate::lab::ILLEGAL).out);
    let runs = tempfile::tempdir().unwrap();
    let simulated = runs.path().join("sim");
    let simulated = simulated.to_str().unwrap();
    let ran =
        run(&["lab", "run", "truth", "--sim", "--seeds", "10", "--json", "--progress", "json", "--dir", simulated], "");
    take(&ran.out);
    take(&ran.err);
    take(&run(&["lab", "compare", simulated, simulated, "--json"], "").out);
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("config.toml");
    std::fs::write(&file, "default = \"a\"\n[profile.a]\nhost = [\"http://a:1\"]\ntimeout = \"20s\"\n").unwrap();
    for arguments in [["config", "show", "--json"], ["config", "list", "--json"]] {
        let mut command = program();
        command.args(arguments).env("INFLUX_CONFIG", &file).env("INFLUX_DATABASE", "db");
        let ran = run_command(command, b"");
        assert_eq!(ran.code, 0, "{ran:?}");
        take(&ran.out);
    }
    let all: BTreeSet<String> = files().into_keys().collect();
    assert_eq!(seen, all, "each type is printed by some command");
}
