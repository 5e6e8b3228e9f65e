//! `explain CODE|CLASS`: the table of classes, for people and for scripts.

use clap::Args;
use influx_client::Class;
use serde_json::{Value, json};

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::Table;

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
pub(crate) struct Other {
    pub(crate) code: u8,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

pub(crate) const OTHERS: &[Other] = &[
    Other { code: 1, name: "internal", meaning: "a defect of influx-cli itself" },
    Other { code: 2, name: "usage", meaning: "the command line is wrong; nothing was done" },
    Other { code: 40, name: "claim-broken", meaning: "something that the demonstration claims did not come out" },
    Other { code: 42, name: "cluster", meaning: "the local cluster did not come up, or did not do what it was told" },
    Other {
        code: 130,
        name: "interrupted",
        meaning: "ended by Ctrl-C: what was read was sent, and the counts of the summary hold",
    },
    Other {
        code: 143,
        name: "terminated",
        meaning: "ended by SIGTERM: what was read was sent, and the counts of the summary hold",
    },
];

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
                console
                    .print_json(&json!({"v": 1, "class": other.name, "exit": other.code, "meaning": other.meaning}))?;
            } else {
                let head = console.painted(&format!("{} (exit code {})", other.name, other.code), Paint::Strong);
                console.print(&format!("{head}\n  {}\n", other.meaning))?;
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
            return Class::ALL.iter().try_for_each(|class| console.print_json(&object(*class)));
        }
        let mut table = Table::new(&["exit#", "class", "meaning", "advice"]);
        for class in Class::ALL {
            table.row([&class.exit_code().to_string(), class.id(), class.meaning(), class.advice().text()]);
        }
        for other in OTHERS {
            table.row([&other.code.to_string(), other.name, other.meaning, ""]);
        }
        console.print(&table.text())
    }
}

fn class(subject: &str) -> Option<Class> {
    match subject.parse::<u8>() {
        Ok(code) => Class::from_exit_code(code),
        Err(_) => subject.to_ascii_lowercase().replace('_', "-").parse().ok(),
    }
}

fn other(subject: &str) -> Option<&'static Other> {
    OTHERS.iter().find(|other| other.name == subject || subject.parse() == Ok(other.code))
}

fn outcomes(class: Class) -> Vec<&'static str> {
    class.outcomes().iter().map(|outcome| outcome.id()).collect()
}

fn object(class: Class) -> Value {
    json!({
        "v": 1,
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
    })
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
        text.push_str(&format!("  {label:<14} {value}\n"));
    }
    text
}
