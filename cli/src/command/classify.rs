//! `classify --status N -c LEVEL < BODY`: the table of classes for those who write with curl.

use std::io::Read;

use clap::Args;
use influx_client::{Class, ConsistencyLevel, Context, NoReply, Reply, Verdict, classify, classify_no_reply};
use serde_json::json;

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::one_line;

/// Tell the class of a reply to a write, from its status and its body on standard input, and exit with its code.
#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    /// HTTP status; 0 (curl's 000) if there was no answer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=999))]
    status: u16,
    /// The level that was asked for: any, one, quorum or all.
    #[arg(short, long, value_name = "LEVEL", default_value = "one")]
    consistency: ConsistencyLevel,
    /// Value of X-Influxdb-Version: what an acknowledgement is worth depends on it.
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// Value of X-Influxdb-Build.
    #[arg(long, value_name = "BUILD", requires = "version")]
    build: Option<String>,
    /// Value of X-Influxdb-Error, for a reply whose body was not kept.
    #[arg(long, value_name = "TEXT")]
    error_header: Option<String>,
    /// How many points were sent.
    #[arg(long, value_name = "N", default_value_t = 1)]
    points: usize,
    /// Some of the points had no timestamp.
    #[arg(long)]
    unstamped: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// More than any server says; the rest of a longer body is not read.
const LONGEST_BODY: u64 = 4 << 20;

impl ClassifyArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut body = Vec::new();
        std::io::stdin()
            .lock()
            .take(LONGEST_BODY)
            .read_to_end(&mut body)
            .map_err(|error| Failure::local_io(format!("stdin: {error}")))?;
        let verdict = self.verdict(&body);
        let class = verdict.class();
        if self.json {
            console.print_json(&json!({
                "v": 1,
                "class": class.id(),
                "exit": class.exit_code(),
                "kind": verdict.kind().map(influx_client::ErrorKind::name),
                "outcome": verdict.outcome().id(),
                "outcome_text": verdict.outcome().text(),
                "advice": verdict.advice().id(),
                "advice_text": verdict.advice().text(),
                "retry": verdict.advice().resend().id(),
                "consistency": self.consistency.to_string(),
                "message": verdict.message(),
            }))?;
        } else {
            let paint = if class == Class::Ok { Paint::Good } else { Paint::Bad };
            let mut text =
                format!("class    {} (exit code {})\n", console.painted(class.id(), paint), class.exit_code());
            if let Some(kind) = verdict.kind() {
                text.push_str(&format!("what     {}\n", one_line(&kind.to_string())));
            }
            text.push_str(&format!("outcome  {}: {}\n", verdict.outcome().id(), verdict.outcome().text()));
            text.push_str(&format!("advice   {}\n", verdict.advice().text()));
            console.print(&text)?;
        }
        Ok(Exit::of(class))
    }

    fn verdict(&self, body: &[u8]) -> Verdict {
        let mut context = Context::new(self.consistency, self.points);
        if self.unstamped {
            context = context.not_idempotent();
        }
        if self.status == 0 {
            // Whether a byte went out is not known here, so the weaker claim is made.
            return classify_no_reply(&NoReply::Lost { reason: "no answer".into() }, 1, &context);
        }
        let mut reply = Reply::new(self.status, body);
        if let Some(version) = &self.version {
            reply = reply.version(version, self.build.as_deref());
        }
        if let Some(header) = &self.error_header {
            reply = reply.error_header(header.as_bytes());
        }
        classify(&reply, &context)
    }
}
