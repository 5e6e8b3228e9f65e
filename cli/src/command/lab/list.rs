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
        let mut values = Table::new(&["experiment", "setting", "values"]);
        for experiment in Experiment::ALL {
            for setting in experiment.settings() {
                settings.row([experiment.name(), setting.name, &setting.default, setting.meaning]);
                if !setting.values.is_empty() {
                    values.row([experiment.name(), setting.name, &setting.values.join(", ")]);
                }
            }
        }
        let tables = [table, settings, values].map(|table| table.fitted(console.width()));
        console.print(&tables.join("\n"))?;
        console.say(&format!(
            "--set takes the options of the nodes too (influx-cli cluster options), on clusters that the lab starts: not \
             with --sim or --hosts, and not for {}",
            without_node_options().join(", ")
        ));
        Ok(Exit::OK)
    }
}

/// Experiments whose clusters are as their runs need them.
fn without_node_options() -> Vec<&'static str> {
    let all = Experiment::ALL.into_iter();
    all.filter(|experiment| !experiment.takes_node_options()).map(Experiment::name).collect()
}

fn object(experiment: Experiment) -> Value {
    let settings: Vec<Value> = experiment
        .settings()
        .iter()
        .map(|setting| {
            json!({
                "name": setting.name, "default": setting.default, "meaning": setting.meaning, "values": setting.values,
            })
        })
        .collect();
    json!({
        "v": 1, "type": "experiment", "name": experiment.name(), "about": experiment.about(),
        "targets": experiment.targets(), "settings": settings, "node_options": experiment.takes_node_options(),
    })
}
