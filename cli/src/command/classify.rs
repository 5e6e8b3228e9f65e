//! `classify --status N -c LEVEL < BODY`: the table of classes for those who write with curl.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use influx_client::{
    Class, ConsistencyLevel, Context, Dropped, ErrorKind, NoReply, Reply, Verdict, classify, classify_no_reply,
};
use serde_json::json;

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::{one_line, shortened};
use crate::settings::{counted, duration_text};

/// Tell the class of a reply to a write, from its status and its body on standard input, and exit with its code.
///
/// For those who write with curl: `code=$(curl -s -o body -w '%{http_code}' --data-binary @points.lp "$URL"); influx-cli
/// classify --status "$code" -c quorum < body`. With `curl -i` the whole reply can be piped into `classify --include`, with
/// `curl -D head` its headers are given as --head; they tell the version, on which depends what an acknowledgement is worth.
/// Without an answer, --curl-exit tells whether anything was sent.
#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    /// HTTP status; 0 (curl's 000) if there was no answer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=999))]
    #[arg(required_unless_present_any = ["include", "head", "curl_exit"])]
    status: Option<u16>,
    /// The level that was asked for: any, one, quorum or all.
    #[arg(short, long, value_name = "LEVEL", env = "INFLUX_CONSISTENCY", default_value = "one")]
    consistency: ConsistencyLevel,
    /// Standard input begins with the status line and the headers, as `curl -i` prints them.
    #[arg(short, long, conflicts_with = "head")]
    include: bool,
    /// File with status line and headers, as `curl -D FILE` writes it.
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Exit code of curl: where there is no answer, some say that nothing was sent (6, 7 and their like).
    #[arg(long, value_name = "N")]
    curl_exit: Option<u8>,
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
    /// Some of the points had no timestamp, so that sending them again may store them twice.
    #[arg(long, visible_alias = "not-idempotent")]
    unstamped: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// More than any server says; the rest of a longer body is not read.
const LONGEST_BODY: u64 = 4 << 20;
/// How many refused lines a person is shown.
const SHOWN: usize = 5;

/// What is known of the reply's headers.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    status: Option<u16>,
    version: Option<String>,
    build: Option<String>,
    error: Option<String>,
    retry_after: Option<String>,
    date: Option<String>,
}

impl Head {
    /// Reads status line and headers, those of the last reply where there are several (`100 Continue`, redirects,
    /// proxies); what follows them is the body.
    fn split(text: &[u8]) -> (Self, &[u8]) {
        let mut head = Self::default();
        let mut rest = text;
        while rest.starts_with(b"HTTP/") {
            head = Self::default();
            loop {
                let (line, behind) = match memchr::memchr(b'\n', rest) {
                    Some(at) => (&rest[..at], &rest[at + 1..]),
                    None => (rest, &b""[..]),
                };
                rest = behind;
                let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
                if line.is_empty() {
                    break;
                }
                head.read(&line);
            }
        }
        (head, rest)
    }

    fn read(&mut self, line: &str) {
        if line.starts_with("HTTP/") {
            self.status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        } else if let Some((name, value)) = line.split_once(':') {
            let value = Some(value.trim().to_owned());
            match name.trim().to_ascii_lowercase().as_str() {
                "x-influxdb-version" => self.version = value,
                "x-influxdb-build" => self.build = value,
                "x-influxdb-error" => self.error = value,
                "retry-after" => self.retry_after = value,
                "date" => self.date = value,
                _ => {}
            }
        }
    }
}

