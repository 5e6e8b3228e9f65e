//! `influx-cli write` as a script runs it: another process of this executable, judged by its exit code and its JSON.

use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::config;
use crate::failure::Failure;

/// More than any step needs; the longest waits for the meta nodes some 10 s.
const LIMIT: Duration = Duration::from_secs(40);

/// What a script learns of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) exit: u8,
    pub(crate) summary: Summary,
    pub(crate) rejects: Vec<Rejected>,
}

/// The last line of the JSON.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) class: String,
    pub(crate) exit: u8,
    pub(crate) outcome: String,
    pub(crate) advice: String,
    pub(crate) points: Points,
}

/// The counts of the summary.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) read: u64,
    pub(crate) accepted: u64,
    pub(crate) below_level: u64,
    pub(crate) deferred: u64,
    pub(crate) rejected: u64,
    pub(crate) unknown: u64,
    pub(crate) not_stored: u64,
    pub(crate) unsent: u64,
}

impl Points {
    /// Whether every point that was read is in exactly one of the other counts.
    pub(crate) fn add_up(&self) -> bool {
        let Self { read, accepted, below_level, deferred, rejected, unknown, not_stored, unsent } = *self;
        read == accepted + below_level + deferred + rejected + unknown + not_stored + unsent
    }
}

/// A refused line.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) line: Option<u64>,
    pub(crate) class: String,
    pub(crate) text: Option<String>,
}

/// Runs `influx-cli write --json` with these arguments and lines.
///
/// # Errors
/// The process cannot be run, does not end, or prints what it should not.
pub(crate) async fn write(arguments: &[&str], lines: &str) -> Result<Written, Failure> {
    let failed = |what: String| Failure::Internal(format!("influx-cli write {}: {what}", arguments.join(" ")));
    let executable = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(executable);
    // The user's own defaults must not change what is shown.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("INFLUX_") {
            command.env_remove(&name);
        }
    }
    command.env(config::VARIABLE, config::NONE);
    command.arg("write").arg("--json").arg("-q").args(arguments).arg("-");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A child that ends early closes its end; what it says then is what counts.
            let _ = stdin.write_all(lines.as_bytes()).await;
        }
    };
    let both = async { tokio::join!(feed, child.wait_with_output()).1 };
    let output = tokio::time::timeout(LIMIT, both)
        .await
        .map_err(|_| failed(format!("did not end within {LIMIT:?}")))?
        .map_err(|error| failed(error.to_string()))?;
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let exit = output.status.code().and_then(|code| u8::try_from(code).ok());
    let exit = exit.ok_or_else(|| failed(format!("ended by {}: {}", output.status, said())))?;
    let mut summary = None;
    let mut rejects = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let event: serde_json::Value = serde_json::from_slice(line).map_err(|error| failed(error.to_string()))?;
        match event["type"].as_str() {
            Some("reject") => {
                rejects.push(serde_json::from_value(event).map_err(|error| failed(error.to_string()))?);
            }
            Some("summary") => {
                summary = Some(serde_json::from_value(event).map_err(|error| failed(error.to_string()))?);
            }
            _ => {}
        }
    }
    let summary = summary.ok_or_else(|| failed(format!("printed no summary; exit code {exit}: {}", said())))?;
    Ok(Written { exit, summary, rejects })
}
