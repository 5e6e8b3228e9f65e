//! What can be asked of the clusters of this process, in Rust's terms.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use influx_server_mock::{NodeState, Profile, Role, TestCluster};
use tokio::sync::RwLock;

use crate::carry_out::{change_nodes, changes_nodes, inject};
use crate::failure::Failure;
use crate::handles::Handles;
use crate::order::{Order, Start, read};

/// A cluster that the Java side has a number of.
struct Held {
    profile: Profile,
    /// Gone once it is stopped: whoever still has this entry finds nothing.
    cluster: RwLock<Option<TestCluster>>,
}

static CLUSTERS: Handles<Arc<Held>> = Handles::new();

/// Whether the process is about to end: nobody would end a cluster that is started from now on.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Runs a call to its end on this thread.
///
/// Nothing of a cluster lives on this runtime: its nodes have their own, on their own threads. So each call can have
/// one of its own too, and no thread of this library waits between the calls.
fn complete<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = built.map_err(|error| Failure::Cluster(format!("cannot make a runtime: {error}")))?;
    runtime.block_on(call)
}

fn held(handle: i64) -> Result<Arc<Held>, Failure> {
    CLUSTERS.get(handle).ok_or_else(gone)
}

fn gone() -> Failure {
    Failure::State("the cluster is closed".to_owned())
}

/// Asks a cluster something that others may ask at the same time.
fn ask<T>(handle: i64, question: impl AsyncFnOnce(&TestCluster, Profile) -> Result<T, Failure>) -> Result<T, Failure> {
    let held = held(handle)?;
    complete(async {
        let cluster = held.cluster.read().await;
        question(cluster.as_ref().ok_or_else(gone)?, held.profile).await
    })
}

/// Changes a cluster's nodes; other calls for it wait.
fn change<T>(handle: i64, change: impl AsyncFnOnce(&mut TestCluster) -> Result<T, Failure>) -> Result<T, Failure> {
    let held = held(handle)?;
    complete(async {
        let mut cluster = held.cluster.write().await;
        change(cluster.as_mut().ok_or_else(gone)?).await
    })
}

/// Starts a cluster as the words say, and gives it a number.
pub(crate) fn start(words: &[String]) -> Result<i64, Failure> {
    let start: Start = read(words)?;
    let mut builder = TestCluster::builder().profile(start.profile).topology(start.topology()).limit(start.limit);
    for (name, value) in &start.settings {
        builder = builder.set(name, value);
    }
    let cluster = complete(async { Ok(builder.start().await?) })?;
    let handle = CLUSTERS.insert(Arc::new(Held { profile: start.profile, cluster: RwLock::new(Some(cluster)) }));
    // Looked at afterwards: of this and the end of all clusters, one comes second and sees the other's work.
    if ENDING.load(Ordering::SeqCst) {
        stop(handle)?;
        return Err(Failure::State("the JVM is about to end".to_owned()));
    }
    Ok(handle)
}

/// Ends a cluster once the calls for it that are under way have ended. Nothing happens to one that is ended already.
pub(crate) fn stop(handle: i64) -> Result<(), Failure> {
    CLUSTERS.remove(handle).map_or(Ok(()), |held| end(&held))
}

/// Ends all clusters; there are no more afterwards.
pub(crate) fn stop_all() -> Result<(), Failure> {
    ENDING.store(true, Ordering::SeqCst);
    CLUSTERS.drain().iter().try_for_each(|held| end(held))
}

fn end(held: &Held) -> Result<(), Failure> {
    complete(async {
        // Dropped outside of the lock: that takes until every node's thread has ended.
        let cluster = held.cluster.write().await.take();
        drop(cluster);
        Ok(())
    })
}

/// How many clusters there are.
pub(crate) fn running() -> usize {
    CLUSTERS.len()
}

/// Adds or ends faults, in the words of `influx-cli fault`.
pub(crate) fn fault(handle: i64, words: &[String]) -> Result<(), Failure> {
    let order: Order = read(words)?;
    if changes_nodes(&order) {
        return change(handle, async |cluster| change_nodes(cluster, &order).await);
    }
    ask(handle, async |cluster, profile| inject(cluster, &order, profile))
}

/// Five words a node: name, role, id, URL, and whether it runs.
pub(crate) fn nodes(handle: i64) -> Result<Vec<String>, Failure> {
    ask(handle, async |cluster, _| {
        let rows = cluster.nodes().iter().flat_map(|node| {
            let state = match node.state() {
                NodeState::Running => "running",
                NodeState::Paused => "paused",
                NodeState::Dead => "dead",
            };
            [node.name().to_owned(), node.role().to_string(), node.id().to_string(), node.url(), state.to_owned()]
        });
        Ok(rows.collect())
    })
}

/// Three words a fault in force: its kind, the node that suffers it or nothing, and what is wrong.
pub(crate) fn faults(handle: i64) -> Result<Vec<String>, Failure> {
    ask(handle, async |cluster, _| {
        let faults = cluster.faults();
        let rows = faults.iter().flat_map(|fault| {
            [fault.kind().to_owned(), fault.node().unwrap_or_default().to_owned(), fault.to_string()]
        });
        Ok(rows.collect())
    })
}

/// What a node logged.
pub(crate) fn logs(handle: i64, node: &str) -> Result<Vec<String>, Failure> {
    ask(handle, async |cluster, _| Ok(cluster.find(node)?.log_tail(usize::MAX)))
}

/// How many points of a measurement a node holds itself.
pub(crate) fn count_on(handle: i64, node: &str, database: &str, measurement: &str) -> Result<u64, Failure> {
    ask(handle, async |cluster, _| {
        running_data_node(cluster, node)?;
        Ok(cluster.count_on(node, database, measurement).await)
    })
}

