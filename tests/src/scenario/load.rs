//! Reading scenario files, with all that can be known to be wrong with them before anything is started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use influx_server_mock::Profile;
use serde::Deserialize;
use serde_json::Value;

use super::cluster::Kind;
use super::expect::{Expectation, given};
use super::step::{Fault, Step};
use super::variables::Variables;

/// A scenario, read and looked through.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Unique among the scenarios.
    pub name: String,
    /// What it proves, in a line.
    pub about: String,
    /// The cluster it is played on.
    pub kind: Kind,
    /// Needs a cluster that nobody used before.
    pub fresh: bool,
    /// Leaves a cluster that nobody else can use.
    pub dirty: bool,
    /// As in the file: the variables are filled in when a step's turn comes.
    pub steps: Vec<Value>,
    /// Whether it says how long something may take at most.
    pub timed: bool,
    /// The time it cannot be quicker than.
    pub least: Duration,
}

/// A scenario and what is to come of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Folder and name of the scenario.
    pub name: String,
    /// What is played.
    pub scenario: Scenario,
    /// What is right.
    pub verdict: Verdict,
}

/// What has to come of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every step is as expected.
    Passes,
    /// It expects what does not happen, and the runner has to notice.
    Fails {
        /// At which step, from 0.
        step: usize,
        /// What the reason has to contain.
        because: String,
    },
}

/// Why the scenarios cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{path}: {why}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A file says something that has no meaning.
    #[error("{path}: {why}")]
    Invalid {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is nothing to play.
    #[error("{path}: no scenario is in it")]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    about: String,
    profile: Profile,
    topology: RawTopology,
    #[serde(default, deserialize_with = "given")]
    options: Option<BTreeMap<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    fresh: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    dirty: Option<bool>,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopology {
    meta: usize,
    data: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMustFail {
    fails_at: usize,
    because: String,
    scenario: Value,
}

/// Reads the scenarios of both profiles below `scenarios`, and those below `must_fail` that the runner has to find
/// wrong.
///
/// # Errors
/// [`LoadError`] for the first file that is wrong in any way, and for a folder without files.
pub fn load(scenarios: &Path, must_fail: &Path) -> Result<Vec<Trial>, LoadError> {
    let mut trials = Vec::new();
    for profile in Profile::ALL {
        let folder = scenarios.join(profile.name());
        for (path, value) in files(&folder)? {
            let invalid = |why| LoadError::Invalid { path: path.clone(), why };
            let scenario = Scenario::new(value).map_err(invalid)?;
            if scenario.kind.profile != profile {
                return Err(invalid(format!("is in the folder of another profile than {}", scenario.kind.profile)));
            }
            named_after(&scenario, &path).map_err(invalid)?;
            trials.push(Trial { name: format!("{profile}/{}", scenario.name), scenario, verdict: Verdict::Passes });
        }
    }
    for (path, value) in files(must_fail)? {
        let invalid = |why| LoadError::Invalid { path: path.clone(), why };
        let raw = RawMustFail::deserialize(value).map_err(|error| invalid(error.to_string()))?;
        let scenario = Scenario::new(raw.scenario).map_err(invalid)?;
        named_after(&scenario, &path).map_err(invalid)?;
        if raw.fails_at >= scenario.steps.len() || raw.because.is_empty() {
            return Err(invalid("names no step, or no reason".to_owned()));
        }
        let verdict = Verdict::Fails { step: raw.fails_at, because: raw.because };
        trials.push(Trial { name: format!("must-fail/{}", scenario.name), scenario, verdict });
    }
    Ok(trials)
}

fn named_after(scenario: &Scenario, path: &Path) -> Result<(), String> {
    let file = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if file == scenario.name { Ok(()) } else { Err(format!("holds the scenario {}", scenario.name)) }
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, Value)>, LoadError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |why| LoadError::Io { path, why }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => paths.push(path),
            Some("md") => {}
            _ => return Err(LoadError::Invalid { path, why: "is no scenario".to_owned() }),
        }
    }
    if paths.is_empty() {
        return Err(LoadError::Empty { path: folder.to_owned() });
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read(&path).map_err(io(&path))?;
        let value = serde_json::from_slice(&text);
        let value = value.map_err(|error| LoadError::Invalid { path: path.clone(), why: error.to_string() })?;
        Ok((path, value))
    };
    paths.into_iter().map(read).collect()
}

