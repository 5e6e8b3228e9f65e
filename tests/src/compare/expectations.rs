//! What has to hold of the senders.

use super::{Score, Sender};
use crate::experiment::Ending;

/// Our client keeps its word and loses nothing; and the faults, of all seeds together, were such that this is no matter of
/// course. Which of the other rules is deceived, and in which run, is chance.
pub(super) fn expectations(scores: &[(Sender, Score)]) -> Ending {
    let mut ending = Ending::default();
    let mut troubles = Vec::new();
    for (sender, score) in scores {
        match sender {
            Sender::Ours | Sender::OursLowering => {
                let (lies, lost) = (score.own_false_claims(), score.own_losses());
                let servers = match score.dropped_by_servers {
                    0 => String::new(),
                    dropped => format!("; {dropped} copies were acknowledged and dropped by servers"),
                };
                let found = format!("{lies} false claims, {} duplicates{servers}", score.duplicates);
                let clean = lies == 0 && score.duplicates == 0;
                ending.expect(format!("{sender}: no false claim and no point twice"), clean, found);
                let found =
                    format!("{lost} lost or left; {} of {} acknowledged{servers}", score.acknowledged, score.points);
                ending.expect(format!("{sender}: every point is acknowledged or accounted for"), lost == 0, found);
                // Who accounts for every point by knowing nothing of it has done nothing.
                let found = format!("{} of {}", score.acknowledged, score.points);
                let most = 2 * score.acknowledged >= score.points;
                ending.expect(format!("{sender}: half of the points at least are acknowledged"), most, found);
            }
            Sender::None | Sender::Curl | Sender::Telegraf | Sender::InfluxdbJava => {
                troubles.push((sender, score.trouble()));
            }
        }
    }
    let found: Vec<String> = troubles.iter().map(|(sender, trouble)| format!("{sender} {trouble}")).collect();
    ending.expect(
        "the faults were such that simpler rules deceive their callers",
        troubles.iter().any(|(_, trouble)| *trouble > 0),
        format!("points in trouble: {}", found.join(", ")),
    );
    ending
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(of: impl Fn(Sender) -> Score) -> Vec<(Sender, Score)> {
        Sender::ALL.into_iter().map(|sender| (sender, of(sender))).collect()
    }

    /// It is enough that one of the other rules has trouble; that every one has in every run is chance.
    #[test]
    fn a_run_in_which_nobody_has_trouble_proves_nothing() {
        let of = |trouble: usize| {
            scores(|sender| match sender {
                Sender::Curl => Score { duplicates: trouble, ..Score::default() },
                _ => Score::default(),
            })
        };
        assert!(expectations(&of(1)).holds());
        assert!(!expectations(&of(0)).holds());
    }

    #[test]
    fn our_own_lies_and_losses_fail_and_those_of_the_servers_do_not() {
        let held = |ours: Score| {
            expectations(&scores(|sender| match sender {
                Sender::Ours => ours.clone(),
                _ => Score { failed_yet_stored: 1, ..Score::default() },
            }))
            .holds()
        };
        // One acknowledged point, and how many of them lack copies that were acknowledged and dropped.
        let lost = |by_servers| Score {
            lost_after_acknowledgement: 1,
            false_claims: 1,
            below_level: 1,
            dropped_by_servers: 3,
            below_level_by_servers: by_servers,
            lost_by_servers: by_servers,
            ..Score::default()
        };
        assert!(!held(lost(0)));
        assert!(held(lost(1)));
        let stored_though_not = Score { false_claims: 1, dropped_by_servers: 3, ..Score::default() };
        assert!(!held(stored_though_not), "a dropped copy does not explain one that is there");
        assert!(!held(Score { duplicates: 1, dropped_by_servers: 3, ..Score::default() }));
        assert!(!held(Score { waiting: 1, dropped_by_servers: 3, ..Score::default() }));
    }
}
