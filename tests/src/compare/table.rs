//! The table, and a sentence on each of its rows.

use super::{Score, Sender};
use crate::stage::Table;

/// Stands below the table.
const NOTE: &str = "Failed yet stored: the caller was told no more than that the write failed, and cannot know. Short after \
                    ack: the level was met, and a full queue kept nothing for an owner that was away.";

/// The table for a person, with a sentence below it for each row.
#[must_use]
pub fn table(scores: &[(Sender, Score)]) -> Vec<String> {
    let mut lines = rows(scores).lines();
    lines.push(String::new());
    lines.extend(scores.iter().map(|(sender, score)| format!("{sender}: {}", reading(score))));
    lines.push(String::new());
    lines.push(NOTE.to_owned());
    lines
}

/// The same in Markdown.
#[must_use]
pub(super) fn markdown(scores: &[(Sender, Score)]) -> String {
    let mut text = rows(scores).markdown();
    text.push('\n');
    for (sender, score) in scores {
        text.push_str(&format!("* {sender}: {}\n", reading(score)));
    }
    text.push_str(&format!("\n{NOTE}\n"));
    text
}

fn rows(scores: &[(Sender, Score)]) -> Table {
    let heading = [
        "sender",
        "points",
        "acknowledged",
        "lost after ack",
        "short after ack",
        "lost unnoticed",
        "still waiting",
        "good dropped",
        "duplicates",
        "false claims",
        "failed yet stored",
        "requests",
        "resends",
        "peak hints",
        "peak KiB",
        "seconds",
    ];
    let mut table = Table::new(heading);
    for (sender, score) in scores {
        table.row([
            sender.to_string(),
            score.points.to_string(),
            score.acknowledged.to_string(),
            score.lost_after_acknowledgement.to_string(),
            score.short_after_acknowledgement.to_string(),
            score.lost_without_notice.to_string(),
            score.waiting.to_string(),
            score.good_dropped.to_string(),
            score.duplicates.to_string(),
            score.false_claims.to_string(),
            score.failed_yet_stored.to_string(),
            score.requests.to_string(),
            score.resends.to_string(),
            score.peak_hints.to_string(),
            score.peak_hint_bytes.div_ceil(1024).to_string(),
            score.seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.1}")),
        ]);
    }
    table
}

/// What a row says, the worst first.
#[must_use]
pub fn reading(score: &Score) -> String {
    let mut parts = Vec::new();
    if score.lost_after_acknowledgement > 0 {
        parts.push(format!("{} acknowledged points are nowhere", score.lost_after_acknowledgement));
    }
    if score.false_claims > 0 {
        parts.push(format!("{} points are not as it told", score.false_claims));
    }
    if score.failed_yet_stored > 0 {
        parts.push(format!("{} points of writes that it told as failed are stored", score.failed_yet_stored));
    }
    if score.lost_without_notice > 0 {
        parts.push(format!("{} points are lost or short without a word to the caller", score.lost_without_notice));
    }
    if score.waiting > 0 {
        parts.push(format!("{} points wait for ever behind a batch that can never succeed", score.waiting));
    }
    if score.duplicates > 0 {
        parts.push(format!("resends made {} points twice", score.duplicates));
    }
    if score.good_dropped > 0 {
        parts.push(format!("{} good points are nowhere, and the caller was told to act", score.good_dropped));
    }
    let fault =
        if parts.is_empty() { "nothing lost, nothing twice, no false claim".to_owned() } else { parts.join("; ") };
    let open = match score.open {
        0 => String::new(),
        open => format!("; {open} points told to be open"),
    };
    format!("{fault}{open}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_by_what_is_worst() {
        assert_eq!(reading(&Score::default()), "nothing lost, nothing twice, no false claim");
        let bad = Score { false_claims: 2, duplicates: 5, open: 1, ..Score::default() };
        assert_eq!(reading(&bad), "2 points are not as it told; resends made 5 points twice; 1 points told to be open");
    }

    #[test]
    fn each_sender_has_a_row_and_a_sentence() {
        let scores: Vec<(Sender, Score)> = Sender::ALL.into_iter().map(|sender| (sender, Score::default())).collect();
        let lines = table(&scores);
        assert_eq!(lines.len(), 2 + 6 + 1 + 6 + 2);
        assert!(lines[2].ends_with("never"));
        let markdown = markdown(&scores);
        assert!(markdown.starts_with("| sender | points |") && markdown.contains("\n|---|"), "{markdown}");
        assert_eq!(markdown.lines().filter(|line| line.starts_with("* ")).count(), Sender::ALL.len());
    }
}
