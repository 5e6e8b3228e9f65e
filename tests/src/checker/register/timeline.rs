//! A history of actions as a sequence of beginnings and ends, with values and places in bit masks numbered.

use std::collections::{HashMap, VecDeque};

use super::super::action::{Action, NEVER};

/// At most so many reads, and so many writes, under way at a time.
const PLACES: usize = 128;

/// What happens next. Values are numbers into the values of the history; places are bits in a mask of what is under way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A read that will have found the value begins.
    Read { place: usize, value: usize },
    /// A write that will be done begins; `until` orders the ends.
    Write { place: usize, value: usize, until: usize },
    /// A write begins of which nobody knows.
    Unknown { value: usize },
    /// A read ends; `action` is its number.
    ReadEnds { place: usize, value: usize, action: usize },
    /// A write ends.
    WriteEnds { place: usize, value: usize },
}

/// The beginnings and ends of a history in their order.
#[derive(Debug)]
pub(super) struct Timeline {
    pub(super) steps: Vec<Step>,
    /// The number of the value at the beginning.
    pub(super) initial: usize,
    /// How many reads found each value.
    pub(super) reads: Vec<usize>,
}

/// More is under way at a time than the masks hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooWide;

impl Timeline {
    /// Of beginnings and ends at the same instant the beginnings come first: see [`Action::before`].
    pub(super) fn of(actions: &[Action], initial: Option<i64>) -> Result<Self, TooWide> {
        let mut numbers = HashMap::from([(initial, 0)]);
        let mut reads = vec![0];
        let mut moments = Vec::with_capacity(actions.len() * 2);
        for (number, action) in actions.iter().enumerate() {
            let value = *numbers.entry(action.value).or_insert(reads.len());
            if value == reads.len() {
                reads.push(0);
            }
            reads[value] += usize::from(action.read);
            moments.push((action.from, false, number, value));
            if action.to != NEVER {
                moments.push((action.to, true, number, value));
            }
        }
        moments.sort_unstable();
        let ends: HashMap<usize, usize> =
            moments.iter().enumerate().filter(|(_, moment)| moment.1).map(|(at, moment)| (moment.2, at)).collect();
        let mut free = [(); 2].map(|()| (0..PLACES).collect::<VecDeque<_>>());
        let mut places = HashMap::new();
        let mut steps = Vec::with_capacity(moments.len());
        for (_, end, number, value) in moments {
            let Action { read, .. } = actions[number];
            let free = &mut free[usize::from(read)];
            if end {
                let place = places.remove(&number).expect("a thing begins before it ends");
                free.push_front(place);
                steps.push(if read {
                    Step::ReadEnds { place, value, action: number }
                } else {
                    Step::WriteEnds { place, value }
                });
                continue;
            }
            let Some(&until) = ends.get(&number) else {
                steps.push(Step::Unknown { value });
                continue;
            };
            let place = free.pop_front().ok_or(TooWide)?;
            places.insert(number, place);
            steps.push(if read { Step::Read { place, value } } else { Step::Write { place, value, until } });
        }
        Ok(Self { steps, initial: 0, reads })
    }
}
