//! `ping`: is every endpoint there?

use clap::Args;
use influx_client::Class;
use serde_json::json;

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::{Table, one_line};
use crate::settings::{counted, duration_text};
use crate::target::TargetArgs;

/// Ask every endpoint whether it is up. It says nothing about meta nodes or replicas: a data node answers without them.
#[derive(Debug, Args)]
pub(crate) struct PingArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// One JSON object an endpoint.
    #[arg(long)]
    json: bool,
}

impl PingArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let client = self.target.builder()?.build().map_err(|error| Failure::Usage(error.to_string()))?;
        let pongs = client.ping().await;
        let mut table = Table::new(&["endpoint", "version", "build", "latency#", "state"]);
        let mut up = true;
        for pong in &pongs {
            up &= pong.result.is_ok();
            let endpoint = pong.endpoint.to_string();
            if self.json {
                console.print_json(&match &pong.result {
                    Ok(it) => json!({
                        "v": 1, "type": "ping", "endpoint": endpoint, "up": true, "version": it.version, "build": it.build,
                        "ms": it.latency.as_secs_f64() * 1e3,
                    }),
                    Err(error) => json!({"v": 1, "type": "ping", "endpoint": endpoint, "up": false, "error": error.to_string()}),
                })?;
                continue;
            }
            match &pong.result {
                Ok(it) => table.row([
                    endpoint,
                    it.version.as_deref().unwrap_or_default().to_owned(),
                    it.build.as_deref().unwrap_or_default().to_owned(),
                    duration_text(it.latency),
                    console.painted("up", Paint::Good),
                ]),
                Err(error) => table.row([
                    endpoint,
                    String::new(),
                    String::new(),
                    String::new(),
                    console.painted(&format!("down: {}", one_line(&error.to_string())), Paint::Bad),
                ]),
            }
        }
        if !self.json {
            console.print(&table.fitted(console.width()))?;
        }
        if up {
            return Ok(Exit::OK);
        }
        let down = pongs.iter().filter(|pong| pong.result.is_err()).count();
        let all = counted(pongs.len() as u64, "endpoint", "endpoints");
        Err(Failure::classed(Class::Unreachable, format!("{down} of {all} down")))
    }
}
