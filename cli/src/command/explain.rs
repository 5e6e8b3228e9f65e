//! `explain CODE|CLASS`: the table of classes, for people and for scripts.

use std::collections::BTreeMap;

use clap::Args;
use influx_client::Class;
use serde_json::{Value, json};

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::{Table, folded};

/// Explain an exit code or a class: what happened, whether anything was stored, whether to send again, what to do.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// An exit code (12) or the name of a class (below-level); all classes if left out.
    #[arg(value_name = "CODE|CLASS")]
    subject: Option<String>,
    /// One JSON object a class, on standard output.
    #[arg(long)]
    json: bool,
}

/// An exit code that is none of the table's classes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Other {
    pub(crate) code: u8,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    stored: &'static str,
    resend: &'static str,
    advice: &'static str,
}

pub(crate) const OTHERS: &[Other] = &[
    Other {
        code: 1,
        name: "internal",
        meaning: "a defect of influx-cli itself",
        stored: "perhaps: what was sent before it may be stored",
        resend: "yes if every point carries a timestamp; otherwise points may be stored twice",
        advice: "report it, with what standard error says",
    },
    Other {
        code: 2,
        name: "usage",
        meaning: "the command line is wrong; nothing was done",
        stored: "no",
        resend: "with a command line that is right",
        advice: "see --help of the command",
    },
    Other {
        code: 40,
        name: "claim-broken",
        meaning: "something that the demonstration claims or an experiment expects did not come out, or a history is not legal",
        stored: "in the cluster of the demonstration or the experiment only",
        resend: "the demonstration or the experiment can be run again",
        advice: "look at the report; report it, with what was printed and the seed",
    },
    Other {
        code: 41,
        name: "undecided",
        meaning: "the checker cannot tell whether the history is legal",
        stored: "nothing was written",
        resend: "the command can be given again",
        advice: "a history with fewer operations at a time, or with values that are all different, can be decided",
    },
    Other {
        code: 42,
        name: "cluster",
        meaning: "the local cluster did not come up, or did not do what it was told",
        stored: "nothing was written",
        resend: "the command can be given again",
        advice: "look at `influx-cli cluster status` and at the nodes' logs",
    },
    Other {
        code: 129,
        name: "hangup",
        meaning: "ended by SIGHUP, as when the terminal was closed: what was read was sent, and the counts of the summary hold",
        stored: "what the counts of the summary say",
        resend: "of the rest: yes; the summary says what is unsent",
        advice: "go on with the rest of the input; nohup or a service keeps it from ending with the terminal",
    },
    Other {
        code: 130,
        name: "interrupted",
        meaning: "ended by Ctrl-C: what was read was sent, and the counts of the summary hold",
        stored: "what the counts of the summary say",
        resend: "of the rest: yes; the summary says what is unsent",
        advice: "go on with the rest of the input; an import prints the command that resumes it",
    },
    Other {
        code: 143,
        name: "terminated",
        meaning: "ended by SIGTERM: what was read was sent, and the counts of the summary hold",
        stored: "what the counts of the summary say",
        resend: "of the rest: yes; the summary says what is unsent",
        advice: "go on with the rest of the input; an import prints the command that resumes it",
    },
];

/// What codes beyond 128 mean to a shell, where they are not among the others.
fn signal(code: u8) -> Option<Other> {
    (129..=192).contains(&code).then_some(Other {
        code,
        name: "signal",
        meaning: "the shell says that a signal ended the process (the code less 128), before it could tell its counts",
        stored: "perhaps: what was sent before it may be stored",
        resend: "yes if every point carries a timestamp; otherwise points may be stored twice",
        advice: "send the input again, or resume an import: its journal has what was settled",
    })
}

/// What commands other than `write` and `import` mean by a class.
fn elsewhere(class: Class) -> &'static [(&'static str, &'static str)] {
    match class {
        Class::Ok => &[("verify", "the server counts as many points as the files have, in every window")],
        Class::Unreachable => &[
            ("ping, status", "an endpoint is down"),
            ("verify --every-node", "a node could not be asked, so nothing is claimed of its replica"),
        ],
        Class::Timeout => &[(
            "verify",
            "points of the files are missing, or it cannot be told: send them again, which does no harm, and verify again",
        )],
        Class::BelowLevel => &[(
            "verify",
            "points are missing that another replica has or that wait in hinted handoff: verify again later",
        )],
        Class::LocalIo => &[("check, stamp, verify", "an input could not be read, or the output not be written")],
        Class::Rejected => &[
            ("check", "lines would be refused for several reasons; with --strict, there are warnings"),
            (
                "verify",
                "there are more points than in the files, other values, or lines without a timestamp, which cannot be compared",
            ),
        ],
        Class::Malformed => &[
            ("check", "lines are not line protocol, or an input that is not empty has no point"),
            ("stamp --strict", "lines passed without a timestamp, as they cannot be parsed or are too long"),
            ("verify", "the input has no point"),
        ],
        Class::TypeConflict => &[("check", "a field comes with two types within the input")],
        Class::OutsideRetention => &[
            ("check --rp-duration", "points are older than the retention policy keeps"),
            ("verify", "points are missing, all of them older than the retention policy keeps"),
        ],
        Class::Limit => &[("check", "lines are longer than --max-line")],
        Class::Overloaded
        | Class::NoReplica
        | Class::MetaUnavailable
        | Class::Deferred
        | Class::Auth
        | Class::NotFound
        | Class::Refused
        | Class::Journal
        | Class::TooManyRejected => &[],
    }
}