impl ClassifyArgs {
    pub(crate) fn run(mut self, console: &Console) -> Result<Exit, Failure> {
        let mut input = Vec::new();
        if std::io::stdin().is_terminal() {
            console.say("reading the reply's body from the terminal; Ctrl-D ends it");
        }
        std::io::stdin()
            .lock()
            .take(LONGEST_BODY)
            .read_to_end(&mut input)
            .map_err(|error| Failure::local_io(format!("stdin: {error}")))?;
        let mut body = &input[..];
        let mut head = Head::default();
        if self.include {
            (head, body) = Head::split(&input);
        } else if let Some(path) = &self.head {
            let mut text = Vec::new();
            let read = File::open(path).and_then(|file| file.take(LONGEST_BODY).read_to_end(&mut text));
            read.map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))?;
            head = Head::split(&text).0;
        }
        // What is said on the command line is meant.
        self.status = self.status.or(head.status);
        if self.version.is_none() {
            (self.version, self.build) = (head.version.take(), head.build.take());
        }
        self.error_header = self.error_header.take().or(head.error.take());
        let verdict = self.verdict(body, &head);
        self.tell(&verdict, console)?;
        Ok(Exit::of(verdict.class()))
    }

    fn verdict(&self, body: &[u8], head: &Head) -> Verdict {
        let mut context = Context::new(self.consistency, self.points);
        if self.unstamped {
            context = context.not_idempotent();
        }
        let status = self.status.unwrap_or(0);
        if status == 0 {
            let (failure, sent) = no_answer(self.curl_exit);
            return classify_no_reply(&failure, sent, &context);
        }
        let mut reply = Reply::new(status, body);
        if let Some(version) = &self.version {
            reply = reply.version(version, self.build.as_deref());
        }
        if let Some(header) = &self.error_header {
            reply = reply.error_header(header.as_bytes());
        }
        if let Some(value) = &head.retry_after {
            reply = reply.retry_after(value, head.date.as_deref());
        }
        // Codes of curl that say that the body is not whole.
        if matches!(self.curl_exit, Some(18 | 28 | 56)) {
            reply = reply.cut();
        }
        classify(&reply, &context)
    }

    fn tell(&self, verdict: &Verdict, console: &Console) -> Result<(), Failure> {
        let class = verdict.class();
        let unparsable = verdict.unparsable();
        let dropped = verdict.dropped().map(|dropped| dropped.lower_bound(self.points));
        if self.json {
            let unparsable: Vec<_> =
                unparsable.iter().map(|line| json!({"text": line.line, "error": line.why})).collect();
            return console.print_json(&json!({
                "v": 1, "type": "classify",
                "class": class.id(),
                "exit": class.exit_code(),
                "kind": verdict.kind().map(ErrorKind::name),
                "outcome": verdict.outcome().id(),
                "outcome_text": verdict.outcome().text(),
                "advice": verdict.advice().id(),
                "advice_text": verdict.advice().text(),
                "retry": verdict.advice().resend().id(),
                "retry_after_s": verdict.retry_after().map(|wait| wait.as_secs_f64()),
                "consistency": self.consistency.to_string(),
                "version": self.version,
                "message": verdict.message(),
                "refused_at_least": dropped,
                "unparsable": unparsable,
            }));
        }
        let paint = if class == Class::Ok { Paint::Good } else { Paint::Bad };
        let mut lines =
            vec![("class", format!("{} (exit code {})", console.painted(class.id(), paint), class.exit_code()))];
        if let Some(kind) = verdict.kind() {
            lines.push(("what", one_line(&kind.to_string())));
        }
        lines.push(("outcome", format!("{}: {}", verdict.outcome().id(), verdict.outcome().text())));
        if let Some(dropped) = dropped.filter(|dropped| *dropped > 0) {
            let least = if verdict.dropped() == Some(Dropped::All) { "" } else { "at least " };
            lines.push(("refused", format!("{least}{}", counted(dropped as u64, "point", "points"))));
        }
        for line in unparsable.iter().take(SHOWN) {
            lines.push(("line", shortened(&one_line(&format!("{}: {}", line.why, line.line)), 160)));
        }
        if unparsable.len() > SHOWN {
            lines.push(("line", format!("and {} more (--json has them)", unparsable.len() - SHOWN)));
        }
        if let Some(wait) = verdict.retry_after() {
            lines.push(("wait", duration_text(wait)));
        }
        lines.push(("again?", verdict.advice().resend().id().to_owned()));
        lines.push(("advice", verdict.advice().text().to_owned()));
        let text: String = lines.into_iter().map(|(label, value)| format!("{label:<8} {value}\n")).collect();
        console.print(&text)
    }
}

/// What became of a request without an answer, and how much of it was sent, by the exit code of curl.
fn no_answer(curl_exit: Option<u8>) -> (NoReply, u64) {
    let lost = |reason: &str, sent| (NoReply::Lost { reason: reason.into() }, sent);
    match curl_exit {
        Some(5) => lost("the proxy's name could not be resolved", 0),
        Some(6) => lost("the host's name could not be resolved", 0),
        Some(7) => lost("no connection could be made", 0),
        Some(35 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 82 | 83 | 90 | 91) => {
            lost("no encrypted connection could be made", 0)
        }
        Some(1..=3) => lost("curl did not begin", 0),
        // Also the time for the connection alone, but curl does not tell which.
        Some(28) => lost("the time that curl was given ran out", 1),
        // Whether a byte went out is not known here, so the weaker claim is made.
        Some(_) | None => lost("no answer", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_head_counts_and_the_rest_is_the_body() {
        let text = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nX-Influxdb-Version: 1.8.11\r\n\
            x-influxdb-error: partial write\r\nRetry-After: 7\r\n\r\n{\"error\":\"partial write\"}\n";
        let (head, body) = Head::split(text);
        assert_eq!((head.status, head.version.as_deref()), (Some(500), Some("1.8.11")));
        assert_eq!((head.error.as_deref(), head.retry_after.as_deref()), (Some("partial write"), Some("7")));
        assert_eq!(body, b"{\"error\":\"partial write\"}\n");
        assert_eq!(Head::split(b"{\"error\":\"HTTP/1.1 500\"}").0, Head::default());
        assert_eq!(Head::split(b"HTTP/2 204").0.status, Some(204));
    }
}
