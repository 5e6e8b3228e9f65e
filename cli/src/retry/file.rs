//! A policy as TOML. Pure.

use std::time::Duration;

use influx_client::{Class, ConsistencyLevel};
use toml_edit::{Document, Item, TableLike};

use super::policy::{Action, Growth, On, Policy, Rule};
use crate::settings;

/// What holds without a file: by class, with a weaker level as the last resort of those who name one.
pub(crate) const DEFAULT: &str = "\
# What `influx-cli retry` does after each exit code. Codes are named by class (below-level), by number (12), by tens (1x),
# or other; the most specific one counts, and a code that none is for ends the run.
#
# action   retry: run the command again;  wait: do not, but end only after the delay;
#          stop: end with the command's exit code;  ok: end with 0
# delay    the first pause;  backoff: constant, linear or exponential;  cap: the longest pause (5m)
# jitter   true: pause for anything between nothing and that
# max      how often to run again for this rule;  level: the weaker level to go on with after that, if a level is known
#          (--level, INFLUX_CONSISTENCY or level above the tables)

tries = 9
budget = \"30m\"

[on.unreachable]
action = \"retry\"
delay = \"2s\"
backoff = \"linear\"

[on.timeout] # unknown: sent again with the same timestamps it does no harm
action = \"retry\"
delay = \"1s\"

[on.below-level] # hinted handoff is on it: do not hammer
action = \"retry\"
delay = \"30s\"
jitter = false
max = 2
level = \"quorum\"

[on.overloaded]
action = \"retry\"
delay = \"15s\"
backoff = \"linear\"

[on.no-replica]
action = \"retry\"
delay = \"2s\"
backoff = \"linear\"

[on.meta-unavailable]
action = \"retry\"
delay = \"2s\"
backoff = \"linear\"

[on.deferred] # in the queue: it will arrive, sending it again would lengthen the queue
action = \"wait\"
delay = \"60s\"

[on.3x] # the refused lines stay refused
action = \"stop\"
";

/// Reads a policy.
///
/// # Errors
/// The first thing that is wrong, with its line where there is one.
pub(crate) fn read(text: &str) -> Result<Policy, String> {
    let at = |span: Option<std::ops::Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start))?;
        Some(1 + before.matches('\n').count())
    };
    let place = |span, message: String| match at(span) {
        Some(line) => format!("line {line}: {message}"),
        None => message,
    };
    let document =
        Document::parse(text).map_err(|error| place(error.span(), format!("not TOML: {}", error.message().trim())))?;
    let mut policy = Policy { tries: 9, budget: Duration::from_secs(1_800), level: None, rules: Vec::new() };
    for (name, item) in document.as_table() {
        let read = || -> Result<(), String> {
            match name {
                "tries" => policy.tries = number(item)?.max(1),
                "budget" => policy.budget = duration(item)?,
                "level" => policy.level = Some(level(item)?),
                "on" => {
                    let tables = item.as_table_like().ok_or("write [on.CLASS]")?;
                    for (name, item) in tables.iter() {
                        let line = |message: String| place(item.span(), format!("on.{name}: {message}"));
                        let on = On::read(name).ok_or_else(|| {
                            line("is no class and no exit code (`influx-cli explain` lists them)".to_owned())
                        })?;
                        if policy.rules.iter().any(|(other, _)| *other == on) {
                            return Err(line("is there twice, by name and by number".to_owned()));
                        }
                        let table = item.as_table_like().ok_or_else(|| line("must be a table".to_owned()))?;
                        policy.rules.push((on, rule(on, table).map_err(line)?));
                    }
                }
                _ => return Err("unknown key: there are tries, budget, level and [on.CLASS]".to_owned()),
            }
            Ok(())
        };
        // A table's own message has its line already.
        let mut read = read;
        read()
            .map_err(|message| if name == "on" { message } else { place(item.span(), format!("{name}: {message}")) })?;
    }
    Ok(policy)
}

fn rule(on: On, table: &dyn TableLike) -> Result<Rule, String> {
    let mut rule = Rule::STOP;
    let mut action = None;
    for (name, item) in table.iter() {
        let read = |item: &Item| -> Result<(), String> {
            match name {
                "action" => action = Some(choice(item, &Action::ALL)?),
                "delay" => rule.delay = duration(item)?,
                "backoff" => rule.growth = choice(item, &Growth::ALL)?,
                "cap" => rule.cap = duration(item)?,
                "jitter" => rule.jitter = item.as_bool().ok_or("must be true or false")?,
                "max" => rule.max = Some(number(item)?),
                "level" => rule.level = Some(level(item)?),
                _ => return Err("unknown key: there are action, delay, backoff, cap, jitter, max and level".to_owned()),
            }
            Ok(())
        };
        let mut read = read;
        read(item).map_err(|message| format!("{name}: {message}"))?;
    }
    rule.action = action.ok_or("action is missing: retry, wait, stop or ok")?;
    if rule.action == Action::Retry && on == On::Code(Class::Deferred.exit_code()) {
        return Err("what waits in a queue must not be sent again: each time makes the queue longer".to_owned());
    }
    if rule.level.is_some() && rule.max.is_none() {
        return Err("level: needs max, after which it counts".to_owned());
    }
    Ok(rule)
}

fn number(item: &Item) -> Result<u32, String> {
    item.as_integer().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| "must be a whole number".to_owned())
}

fn duration(item: &Item) -> Result<Duration, String> {
    settings::duration(item.as_str().ok_or("must be a time in quotes, such as \"30s\"")?)
}

fn level(item: &Item) -> Result<ConsistencyLevel, String> {
    item.as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| "must be any, one, quorum or all, in quotes".to_owned())
}

fn choice<T: Copy>(item: &Item, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = item.as_str().and_then(|text| choices.iter().find(|(name, _)| *name == text));
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("must be one of {}, in quotes", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, part) in [
            ("tries = \"x\"\n", "line 1: tries: must be a whole number"),
            ("\nbudget = 3\n", "line 2: budget: must be a time"),
            ("x = 1\n", "unknown key"),
            ("[on.sometimes]\naction = \"stop\"\n", "line 1: on.sometimes: is no class"),
            ("[on.12]\n", "action is missing"),
            ("[on.12]\naction = \"perhaps\"\n", "must be one of retry, wait, stop, ok"),
            ("[on.12]\naction = \"retry\"\nlevel = \"one\"\n", "needs max"),
            ("[on.deferred]\naction = \"retry\"\n", "must not be sent again"),
            ("[on.12]\naction = \"stop\"\n[on.below-level]\naction = \"ok\"\n", "there twice"),
            ("[on.12]\naction = \"retry\"\ndelay = \"30\"\n", "delay: \"30\" is no duration"),
            ("[on.12\n", "not TOML"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn an_empty_policy_runs_nothing_again() {
        let policy = read("").unwrap();
        assert_eq!(policy.rule(10).1.action, Action::Stop);
    }
}
