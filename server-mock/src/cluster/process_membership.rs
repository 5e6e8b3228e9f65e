//! Nodes join and leave a cluster of processes.

use std::time::{Duration, Instant};

use super::events::Event;
use super::membership::{self, MembershipError};
use super::ports::{Holder, Ports};
use super::process::{config_path, entry, prepare};
use super::state::{State, write_private};
use super::{ClusterError, ProcessCluster, Role};
use crate::fault::{FaultError, find};

impl ProcessCluster {
    /// Adds a node and returns its name once it takes part. `through` names the meta nodes that it is told of; without
    /// any it is told of all. In profile 0.10 its data part knows no others until it is restarted.
    ///
    /// Nodes that run know of it at once; in profile 0.10 they ask a new meta node for nothing until they are restarted.
    ///
    /// # Errors
    /// [`ClusterError`] when the meta nodes do not take it, or it does not come up in time.
    ///
    /// # Cancellation
    /// The meta nodes may have recorded it already.
    pub async fn add(&mut self, role: Role, through: &[String], limit: Duration) -> Result<String, ClusterError> {
        let alone = self.alone().await?;
        let members = self.members();
        for name in through {
            if !find(name, &members)?.is_meta() {
                return Err(FaultError::Lacks { name: name.clone(), what: "meta part" }.into());
            }
        }
        let mut ports = Ports::new(Holder { path: State::path(&self.dir), process: None });
        let admitted = membership::admit(role, through, &self.configs, &self.dir, &mut ports).await;
        self.state.reservations.extend(ports.into_reservations());
        self.state.save(&self.dir)?;
        let planned = admitted.map_err(|why| not_a_member("the new node", &why))?;
        prepare(&planned)?;
        let name = planned.config.name.clone();
        self.state.nodes.push(entry(&planned));
        self.configs.push(planned.config.clone());
        let position = self.configs.len() - 1;
        // One that does not listen must not leave the newcomer recorded and without a process.
        let told = futures::future::join_all((0..position).map(|other| self.send_names(other))).await;
        // Of nodes that are cut off from all others, the newcomer is one.
        let faulty = self.apply_faults().await;
        self.spawn(position)?;
        self.state.save(&self.dir)?;
        // It may need the end of a fault to come up.
        drop(alone);
        let deadline = Instant::now() + limit;
        // Before its data part: that one waits for a leader, which as a meta node without a vote it may not know.
        let joined = membership::admitted(&planned.config, limit).await;
        joined.map_err(|why| not_a_member(&name, &why))?;
        self.wait_up(position, deadline, limit).await?;
        let _alone = self.alone().await?;
        for position in 0..self.configs.len() {
            let config = &mut self.configs[position];
            if config.name == name {
                config.join.clear();
            } else {
                membership::introduce(&planned.config, config);
            }
            write_private(&config_path(&self.dir, &config.name), config)?;
        }
        self.note(Event::of("add").with("node", name.as_str()).text("joined"));
        told.into_iter().collect::<Result<(), _>>()?;
        faulty?;
        Ok(name)
    }

    /// Takes a node out of the cluster, dead or alive, and ends it. Shards are not moved: in profile 1.8 those that it
    /// owned alone are given, empty, to another owner of their group, in 0.10 they are left without an owner.
    ///
    /// # Errors
    /// [`ClusterError`] when the meta nodes do not take the change; the node goes on then.
    pub async fn remove(&mut self, name: &str, limit: Duration) -> Result<(), ClusterError> {
        let position = self.position(name)?;
        let leaver = self.configs[position].clone();
        let dismissed = membership::dismiss(&leaver, limit).await;
        dismissed.map_err(|why| not_a_member(name, &why))?;
        self.kill(name).await?;
        let _alone = self.alone().await?;
        let position = self.position(name)?;
        self.state.nodes.remove(position);
        self.configs.remove(position);
        for config in &mut self.configs {
            membership::strike_out(&leaver, config);
            write_private(&config_path(&self.dir, &config.name), config)?;
        }
        self.state.faults.forget(name);
        self.drop_idle_timers();
        self.state.save(&self.dir)?;
        self.note(Event::of("remove").with("node", name).text("left"));
        self.apply_faults().await
    }

    /// Tells a node, if it runs, who is behind the addresses of the others, so that faults of links apply there.
    pub(super) async fn send_names(&self, position: usize) -> Result<(), ClusterError> {
        let config = &self.configs[position];
        let others = self.configs.iter().filter(|other| other.name != config.name);
        let names: Vec<(String, String)> = others.flat_map(membership::names).collect();
        let body = serde_json::to_vec(&names).expect("pairs of texts are JSON");
        self.tell(position, "/names", body).await
    }
}

fn not_a_member(name: &str, why: &MembershipError) -> ClusterError {
    ClusterError::Membership { name: name.to_owned(), why: why.to_string() }
}
