//! The Raft group follows the metadata: who is recorded as a meta node becomes a member, who is removed leaves.

use std::collections::BTreeSet;
use std::time::Duration;

use openraft::EmptyNode;
use tokio::sync::watch;

use super::directory::Directory;
use super::raft::{Published, Raft};

/// How long a new member may take to answer before the others are seen to again.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Changes the Raft group whenever this node leads and the group is not what the metadata say, for ever.
///
/// The record comes first and the group after it, by whoever leads then: a leader that dies between the two leaves
/// nothing half done, and the address of a new member is known to all by the time they need it.
pub(super) async fn follow(
    me: u64,
    raft: Raft,
    directory: Directory,
    mut published: watch::Receiver<Published>,
    pause: Duration,
) {
    let mut metrics = raft.metrics();
    loop {
        let leads = metrics.borrow_and_update().current_leader == Some(me);
        drop(published.borrow_and_update());
        let recorded: BTreeSet<u64> = directory.recorded().iter().map(|member| member.id).collect();
        if leads && !recorded.is_empty() && recorded != voters(&raft) {
            if let Err(why) = change(&raft, &recorded).await {
                tracing::warn!(why, "the members of the Raft group stay as they are for now");
            }
            tokio::time::sleep(pause).await;
            continue;
        }
        // Errors mean that Raft has stopped.
        let changed = tokio::select! {
            changed = metrics.changed() => changed.is_ok(),
            changed = published.changed() => changed.is_ok(),
        };
        if !changed {
            return;
        }
    }
}

fn voters(raft: &Raft) -> BTreeSet<u64> {
    raft.metrics().borrow().membership_config.membership().voter_ids().collect()
}

async fn change(raft: &Raft, recorded: &BTreeSet<u64>) -> Result<(), String> {
    let voters = voters(raft);
    let mut members = recorded.clone();
    for joining in recorded.difference(&voters) {
        raft.add_learner(*joining, EmptyNode {}, false).await.map_err(|error| error.to_string())?;
        // One that has nothing of the log yet would count for the majority without being able to acknowledge: with
        // one or two members, nothing could be agreed on until it is there.
        let mut metrics = raft.metrics();
        let answers = metrics.wait_for(|metrics| {
            let matched = metrics.replication.as_ref().and_then(|replication| replication.get(joining));
            matched.is_some_and(Option::is_some)
        });
        match tokio::time::timeout(ANSWER_LIMIT, answers).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return Err("raft has stopped".to_owned()),
            Err(_) => {
                members.remove(joining);
            }
        }
    }
    if members == voters {
        return Err("a new meta node does not answer".to_owned());
    }
    raft.change_membership(members, false).await.map(|_| ()).map_err(|error| error.to_string())
}
