//! All scenarios: several at a time, on clusters that are used again where that makes no difference.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::sync::RwLock;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::arguments::{Arguments, USAGE};
use super::cluster::{Cluster, Kind};
use super::load::{Trial, load};
use super::play::{Failure, play};
use super::report::{Report, judge};
use crate::stall::StallWatch;

/// Where the scenarios are.
#[derive(Clone, Debug)]
pub struct Suite {
    /// A folder for each profile.
    pub scenarios: PathBuf,
    /// Scenarios that the runner has to find wrong.
    pub must_fail: PathBuf,
}

/// Scenarios at a time. They mostly wait: for a timeout of the cluster, for a pause that a file asks for.
const LANES: usize = 8;

/// What libtest exits with when a test failed, and cargo takes for that.
const FAILED: u8 = 101;
/// What a program ends with after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// A machine that stood still for so long makes a scenario's requests late, and changes the order of those that it sends at
/// short intervals: what it fails by then says nothing of the cluster.
const DISTURBING: Duration = Duration::from_millis(100);

enum Event {
    /// Something to be told beside what became of scenarios.
    Line(String),
    /// A scenario is played once more, since the machine stood still so long while it failed for this reason.
    Again { name: String, stall: Duration, why: String },
    /// A scenario has ended.
    Trial { name: String, took: Duration, judged: Result<(), String> },
}

/// Plays what the arguments of this process ask for, on nodes that this very program runs, and reports on standard
/// output. The main function of the test program calls it after [`become_node`](crate::become_node).
#[must_use]
pub fn run(suite: &Suite) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let arguments = match Arguments::parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(FAILED);
        }
    };
    match try_run(suite, &arguments) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(FAILED)
        }
    }
}

