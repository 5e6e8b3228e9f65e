//! `retry --policy FILE -- COMMAND…`: the loop that scripts write around a command, from a table.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use futures::FutureExt as _;
use influx_client::{Class, ConsistencyLevel};
use serde_json::json;
use tokio::process::{Child, Command};

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::Table;
use crate::retry::{self, Action, Course, End, Growth, Input, Next, On, Policy, Rule};
use crate::settings::{self, duration_text};
use crate::signals::Arrivals;
use crate::start;

/// Run a command again by a table of exit codes; its last exit code is this one's.
///
/// COMMAND is one of influx-cli's own (write, import, query …) or any other program. Which codes are worth another try, how
/// long to pause and how often is in the policy, a TOML file; --print-policy shows the one that holds without a file.
/// Whatever the policy, what waits in hinted handoff is not sent again. The exit code is about the last try alone: points may be
/// stored all the same after a try that ended with 11 to 14, and a line on standard error tells of each.
///
/// Lines without a timestamp get the same one in every try of write (--stamp-from). Standard input reaches every try: a file is wound back, and of a pipe up to --keep-stdin is kept. What is longer is
/// passed on once, and then there is no other try. Standard output and standard error are the command's own.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RetryArgs {
    /// The policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The level to begin with: it takes the place of {level} in COMMAND, and is INFLUX_CONSISTENCY for it. Rules that
    /// name a weaker level go on with that as a last resort.
    #[arg(long, value_name = "LEVEL", env = "INFLUX_CONSISTENCY")]
    level: Option<ConsistencyLevel>,
    /// Run it at most so often, instead of what the policy says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tries: Option<u32>,
    /// No pause ends later than this after the start, instead of what the policy says.
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    budget: Option<Duration>,
    /// How much of a pipe is kept for other tries.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = settings::size)]
    keep_stdin: usize,
    /// Give the command no standard input, and leave this one's to others.
    #[arg(short = 'n', long)]
    no_stdin: bool,
    /// Print what would be done after each exit code, and run nothing.
    #[arg(long, conflicts_with = "print_policy")]
    dry_run: bool,
    /// Print the policy, and run nothing.
    #[arg(long)]
    print_policy: bool,
    /// Tell each try and its end as JSON Lines on standard output, beside what the command writes there.
    #[arg(long)]
    json: bool,
    /// The command and its arguments.
    #[arg(value_name = "COMMAND", last = true, required_unless_present_any = ["dry_run", "print_policy"])]
    command: Vec<OsString>,
}

const AFTER_HELP: &str = "\
Examples:
  influx-cli retry -- write -d app points.lp
  influx-cli retry --level all -- write -c {level} -d app --rejects bad.lp stamped.lp
  influx-cli retry -- import --resume -d app dump.lp.gz
  influx-cli retry --print-policy > policy.toml
  influx-cli retry --policy policy.toml --dry-run";

/// The word in a command that stands for the level.
const LEVEL: &str = "{level}";

