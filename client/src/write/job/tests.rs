//! Scenarios of the write loop without a network: replies are texts as servers send them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{ConsistencyLevel, Context, NoReply, RawLine, Reply, classify, classify_no_reply};

/// A job that sends the batch as one request, as far as replies allow.
fn whole(batch: &Batch) -> Job<'_> {
    Job::cut(batch, [Lines::Range(0..batch.points())], 64)
}

fn batch(lines: &[&str]) -> Batch {
    let mut batch = Batch::default();
    batch.check_field_types(false);
    for line in lines {
        batch.push_unchecked_line(line.as_bytes()).unwrap();
    }
    batch
}

fn reply(status: u16, text: &str, points: usize) -> Verdict {
    let body = serde_json::to_vec(&serde_json::json!({ "error": text })).unwrap();
    classify(&Reply::new(status, &body), &Context::new(ConsistencyLevel::One, points))
}

/// Plays a list of replies, and returns what was sent for each.
fn play(job: &mut Job<'_>, replies: &[(u16, &str)]) -> Vec<Vec<usize>> {
    let mut sent = Vec::new();
    for (status, text) in replies {
        let piece = job.next().expect("something is left to send");
        sent.push(piece.lines.iter().collect());
        let verdict = reply(*status, text, piece.len());
        assert!(matches!(job.settle(piece, &verdict), Settled::Done), "{text}");
    }
    assert!(job.next().is_none(), "nothing is left to send");
    sent
}

#[test]
fn lines_that_cannot_be_parsed_are_refused_and_the_others_are_stored_already() {
    let batch = batch(&["m f=1 1", "bad", "m f=2 2"]);
    let mut job = whole(&batch);
    let sent = play(&mut job, &[(400, "partial write: unable to parse 'bad': missing fields dropped=0")]);
    assert_eq!(sent, [vec![0, 1, 2]], "one request");
    assert_eq!(job.tally(), Tally { stored: 2, refused: 1, ..Tally::default() });
    assert_eq!(job.refused_kind().unwrap().class(), Class::Malformed);
    assert_eq!(job.refused_outcome(), Outcome::PartlyStored);
    let refusals = job.into_refusals();
    assert_eq!(refusals[0].line, Some(1));
    assert_eq!(refusals[0].text.as_deref(), Some("bad"));
}

#[test]
fn with_no_line_parsed_nothing_is_stored() {
    let batch = batch(&["bad", "worse"]);
    let mut job = whole(&batch);
    play(&mut job, &[(400, "unable to parse 'bad': missing fields\nunable to parse 'worse': missing fields")]);
    assert_eq!(job.tally(), Tally { refused: 2, ..Tally::default() });
    assert_eq!(job.refused_kind(), Some(ErrorKind::Invalid { lines: 2 }));
    assert_eq!(job.refused_outcome(), Outcome::NotStored);
}

const CONFLICT: &str = "write failed: partial write: field type conflict: input field \"f\" on measurement \"m\" is type string, already exists as type float dropped=1";

#[test]
fn after_a_conflict_the_others_are_sent_again() {
    let batch = batch(&["m f=1 1", "m f=\"s\" 2", "m f=3 3"]);
    let mut job = whole(&batch);
    let sent = play(&mut job, &[(500, CONFLICT), (204, "")]);
    assert_eq!(sent, [vec![0, 1, 2], vec![0, 2]]);
    assert_eq!(job.tally(), Tally { stored: 2, refused: 1, ..Tally::default() });
}

/// Two lines fit the message: one of them may be in another shard, where its type is welcome.
#[test]
fn suspects_are_sent_apart() {
    let batch = batch(&["m f=1 1", "m f=\"s\" 2", "m f=\"t\" 3", "m f=4 4"]);
    let mut job = whole(&batch);
    let replies = [(500, CONFLICT), (204, ""), (500, CONFLICT), (500, CONFLICT), (204, "")];
    let sent = play(&mut job, &replies);
    assert_eq!(sent, [vec![0, 1, 2, 3], vec![0, 3], vec![1, 2], vec![1], vec![2]]);
    assert_eq!(job.tally(), Tally { stored: 3, refused: 1, ..Tally::default() });
}

