//! `schema [NAME]`: JSON Schemas of what commands print with `--json`.

use clap::Args;
use serde_json::Value;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::render::Table;

/// Print the JSON Schema of a line that commands print with --json, or list them all.
///
/// Each line names its schema as its `type` and the version of the schemas as `v`. Within a version, fields may be added;
/// none is removed or changes its meaning. `query --format json` prints what the server answers and has no schema.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The `type` of a line, such as summary; all are listed if left out.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// In the list, one JSON object a schema: its name and the schema itself.
    #[arg(long, conflicts_with = "name")]
    json: bool,
}

/// Embeds the schemas of these names.
macro_rules! schemas {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../schema/v1/", $name, ".json")))),*]
    };
}

const SCHEMAS: &[(&str, &str)] = schemas![
    "start",
    "batch",
    "reject",
    "progress",
    "summary",
    "journal",
    "check",
    "window",
    "point",
    "verify",
    "ping",
    "status",
    "classify",
    "explain",
    "rule",
    "try",
    "config",
    "profile",
    "cluster",
    "cluster-status",
    "faults",
    "experiment",
    "lab-run",
    "lab-progress",
    "verdict",
    "replay",
    "lab-compare",
];

impl SchemaArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        if let Some(name) = &self.name {
            let Some((_, text)) = SCHEMAS.iter().find(|(other, _)| other == name) else {
                let hint = nearest(name).map(|near| format!(" (do you mean {near}?)")).unwrap_or_default();
                return Err(Failure::Usage(format!(
                    "there is no schema {name:?}{hint}; `influx-cli schema` lists them"
                )));
            };
            console.print(text)?;
            return Ok(Exit::OK);
        }
        let mut table = Table::new(&["type", "what", "where"]);
        for (name, text) in SCHEMAS {
            let schema: Value = serde_json::from_str(text).map_err(|error| Failure::Internal(error.to_string()))?;
            if self.json {
                console.print_json(&serde_json::json!({"v": 1, "type": "schema", "name": name, "schema": schema}))?;
                continue;
            }
            let part = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
            table.row([(*name).to_owned(), part("title"), part("description")]);
        }
        if !self.json {
            console.print(&table.text())?;
        }
        Ok(Exit::OK)
    }
}

/// The name that begins like the one that was typed, or holds it.
fn nearest(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let names = || SCHEMAS.iter().map(|(name, _)| *name);
    let common = |name: &str| name.bytes().zip(typed.bytes()).take_while(|(a, b)| a == b).count();
    names()
        .find(|name| name.contains(&*typed) && !typed.is_empty())
        .or_else(|| names().max_by_key(|name| common(name)).filter(|name| common(name) >= 2))
}
