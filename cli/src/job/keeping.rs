//! What a job puts into its journal, and what it has to say of it at the end.

use influx_client::{Class, Refusal};

use super::counts::Counts;
use super::verdict::Verdict;
use crate::input::{Pack, Stretch};
use crate::journal::{Journal, Points};

/// A job's journal, if it keeps one.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    journal: Journal,
    /// The command that goes on with the job, without the input of a stream.
    command: String,
    /// The input is a stream, which somebody has to cut.
    stream: bool,
}

/// What is known of the job when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Balance {
    /// No run before has settled anything.
    pub(crate) is_first: bool,
    /// Points that earlier runs have settled.
    pub(crate) earlier: Points,
    /// Classes of points that were refused in any of the runs.
    pub(crate) rejected: Vec<Class>,
    /// How to go on, unless nothing is left.
    pub(crate) resume: Option<String>,
    /// Why the journal may claim less than was acknowledged.
    pub(crate) trouble: Option<String>,
}

impl Keeping {
    /// Keeps this journal; `command` is what goes on with the job.
    pub(crate) fn with(journal: Journal, command: String, stream: bool) -> Self {
        Self { kept: Some(Kept { journal, command, stream }) }
    }

    /// Whether there is a journal.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Why the journal cannot be kept any longer: what is sent from now on would be sent again.
    pub(crate) fn trouble(&self) -> Option<String> {
        let journal = &self.kept.as_ref()?.journal;
        journal.trouble().map(|why| format!("the journal {} cannot be kept: {why}", journal.path().display()))
    }

    /// The points read and refused of all runs of the job, where these of this run are given.
    pub(crate) fn counts_of_all_runs(&self, counts: &Counts) -> Counts {
        let Some(kept) = &self.kept else { return *counts };
        let earlier = kept.journal.earlier();
        Counts { read: counts.read + earlier.all(), rejected: counts.rejected + earlier.rejected(), ..*counts }
    }

    /// How the first line of a stream reads.
    pub(crate) fn first_line(&mut self, line: Option<(usize, String)>) {
        if let (Some(kept), Some((input, hash))) = (&mut self.kept, line) {
            kept.journal.first_line(input, hash);
        }
    }

    /// A pack has its verdict, or needed none since none of its lines was sent. It is settled if each of its points is: stored,
    /// on its way by hinted handoff, or refused for good.
    pub(crate) fn pack(&mut self, pack: &Pack, sent: Option<(&Verdict, &[Refusal])>) {
        let (Some(kept), Some(stretch)) = (&mut self.kept, &pack.stretch) else { return };
        let mut points = Points::default();
        for line in &pack.kept_back {
            points.reject(line.class, 1);
        }
        if let Some((verdict, refusals)) = sent {
            let tally = verdict.tally;
            let missed = if verdict.excused { 0 } else { tally.below_level };
            if tally.unknown + tally.not_stored + missed > 0 {
                return;
            }
            points.below_level = tally.below_level as u64;
            points.accepted = tally.stored as u64;
            points.deferred = tally.deferred as u64;
            let mut unnamed = tally.refused;
            for refusal in refusals.iter().take(tally.refused) {
                points.reject(refusal.reason.class(), 1);
                unnamed -= 1;
            }
            points.reject(verdict.class, unnamed as u64);
        }
        kept.journal.settle(stretch, points);
    }

    /// A statement was run.
    pub(crate) fn statement(&mut self, stretch: &Stretch) {
        if let Some(kept) = &mut self.kept {
            kept.journal.settle_statement(stretch);
        }
    }

    /// An input was read to its end.
    pub(crate) fn end(&mut self, stretch: &Stretch) {
        if let Some(kept) = &mut self.kept {
            kept.journal.end(stretch);
        }
    }

    /// Brings the journal to the disk and tells what it comes to.
    pub(crate) fn close(&mut self) -> Option<Balance> {
        let trouble = self.trouble();
        let Kept { journal, command, stream } = self.kept.take()?;
        let (is_first, earlier) = (journal.is_first(), journal.earlier().clone());
        let path = journal.path().display().to_string();
        let (state, closed) = journal.close();
        let at = state.mark(0).map_or(0, |mark| mark.byte);
        let command = if stream { format!("tail -c +{} INPUT | {command}", at + 1) } else { command };
        Some(Balance {
            is_first,
            earlier,
            rejected: state.rejected_classes().collect(),
            resume: (!state.is_finished()).then_some(command),
            trouble: trouble.or_else(|| closed.err().map(|why| format!("the journal {path} cannot be kept: {why}"))),
        })
    }
}