/// Four words a hinted handoff queue of a node: the owner it waits for, the shard, points and bytes.
pub(crate) fn handoff(handle: i64, node: &str) -> Result<Vec<String>, Failure> {
    ask(handle, async |cluster, _| {
        running_data_node(cluster, node)?;
        let queues = cluster.find(node)?.handoff_depths().await;
        let rows = queues.iter().flat_map(|queue| [queue.node, queue.shard, queue.points, queue.bytes]);
        Ok(rows.map(|number| number.to_string()).collect())
    })
}

fn running_data_node(cluster: &TestCluster, name: &str) -> Result<(), Failure> {
    let node = cluster.find(name)?;
    match (node.role(), node.state()) {
        (Role::Meta, _) => Err(Failure::Argument(format!("{name} is no data node"))),
        (Role::Data | Role::Both, NodeState::Running) => Ok(()),
        (Role::Data | Role::Both, NodeState::Paused) => Err(Failure::State(format!("{name} is paused"))),
        (Role::Data | Role::Both, NodeState::Dead) => Err(Failure::State(format!("{name} is dead"))),
    }
}

/// Makes a database that has so many copies of each point.
pub(crate) fn create_database(handle: i64, name: &str, copies: i32) -> Result<(), Failure> {
    let copies = u32::try_from(copies).ok().filter(|copies| *copies > 0);
    let copies = copies.ok_or_else(|| Failure::Argument("a database has one copy at least".to_owned()))?;
    ask(handle, async |cluster, _| Ok(cluster.create_database(name, copies).await?))
}

/// One look at what waits in hinted handoff queues or is on its way to owners.
pub(crate) fn unsettled(handle: i64) -> Result<Option<String>, Failure> {
    ask(handle, async |cluster, _| Ok(cluster.unsettled().await))
}

/// One look for a difference between the replicas.
pub(crate) fn out_of_sync(handle: i64) -> Result<Option<String>, Failure> {
    ask(handle, async |cluster, _| Ok(cluster.out_of_sync().await))
}

/// Adds a node of a role and says what it is called.
pub(crate) fn add(handle: i64, role: &str) -> Result<String, Failure> {
    let role = match role {
        "meta" => Role::Meta,
        "data" => Role::Data,
        "both" => Role::Both,
        other => return Err(Failure::Argument(format!("{other:?} is no role of a node: use meta, data or both"))),
    };
    change(handle, async |cluster| Ok(cluster.add(role).await?))
}

/// Takes a node out.
pub(crate) fn remove(handle: i64, node: &str) -> Result<(), Failure> {
    change(handle, async |cluster| {
        cluster.find(node)?;
        Ok(cluster.remove(node).await?)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_cluster_lives_from_start_to_stop_and_its_number_dies_with_it() {
        let handle = start(&words("--meta 1 --data 2 --set hh-retry-interval=50ms")).unwrap();
        let rows = nodes(handle).unwrap();
        assert_eq!(rows.len(), 15);
        assert_eq!((rows[5].as_str(), rows[6].as_str(), rows[9].as_str()), ("data1", "data", "running"));
        create_database(handle, "d", 2).unwrap();
        assert_eq!(count_on(handle, "data1", "d", "m").unwrap(), 0);

        fault(handle, &words("kill data2")).unwrap();
        assert!(matches!(count_on(handle, "data2", "d", "m"), Err(Failure::State(_))));
        fault(handle, &words("partition data1 data2,meta1")).unwrap();
        fault(handle, &words("delay data1 all 20ms --one-way")).unwrap();
        let kinds: Vec<String> = faults(handle).unwrap().chunks(3).map(|row| row[0].clone()).collect();
        assert_eq!(kinds, ["partition", "link", "link"]);
        fault(handle, &words("rejoin")).unwrap();
        assert_eq!(faults(handle).unwrap().len(), 6);
        fault(handle, &words("heal")).unwrap();
        fault(handle, &words("restart data2")).unwrap();
        assert_eq!((unsettled(handle).unwrap(), faults(handle).unwrap()), (None, Vec::new()));
        assert_eq!(add(handle, "data").unwrap(), "data3");
        remove(handle, "data3").unwrap();

        stop(handle).unwrap();
        stop(handle).unwrap();
        assert!(matches!(nodes(handle), Err(Failure::State(_))));
        assert!(matches!(fault(handle, &words("heal")), Err(Failure::State(_))));
    }

    #[test]
    fn orders_for_several_nodes_are_carried_out_whole_or_not_at_all() {
        let handle = start(&words("--meta 1 --data 2")).unwrap();
        let typo = fault(handle, &words("kill data1 dat2")).unwrap_err().to_string();
        assert!(typo.contains("did you mean data2?"), "{typo}");
        assert!(fault(handle, &words("refuse-http data1 meta1")).is_err());
        assert!(fault(handle, &words("partition data1,data2/data9")).is_err());
        assert!(nodes(handle).unwrap().iter().all(|word| word != "dead"));
        assert_eq!(faults(handle).unwrap(), Vec::<String>::new());
        stop(handle).unwrap();
    }

    #[test]
    fn a_panic_is_told_in_its_words() {
        let payload = std::panic::catch_unwind(|| panic!("{} is no node", "data9")).unwrap_err();
        assert_eq!(crate::failure::panicked(payload), "a panic in the native library: data9 is no node");
        let payload = std::panic::catch_unwind(|| panic!("short")).unwrap_err();
        assert_eq!(crate::failure::panicked(payload), "a panic in the native library: short");
        let payload = std::panic::catch_unwind(|| std::panic::panic_any(7_u8)).unwrap_err();
        assert!(crate::failure::panicked(payload).contains("does not say why"));
    }
}
