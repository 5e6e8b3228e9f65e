//! Sending the workload as a sender does.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use http::Method;
use influx_client::{Ack, Client, ConsistencyLevel, Outcome, WriteError};
use tokio::time::{Instant, sleep, sleep_until};

use super::sender::ANSWER_LIMIT;
use super::{Heard, Rule, Sender, Shipment, Step, Told};
use crate::experiment::LabError;
use crate::stage::batch;

/// Between two flushes of senders that flush; Telegraf's own is 10 s, influxdb-java's 1 s.
const FLUSH: Duration = Duration::from_secs(1);
/// When senders are told to stop: everything has been well for long by then.
const END: Duration = Duration::from_secs(32);

/// What came of the workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Delivery {
    /// By the numbers of the points.
    pub(super) told: Vec<Told>,
    pub(super) requests: usize,
    pub(super) resends: usize,
    /// Until nothing was left to be sent.
    pub(super) finished: Option<Duration>,
}

impl Delivery {
    fn of(shipments: &[Shipment]) -> Self {
        let points = shipments.last().map_or(0, |shipment| shipment.ids.end);
        Self { told: vec![Told::Waiting; points], ..Self::default() }
    }

    fn tell(&mut self, shipment: &Shipment, told: Told) {
        self.told[shipment.ids.clone()].fill(told);
    }
}

/// What requests by a rule need.
struct Post<'a> {
    rule: Rule,
    client: &'a Client,
    database: String,
}

/// Sends everything from now on, each batch when its time has come.
pub(super) async fn deliver(sender: Sender, urls: &[String], shipments: &[Shipment]) -> Result<Delivery, LabError> {
    let client = sender.client(urls).map_err(|error| LabError::Target(format!("{sender}: {error}")))?;
    let begun = Instant::now();
    let delivery = Mutex::new(Delivery::of(shipments));
    let post = sender.rule().map(|rule| Post { rule, client: &client, database: sender.database() });
    match &post {
        None => {
            let sent = shipments.iter().map(|shipment| async {
                sleep_until(begun + shipment.at).await;
                ours(&client, shipment, &delivery).await
            });
            join_all(sent).await.into_iter().collect::<Result<(), LabError>>()?;
        }
        Some(post) if post.rule.flushes() => flushed(post, urls.len(), shipments, begun, &delivery).await,
        Some(post) => {
            let sent = shipments.iter().map(|shipment| async {
                sleep_until(begun + shipment.at).await;
                alone(post, shipment, begun, &delivery).await;
            });
            join_all(sent).await;
        }
    }
    let mut delivery = delivery.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    delivery.finished = (!delivery.told.contains(&Told::Waiting)).then(|| begun.elapsed());
    Ok(delivery)
}

fn locked(delivery: &Mutex<Delivery>) -> std::sync::MutexGuard<'_, Delivery> {
    delivery.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One batch by itself, over and over as the rule says.
async fn alone(post: &Post<'_>, shipment: &Shipment, begun: Instant, delivery: &Mutex<Delivery>) {
    for attempt in 1.. {
        count(delivery, attempt);
        let (told, wait) = match ask(post, 0, shipment, attempt).await {
            Step::Stored => (Told::Stored(shipment.level), Duration::ZERO),
            Step::Failed => (Told::Failed, Duration::ZERO),
            Step::Silent => (Told::Nothing, Duration::ZERO),
            Step::After(wait) => (Told::Waiting, wait),
            Step::NextFlush => (Told::Waiting, FLUSH),
        };
        if told != Told::Waiting || begun.elapsed() + wait > END {
            locked(delivery).tell(shipment, told);
            return;
        }
        sleep(wait).await;
    }
}