impl RetryArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let text = match &self.policy {
            Some(path) => {
                fs::read_to_string(path).map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))?
            }
            None => retry::DEFAULT.to_owned(),
        };
        let mut policy = retry::read(&text).map_err(|error| match &self.policy {
            Some(path) => Failure::Usage(format!("{}: {error}", path.display())),
            None => Failure::Internal(error),
        })?;
        if self.print_policy {
            console.print(&text)?;
            return Ok(Exit::OK);
        }
        policy.tries = self.tries.unwrap_or(policy.tries);
        policy.budget = self.budget.unwrap_or(policy.budget);
        policy.level = self.level.or(policy.level);
        if self.dry_run {
            console.print(&self.plan(&policy, console)?)?;
            return Ok(Exit::OK);
        }
        self.check_level(&policy)?;
        if self.command.first().is_some_and(|word| word == "import") && !self.goes_on() {
            return Err(Failure::Usage(
                "a second try of an import goes on where the first one ended: give import --resume".to_owned(),
            ));
        }
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Runs { args: &self, begun, policy, console, arrivals: arrivals()?, started: Instant::now() }.run().await
    }

    /// Whether an import can be run again: without --resume it refuses what an earlier run has begun, and without that
    /// run's journal it would send everything again, lines without a timestamp with another one.
    fn goes_on(&self) -> bool {
        let has = |wanted: &str| self.command.iter().any(|word| word == wanted);
        let pair = self.command.windows(2).any(|pair| pair[0] == "--journal" && pair[1] == "off");
        has("--resume") && !has("--restart") && !has("--journal=off") && !pair
    }

    /// A level that the command names by itself would not be weakened by anything said here.
    fn check_level(&self, policy: &Policy) -> Result<(), Failure> {
        let has_place = self.command.iter().any(|word| word.to_string_lossy().contains(LEVEL));
        if has_place && policy.level.is_none() {
            return Err(Failure::Usage(format!("{LEVEL} stands for nothing: give --level LEVEL")));
        }
        let names_one = self.command.iter().any(|word| {
            let word = word.to_string_lossy();
            word == "-c" || word.starts_with("--consistency") || (word.starts_with("-c") && !word.contains('/'))
        });
        if own_command(&self.command) && policy.level.is_some() && policy.weakens() && names_one && !has_place {
            return Err(Failure::Usage(format!(
                "the command names its level, so a weaker one would not reach it: write -c {LEVEL}"
            )));
        }
        Ok(())
    }

    /// What would be done after each exit code.
    fn plan(&self, policy: &Policy, console: &Console) -> Result<String, Failure> {
        let mut table = Table::new(&["exit#", "class", "action", "pauses", "then"]);
        let others = policy.rules.iter().filter_map(|(on, _)| match on {
            On::Code(code) if Class::from_exit_code(*code).is_none() => Some(*code),
            On::Code(_) | On::Tens(_) | On::Other => None,
        });
        let classes = Class::ALL.iter().filter(|class| **class != Class::Ok).map(|class| class.exit_code());
        let mut codes: Vec<u8> = classes.chain([1, 2, 129, 130, 143]).chain(others).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            let (at, rule) = policy.rule(code);
            let class = Class::from_exit_code(code).map_or("", Class::id);
            let (pauses, then) = match rule.action {
                Action::Retry => (pauses(rule, policy), then(rule)),
                Action::Wait => (duration_text(rule.pause(1)), format!("end with {code}")),
                Action::Stop => (String::new(), format!("end with {code}")),
                Action::Accept => (String::new(), "end with 0".to_owned()),
            };
            if self.json {
                console.print_json(&json!({
                    "v": 1, "type": "rule", "exit": code, "class": class, "action": rule.action.id(),
                    "rule": at.map(|at| policy.rules[at].0.to_string()), "jitter": rule.jitter, "max": rule.max,
                    "longest_pauses_ms": (1..=3).map(|nth| rule.pause(nth).as_millis() as u64).collect::<Vec<_>>(),
                    "level": rule.level.map(|level| level.to_string()),
                }))?;
            }
            table.row([code.to_string(), class.to_owned(), rule.action.id().to_owned(), pauses, then]);
        }
        let budget = duration_text(policy.budget);
        Ok(if self.json {
            String::new()
        } else {
            format!("{}\nat most {} tries within {budget}\n", table.text(), policy.tries)
        })
    }
}

fn pauses(rule: &Rule, policy: &Policy) -> String {
    let shown = rule.max.unwrap_or(policy.tries.saturating_sub(1)).min(3);
    let each: Vec<String> = (1..=shown).map(|nth| duration_text(rule.pause(nth))).collect();
    let first = match rule.growth {
        Growth::Constant => each.first().cloned().unwrap_or_default(),
        Growth::Linear | Growth::Exponential => format!("{}, …", each.join(", ")),
    };
    if rule.jitter { format!("up to {first}") } else { first }
}

fn then(rule: &Rule) -> String {
    match (rule.max, rule.level) {
        (Some(max), Some(level)) => format!("after {max}: level {level}"),
        (Some(max), None) => format!("after {max}: end"),
        (None, _) => String::new(),
    }
}

fn arrivals() -> Result<Arrivals, Failure> {
    Arrivals::new().map_err(|error| Failure::Internal(error.to_string()))
}

/// Whether the command is one of this program's.
fn own_command(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| start::definition().find_subcommand(word).is_some())
}

/// The variable that tells `write` where the times of lines without one begin.
const STAMP_FROM: &str = "INFLUX_STAMP_FROM";

/// The tries under way.
struct Runs<'a> {
    /// When the first try began, in nanoseconds since 1970.
    begun: u128,
    args: &'a RetryArgs,
    policy: Policy,
    console: &'a Console,
    arrivals: Arrivals,
    started: Instant,
}

/// How one try ended.
struct Tried {
    code: u8,
    /// Ended by a signal, its own or one that was passed on.
    signalled: bool,
    took: Duration,
}

