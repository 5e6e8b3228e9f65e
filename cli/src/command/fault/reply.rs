//! `fault reply` and `fault hang`: requests to a data node answered otherwise, or not at all.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::{Args, ValueEnum};
use influx_server_mock::{CannedReply, Fault, Probability, ReplyCut, ReplyFault};

use super::orders::{Lasting, inject};
use crate::cluster_dir::ClusterDirArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::settings;

/// Where an answer is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CutName {
    /// Before its first byte.
    Before,
    /// After status and headers.
    Head,
    /// In the middle of the body.
    Body,
    /// Never sent; the connection stays open until the heal.
    Never,
}

/// Answers of a data node.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("canned").args(["status", "class"])))]
pub(super) struct ReplyArgs {
    /// A data node, for example data1.
    #[arg(value_name = "NAME")]
    name: String,
    /// Answer with this status instead of doing what is asked.
    #[arg(long, value_name = "CODE")]
    status: Option<u16>,
    /// Answer with a typical reply of this class (`influx-cli explain` lists them): timeout, below-level, overloaded ….
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// The body that goes with --status.
    #[arg(long, value_name = "TEXT", requires = "status", conflicts_with = "error")]
    body: Option<String>,
    /// The server's own form of an error with this text, as the body and header that go with --status.
    #[arg(long, value_name = "TEXT", requires = "status")]
    error: Option<String>,
    /// A header that goes with --status or --class. May be given more than once.
    #[arg(long = "header", value_name = "NAME:VALUE", requires = "canned", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Do what is asked first, and answer with --status or --class then.
    #[arg(long, requires = "canned")]
    after_handling: bool,
    /// How much later the answer is sent.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = settings::duration)]
    delay: Duration,
    /// Close the connection before the whole answer was sent.
    #[arg(long, value_enum, value_name = "WHERE")]
    cut: Option<CutName>,
    /// Only requests for this path; all of them unless given.
    #[arg(long, value_name = "PATH")]
    route: Option<String>,
    /// Only the next so many requests; all of them until the heal unless given.
    #[arg(long, value_name = "N")]
    times: Option<NonZeroU64>,
    /// Only some of those requests, at random: 20% or 0.2.
    #[arg(long, value_name = "PROBABILITY", default_value = "100%")]
    probability: Probability,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Requests that get no answer.
#[derive(Debug, Args)]
pub(super) struct HangArgs {
    /// A data node, for example data1.
    #[arg(value_name = "NAME")]
    name: String,
    /// Do what is asked all the same.
    #[arg(long)]
    handled: bool,
    /// Only requests for this path; all of them unless given.
    #[arg(long, value_name = "PATH")]
    route: Option<String>,
    /// Only the next so many requests; all of them until the heal unless given.
    #[arg(long, value_name = "N")]
    times: Option<NonZeroU64>,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl HangArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open_now().await?;
        let fault = if self.handled { ReplyFault::real().cut(ReplyCut::Never) } else { ReplyFault::hang() };
        let fault = narrowed(fault, self.route.as_deref(), self.times);
        inject(cluster, vec![Fault::Reply { node: self.name, fault }], &self.lasting, console).await
    }
}

/// Only requests for one path, and only so many.
fn narrowed(fault: ReplyFault, route: Option<&str>, times: Option<NonZeroU64>) -> ReplyFault {
    let fault = route.into_iter().fold(fault, ReplyFault::on);
    times.into_iter().fold(fault, |fault, times| fault.times(times.get()))
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("write NAME:VALUE".to_owned()),
    }
}

impl ReplyArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open_now().await?;
        let canned = match (self.status, &self.class) {
            (Some(status), _) => Some(match (&self.error, &self.body) {
                (Some(text), _) => CannedReply::error(cluster.profile(), status, text),
                (None, Some(body)) => CannedReply::new(status).body(body),
                (None, None) => CannedReply::new(status),
            }),
            (None, Some(class)) => {
                let reply = CannedReply::of_class(class, cluster.profile());
                Some(reply.map_err(|error| Failure::Usage(error.to_string()))?)
            }
            (None, None) => None,
        };
        let canned =
            canned.map(|canned| self.headers.iter().fold(canned, |canned, (name, value)| canned.header(name, value)));
        let mut fault = canned.map_or_else(ReplyFault::real, ReplyFault::canned).delayed(self.delay);
        if self.after_handling {
            fault = fault.after_handling();
        }
        fault = fault.cut(match self.cut {
            None => ReplyCut::None,
            Some(CutName::Before) => ReplyCut::BeforeHead,
            Some(CutName::Head) => ReplyCut::AfterHead,
            Some(CutName::Body) => ReplyCut::MidBody,
            Some(CutName::Never) => ReplyCut::Never,
        });
        let fault = narrowed(fault, self.route.as_deref(), self.times).share(self.probability, self.seed);
        inject(cluster, vec![Fault::Reply { node: self.name, fault }], &self.lasting, console).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn headers_are_read() {
        assert_eq!(header("Retry-After: 3").unwrap(), ("Retry-After".into(), "3".into()));
        assert_eq!(header("A:b:c").unwrap(), ("A".into(), "b:c".into()));
        assert!(header("A").is_err());
        assert!(header(":b").is_err());
    }
}