/// The first line of a point may not overtake the second one, whose value counts.
#[test]
fn lines_of_one_point_are_not_sent_in_another_order() {
    let batch = batch(&["m,h=1 f=\"s\",g=1 1", "m,h=1 g=2 1", "m,h=2 f=\"s\" 2", "m,h=3 g=1 1"]);
    let mut job = whole(&batch);
    let replies = [(500, CONFLICT), (204, ""), (500, CONFLICT), (204, ""), (500, CONFLICT), (204, "")];
    let sent = play(&mut job, &replies);
    assert_eq!(sent, [vec![0, 1, 2, 3], vec![3], vec![0, 1, 2], vec![0], vec![1, 2], vec![1]]);
    assert_eq!(job.tally(), Tally { stored: 3, refused: 1, ..Tally::default() });
}

const TOO_OLD: &str = "partial write: points beyond retention policy dropped=1";

/// Time went on between two attempts, so that the point may be stored by the first one.
#[test]
fn what_an_attempt_may_have_stored_is_not_called_refused() {
    let batch = batch(&["m f=1 1", "m f=2 2", "m f=3 3"]);
    let mut job = whole(&batch);
    let piece = job.next().unwrap();
    let Settled::Failed(piece) = job.settle(piece, &reply(500, "timeout", 3)) else {
        panic!("a timeout settles nothing")
    };
    let Settled::Done = job.settle(piece, &reply(400, TOO_OLD, 3)) else { panic!("the others are settled") };
    while let Some(piece) = job.next() {
        let verdict = reply(204, "", piece.len());
        job.settle(piece, &verdict);
    }
    assert_eq!(job.tally(), Tally { stored: 2, unknown: 1, ..Tally::default() });
    assert_eq!(job.doubt().map(Verdict::class), Some(Class::Timeout));
    assert_eq!(job.refused_kind(), None);
    assert!(job.into_refusals().is_empty());
}

/// Likewise where the lines were divided in between; but what no server takes is refused all the same.
#[test]
fn doubt_passes_to_the_parts() {
    let batch = batch(&["m f=1 1", "bad", "m f=3 3", "m f=4 4"]);
    let mut job = whole(&batch);
    let piece = job.next().unwrap();
    let Settled::Failed(piece) = job.settle(piece, &reply(500, "partial write", 4)) else { panic!("below the level") };
    job.settle(piece, &reply(413, "Request Entity Too Large", 4));
    let mut sent = 0;
    while let Some(piece) = job.next() {
        sent += 1;
        let text = match sent {
            1 => "partial write: unable to parse 'bad': missing fields dropped=0",
            2 => "partial write: shard 7 is pending deletion dropped=2",
            _ => unreachable!("two halves"),
        };
        let verdict = reply(400, text, piece.len());
        job.settle(piece, &verdict);
    }
    assert_eq!(job.tally(), Tally { stored: 1, refused: 1, unknown: 2, ..Tally::default() });
    assert_eq!(job.doubt().map(Verdict::class), Some(Class::BelowLevel));
    assert_eq!(job.into_refusals()[0].line, Some(1));
}

/// What an attempt that stored nothing leaves open does not stand against a refusal.
#[test]
fn a_refusal_after_nothing_was_stored_is_one() {
    let batch = batch(&["m f=1 1"]);
    let mut job = whole(&batch);
    let piece = job.next().unwrap();
    let meta = reply(500, "meta service returned 503 Service Unavailable", 1);
    let Settled::Failed(piece) = job.settle(piece, &meta) else { panic!("no shard group") };
    job.settle(piece, &reply(400, TOO_OLD, 1));
    assert_eq!(job.tally(), Tally { refused: 1, ..Tally::default() });
    assert!(job.doubt().is_none());
}

