//! Retry policies as Java describes them, and the one that Java decides itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use influx_client::{Backoff, ConsistencyLevel, Downgrade, Failed, NoRetry, Retry, RetryBudget, RetryPolicy};

use crate::call;
use crate::completion::{Completion, Kind};
use crate::frame::{Fault, Reader};
use crate::inbox::Inbox;

/// A policy that was put together while the program runs.
#[derive(Clone)]
pub(crate) struct Policy(Arc<dyn RetryPolicy>);

impl RetryPolicy for Policy {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        self.0.decide(failed, random)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many policies may stand one within the other.
const DEEPEST: usize = 8;

/// Where questions go, and how long an answer is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) patience: Duration,
}

/// Reads a policy; none where the default is wanted. `asking` is asked for where Java is to decide: how long it takes is
/// known only once all settings are read.
pub(crate) fn read(reader: &mut Reader<'_>, asking: &Asking) -> Result<Option<Policy>, Fault> {
    within(reader, asking, DEEPEST)
}

fn within(reader: &mut Reader<'_>, asking: &Asking, depth: usize) -> Result<Option<Policy>, Fault> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(reader.fault("policies stand too deep within each other"));
    };
    let policy: Arc<dyn RetryPolicy> = match reader.u8()? {
        0 => return Ok(None),
        1 => Arc::new(NoRetry),
        2 => Arc::new(back_off(reader)?),
        3 => {
            let level: ConsistencyLevel = reader.name()?;
            match within(reader, asking, depth)? {
                None => Arc::new(Downgrade::to(level)),
                Some(before) => Arc::new(Downgrade::to(level).after(before)),
            }
        }
        4 => Arc::new(AskJava(asking.clone())),
        _ => return Err(reader.fault("an unknown policy")),
    };
    Ok(Some(Policy(policy)))
}

fn back_off(reader: &mut Reader<'_>) -> Result<Backoff, Fault> {
    let mut policy = Backoff::default();
    if let Some(base) = reader.duration()? {
        policy = policy.base(base);
    }
    if let Some(cap) = reader.duration()? {
        policy = policy.cap(cap);
    }
    if let Some(tries) = reader.u32_or_none()? {
        policy = policy.tries(tries);
    }
    if let Some(tries) = reader.u32_or_none()? {
        policy = policy.below_level_tries(tries);
    }
    Ok(policy)
}

/// Reads a budget: the outer option is whether one is given, the inner one whether there is any.
pub(crate) fn read_budget(reader: &mut Reader<'_>) -> Result<Option<Option<RetryBudget>>, Fault> {
    match reader.u8()? {
        0 => Ok(None),
        1 => Ok(Some(None)),
        2 => {
            let mut budget = RetryBudget::default();
            if let Some(tokens) = reader.u32_or_none()? {
                budget = budget.tokens(tokens);
            }
            if let Some(cost) = reader.u32_or_none()? {
                budget = budget.cost(cost);
            }
            if let Some(cost) = reader.u32_or_none()? {
                budget = budget.cost_after_timeout(cost);
            }
            if let Some(refund) = reader.u32_or_none()? {
                budget = budget.refund(refund);
            }
            Ok(Some(Some(budget)))
        }
        _ => Err(reader.fault("an unknown budget")),
    }
}

/// Reads what Java decided.
pub(crate) fn read_decision(frame: &[u8]) -> Result<Retry, Fault> {
    let mut reader = Reader::new(frame);
    let kind = reader.u8()?;
    let wait = |reader: &mut Reader<'_>| Ok(reader.duration()?.unwrap_or_default());
    let decision = match kind {
        0 => Retry::GiveUp,
        1 => Retry::Same(wait(&mut reader)?),
        2 => Retry::Next(wait(&mut reader)?),
        3 => Retry::Lower { level: reader.name()?, wait: wait(&mut reader)? },
        _ => return Err(reader.fault("an unknown decision")),
    };
    reader.end()?;
    Ok(decision)
}

/// Asks Java, and gives up where no answer comes in time.
#[derive(Debug)]
struct AskJava(Asking);

impl RetryPolicy for AskJava {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        let Asking { inbox, patience } = &self.0;
        let call = call::current();
        let (question, answer) =
            inbox.ask(|question| Completion::new(frame(call, question, failed, random), call, None));
        // The decision is not a future, so this thread has to wait; the runtime puts another one in its place.
        let patience = failed.remaining.min(*patience);
        let decision = tokio::task::block_in_place(|| answer.recv_timeout(patience));
        inbox.withdraw(question);
        decision.unwrap_or(Retry::GiveUp)
    }
}

fn frame(call: i64, question: i64, failed: &Failed<'_>, random: f64) -> crate::frame::Writer {
    let verdict = failed.verdict;
    let mut frame = Kind::Question.frame(call);
    frame
        .i64(question)
        .str(verdict.class().id())
        .str(verdict.kind().map_or("", influx_client::ErrorKind::name))
        .str(verdict.outcome().id())
        .str(verdict.advice().id())
        .str(failed.known.id())
        .str(failed.level.as_str())
        .i32_or_none(Some(failed.attempts))
        .i32_or_none(Some(failed.below_level))
        .bool(failed.idempotent)
        .i32_or_none(Some(failed.endpoints))
        .bool(failed.just_created)
        .duration(failed.elapsed)
        .duration(failed.remaining)
        .f64(random)
        .duration_or_none(verdict.retry_after())
        .str_or_none(verdict.message())
        .str_or_none(verdict.server_version().map(influx_client::ServerVersion::as_str));
    frame
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::frame::Writer;

    fn asking() -> Asking {
        Asking { inbox: Arc::default(), patience: Duration::from_secs(1) }
    }

    fn shown(frame: &mut Writer) -> String {
        let frame = std::mem::take(frame).into_bytes().unwrap();
        let mut reader = Reader::new(&frame);
        let policy = read(&mut reader, &asking()).unwrap();
        reader.end().unwrap();
        format!("{policy:?}")
    }

    #[test]
    fn policies_are_what_was_described() {
        assert_eq!(shown(Writer::new().u8(0)), "None");
        assert_eq!(shown(Writer::new().u8(1)), "Some(NoRetry)");
        let mut frame = Writer::new();
        frame.u8(3).str("one").u8(2).i64(1_000_000).i64(-1).i32(3).i32(0);
        let expected = Downgrade::to(ConsistencyLevel::One)
            .after(Backoff::default().base(Duration::from_millis(1)).tries(3).below_level_tries(0));
        assert_eq!(shown(&mut frame), format!("Some({expected:?})"));
        assert!(shown(Writer::new().u8(4)).starts_with("Some(AskJava"));
    }

    #[test]
    fn a_tower_of_policies_is_refused() {
        let mut frame = Writer::new();
        for _ in 0..DEEPEST {
            frame.u8(3).str("one");
        }
        frame.u8(0);
        let frame = frame.into_bytes().unwrap();
        assert!(read(&mut Reader::new(&frame), &asking()).is_err());
        assert!(read(&mut Reader::new(&[9]), &asking()).is_err());
    }

    #[test]
    fn decisions_are_read() {
        let mut frame = Writer::new();
        frame.u8(3).str("any").i64(5);
        let wait = Duration::from_nanos(5);
        let expected = Retry::Lower { level: ConsistencyLevel::Any, wait };
        assert_eq!(read_decision(&frame.into_bytes().unwrap()), Ok(expected));
        assert_eq!(read_decision(&[0]), Ok(Retry::GiveUp));
        assert!(read_decision(&[0, 0]).is_err());
        assert!(read_decision(&[1]).is_err());
        assert!(read_decision(&[]).is_err());
    }
}
