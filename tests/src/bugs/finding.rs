//! What is known of a bug after all runs.

use influx_server_mock::Profile;
use serde::{Deserialize, Serialize};

use super::{Bug, Trial};
use crate::experiment::Ending;
use crate::stage::Table;

/// The file: every [`Finding`].
pub const BUGS: &str = "bugs.json";
/// The file: the table of them, in Markdown.
pub(super) const BUGS_TABLE: &str = "bugs.md";

/// A bug, the run that has to find it, and those that must not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its name.
    pub bug: String,
    /// What happens.
    pub about: String,
    /// The profile that has it.
    pub profile: Profile,
    /// Where the real system was seen to do it.
    pub source: String,
    /// The run in which it has to show.
    pub run: Trial,
    /// The runs in which it must not.
    pub controls: Vec<Trial>,
}

impl Finding {
    pub(super) fn new(bug: Bug, run: Trial, controls: Vec<Trial>) -> Self {
        Self {
            bug: bug.id().to_owned(),
            about: bug.about().to_owned(),
            profile: bug.owner().profile(),
            source: bug.source().to_owned(),
            run,
            controls,
        }
    }

    /// Whether it was found where it is and not found where it is not.
    #[must_use]
    pub fn is_validated(&self) -> bool {
        self.run.found && !self.controls.is_empty() && self.controls.iter().all(|control| !control.found)
    }

    /// Whether the client was seen to keep its caller from being deceived.
    #[must_use]
    pub fn is_prevented(&self) -> bool {
        self.run.prevention.as_ref().is_some_and(|prevention| prevention.held)
    }

    pub(super) fn judge(&self, ending: &mut Ending) {
        let name = &self.bug;
        let controls = self.controls.iter().filter(|control| !control.found).count();
        let found = format!("{}; not found in {controls} of {} controls", self.run.evidence, self.controls.len());
        ending.expect(format!("{name}: found on {}, and in no control", self.profile), self.is_validated(), found);
        if let Some(prevention) = &self.run.prevention {
            ending.expect(format!("{name}: the client's caller can know"), prevention.held, &prevention.what);
        }
    }
}

/// The table for a person: as lines, or as Markdown to be copied into a text.
#[must_use]
pub fn table(findings: &[Finding]) -> Table {
    let mut table = Table::new(["bug", "profile", "written in", "found", "evidence", "not found in"]);
    for finding in findings {
        let controls: Vec<&str> =
            finding.controls.iter().filter(|control| !control.found).map(|control| control.what.as_str()).collect();
        let found = if finding.run.found { "yes" } else { "NO" };
        let cells = [
            finding.bug.as_str(),
            finding.profile.name(),
            &finding.source,
            found,
            &finding.run.evidence,
            &controls.join("; "),
        ];
        table.row(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(found: bool) -> Trial {
        Trial { found, what: "a run".into(), evidence: "3 missing".into(), ..Trial::default() }
    }

    #[test]
    fn a_bug_is_validated_only_with_controls_that_do_not_find_it() {
        let of = |run, controls: &[bool]| {
            Finding::new(Bug::StaleHint, trial(run), controls.iter().map(|found| trial(*found)).collect())
        };
        assert!(of(true, &[false, false]).is_validated());
        assert!(!of(true, &[false, true]).is_validated());
        assert!(!of(true, &[]).is_validated(), "what was never sought elsewhere has proved nothing");
        assert!(!of(false, &[false]).is_validated());
        let mut ending = Ending::default();
        of(false, &[false]).judge(&mut ending);
        assert!(!ending.holds());
    }

    #[test]
    fn the_table_names_what_was_not_found() {
        let lines = table(&[Finding::new(Bug::DropRace, trial(false), vec![trial(false)])]).lines();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[2].starts_with("drop-race") && lines[2].contains("NO") && lines[2].ends_with("a run"),
            "{lines:?}"
        );
    }
}
