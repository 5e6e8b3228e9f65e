//! What the suite prints.

use std::fmt::Write;
use std::time::Duration;

use super::load::Verdict;
use super::play::Failure;

/// The text, or its beginning and how much there is.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

/// What became of a scenario, against what had to; the text says what is wrong.
pub(super) fn judge(verdict: &Verdict, played: Result<(), Failure>) -> Result<(), String> {
    match (verdict, played) {
        (Verdict::Passes, Ok(())) => Ok(()),
        (Verdict::Passes, Err(failure)) => Err(describe(&failure)),
        (Verdict::Fails { step, because }, Err(failure)) => {
            if failure.step == Some(*step) && failure.why.contains(because) {
                return Ok(());
            }
            Err(format!("was to fail at step {step} because of {because:?}, but:\n{}", describe(&failure)))
        }
        (Verdict::Fails { step, because }, Ok(())) => {
            Err(format!("was to fail at step {step} because of {because:?}, but passed"))
        }
    }
}

/// A failure in several lines.
fn describe(failure: &Failure) -> String {
    let mut text = match failure.step {
        Some(step) => format!("step {step}: {}\n  {}", failure.shown, failure.why),
        None => failure.why.clone(),
    };
    for (node, log) in &failure.logs {
        let _ = write!(text, "\n  ---- log of {node}");
        for line in log.lines() {
            let _ = write!(text, "\n  {line}");
        }
    }
    text
}

/// Counts what has been played and tells of it in libtest's form.
#[derive(Debug, Default)]
pub(super) struct Report {
    quiet: bool,
    passed: usize,
    failures: Vec<(String, String)>,
    /// How many were played once more.
    again: usize,
    filtered: usize,
}

/// More of them are no accident of the machine.
const MOST_AGAIN: usize = 5;

impl Report {
    pub(super) fn new(quiet: bool, filtered: usize) -> Self {
        Self { quiet, filtered, ..Self::default() }
    }

    /// A scenario has ended.
    pub(super) fn ended(&mut self, name: &str, took: Duration, judged: Result<(), String>) -> String {
        let word = if judged.is_ok() { "ok" } else { "FAILED" };
        match judged {
            Ok(()) => self.passed += 1,
            Err(why) => self.failures.push((name.to_owned(), why)),
        }
        match (self.quiet, word) {
            (true, "ok") => ".".to_owned(),
            (true, _) => "F".to_owned(),
            (false, _) => format!("test {name} ... {word} ({:.1}s)\n", took.as_secs_f64()),
        }
    }

    /// A scenario failed while the machine stood still, and is played once more.
    pub(super) fn again(&mut self, name: &str, stall: Duration, why: &str) -> String {
        self.again += 1;
        format!("\n{name} once more, as the machine stood still for {stall:.1?} while it failed:\n{why}\n")
    }

    /// Everything has been played.
    pub(super) fn end(&self, took: Duration) -> String {
        let mut text = String::new();
        if !self.failures.is_empty() {
            text.push_str("\nfailures:\n");
            for (name, why) in &self.failures {
                let _ = write!(text, "\n---- {name}\n{why}\n");
            }
            text.push_str("\nfailures:\n");
            for (name, _) in &self.failures {
                let _ = writeln!(text, "    {name}");
            }
        }
        if self.again > 0 {
            let _ = writeln!(text, "\nplayed once more: {}, of {MOST_AGAIN} that may be", self.again);
        }
        let (word, passed, failed) = (if self.is_ok() { "ok" } else { "FAILED" }, self.passed, self.failures.len());
        let (filtered, seconds) = (self.filtered, took.as_secs_f64());
        let _ = writeln!(
            text,
            "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {filtered} filtered out; \
             finished in {seconds:.2}s\n"
        );
        text
    }

    pub(super) fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.again <= MOST_AGAIN
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn failure(step: usize, why: &str) -> Failure {
        let logs = vec![("data1".to_owned(), "one\ntwo".to_owned())];
        Failure { step: Some(step), shown: "{\"http\":…}".into(), why: why.into(), logs }
    }

    #[test]
    fn a_failure_shows_the_step_the_reason_and_the_logs() {
        let text = judge(&Verdict::Passes, Err(failure(3, "wanted 1, got 2"))).unwrap_err();
        assert_eq!(text, "step 3: {\"http\":…}\n  wanted 1, got 2\n  ---- log of data1\n  one\n  two");
    }

    #[test]
    fn what_must_fail_has_to_fail_there_and_for_that_reason() {
        let verdict = Verdict::Fails { step: 3, because: "got 2".into() };
        judge(&verdict, Err(failure(3, "wanted 1, got 2"))).unwrap();
        assert!(judge(&verdict, Err(failure(2, "wanted 1, got 2"))).is_err());
        assert!(judge(&verdict, Err(failure(3, "wanted 1, got 3"))).is_err());
        assert!(judge(&verdict, Ok(())).unwrap_err().contains("but passed"));
    }

    #[test]
    fn the_summary_counts_and_names_what_failed() {
        let mut report = Report::new(false, 7);
        let line = report.ended("1.8/a", Duration::from_millis(1250), Ok(()));
        assert_eq!(line, "test 1.8/a ... ok (1.2s)\n");
        assert!(report.is_ok());
        report.ended("1.8/b", Duration::ZERO, Err("why".into()));
        let end = report.end(Duration::from_secs(2));
        assert!(end.contains("---- 1.8/b\nwhy\n"), "{end}");
        assert!(
            end.contains("test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; "),
            "{end}"
        );
        assert!(!report.is_ok());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöü", 2), "äö… (6 bytes)");
    }

    #[test]
    fn too_many_that_were_played_once_more_are_a_failure() {
        let mut report = Report::new(false, 0);
        for _ in 0..MOST_AGAIN {
            assert!(report.again("1.8/a", Duration::from_millis(120), "wanted 1, got 2").contains("120.0ms"));
        }
        assert!(report.is_ok() && report.end(Duration::ZERO).contains("played once more: 5"));
        report.again("1.8/b", Duration::from_millis(120), "why");
        assert!(!report.is_ok());
    }
}
