//! The endpoints of a client, and which one is asked next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::balance::rank;
use super::health::{EndpointHealth, EndpointState, Sign};
use super::url::Endpoint;

/// The endpoints of a client.
///
/// The better of two random ones is asked: the one with fewer requests under way. Endpoints that failed are
/// passed over while another one is up, but never for good: with all of them down, the one that failed least is still
/// asked, because a request must not fail by our own bookkeeping alone.
#[derive(Debug)]
pub(crate) struct Endpoints {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    endpoint: Endpoint,
    in_flight: Arc<AtomicUsize>,
    health: Mutex<EndpointHealth>,
}

/// How an endpoint stands at this moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Whether it works.
    pub state: EndpointState,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// Requests under way.
    pub in_flight: usize,
}

/// The endpoint chosen for a request.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) index: usize,
    pub(crate) endpoint: Endpoint,
    /// Counts the request as under way until dropped.
    _in_flight: InFlight,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<AtomicUsize>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Endpoints {
    /// A set of at least one endpoint.
    pub(crate) fn new(endpoints: Vec<Endpoint>) -> Self {
        assert!(!endpoints.is_empty(), "the builder refuses a client without endpoints");
        let entry = |endpoint| Entry { endpoint, in_flight: Arc::default(), health: Mutex::default() };
        Self { entries: endpoints.into_iter().map(entry).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn endpoint(&self, index: usize) -> &Endpoint {
        &self.entries[index].endpoint
    }

    /// Chooses an endpoint; not `avoid`, where there is another one that may work.
    pub(crate) fn pick(&self, avoid: Option<usize>, random: u64) -> Pick {
        self.begin(self.choose(avoid, random))
    }

    /// Chooses the endpoint of a series: the first up in the series' own order; not `avoid`, where there is another one.
    pub(crate) fn pick_sticky(&self, series: &[u8], avoid: Option<usize>) -> Pick {
        let up = |i: &usize| Some(*i) != avoid && self.health(*i).state() == EndpointState::Up;
        let home = (0..self.entries.len()).filter(up).max_by_key(|i| rank(series, self.entries[*i].endpoint.as_str()));
        self.begin(home.unwrap_or_else(|| self.choose(avoid, 0)))
    }

    /// Takes a certain endpoint.
    pub(crate) fn begin(&self, index: usize) -> Pick {
        let entry = &self.entries[index];
        entry.in_flight.fetch_add(1, Ordering::Relaxed);
        Pick { index, endpoint: entry.endpoint.clone(), _in_flight: InFlight(Arc::clone(&entry.in_flight)) }
    }

    fn choose(&self, avoid: Option<usize>, random: u64) -> usize {
        let up: Vec<usize> = (0..self.entries.len())
            .filter(|i| Some(*i) != avoid && self.health(*i).state() == EndpointState::Up)
            .collect();
        if up.is_empty() {
            // What answers, though it could not help, is still better than what does not answer.
            return avoid
                .filter(|i| self.health(*i).state() == EndpointState::Up)
                .unwrap_or_else(|| self.least_failed(avoid));
        }
        let count = up.len() as u64;
        // Two different ones of them, where there are two. The remainders are below the number of endpoints.
        let first = (random >> 32) % count;
        let second = (first + 1 + (random & 0xFFFF_FFFF) % (count - 1).max(1)) % count;
        let (first, second) = (up[first as usize], up[second as usize]);
        let load = |i: usize| self.entries[i].in_flight.load(Ordering::Relaxed);
        if load(second) < load(first) { second } else { first }
    }

    /// With nothing up: the one with the fewest failures; what failed just now only where it is the only one.
    fn least_failed(&self, avoid: Option<usize>) -> usize {
        (0..self.entries.len()).min_by_key(|i| (Some(*i) == avoid, self.health(*i).failures())).unwrap_or(0)
    }

    pub(crate) fn learn(&self, index: usize, sign: Sign, now: Instant) {
        self.health(index).learn(sign, now);
    }

    /// The endpoints that are due for a probe.
    pub(crate) fn take_probes(&self, now: Instant) -> Vec<usize> {
        (0..self.entries.len()).filter(|i| self.health(*i).take_probe(now)).collect()
    }

    pub(crate) fn status(&self) -> Vec<EndpointStatus> {
        let status = |(index, entry): (usize, &Entry)| {
            let health = self.health(index);
            EndpointStatus {
                endpoint: entry.endpoint.clone(),
                state: health.state(),
                failures: health.failures(),
                in_flight: entry.in_flight.load(Ordering::Relaxed),
            }
        };
        self.entries.iter().enumerate().map(status).collect()
    }

    fn health(&self, index: usize) -> MutexGuard<'_, EndpointHealth> {
        // Health is plain numbers: a panic elsewhere cannot leave it half changed.
        self.entries[index].health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn set(count: usize) -> Endpoints {
        let endpoint = |i| Endpoint::parse(&format!("http://n{i}:8086")).unwrap().0;
        Endpoints::new((0..count).map(endpoint).collect())
    }

    fn randoms() -> impl Iterator<Item = u64> {
        (0..500_u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    #[test]
    fn the_less_busy_of_two_is_asked() {
        let set = set(2);
        let busy = set.begin(0);
        for random in randoms() {
            assert_eq!(set.pick(None, random).index, 1);
        }
        drop(busy);
        assert!(set.status().iter().all(|s| s.in_flight == 0));
    }

    #[test]
    fn all_are_asked_in_turn() {
        let set = set(5);
        let mut asked = [0; 5];
        for random in randoms() {
            asked[set.pick(None, random).index] += 1;
        }
        assert!(asked.iter().all(|n| *n > 50), "{asked:?}");
    }

    #[test]
    fn a_series_stays_with_its_endpoint_and_comes_back_to_it() {
        let set = set(3);
        let home = set.pick_sticky(b"cpu,host=a", None).index;
        let busy: Vec<_> = (0..9).map(|_| set.begin(home)).collect();
        assert_eq!(set.pick_sticky(b"cpu,host=a", None).index, home, "however busy it is");
        drop(busy);
        assert_ne!(set.pick_sticky(b"cpu,host=a", Some(home)).index, home);
        let now = Instant::now();
        set.learn(home, Sign::Failed, now);
        let away = set.pick_sticky(b"cpu,host=a", None).index;
        assert_ne!(away, home);
        assert_eq!(set.pick_sticky(b"cpu,host=a", None).index, away, "one and the same in the meantime");
        set.learn(home, Sign::Answered, now);
        assert_eq!(set.pick_sticky(b"cpu,host=a", None).index, home);
        (0..3).for_each(|i| set.learn(i, Sign::Failed, now));
        set.pick_sticky(b"cpu,host=a", None);
    }

    #[test]
    fn what_failed_is_passed_over_while_another_is_up() {
        let now = Instant::now();
        let set = set(3);
        set.learn(0, Sign::Failed, now);
        set.learn(1, Sign::Failed, now);
        for random in randoms() {
            assert_eq!(set.pick(None, random).index, 2);
        }
    }

    #[test]
    fn with_all_down_one_is_asked_still() {
        let now = Instant::now();
        let set = set(2);
        for _ in 0..9 {
            set.learn(0, Sign::Failed, now);
        }
        for _ in 0..5 {
            set.learn(1, Sign::Failed, now);
        }
        assert_eq!(set.pick(None, 1).index, 1);
        assert_eq!(set.pick(Some(1), 1).index, 0);
        let alone = self::set(1);
        assert_eq!(alone.pick(Some(0), 7).index, 0);
    }

    #[test]
    fn what_answers_is_preferred_to_what_is_down() {
        let set = set(2);
        set.learn(1, Sign::Failed, Instant::now());
        assert_eq!(set.pick(Some(0), 1).index, 0);
    }

    #[test]
    fn a_probe_is_handed_out_once() {
        let now = Instant::now();
        let set = set(2);
        set.learn(1, Sign::Failed, now);
        assert!(set.take_probes(now).is_empty());
        let later = now + std::time::Duration::from_secs(2);
        assert_eq!(set.take_probes(later), [1]);
        assert!(set.take_probes(later).is_empty());
        set.learn(1, Sign::Answered, later);
        assert_eq!(set.status()[1].state, EndpointState::Up);
    }
}
