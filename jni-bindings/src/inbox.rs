//! What waits to be fetched by Java, and the calls that are still to bring something.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use influx_client::Retry;
use tokio::sync::{Notify, Semaphore};

use crate::completion::Completion;

/// The completions of one client.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrival: Condvar,
    /// A call has panicked.
    poisoned: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Completion>,
    calls: HashMap<i64, Entry>,
    questions: HashMap<i64, SyncSender<Retry>>,
    asked: i64,
    closed: bool,
}

/// A call or writer under way.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Told when the call is to end early.
    pub(crate) cancel: Arc<Notify>,
    /// One permit for each completion that a stream may put.
    pub(crate) credit: Arc<Semaphore>,
}

impl Entry {
    fn new(credit: usize) -> Self {
        Self { cancel: Arc::default(), credit: Arc::new(Semaphore::new(credit)) }
    }
}

/// How a call behaves towards its reader and its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A call, which may put two completions before it is allowed more.
    Call,
    /// The reports of a writer, of which more may wait.
    Reports,
    /// What puts something in order behind a panic.
    Cleanup,
}

impl Manner {
    /// How many completions are put before more are allowed.
    fn credit(self) -> usize {
        match self {
            Self::Call | Self::Cleanup => 2,
            Self::Reports => 64,
        }
    }
}

/// Why a call cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotBegun {
    Closed,
    /// A call of the client panicked.
    Poisoned,
    /// The id is in use.
    Taken,
    /// 0 is nobody's id.
    Zero,
}

