//! Reading an input from one end to the other, as an import would read it.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use super::headers::{Context, is_statement};
use super::lines::{Kind, Line, Lines};

/// What a line is to an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A point, or what should be one.
    Point(Line<'a>),
    /// A statement below `# DDL`.
    Statement,
    /// A line below `# DDL` that is no statement: an import would stop there.
    Stray(Line<'a>),
}

/// How an input is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Longest line in bytes.
    pub(crate) max_line: usize,
    /// The headers of dumps say where points belong; else they are comments.
    pub(crate) headers: bool,
}

/// Shows `visit` each line, with what the headers above it say.
///
/// # Errors
/// The input cannot be read (`failed` makes an error of that), or `visit` fails.
pub(crate) fn walk<E>(
    input: impl Read,
    reading: Reading,
    failed: impl Fn(io::Error) -> E,
    mut visit: impl FnMut(Found<'_>, &Arc<Context>) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = Lines::new(input, reading.max_line);
    if reading.headers {
        lines = lines.of_dump(0, 1);
    }
    let mut context: Arc<Context> = Arc::default();
    loop {
        lines.set_verbatim(context.statements);
        let Some(line) = lines.next(|| ()).map_err(&failed)? else { return Ok(()) };
        if line.kind == Kind::Comment {
            if let Some(changed) = context.after(line.text).filter(|changed| *changed != *context) {
                context = Arc::new(changed);
            }
            continue;
        }
        let found = if !context.statements {
            Found::Point(line)
        } else if std::str::from_utf8(line.text).is_ok_and(is_statement) {
            Found::Statement
        } else {
            Found::Stray(line)
        };
        visit(found, &context)?;
    }
}

/// Where points belong, by number: the places that headers name, in the order of the input.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// What holds where headers name nothing.
    default: Target,
    list: Vec<Target>,
    numbers: HashMap<Target, u32>,
    last: Option<(Arc<Context>, u32)>,
}

/// A database and a retention policy, as far as headers name them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) database: Option<String>,
    pub(crate) retention_policy: Option<String>,
}

/// Most places that are told apart; those beyond count as the last of them.
const TARGETS: usize = 10_000;

impl Targets {
    /// Places, with what holds where headers name none.
    pub(crate) fn new(default: Target) -> Self {
        Self { default, ..Self::default() }
    }

    /// The number of the place that a context names.
    pub(crate) fn number(&mut self, context: &Arc<Context>) -> u32 {
        if let Some((last, number)) = &self.last
            && Arc::ptr_eq(last, context)
        {
            return *number;
        }
        let (database, policy) = (context.database.as_ref(), context.retention_policy.as_ref());
        let target = Target {
            database: database.or(self.default.database.as_ref()).cloned(),
            retention_policy: policy.or(self.default.retention_policy.as_ref()).cloned(),
        };
        let number = match self.numbers.get(&target) {
            Some(number) => *number,
            None if self.list.len() < TARGETS => {
                let number = self.list.len() as u32;
                self.list.push(target.clone());
                self.numbers.insert(target, number);
                number
            }
            None => TARGETS as u32 - 1,
        };
        self.last = Some((Arc::clone(context), number));
        number
    }

    /// The place of this number.
    pub(crate) fn get(&self, number: u32) -> &Target {
        &self.list[number as usize]
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> &[Target] {
        &self.list
    }

    /// Whether there are more of them than are told apart.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= TARGETS
    }
}

impl Target {
    /// `database.policy.`, to be put before the name of a measurement; empty where neither is named.
    pub(crate) fn prefix(&self) -> String {
        let part = |name: &Option<String>| name.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
        part(&self.database) + &part(&self.retention_policy)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DUMP: &str = "a v=1 1\n# DDL\nCREATE DATABASE x\nb v=1 1\n# DML\n# CONTEXT-DATABASE: x\n\
                        # CONTEXT-RETENTION-POLICY: short\nc v=\"two\nlines\" 1\n# a note\nd v=1 1\n";

    fn read(headers: bool) -> (Vec<(String, u32)>, Targets) {
        let (mut found, mut targets) = (Vec::new(), Targets::default());
        let reading = Reading { max_line: 100, headers };
        walk(
            DUMP.as_bytes(),
            reading,
            |error| error,
            |line, context| {
                let number = targets.number(context);
                let text = match line {
                    Found::Point(line) => String::from_utf8_lossy(line.text).into_owned(),
                    Found::Statement => "statement".to_owned(),
                    Found::Stray(line) => format!("stray {}", line.number),
                };
                found.push((text, number));
                Ok(())
            },
        )
        .unwrap();
        (found, targets)
    }

    #[test]
    fn headers_say_where_points_belong() {
        let (found, targets) = read(true);
        let shown: Vec<(&str, u32)> = found.iter().map(|(text, number)| (text.as_str(), *number)).collect();
        assert_eq!(
            shown,
            [("a v=1 1", 0), ("statement", 0), ("stray 4", 0), ("c v=\"two\nlines\" 1", 1), ("d v=1 1", 1)]
        );
        assert_eq!((targets.get(0).prefix(), targets.get(1).prefix()), (String::new(), "x.short.".to_owned()));
    }

    #[test]
    fn without_headers_all_lines_are_points() {
        let (found, _) = read(false);
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|(text, number)| *number == 0 && !text.starts_with("st")), "{found:?}");
    }
}