#[test]
fn unnamed_points_are_found_by_halving() {
    let batch = batch(&["m f=1 1", "m f=2 2", "m f=3 3", "m f=4 4"]);
    let mut job = whole(&batch);
    let text = "partial write: shard 7 is pending deletion dropped=1";
    let sent = play(&mut job, &[(400, text), (204, ""), (400, text), (204, ""), (400, text)]);
    assert_eq!(sent, [vec![0, 1, 2, 3], vec![0, 1], vec![2, 3], vec![2], vec![3]]);
    assert_eq!(job.into_refusals()[0].line, Some(3));
}

#[test]
fn what_is_too_large_is_halved_down_to_the_line() {
    let batch = batch(&["m f=1 1", "m f=2 2", "m f=3 3"]);
    let mut job = whole(&batch);
    let big = "Request Entity Too Large";
    let sent = play(&mut job, &[(413, big), (204, ""), (413, big), (413, big), (204, "")]);
    assert_eq!(sent, [vec![0, 1, 2], vec![0], vec![1, 2], vec![1], vec![2]]);
    assert_eq!(job.refused_kind(), Some(ErrorKind::TooLarge { limit: SizeLimit::RequestBody }));
    assert_eq!(job.tally(), Tally { stored: 2, refused: 1, ..Tally::default() });
}

