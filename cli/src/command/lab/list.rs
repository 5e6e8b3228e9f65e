//! `lab list`: the experiments and their settings.

use clap::Args;
use influx_lab::experiment::Experiment;
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::render::Table;

/// List the experiments and what can be set for each.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// One JSON object an experiment.
    #[arg(long)]
    json: bool,
}

impl ListArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        if self.json {
            for experiment in Experiment::ALL {
                console.print_json(&object(experiment))?;
            }
            return Ok(Exit::OK);
        }
        let mut table = Table::new(&["experiment", "what it does"]);
        for experiment in Experiment::ALL {
            table.row([experiment.name(), experiment.about()]);
        }
        let mut settings = Table::new(&["experiment", "setting", "default", "meaning"]);
        for experiment in Experiment::ALL {
            for setting in experiment.settings() {
                settings.row([experiment.name(), setting.name, setting.default, setting.meaning]);
            }
        }
        console.print(&format!("{}\n{}", table.fitted(console.width()), settings.fitted(console.width())))?;
        console.say("--set takes the options of the nodes too: influx-cli cluster options");
        Ok(Exit::OK)
    }
}

fn object(experiment: Experiment) -> Value {
    let settings: Vec<Value> = experiment
        .settings()
        .iter()
        .map(|setting| json!({"name": setting.name, "default": setting.default, "meaning": setting.meaning}))
        .collect();
    json!({
        "v": 1, "type": "experiment", "name": experiment.name(), "about": experiment.about(),
        "targets": experiment.targets(), "settings": settings,
    })
}