impl Scenario {
    /// Reads a scenario and looks through all of its steps.
    ///
    /// # Errors
    /// A text that says what is wrong, with the number of the step.
    pub fn new(value: Value) -> Result<Self, String> {
        let raw: Raw = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let options = raw.options.unwrap_or_default().into_iter().map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Bool(_) | Value::Number(_) => Ok((name, value.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(format!("option {name} cannot be {value}")),
        });
        let kind = Kind {
            profile: raw.profile,
            meta: raw.topology.meta,
            data: raw.topology.data,
            options: options.collect::<Result<_, _>>()?,
        };
        let mut scenario = Self {
            name: raw.name,
            about: raw.about,
            kind,
            fresh: raw.fresh.unwrap_or(false),
            dirty: raw.dirty.unwrap_or(false),
            steps: raw.steps,
            timed: false,
            least: Duration::ZERO,
        };
        scenario.look_through()?;
        Ok(scenario)
    }

    /// Plays the steps without a cluster: every variable has to be set before it is used, and every step to make sense
    /// with the values that it might get.
    fn look_through(&mut self) -> Result<(), String> {
        let mut variables = Variables::default();
        variables.set("db", "d");
        let (mut checks, mut timed, mut least) = (0, false, Duration::ZERO);
        for (at, raw) in self.steps.iter().enumerate() {
            let wrong = |why: String| format!("step {at}: {why}");
            let filled = variables.fill(raw).map_err(|unknown| wrong(unknown.to_string()))?;
            let step = Step::new(&filled).map_err(wrong)?;
            for node in nodes(&step) {
                if !self.kind.has(node) {
                    return Err(wrong(format!("the cluster has no node {node:?}")));
                }
            }
            checks += usize::from(step.is_check());
            timed |= step.expectations().any(Expectation::has_upper_limit);
            least += step.least();
            let value = match &step {
                Step::Bind(_) => "data1",
                _ => "1",
            };
            for name in step.sets() {
                variables.set(name, value);
            }
            if let Step::Set(values) = &step {
                values.iter().for_each(|(name, value)| variables.set(name, value));
            }
        }
        if checks == 0 {
            return Err("checks nothing".to_owned());
        }
        (self.timed, self.least) = (timed, least);
        Ok(())
    }
}