/// How much credit is never exceeded: far more than anybody reads ahead.
const MOST_CREDIT: usize = 1 << 20;

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a call.
    pub(crate) fn begin(&self, call: i64, manner: Manner) -> Result<Entry, NotBegun> {
        if call == 0 {
            return Err(NotBegun::Zero);
        }
        let mut state = self.lock();
        match self.check(&state) {
            Err(NotBegun::Poisoned) if manner == Manner::Cleanup => {}
            checked => checked?,
        }
        if state.calls.contains_key(&call) {
            return Err(NotBegun::Taken);
        }
        let entry = Entry::new(manner.credit());
        state.calls.insert(call, entry.clone());
        Ok(entry)
    }

    fn check(&self, state: &State) -> Result<(), NotBegun> {
        if state.closed {
            return Err(NotBegun::Closed);
        }
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(NotBegun::Poisoned);
        }
        Ok(())
    }

    /// Whether something new may begin.
    pub(crate) fn is_open(&self) -> Result<(), NotBegun> {
        self.check(&self.lock())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// From now on the client refuses new calls: something in it may be in disorder.
    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::SeqCst);
    }

    /// Puts a completion that does not end its call.
    pub(crate) fn put(&self, completion: Completion) {
        self.lock().queue.push_back(completion);
        self.arrival.notify_one();
    }

    /// Ends a call with its last completion.
    pub(crate) fn end(&self, call: i64, last: Completion) {
        let mut state = self.lock();
        state.calls.remove(&call);
        state.queue.push_back(last);
        drop(state);
        // Whoever waits may have to learn that nothing more is to come.
        self.arrival.notify_all();
    }

    /// Puts back what could not be handed over.
    pub(crate) fn put_back(&self, completion: Completion) {
        self.lock().queue.push_front(completion);
        self.arrival.notify_one();
    }

    /// Waits for the next completion; none once the inbox is closed and nothing more is to come.
    pub(crate) fn next(&self) -> Option<Completion> {
        let mut state = self.lock();
        loop {
            if let Some(completion) = state.queue.pop_front() {
                return Some(completion);
            }
            if state.closed && state.calls.is_empty() {
                return None;
            }
            state = self.arrival.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn cancel(&self, call: i64) {
        if let Some(entry) = self.lock().calls.get(&call) {
            entry.cancel.notify_one();
        }
    }

    /// Allows a stream so many more completions.
    pub(crate) fn more(&self, call: i64, count: usize) {
        if let Some(entry) = self.lock().calls.get(&call) {
            let room = MOST_CREDIT.saturating_sub(entry.credit.available_permits());
            entry.credit.add_permits(count.min(room));
        }
    }

    /// Refuses new calls and ends those under way.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        for entry in state.calls.values() {
            entry.cancel.notify_one();
        }
        // Whoever waits for an answer gives up.
        state.questions.clear();
        drop(state);
        self.arrival.notify_all();
    }

    /// Puts a question, whose frame `write` makes from its number; the answer comes out of the receiver. Nothing comes
    /// where the inbox is closed.
    pub(crate) fn ask(&self, write: impl FnOnce(i64) -> Completion) -> (i64, Receiver<Retry>) {
        let (sender, receiver) = sync_channel(1);
        let mut state = self.lock();
        state.asked += 1;
        let question = state.asked;
        if !state.closed {
            state.questions.insert(question, sender);
            state.queue.push_back(write(question));
        }
        drop(state);
        self.arrival.notify_one();
        (question, receiver)
    }

    /// Answers a question, unless nobody waits for the answer any more.
    pub(crate) fn answer(&self, question: i64, decision: Retry) {
        let asker = self.lock().questions.remove(&question);
        if let Some(asker) = asker {
            // There is room for the one answer, and nobody minds if it came too late.
            let _ = asker.try_send(decision);
        }
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn withdraw(&self, question: i64) {
        self.lock().questions.remove(&question);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::completion::Kind;

    fn completion(call: i64) -> Completion {
        Completion::new(Kind::End.frame(call), call, None)
    }

    #[test]
    fn a_closed_inbox_is_read_to_its_end() {
        let inbox = Arc::new(Inbox::default());
        inbox.begin(7, Manner::Call).unwrap();
        inbox.put(completion(7));
        inbox.close();
        assert_eq!(inbox.begin(8, Manner::Call).unwrap_err(), NotBegun::Closed);
        assert!(inbox.next().is_some());
        let reader = {
            let inbox = Arc::clone(&inbox);
            std::thread::spawn(move || (inbox.next().is_some(), inbox.next().is_some()))
        };
        inbox.end(7, completion(7));
        assert_eq!(reader.join().unwrap(), (true, false));
    }

    #[test]
    fn ids_are_not_shared() {
        let inbox = Inbox::default();
        inbox.begin(1, Manner::Call).unwrap();
        assert_eq!(inbox.begin(1, Manner::Call).unwrap_err(), NotBegun::Taken);
        assert_eq!(inbox.begin(0, Manner::Call).unwrap_err(), NotBegun::Zero);
        inbox.end(1, completion(1));
        inbox.begin(1, Manner::Call).unwrap();
        inbox.poison();
        assert_eq!(inbox.begin(2, Manner::Call).unwrap_err(), NotBegun::Poisoned);
        inbox.begin(2, Manner::Cleanup).unwrap();
    }

    #[test]
    fn a_question_has_one_answer_or_none() {
        let inbox = Inbox::default();
        let (question, answer) = inbox.ask(completion);
        inbox.answer(question + 1, Retry::GiveUp);
        inbox.answer(question, Retry::Next(Duration::ZERO));
        inbox.answer(question, Retry::GiveUp);
        assert_eq!(answer.recv(), Ok(Retry::Next(Duration::ZERO)));
        let (_, answer) = inbox.ask(completion);
        inbox.close();
        assert!(answer.recv().is_err());
        let (_, answer) = inbox.ask(completion);
        assert!(answer.recv().is_err());
    }

    #[test]
    fn credit_has_a_limit() {
        let inbox = Inbox::default();
        let entry = inbox.begin(1, Manner::Call).unwrap();
        for _ in 0..3 {
            inbox.more(1, usize::MAX);
        }
        assert_eq!(entry.credit.available_permits(), MOST_CREDIT);
        inbox.more(2, 1);
        inbox.cancel(2);
    }
}
