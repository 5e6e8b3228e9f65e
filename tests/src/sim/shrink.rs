//! The shortest schedule that still fails.

use super::SimSettings;
use super::schedule::Schedule;
use super::verdict::{Played, play_and_judge};

/// Takes away from a failing schedule whatever it fails without: faults, writes, points, options, clients' ways.
///
/// Each step makes another schedule with a run of its own, so what is left is a schedule that fails, not a part of the first
/// run.
pub(super) fn shrink(played: Played, settings: &SimSettings) -> Played {
    let mut best = played;
    loop {
        let before = size(&best.schedule);
        best = without_some(best, settings, |schedule| &mut schedule.faults);
        best = without_some(best, settings, |schedule| &mut schedule.writes);
        best = without_some(best, settings, |schedule| &mut schedule.options);
        for write in 0..best.schedule.writes.len() {
            best = without_some(best, settings, |schedule| &mut schedule.writes[write].lines);
        }
        if size(&best.schedule) == before {
            return best;
        }
    }
}

fn size(schedule: &Schedule) -> usize {
    let lines: usize = schedule.writes.iter().map(|write| write.lines.len()).sum();
    schedule.faults.len() + schedule.writes.len() + schedule.options.len() + lines
}

/// Leaves out ever smaller pieces of a list.
fn without_some<T: Clone>(
    mut best: Played,
    settings: &SimSettings,
    list: impl Fn(&mut Schedule) -> &mut Vec<T>,
) -> Played {
    let mut piece = list(&mut best.schedule).len();
    while piece > 0 {
        let mut at = 0;
        while at < list(&mut best.schedule).len() {
            let mut schedule = best.schedule.clone();
            let all = list(&mut schedule);
            let end = (at + piece).min(all.len());
            all.drain(at..end);
            let empty = schedule.writes.iter().any(|write| write.lines.is_empty()) || schedule.writes.is_empty();
            let fewer = (!empty).then(|| play_and_judge(schedule, settings, false));
            match fewer.filter(Played::fails) {
                Some(fewer) => best = fewer,
                None => at = end,
            }
        }
        piece /= 2;
    }
    best
}