impl Runs<'_> {
    async fn run(mut self) -> Result<Exit, Failure> {
        let cannot = |error: std::io::Error| Failure::local_io(format!("standard input: {error}"));
        let mut input =
            if self.args.no_stdin { None } else { Some(Input::find(self.args.keep_stdin).map_err(cannot)?) };
        let mut course = Course::at(self.policy.level);
        for nth in 1_u32.. {
            let level = course.level;
            let tried = self.once(level, input.as_ref()).await?;
            if tried.signalled {
                self.tell(nth, level, &tried, None)?;
                return Ok(Exit(tried.code));
            }
            let next = self.policy.next(&mut course, tried.code, self.started.elapsed(), random());
            let rewound = match (&next, &mut input) {
                (Next::Again { .. }, Some(input)) => input.rewind(),
                (Next::Again { .. } | Next::End { .. }, _) => Ok(()),
            };
            if let Err(error) = rewound {
                self.console.warn(&format!("no other try: {error}"));
                let end = Next::End { code: tried.code, after: Duration::ZERO, why: End::RuleTries };
                self.tell(nth, level, &tried, Some((&end, &course)))?;
                return Ok(Exit(tried.code));
            }
            self.tell(nth, level, &tried, Some((&next, &course)))?;
            let (after, ended) = match next {
                Next::Again { after, .. } => (after, None),
                Next::End { code, after, .. } => (after, Some(code)),
            };
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                signal = self.arrivals.arrival() => return Err(Failure::Signal(signal)),
            }
            if let Some(code) = ended {
                return Ok(Exit(code));
            }
        }
        Err(Failure::Internal("more tries than can be counted".to_owned()))
    }

    /// One try.
    async fn once(&mut self, level: Option<ConsistencyLevel>, input: Option<&Input>) -> Result<Tried, Failure> {
        let started = Instant::now();
        let mut command = self.command(level)?;
        command.stdin(match input {
            None => Stdio::null(),
            Some(Input::Shared | Input::File(..)) => Stdio::inherit(),
            Some(Input::Kept(_)) => Stdio::piped(),
        });
        let name = self.args.command.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let mut child = command.spawn().map_err(|error| Failure::Usage(format!("cannot run {name}: {error}")))?;
        let pouring = match (input, child.stdin.take()) {
            (Some(Input::Kept(spool)), Some(pipe)) => {
                let spool = spool.clone();
                Some(tokio::spawn(async move {
                    spool.pour(pipe).await;
                }))
            }
            (Some(_) | None, _) => None,
        };
        let mut passed_on = None;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                signal = self.arrivals.arrival() => {
                    passed_on = Some(signal);
                    pass_on(&child, signal);
                }
            }
        };
        let status = status.map_err(|error| Failure::Internal(format!("{name}: {error}")))?;
        // Of a signal from the terminal the command may have made an end first.
        let passed_on = passed_on.or_else(|| self.arrivals.arrival().now_or_never());
        if let Some(task) = pouring {
            task.abort();
        }
        // An end that came too early looks like any other end to the command, and its success would be none.
        if let Some(Input::Kept(spool)) = input
            && let Some(error) = spool.trouble()
        {
            return Err(Failure::local_io(format!("standard input: {error}")));
        }
        let (code, killed) = code_of(status);
        Ok(Tried { code, signalled: killed || passed_on.is_some(), took: started.elapsed() })
    }

    fn command(&self, level: Option<ConsistencyLevel>) -> Result<Command, Failure> {
        let mut words = self.args.command.iter().map(|word| with_level(word, level));
        let mut command = if own_command(&self.args.command) {
            let own = std::env::current_exe().map_err(|error| Failure::Internal(error.to_string()))?;
            Command::new(own)
        } else {
            // The parser asks for one word at least.
            Command::new(words.next().unwrap_or_default())
        };
        command.args(words);
        if let Some(level) = level {
            command.env("INFLUX_CONSISTENCY", level.to_string());
        }
        if std::env::var_os(STAMP_FROM).is_none_or(|value| value.is_empty()) {
            // Lines without a timestamp have the same one in every try, or they would be stored once a try.
            command.env(STAMP_FROM, self.begun.to_string());
        }
        Ok(command)
    }

    /// Tells of a try; nothing comes next where a signal ended it.
    fn tell(
        &self,
        nth: u32,
        level: Option<ConsistencyLevel>,
        tried: &Tried,
        next: Option<(&Next, &Course)>,
    ) -> Result<(), Failure> {
        let class = Class::from_exit_code(tried.code).map(Class::id);
        let (what, after, code) = match next {
            None => ("ended by a signal", Duration::ZERO, Some(tried.code)),
            Some((Next::Again { after, weakened: false }, _)) => ("again", *after, None),
            Some((Next::Again { after, weakened: true }, _)) => ("again at a weaker level", *after, None),
            Some((Next::End { code, after, why }, _)) => (end_text(*why), *after, Some(*code)),
        };
        let next_level = next.and_then(|(_, course)| course.level).or(level);
        if self.args.json {
            let told = self.console.print_json(&json!({
                "v": 1, "type": "try", "try": nth, "exit": tried.code, "class": class,
                "ms": tried.took.as_secs_f64() * 1e3, "level": level.map(|level| level.to_string()),
                "next": what, "pause_ms": after.as_secs_f64() * 1e3, "end": code,
                "next_level": next_level.filter(|_| code.is_none()).map(|level| level.to_string()),
            }));
            // Nobody listens any more, but the command's work goes on.
            match told {
                Ok(()) | Err(Failure::ClosedPipe) => {}
                Err(failure) => return Err(failure),
            }
        }
        if tried.code == 0 && nth == 1 {
            return Ok(());
        }
        let result = match class {
            Some(class) => format!("{class} ({})", tried.code),
            None => format!("exit code {}", tried.code),
        };
        let mut text = format!("try {nth} of {}: {result} after {}", self.policy.tries, duration_text(tried.took));
        match code {
            None => {
                text.push_str(&format!(": {what}"));
                if let (true, Some(level)) = (next_level != level, next_level) {
                    text.push_str(&format!(" ({level})"));
                }
                if !after.is_zero() {
                    text.push_str(&format!(" in {}", duration_text(after)));
                }
            }
            Some(0) if tried.code == 0 => {}
            Some(_) => {
                text.push_str(&format!(": {what}"));
                if !after.is_zero() {
                    text.push_str(&format!(", after {}", duration_text(after)));
                }
            }
        }
        self.console.say(&format!("{} {text}", self.console.painted_err("retry:", Paint::Strong)));
        Ok(())
    }
}

