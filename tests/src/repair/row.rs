//! What a cause came to, without repair and with it.

use influx_server_mock::Profile;
use serde::{Deserialize, Serialize};

use super::Cause;
use crate::experiment::Ending;
use crate::stage::Table;

/// The file: every [`Row`].
pub const REPAIR: &str = "repair.json";
/// The file: the table of them, in Markdown.
pub(super) const REPAIR_TABLE: &str = "repair.md";

/// One cause on one profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub cause: String,
    /// What was done.
    pub about: String,
    /// The profile.
    pub profile: Profile,
    /// Whether owners can become equal again.
    pub repairable: bool,
    /// With the option off.
    pub off: Side,
    /// With the option on.
    pub on: Side,
}

/// One of the two clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Places (series, time and field) that the replicas did not agree on when faults and queues were done. With the option
    /// on, some may be repaired by then.
    pub differing: usize,
    /// Shards with such places.
    pub shards: usize,
    /// Such places in the end.
    pub left: usize,
    /// From the end of faults and queues until the replicas were equal; where they never are, how long was waited.
    pub seconds: f64,
    /// Points that owners took over from each other since the cause was brought about.
    pub moved: u64,
    /// Fields that were reported as impossible to repair: measurement, field, the two types.
    pub reported: Vec<String>,
    /// Of points that had an older and a newer value: how many have the newer one on every replica in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<(usize, usize)>,
}

impl Row {
    pub(super) fn new(cause: Cause, profile: Profile, off: Side, on: Side) -> Self {
        let (about, repairable) = (cause.about().to_owned(), cause.can_be_repaired());
        Self { cause: cause.id().to_owned(), about, profile, repairable, off, on }
    }

    pub(super) fn judge(&self, ending: &mut Ending) {
        let name = format!("{} on {}", self.cause, self.profile);
        let (off, on) = (&self.off, &self.on);
        let found =
            format!("{} places in {} shards, {} after {:.1} s", off.differing, off.shards, off.left, off.seconds);
        ending.expect(format!("{name}: without repair replicas stay different"), off.left > 0, found);
        if self.repairable {
            let found = format!("{} places differ after {:.1} s, {} points moved", on.left, on.seconds, on.moved);
            ending.expect(format!("{name}: with repair they become equal"), on.left == 0 && on.moved > 0, found);
        } else {
            let said = !on.reported.is_empty() && on.left > 0;
            let found = format!("{} places differ; reported: {}", on.left, on.reported.join("; "));
            ending.expect(format!("{name}: what cannot be repaired is said"), said, found);
        }
        if let Some((newest, of)) = on.newest {
            let found = format!("{newest} of {of} have the newest value on every replica");
            ending.expect(format!("{name}: repair keeps what most owners hold"), newest == of, found);
        }
    }
}

/// The table for a person: as lines, or as Markdown to be copied into a text.
#[must_use]
pub fn table(rows: &[Row]) -> Table {
    let heading =
        ["cause", "profile", "off: differing", "off: after", "on: left", "on: equal after", "points moved", "note"];
    let mut table = Table::new(heading);
    for row in rows {
        let (off, on) = (&row.off, &row.on);
        let mut notes = Vec::new();
        if let Some((newest, of)) = on.newest {
            notes.push(format!("{newest} of {of} kept the newest value"));
        }
        if !on.reported.is_empty() {
            notes.push(format!("cannot be repaired: {}", on.reported.join("; ")));
        }
        let equal = if on.left == 0 { format!("{:.1} s", on.seconds) } else { "never".to_owned() };
        table.row([
            row.cause.clone(),
            row.profile.to_string(),
            format!("{} in {} shards", off.differing, off.shards),
            format!("{} after {:.1} s", off.left, off.seconds),
            on.left.to_string(),
            equal,
            on.moved.to_string(),
            notes.join("; "),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(differing: usize, left: usize, moved: u64) -> Side {
        Side { differing, shards: 1, left, seconds: 1.5, moved, ..Side::default() }
    }

    #[test]
    fn a_row_holds_only_where_both_clusters_did_as_they_have_to() {
        let held = |off, on| {
            let mut ending = Ending::default();
            Row::new(Cause::LostHints, Profile::V1_8, off, on).judge(&mut ending);
            ending.holds()
        };
        assert!(held(side(4, 4, 0), side(2, 0, 4)));
        assert!(!held(side(4, 0, 0), side(2, 0, 4)), "nothing to repair");
        assert!(!held(side(4, 4, 0), side(4, 1, 3)));
        assert!(!held(side(4, 4, 0), side(0, 0, 0)), "nothing was repaired");
    }

    #[test]
    fn what_cannot_be_repaired_has_to_be_said() {
        let held = |on| {
            let mut ending = Ending::default();
            Row::new(Cause::Types, Profile::V1_8, side(2, 2, 0), on).judge(&mut ending);
            ending.holds()
        };
        assert!(!held(side(2, 2, 1)));
        assert!(held(Side { reported: vec!["m.f: integer, string".into()], ..side(2, 2, 1) }));
    }
}