/// A search for refused points is bounded; what it did not settle is unknown, but for what the server admits.
#[test]
fn the_search_is_capped() {
    let lines: Vec<String> = (0..200).map(|i| format!("m f={i} {i}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let batch = batch(&lines);
    let mut job = whole(&batch);
    let mut requests = 0;
    let verdict = |points| reply(400, "partial write: max-series-per-database limit exceeded: (10) dropped=2", points);
    let stuck = loop {
        let piece = job.next().expect("more to send until stuck");
        let verdict = verdict(piece.len());
        requests += 1;
        match job.settle(piece, &verdict) {
            Settled::Done => {}
            Settled::Stuck(piece) => break piece,
            Settled::Failed(_) => panic!("a refusal is not a failure"),
        }
    };
    assert!(requests <= 65, "{requests}");
    assert_eq!(job.give_up(&stuck), Outcome::PartlyStored);
    let tally = job.tally();
    assert_eq!(tally.total(), 200);
    assert_eq!(tally.stored, 0);
}

#[test]
fn unstamped_points_are_not_sent_again() {
    let mut batch = Batch::default();
    batch.check_field_types(false);
    batch.point("m").field("f", 1.0).server_time().unwrap();
    batch.point("m").field("f", "s").server_time().unwrap();
    batch.point("m").field("f", 2.0).server_time().unwrap();
    let mut job = whole(&batch);
    let piece = job.next().unwrap();
    let verdict = reply(500, CONFLICT, 3);
    let Settled::Stuck(piece) = job.settle(piece, &verdict) else { panic!("a resend could double the others") };
    assert_eq!(job.give_up(&piece), Outcome::PartlyStored);
    assert_eq!(job.tally(), Tally { refused: 1, unknown: 2, ..Tally::default() });
}

/// Rule 12: the refusal came with stored points perhaps, so that a later "nothing was sent" is no absence.
#[test]
fn a_resend_that_fails_leaves_the_others_open() {
    let batch = batch(&["m f=1 1", "m f=\"s\" 2", "m f=3 3"]);
    let mut job = whole(&batch);
    let piece = job.next().unwrap();
    assert!(matches!(job.settle(piece, &reply(500, CONFLICT, 3)), Settled::Done));
    let piece = job.next().unwrap();
    let lost = classify_no_reply(&NoReply::Lost { reason: "".into() }, 0, &Context::new(ConsistencyLevel::One, 2));
    let Settled::Failed(piece) = job.settle(piece, &lost) else { panic!("a failure") };
    assert_eq!(job.give_up(&piece), Outcome::PartlyStored);
    assert_eq!(job.tally(), Tally { refused: 1, unknown: 2, ..Tally::default() });
}

/// A server in numbers: it stores lines in two shards as 1.8 does, and says what 1.8 says.
#[derive(Debug, Default)]
struct Model {
    stored: BTreeSet<String>,
    /// The type of `f` in each shard.
    types: [Option<char>; 2],
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
enum Weather {
    Fine,
    /// The answer is lost, with some shards written.
    Lost {
        first: bool,
        second: bool,
    },
    Refused,
    BelowLevel,
}

const OLD: i64 = 100;
const LARGEST: usize = 12;

impl Model {
    fn answer(&mut self, lines: &[&str], weather: Weather, pick_first: bool) -> Verdict {
        let points = lines.len();
        let context = Context::new(ConsistencyLevel::One, points);
        let lost = |sent| classify_no_reply(&NoReply::Lost { reason: "reset".into() }, sent, &context);
        if matches!(weather, Weather::Refused) {
            return lost(0);
        }
        if points > LARGEST {
            return reply(413, "Request Entity Too Large", points);
        }
        let (parsed, bad): (Vec<&str>, Vec<&str>) =
            lines.iter().partition(|line| RawLine::parse(line.as_bytes()).is_ok());
        let quotes: Vec<String> = bad.iter().map(|l| format!("unable to parse '{l}': missing fields")).collect();
        let quotes = quotes.join("\n");
        if parsed.is_empty() {
            return reply(400, &quotes, points);
        }
        let time = |line: &str| RawLine::parse(line.as_bytes()).unwrap().timestamp().unwrap();
        let (old, fresh): (Vec<&str>, Vec<&str>) = parsed.into_iter().partition(|line| time(line) < OLD);
        let mut errors = Vec::new();
        for shard in 0..2 {
            let written = match weather {
                Weather::Lost { first, second } => [first, second][shard],
                Weather::Fine | Weather::Refused | Weather::BelowLevel => true,
            };
            let own: Vec<&str> = fresh.iter().copied().filter(|l| l.contains(&format!("s={shard}"))).collect();
            if written {
                errors.extend(self.write(shard, &own));
            }
        }
        match weather {
            Weather::Lost { .. } => lost(7),
            Weather::BelowLevel => reply(500, "partial write", points),
            Weather::Fine | Weather::Refused => match (errors.first(), errors.last()) {
                (Some(first), Some(last)) => reply(500, if pick_first { first } else { last }, points),
                _ if !old.is_empty() => {
                    reply(400, &format!("partial write: points beyond retention policy dropped={}", old.len()), points)
                }
                _ if !bad.is_empty() => reply(400, &format!("partial write: {quotes} dropped=0"), points),
                _ => classify(&Reply::new(204, b""), &context),
            },
        }
    }

    fn write(&mut self, shard: usize, lines: &[&str]) -> Option<String> {
        let type_of = |line: &str| if line.contains("f=\"") { 's' } else { 'f' };
        let kinds: BTreeSet<char> = lines.iter().map(|line| type_of(line)).collect();
        let first = lines.first()?;
        let own = match self.types[shard] {
            None if kinds.len() == 2 => {
                // The field is made with the first type, and nothing is written.
                self.types[shard] = Some(type_of(first));
                return Some("write failed: field type conflict".into());
            }
            None => *self.types[shard].insert(type_of(first)),
            Some(own) => own,
        };
        let (good, wrong): (Vec<&str>, Vec<&str>) = lines.iter().partition(|line| type_of(line) == own);
        self.stored.extend(good.into_iter().map(str::to_owned));
        let names = |kind| if kind == 's' { "string" } else { "float" };
        (!wrong.is_empty()).then(|| {
            format!(
                "write failed: error code 1: write shard {shard}: partial write: field type conflict: input field \"f\" on measurement \"m\" is type {}, already exists as type {} dropped={}",
                names(if own == 's' { 'f' } else { 's' }),
                names(own),
                wrong.len()
            )
        })
    }
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..2_u8, 100..140_i64).prop_map(|(s, t)| format!("m,s={s} f={t} {t}")),
        2 => (0..2_u8, 100..140_i64).prop_map(|(s, t)| format!("m,s={s} f=\"x\" {t}")),
        1 => (0..2_u8, 90..100_i64).prop_map(|(s, t)| format!("m,s={s} f={t} {t}")),
        1 => (0..3_u8).prop_map(|n| format!("bad{n}")),
    ]
}

fn any_weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        12 => Just(Weather::Fine),
        1 => any::<(bool, bool)>().prop_map(|(first, second)| Weather::Lost { first, second }),
        1 => Just(Weather::Refused),
        1 => Just(Weather::BelowLevel),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever a batch holds and whatever goes wrong: what is claimed of each line is what the server did, the numbers
    /// add up, and in fine weather nothing is left open.
    #[test]
    fn no_claim_is_false(
        lines in proptest::collection::vec(any_line(), 1..30),
        weather in proptest::collection::vec((any_weather(), any::<bool>()), 0..100),
        patience in 0..3_u32,
        known in any::<bool>(),
    ) {
        // Of two equal points in two requests one may be stored and the other not: they are one point.
        let mut seen = BTreeSet::new();
        let lines: Vec<String> =
            lines.into_iter().filter(|line| line.starts_with("bad") || seen.insert(line.clone())).collect();
        let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
        let batch = batch(&texts);
        let mut model = Model { types: [known.then_some('f'), None], ..Model::default() };
        let mut job = whole(&batch);
        let mut weather = weather.into_iter().chain(std::iter::repeat((Weather::Fine, true)));
        let mut requests = 0;
        let mut outcome = None;
        'call: while let Some(mut piece) = job.next() {
            loop {
                requests += 1;
                prop_assert!(requests < 400);
                let sent: Vec<&str> = piece.lines.iter().map(|line| texts[line]).collect();
                let (sky, first) = weather.next().unwrap();
                let verdict = model.answer(&sent, sky, first);
                piece = match job.settle(piece, &verdict) {
                    Settled::Done => break,
                    Settled::Failed(failed) if failed.attempts <= patience => failed,
                    Settled::Failed(piece) | Settled::Stuck(piece) => {
                        outcome = Some(job.give_up(&piece));
                        break 'call;
                    }
                };
            }
        }
        let tally = job.tally();
        prop_assert_eq!(tally.total(), lines.len());
        let is_stored = |line: usize| model.stored.contains(texts[line]);
        for (line, state) in job.states.iter().enumerate() {
            match state {
                State::Open => prop_assert!(false, "line {} was forgotten", line),
                State::Stored => prop_assert!(is_stored(line), "{} is not stored", texts[line]),
                State::Refused => prop_assert!(!is_stored(line), "{} is stored", texts[line]),
                State::Left(Outcome::NotStored) => prop_assert!(!is_stored(line), "{} is stored", texts[line]),
                State::Left(_) => {}
            }
        }
        match outcome {
            Some(Outcome::NotStored) => prop_assert!(model.stored.is_empty()),
            Some(_) => {}
            None => {
                // Only an attempt of which nobody knows leaves something open.
                prop_assert_eq!(job.doubt().is_some(), tally.unknown > 0);
                prop_assert_eq!(tally.stored + tally.refused + tally.unknown, lines.len());
                if job.refused_outcome() == Outcome::NotStored && tally.refused > 0 {
                    prop_assert!(model.stored.is_empty());
                }
            }
        }
        for refusal in job.into_refusals() {
            let text = texts[refusal.line.unwrap()];
            prop_assert_eq!(refusal.text.as_deref(), Some(text));
        }
    }
}