/// Batches in order, at fixed times; one that has to be sent again keeps those behind it waiting.
async fn flushed(post: &Post<'_>, servers: usize, shipments: &[Shipment], begun: Instant, delivery: &Mutex<Delivery>) {
    let mut ahead: VecDeque<&Shipment> = shipments.iter().collect();
    let mut queue: VecDeque<(&Shipment, u32)> = VecDeque::new();
    let mut flush = begun;
    let mut turn = 0;
    while !(ahead.is_empty() && queue.is_empty()) && begun.elapsed() < END {
        flush += FLUSH;
        sleep_until(flush).await;
        while let Some(next) = ahead.front().filter(|next| begun + next.at <= flush) {
            queue.push_back((next, 0));
            ahead.pop_front();
        }
        'flush: while let Some((shipment, attempts)) = queue.front_mut() {
            // The others are asked at once where the rule knows them, each flush beginning with another.
            let asked = if post.rule.knows_all_servers() { servers } else { 1 };
            turn += 1;
            for place in 0..asked {
                *attempts += 1;
                count(delivery, *attempts);
                let index = if asked == 1 { 0 } else { (turn + place) % servers };
                let told = match ask(post, index, shipment, *attempts).await {
                    Step::Stored => Told::Stored(shipment.level),
                    Step::Failed => Told::Failed,
                    Step::Silent => Told::Nothing,
                    Step::After(_) | Step::NextFlush => continue,
                };
                locked(delivery).tell(shipment, told);
                queue.pop_front();
                continue 'flush;
            }
            break;
        }
    }
}

fn count(delivery: &Mutex<Delivery>, attempt: u32) {
    let mut delivery = locked(delivery);
    delivery.requests += 1;
    delivery.resends += usize::from(attempt > 1);
}

/// One request to one server, and what the rule makes of it.
async fn ask(post: &Post<'_>, server: usize, shipment: &Shipment, attempt: u32) -> Step {
    let query = format!("db={}&rp=rp&consistency={}", post.database, shipment.level);
    let request = post.client.request(Method::POST, "write").query(&query).body(shipment.lines.clone());
    let exchange = request.endpoint(server).time(ANSWER_LIMIT).send().await;
    let rule = post.rule;
    match exchange.result {
        Ok(answer) if answer.cut.is_some() => rule.decide(Heard::Lost, attempt),
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer.body);
            rule.decide(Heard::Answer { status: answer.status, text: &text }, attempt)
        }
        Err(error) if error.is_unconnected() => rule.decide(Heard::Unconnected, attempt),
        Err(error) if error.is_time_out() => rule.decide(Heard::TimedOut, attempt),
        Err(_) => rule.decide(Heard::Lost, attempt),
    }
}

/// One call of our client, which does the rest.
async fn ours(client: &Client, shipment: &Shipment, delivery: &Mutex<Delivery>) -> Result<(), LabError> {
    let batch = batch(&shipment.lines, false)?;
    let result = client.write(&batch).retention_policy("rp").consistency(shipment.level).split_types().await;
    let attempts = result.as_ref().map_or_else(WriteError::attempts, Ack::attempts).len();
    let mut delivery = locked(delivery);
    delivery.requests += attempts;
    delivery.resends += attempts.saturating_sub(1);
    for (place, told) in told(&result, batch.points()).into_iter().enumerate() {
        delivery.told[shipment.ids.start + place] = told;
    }
    Ok(())
}

/// What an acknowledgement or an error of our client says of each point.
fn told(result: &Result<Ack, WriteError>, points: usize) -> Vec<Told> {
    let error = match result {
        Ok(ack) => return vec![Told::Stored(ack.level()); points],
        Err(error) => error,
    };
    let level: ConsistencyLevel = error.lowered_to().unwrap_or(error.level());
    let tally = error.tally();
    let refused: Vec<usize> = error.refusals().iter().filter_map(|refusal| refusal.line).collect();
    let others = match error.outcome() {
        Outcome::NotStored => Told::NotStored,
        // Those that are not named are stored where the numbers say that nothing else became of any.
        Outcome::PartlyStored if tally.stored + refused.len() == points => Told::Stored(level),
        Outcome::Stored | Outcome::PartlyStored | Outcome::BelowLevel | Outcome::Deferred | Outcome::Unknown => {
            Told::Open
        }
    };
    (0..points).map(|point| if refused.contains(&point) { Told::Refused } else { others }).collect()
}
