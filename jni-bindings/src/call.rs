//! A call under way: the task that carries it out, and its one last completion.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use futures::FutureExt as _;
use influx_client::WriteWatch;
use tokio::runtime::Handle;

use crate::completion::{Completion, Kind, internal};
use crate::frame::Writer;
use crate::hold::Hold;
use crate::inbox::{Entry, Inbox, Manner, NotBegun};
use crate::panics::words;

tokio::task_local! {
    /// The call that the present task carries out.
    static CURRENT: i64;
}

/// The call that is being carried out here; 0 in a background writer.
pub(crate) fn current() -> i64 {
    CURRENT.try_with(|call| *call).unwrap_or_default()
}

/// Whether a call is being carried out here.
pub(crate) fn is_carried_out() -> bool {
    CURRENT.try_with(|_| ()).is_ok()
}

/// What a call knows of itself while it is carried out.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: i64,
    inbox: Arc<Inbox>,
    entry: Entry,
    begun: Arc<AtomicBool>,
    /// Only the end of the client ends the call early.
    settling: Arc<AtomicBool>,
    watch: Arc<OnceLock<WriteWatch>>,
}

impl Call {
    /// Notes that from now on a request may be under way.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    /// Notes that something was done for good, and the call only tells what becomes of it: from now on nothing but the end
    /// of the client ends it early.
    pub(crate) fn settle(&self) {
        self.begin();
        self.settling.store(true, Ordering::SeqCst);
    }

    /// Tells of this call's write whether its points may be stored, should it be cancelled.
    pub(crate) fn watch(&self) -> &WriteWatch {
        self.watch.get_or_init(WriteWatch::default)
    }

    /// The frame of a completion of this call.
    pub(crate) fn frame(&self, kind: Kind) -> Writer {
        kind.frame(self.id)
    }

    /// Waits until the reader allows one more completion that is not the last.
    pub(crate) async fn allowed(&self) {
        // It is never closed.
        if let Ok(permit) = self.entry.credit.acquire().await {
            permit.forget();
        }
    }

    /// Puts a completion that is not the last.
    pub(crate) fn put(&self, frame: Writer) {
        self.inbox.put(Completion::new(frame, self.id, None));
    }
}

/// Starts a call. `work` makes its last completion; what is held is let go of with that, whatever it is.
///
/// A panic in `work` ends the call as `INTERNAL` and poisons the inbox.
pub(crate) fn start<F>(
    runtime: &Handle,
    inbox: &Arc<Inbox>,
    id: i64,
    manner: Manner,
    hold: Option<Hold>,
    work: impl FnOnce(Call) -> F + Send + 'static,
) -> Result<(), (NotBegun, Option<Hold>)>
where
    F: Future<Output = Writer> + Send + 'static,
{
    let entry = match inbox.begin(id, manner) {
        Ok(entry) => entry,
        Err(refused) => return Err((refused, hold)),
    };
    let call = Call {
        id,
        inbox: Arc::clone(inbox),
        entry,
        begun: Arc::default(),
        settling: Arc::default(),
        watch: Arc::default(),
    };
    runtime.spawn(CURRENT.scope(id, carry_out(call, hold, work)));
    Ok(())
}

async fn carry_out<F>(call: Call, hold: Option<Hold>, work: impl FnOnce(Call) -> F + Send + 'static)
where
    F: Future<Output = Writer> + Send + 'static,
{
    let Call { id, inbox, entry, begun, settling, watch } = call.clone();
    let work = AssertUnwindSafe(async move { work(call).await }).catch_unwind();
    let cancelled = async {
        loop {
            entry.cancel.notified().await;
            if !settling.load(Ordering::SeqCst) || inbox.is_closed() {
                break;
            }
        }
    };
    // The work is dropped before anything is told: what is held is not touched from then on.
    let end = tokio::select! {
        biased;
        () = cancelled => None,
        end = work => Some(end),
    };
    let last = match end {
        Some(Ok(frame)) => Completion::new(frame, id, hold),
        Some(Err(panic)) => {
            inbox.poison();
            Completion { frame: internal(id, &words(&*panic)), hold }
        }
        None => {
            let mut frame = Kind::Cancelled.frame(id);
            frame.bool(watch.get().map_or_else(|| begun.load(Ordering::SeqCst), WriteWatch::abandon));
            Completion::new(frame, id, hold)
        }
    };
    inbox.end(id, last);
}