impl ExplainArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let Some(subject) = &self.subject else {
            self.print_all(console)?;
            return Ok(Exit::OK);
        };
        if let Some(class) = class(subject) {
            if self.json {
                console.print_json(&object(class))?;
            } else {
                console.print(&paragraph(class, console))?;
            }
        } else if let Some(other) = other(subject) {
            if self.json {
                console.print_json(&other.object())?;
            } else {
                console.print(&other.paragraph(console))?;
            }
        } else {
            return Err(Failure::Usage(format!(
                "{subject:?} is neither an exit code of this program nor a class; `influx-cli explain` lists them"
            )));
        }
        Ok(Exit::OK)
    }

    fn print_all(&self, console: &Console) -> Result<(), Failure> {
        if self.json {
            Class::ALL.iter().try_for_each(|class| console.print_json(&object(*class)))?;
            return OTHERS.iter().try_for_each(|other| console.print_json(&other.object()));
        }
        let mut table = Table::new(&["exit#", "class", "meaning", "advice"]);
        for class in Class::ALL {
            table.row([&class.exit_code().to_string(), class.id(), class.meaning(), class.advice().text()]);
        }
        for other in OTHERS {
            table.row([&other.code.to_string(), other.name, other.meaning, other.advice]);
        }
        console.print(&table.fitted(console.width()))
    }
}

fn class(subject: &str) -> Option<Class> {
    match subject.parse::<u8>() {
        Ok(code) => Class::from_exit_code(code),
        Err(_) => subject.to_ascii_lowercase().replace('_', "-").parse().ok(),
    }
}

fn other(subject: &str) -> Option<Other> {
    let code = subject.parse().ok();
    let found = OTHERS.iter().find(|other| other.name == subject || Some(other.code) == code);
    found.copied().or_else(|| signal(code?))
}

impl Other {
    fn object(&self) -> Value {
        json!({
            "v": 1, "type": "explain", "class": self.name, "exit": self.code, "meaning": self.meaning, "wire": null,
            "outcomes": [], "stored": self.stored, "resend": self.resend, "advice": null, "advice_text": self.advice,
            "kinds": [], "java_exception": null, "elsewhere": {},
        })
    }

    fn paragraph(&self, console: &Console) -> String {
        let lines = [
            ("what happened", self.meaning),
            ("stored?", self.stored),
            ("send again?", self.resend),
            ("what to do", self.advice),
        ];
        let head = console.painted(&format!("{} (exit code {})", self.name, self.code), Paint::Strong);
        lines.iter().fold(head + "\n", |text, (label, value)| text + &entry(label, value, console))
    }
}

fn outcomes(class: Class) -> Vec<&'static str> {
    class.outcomes().iter().map(|outcome| outcome.id()).collect()
}

fn object(class: Class) -> Value {
    json!({
        "v": 1, "type": "explain",
        "class": class.id(),
        "exit": class.exit_code(),
        "meaning": class.meaning(),
        "wire": class.wire_form(),
        "outcomes": outcomes(class),
        "stored": class.stored(),
        "resend": class.resend(),
        "advice": class.advice().id(),
        "advice_text": class.advice().text(),
        "kinds": class.kinds(),
        "java_exception": class.java_exception(),
        "elsewhere": elsewhere(class).iter().copied().collect::<BTreeMap<_, _>>(),
    })
}

/// A label and what is to be said, in lines of the terminal's width.
fn entry(label: &str, value: &str, console: &Console) -> String {
    folded(&format!("  {label:<14} {value}"), console.width().unwrap_or(usize::MAX), 17) + "\n"
}

fn paragraph(class: Class, console: &Console) -> String {
    let mut text = console.painted(&format!("{} (exit code {})", class.id(), class.exit_code()), Paint::Strong);
    text.push('\n');
    let outcomes = class.outcomes().iter().map(|outcome| format!("{}: {}", outcome.id(), outcome.text()));
    let lines = [
        ("what happened", class.meaning().to_owned()),
        ("seen as", class.wire_form().to_owned()),
        ("outcome", outcomes.collect::<Vec<_>>().join("; or ")),
        ("stored?", class.stored().to_owned()),
        ("send again?", class.resend().to_owned()),
        ("what to do", class.advice().text().to_owned()),
        ("in Rust", class.kinds().iter().map(|kind| format!("ErrorKind::{kind}")).collect::<Vec<_>>().join(", ")),
        ("in Java", class.java_exception().unwrap_or_default().to_owned()),
    ];
    for (label, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&entry(label, &value, console));
    }
    for (command, meaning) in elsewhere(class) {
        text.push_str(&entry(&format!("by {command}"), meaning, console));
    }
    text
}