fn end_text(why: End) -> &'static str {
    match why {
        End::Succeeded => "done",
        End::Rule(Action::Wait) => "it will arrive by itself and is not sent again",
        End::Rule(Action::Accept) => "taken for a success, as the policy says",
        End::Rule(Action::Stop | Action::Retry) => "not worth another try",
        End::RuleTries => "no more tries for this",
        End::Tries => "no more tries",
        End::Budget => "no more time",
    }
}

/// A word of the command with the level in its place.
fn with_level(word: &OsStr, level: Option<ConsistencyLevel>) -> OsString {
    match (word.to_str(), level) {
        (Some(text), Some(level)) if text.contains(LEVEL) => text.replace(LEVEL, &level.to_string()).into(),
        (Some(_) | None, _) => word.to_owned(),
    }
}

/// Anything from 0 to 1. Only to keep many who failed together from returning together.
fn random() -> f64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The keys of the standard hasher are random; 53 bits make a float.
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// The exit code as a shell would give it, and whether it was a signal that ended the process.
#[cfg(unix)]
fn code_of(status: ExitStatus) -> (u8, bool) {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => (u8::try_from(code).unwrap_or(1), false),
        (None, Some(signal)) => (Exit::by_signal(u8::try_from(signal).unwrap_or(0)).0, true),
        (None, None) => (Exit::INTERNAL.0, false),
    }
}

#[cfg(not(unix))]
fn code_of(status: ExitStatus) -> (u8, bool) {
    (status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1), false)
}

/// Passes a signal on to the command, unless it got it from the terminal itself: a second one would be taken for a second
/// wish to leave.
#[cfg(unix)]
fn pass_on(child: &Child, signal: u8) {
    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    let foreground = || {
        let terminal = fs::File::open("/dev/tty").ok()?;
        rustix::termios::tcgetpgrp(&terminal).ok()
    };
    if signal == crate::signals::INTERRUPT && foreground() == Some(getpgrp()) {
        return;
    }
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let signal = if signal == crate::signals::INTERRUPT { Signal::INT } else { Signal::TERM };
        // It may have ended by now, which is as well.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn pass_on(_child: &Child, _signal: u8) {
    // The console tells all its processes.
}