/// The nodes that a step names.
fn nodes(step: &Step) -> BTreeSet<&str> {
    let names: Vec<&String> = match step {
        Step::Http(ask) => vec![&ask.request.node],
        Step::WaitUntil(wait) => vec![&wait.ask.request.node],
        Step::Parallel { asks, .. } => asks.iter().map(|ask| &ask.request.node).collect(),
        Step::Fault(Fault::Kill(nodes) | Fault::Pause(nodes) | Fault::Resume(nodes) | Fault::Restart { nodes, .. }) => {
            nodes.iter().collect()
        }
        Step::Fault(Fault::Partition(sides)) => sides.iter().flatten().collect(),
        Step::Fault(Fault::Heal) | Step::Sleep(_) | Step::Set(_) | Step::CheckLocalSeries(_) => Vec::new(),
        Step::Pick(pick) => pick.owners.iter().chain(&pick.place.node).collect(),
        Step::Bind(bind) => bind.place.node.iter().collect(),
        Step::CheckShards(check) => check.node.iter().collect(),
    };
    names.into_iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn scenario(steps: Value) -> Value {
        json!({"name": "a", "about": "b", "profile": "1.8", "topology": {"meta": 1, "data": 2},
               "options": {"hh_enabled": false, "hh_max_size": 400, "write_timeout": "1s"}, "steps": steps})
    }

    fn ping(node: &str, expect: Value) -> Value {
        json!({"http": {"node": node, "method": "GET", "path": "/ping"}, "expect": expect})
    }

    fn folders(write: impl FnOnce(&Path, &Path)) -> Result<Vec<Trial>, LoadError> {
        let dir = tempfile::tempdir().unwrap();
        let (scenarios, must_fail) = (dir.path().join("scenarios"), dir.path().join("must-fail"));
        for folder in [&scenarios.join("1.8"), &scenarios.join("0.10"), &must_fail] {
            fs::create_dir_all(folder).unwrap();
        }
        write(&scenarios, &must_fail);
        load(&scenarios, &must_fail)
    }

    fn put(path: PathBuf, value: &Value) {
        fs::write(path, value.to_string()).unwrap();
    }

    /// A valid file in each folder.
    fn fill(scenarios: &Path, must_fail: &Path) {
        let mut one = scenario(json!([ping("data1", json!({"status": 204}))]));
        put(scenarios.join("1.8/a.json"), &one);
        let wrong = scenario(json!([ping("data1", json!({"status": 999}))]));
        put(must_fail.join("a.json"), &json!({"fails_at": 0, "because": "999", "scenario": wrong}));
        one["profile"] = json!("0.10");
        put(scenarios.join("0.10/a.json"), &one);
    }

    #[test]
    fn the_projects_own_files_are_valid() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let trials = load(&here.join("scenarios"), &here.join("must-fail")).unwrap();
        let names: BTreeSet<_> = trials.iter().map(|trial| &trial.name).collect();
        assert_eq!(names.len(), trials.len(), "names are unique");
        assert!(trials.iter().all(|trial| !trial.scenario.about.is_empty()));
    }

    #[test]
    fn a_scenario_is_read() {
        let steps = json!([ping("data1", json!({"status": 204, "max_ms": 9})), {"sleep_s": 2},
                           ping("data2", json!({"status": 204, "min_ms": 1000}))]);
        let scenario = Scenario::new(scenario(steps)).unwrap();
        let options = [("hh_enabled", "false"), ("hh_max_size", "400"), ("write_timeout", "1s")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(scenario.kind, Kind { profile: Profile::V1_8, meta: 1, data: 2, options: options.into() });
        assert!(scenario.timed && !scenario.fresh && !scenario.dirty);
        assert_eq!(scenario.least, Duration::from_secs(3));
    }

    #[test]
    fn variables_are_set_before_they_are_used() {
        let pick =
            json!({"pick": {"rp": "r", "time": 1, "measurement": "m", "tag": "k", "owners": ["data1"], "as": "K"}});
        let bind = json!({"bind": {"rp": "r", "time": 1, "owners_as": ["O"]}});
        let (at_k, at_o) = (ping("data1", json!({"body": "${K}${db}"})), ping("${O}", json!({"status": 204})));
        Scenario::new(scenario(json!([pick, bind, at_k, at_o]))).unwrap();
        let why = Scenario::new(scenario(json!([bind, at_o, at_k, pick]))).unwrap_err();
        assert_eq!(why, "step 2: nothing has set ${K}");
    }

    #[test]
    fn what_cannot_be_played_or_cannot_fail_is_refused() {
        let good = ping("data1", json!({"status": 204}));
        for (steps, reason) in [
            (json!([]), "checks nothing"),
            (json!([{"sleep_s": 1}]), "checks nothing"),
            (json!([ping("data3", json!({"status": 204}))]), "no node"),
            (json!([good, {"fault": "kill", "nodes": ["data9"]}]), "step 1: the cluster has no node"),
            (json!([good, {"fault": "partition", "sides": [["data1"], ["x"]]}]), "no node"),
            (json!([good, ping("data1", json!({}))]), "step 1: http: expect"),
        ] {
            let why = Scenario::new(scenario(steps)).unwrap_err();
            assert!(why.contains(reason), "{why}");
        }
        let mut unknown = scenario(json!([good]));
        unknown["fressh"] = json!(true);
        assert!(Scenario::new(unknown).unwrap_err().contains("fressh"));
    }

    #[test]
    fn folders_are_read_and_what_is_wrong_in_them_is_said() {
        assert_eq!(folders(fill).unwrap().len(), 3);
        let empty = folders(|scenarios, must_fail| {
            fill(scenarios, must_fail);
            fs::remove_file(scenarios.join("0.10/a.json")).unwrap();
        });
        assert!(matches!(empty, Err(LoadError::Empty { .. })));
        let other = folders(|scenarios, must_fail| {
            fill(scenarios, must_fail);
            fs::rename(scenarios.join("0.10/a.json"), scenarios.join("1.8/a.json")).unwrap();
        });
        assert!(other.unwrap_err().to_string().contains("another profile"));
        let misnamed = folders(|scenarios, must_fail| {
            fill(scenarios, must_fail);
            fs::rename(scenarios.join("1.8/a.json"), scenarios.join("1.8/b.json")).unwrap();
        });
        assert!(misnamed.unwrap_err().to_string().contains("holds the scenario a"));
        let stray = folders(|scenarios, must_fail| {
            fill(scenarios, must_fail);
            fs::write(scenarios.join("1.8/b.jsn"), "").unwrap();
        });
        assert!(stray.unwrap_err().to_string().contains("is no scenario"));
        let nowhere = folders(|scenarios, must_fail| {
            fill(scenarios, must_fail);
            let wrong = scenario(json!([ping("data1", json!({"status": 999}))]));
            put(must_fail.join("a.json"), &json!({"fails_at": 1, "because": "999", "scenario": wrong}));
        });
        assert!(nowhere.unwrap_err().to_string().contains("names no step"));
    }
}