fn try_run(suite: &Suite, arguments: &Arguments) -> Result<u8, String> {
    let all = load(&suite.scenarios, &suite.must_fail).map_err(|error| error.to_string())?;
    let total = all.len();
    let mut trials: Vec<Trial> =
        all.into_iter().filter(|trial| arguments.wants(&trial.name, trial.scenario.kind.profile)).collect();
    let filtered = total - trials.len();
    if arguments.list {
        trials.iter().for_each(|trial| println!("{}: test", trial.name));
        return Ok(0);
    }
    let once = trials.clone();
    for _ in 1..arguments.repeat.unwrap_or(1) {
        trials.extend(once.iter().cloned());
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(play_all(trials, filtered, arguments))
}

async fn play_all(trials: Vec<Trial>, filtered: usize, arguments: &Arguments) -> Result<u8, String> {
    let start = Instant::now();
    println!("\nrunning {} tests", trials.len());
    let root = tempfile::Builder::new().prefix("influx-lab-").tempdir().map_err(|error| error.to_string())?;
    let clusters = Arc::new(Clusters {
        program: std::env::current_exe().map_err(|error| error.to_string())?,
        root: root.path().to_owned(),
        number: AtomicUsize::new(0),
        quiet: RwLock::new(()),
        stalls: arguments.repeat.is_none().then(StallWatch::start),
    });
    let given = std::env::var("RUST_TEST_THREADS").ok().and_then(|count| count.parse().ok());
    let lanes = arguments.threads.or(given).unwrap_or(LANES).max(1);
    let mut report = Report::new(arguments.quiet, filtered);
    // Those that say how long something may take have the machine for themselves: they wait, and disturb each other
    // little, but for the starts of clusters, which wait for one another. The others, which make it busy, come after.
    let (timed, others): (Vec<_>, Vec<_>) = trials.into_iter().partition(|trial| trial.scenario.timed);
    let mut end = std::pin::pin!(told_to_end());
    for trials in [timed, others] {
        if !phase(trials, lanes, &clusters, arguments.nocapture, &mut report, end.as_mut()).await? {
            eprintln!("interrupted");
            return Ok(INTERRUPTED);
        }
    }
    print!("{}", report.end(start.elapsed()));
    Ok(if report.is_ok() { 0 } else { FAILED })
}

/// Plays scenarios in lanes and reports as they end; `false` when it was told to end before all were played.
async fn phase(
    mut trials: Vec<Trial>,
    lanes: usize,
    clusters: &Arc<Clusters>,
    trace: bool,
    report: &mut Report,
    mut end: Pin<&mut impl Future<Output = ()>>,
) -> Result<bool, String> {
    // The longest first, so that the end is not spent waiting for it.
    trials.sort_by_key(|trial| std::cmp::Reverse(trial.scenario.least));
    let queue = Arc::new(Queue(Mutex::new(trials)));
    let (events, mut heard) = unbounded_channel();
    let mut set = JoinSet::new();
    for _ in 0..lanes {
        set.spawn(lane(queue.clone(), clusters.clone(), events.clone(), trace));
    }
    drop(events);
    loop {
        let event = tokio::select! {
            event = heard.recv() => event,
            () = end.as_mut() => {
                // Waits until every lane is dropped, and its nodes are dead.
                set.shutdown().await;
                return Ok(false);
            }
        };
        let Some(event) = event else { break };
        match event {
            Event::Line(line) => println!("{line}"),
            Event::Again { name, stall, why } => print!("{}", report.again(&name, stall, &why)),
            Event::Trial { name, took, judged } => print!("{}", report.ended(&name, took, judged)),
        }
        let _ = std::io::stdout().flush();
    }
    while let Some(ended) = set.join_next().await {
        ended.map_err(|error| format!("the runner itself failed: {error}"))?;
    }
    Ok(true)
}

/// What is still to be played.
struct Queue(Mutex<Vec<Trial>>);

impl Queue {
    /// The next scenario: one for the kind of cluster at hand, else the next in order.
    fn take(&self, at_hand: Option<&Kind>) -> Option<Trial> {
        let mut trials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = trials.iter().position(|trial| Some(&trial.scenario.kind) == at_hand && !trial.scenario.fresh);
        (!trials.is_empty()).then(|| trials.remove(fits.unwrap_or(0)))
    }
}

/// Where clusters come from.
struct Clusters {
    program: PathBuf,
    root: PathBuf,
    number: AtomicUsize,
    /// Read while a timed scenario is played, written while a cluster for one is started: several processes that begin at
    /// once would be what it is late by.
    quiet: RwLock<()>,
    /// None where whatever fails is to be seen: who plays a scenario several times looks for a race.
    stalls: Option<StallWatch>,
}

impl Clusters {
    async fn start(&self, kind: &Kind, timed: bool) -> Result<Cluster, Failure> {
        let _quiet = if timed { Some(self.quiet.write().await) } else { None };
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let dir: &Path = &self.root.join(number.to_string());
        Cluster::start(kind, &self.program, dir).await.map_err(|why| Failure {
            step: None,
            shown: String::new(),
            why: format!("the cluster did not start: {why}"),
            logs: Vec::new(),
        })
    }
}

/// Plays one scenario after the other, keeping its cluster where the next one can use it.
async fn lane(queue: Arc<Queue>, clusters: Arc<Clusters>, events: UnboundedSender<Event>, trace: bool) {
    let mut kept: Option<Cluster> = None;
    while let Some(trial) = queue.take(kept.as_ref().map(Cluster::kind)) {
        let start = Instant::now();
        if let Some(cluster) = kept.take() {
            if cluster.kind() == &trial.scenario.kind && !trial.scenario.fresh {
                kept = Some(cluster);
            } else {
                cluster.end().await;
            }
        }
        let (mut judged, stall) = one(&trial, &mut kept, &clusters, &events, trace).await;
        if let Err(why) = &judged
            && stall >= DISTURBING
        {
            let _ = events.send(Event::Again { name: trial.name.clone(), stall, why: why.clone() });
            (judged, _) = one(&trial, &mut kept, &clusters, &events, trace).await;
        }
        // Refused only when nobody listens any more, since the run is being ended.
        let _ = events.send(Event::Trial { name: trial.name, took: start.elapsed(), judged });
    }
    if let Some(cluster) = kept {
        cluster.end().await;
    }
}

/// Plays a scenario on the cluster that was kept, else on a new one, and keeps it where another can use it. Tells what was
/// wrong, and how long the machine stood still while the steps were taken.
async fn one(
    trial: &Trial,
    kept: &mut Option<Cluster>,
    clusters: &Clusters,
    events: &UnboundedSender<Event>,
    trace: bool,
) -> (Result<(), String>, Duration) {
    let timed = trial.scenario.timed;
    let cluster = match kept.take() {
        Some(cluster) => Ok(cluster),
        None => clusters.start(&trial.scenario.kind, timed).await,
    };
    let (played, cluster, stall) = match cluster {
        Ok(cluster) => {
            let _quiet = if timed { Some(clusters.quiet.read().await) } else { None };
            let since = Instant::now();
            let (played, cluster) = play_on(cluster, trial, events, trace).await;
            let stall = clusters.stalls.as_ref().map(|stalls| stalls.longest_since(since));
            (played, cluster, stall.unwrap_or_default())
        }
        Err(failure) => (Err(failure), None, Duration::ZERO),
    };
    let judged = judge(&trial.verdict, played);
    let used_up = judged.is_err() || trial.scenario.dirty;
    if let Some(cluster) = cluster {
        if !used_up && cluster.is_like_new().await {
            *kept = Some(cluster);
        } else {
            cluster.end().await;
        }
    }
    (judged, stall)
}

/// Plays a scenario; the cluster comes back unless the runner panicked over it.
async fn play_on(
    mut cluster: Cluster,
    trial: &Trial,
    events: &UnboundedSender<Event>,
    trace: bool,
) -> (Result<(), Failure>, Option<Cluster>) {
    let tell = |line: String| {
        if trace {
            let _ = events.send(Event::Line(format!("{} {line}", trial.name)));
        }
    };
    let playing = AssertUnwindSafe(play(&trial.scenario, &mut cluster, &tell));
    match playing.catch_unwind().await {
        Ok(played) => (played, Some(cluster)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            let why = format!("the runner panicked: {}", text.unwrap_or("without a text"));
            let failure = Failure { step: None, shown: String::new(), why, logs: Vec::new() };
            cluster.end().await;
            (Err(failure), None)
        }
    }
}

/// Returns when the user or the system wants the run to end.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
