//! Faults of a cluster of processes: by signals, and by orders that its nodes put into effect.

use std::time::{Duration, Instant};

use http::Method;

use super::events::Event;
use super::process::{CALL_LIMIT, GRACE, TICK};
use super::signal::Signal;
use super::state::{io_error, write_private};
use super::timers::{End, Pending, TimerCommand};
use super::{ClusterError, NodeState, ProcessCluster};
use crate::fault::{Fault, FaultState};
use crate::runtime::{AdminError, FAULTS_FILE, call};

impl ProcessCluster {
    /// Kills a node as a crash would.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it cannot be signalled.
    pub async fn kill(&mut self, name: &str) -> Result<(), ClusterError> {
        self.stop(&[name.to_owned()], Stop::Kill, None).await
    }

    /// Stops a node without ending it: its connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it cannot be signalled.
    pub async fn pause(&mut self, name: &str) -> Result<(), ClusterError> {
        self.stop(&[name.to_owned()], Stop::Pause, None).await
    }

    /// As [`kill`](Self::kill) for several nodes, which are started again after a time.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node, or it cannot be signalled; the ones before it are dead then, and
    /// started again when their time has come.
    pub async fn kill_for(
        &mut self,
        names: &[String],
        lasting: Duration,
        timer: &TimerCommand,
    ) -> Result<(), ClusterError> {
        self.stop(names, Stop::Kill, Some((lasting, timer))).await
    }

    /// As [`pause`](Self::pause) for several nodes, which are resumed after a time.
    ///
    /// # Errors
    /// As [`kill_for`](Self::kill_for).
    pub async fn pause_for(
        &mut self,
        names: &[String],
        lasting: Duration,
        timer: &TimerCommand,
    ) -> Result<(), ClusterError> {
        self.stop(names, Stop::Pause, Some((lasting, timer))).await
    }

    async fn stop(
        &mut self,
        names: &[String],
        how: Stop,
        lasting: Option<(Duration, &TimerCommand)>,
    ) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        let positions = names.iter().map(|name| self.position(name)).collect::<Result<Vec<_>, _>>()?;
        for name in names {
            // Whoever stops it now says anew for how long.
            self.strike_out(name);
        }
        let order = match lasting {
            Some((lasting, timer)) => {
                let end = match how {
                    Stop::Kill => End::Restart(names.to_vec()),
                    Stop::Pause => End::Resume(names.to_vec()),
                };
                Some(self.start_timer(end, lasting, timer)?)
            }
            None => None,
        };
        self.state.save(&self.dir)?;
        for position in positions {
            match how {
                Stop::Kill => {
                    self.keep_counts(position).await?;
                    self.signal(position, Signal::Kill)?;
                    self.wait_for(position, NodeState::Dead).await?;
                }
                Stop::Pause => {
                    self.signal(position, Signal::Pause)?;
                    if self.state_at(position) == NodeState::Running {
                        self.wait_for(position, NodeState::Paused).await?;
                    }
                }
            }
            let (kind, text) = match how {
                Stop::Kill => ("kill", "killed"),
                Stop::Pause => ("pause", "paused"),
            };
            let event = Event::of("fault").with("kind", kind).with("node", self.state.nodes[position].name.as_str());
            self.note(lasts(event.text(text), order, lasting));
        }
        Ok(())
    }

    /// Lets a paused node go on.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it cannot be signalled.
    pub async fn resume(&mut self, name: &str) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        let position = self.position(name)?;
        self.strike_out(name);
        self.state.save(&self.dir)?;
        self.signal(position, Signal::Resume)?;
        if self.state_at(position) == NodeState::Dead {
            return Ok(());
        }
        self.wait_for(position, NodeState::Running).await?;
        self.note(Event::of("heal").with("kind", "resume").with("node", name).text("resumed"));
        // It may have slept through a change of its faults, and through nodes that joined.
        self.send_names(position).await?;
        self.send_faults(position).await
    }

    /// Starts a node again, killing it first if it runs. With a limit, returns once it answers; without one, at once.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it does not come up.
    pub async fn restart(&mut self, name: &str, limit: Option<Duration>) -> Result<(), ClusterError> {
        self.start_again(name, Ended::Killed, limit).await
    }

    /// Starts a node again that is told to end first, and may finish what it is at.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it does not come up.
    pub async fn restart_in_order(&mut self, name: &str, limit: Duration) -> Result<(), ClusterError> {
        self.start_again(name, Ended::InOrder, Some(limit)).await
    }

    async fn start_again(&mut self, name: &str, ended: Ended, limit: Option<Duration>) -> Result<(), ClusterError> {
        let alone = self.alone().await?;
        let position = self.position(name)?;
        self.strike_out(name);
        self.keep_counts(position).await?;
        if ended == Ended::InOrder {
            self.signal(position, Signal::Resume)?;
            self.signal(position, Signal::End)?;
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline && self.state_at(position) != NodeState::Dead {
                tokio::time::sleep(TICK).await;
            }
        }
        self.signal(position, Signal::Kill)?;
        self.wait_for(position, NodeState::Dead).await?;
        self.spawn(position)?;
        self.state.save(&self.dir)?;
        self.note(Event::of("heal").with("kind", "restart").with("node", name).text("started again"));
        // The node may need the end of a fault to come up.
        drop(alone);
        match limit {
            Some(limit) => self.wait_up(position, Instant::now() + limit, limit).await,
            None => Ok(()),
        }
    }

    /// Cuts the links between nodes of different sides; a node on no side keeps all of its links. Without sides, ends
    /// the partition and leaves other faults as they are.
    ///
    /// # Errors
    /// [`ClusterError`] when a name is unknown or on two sides, or a running node does not take the change.
    pub async fn partition(&mut self, sides: &[Vec<String>]) -> Result<(), ClusterError> {
        if sides.is_empty() {
            let _alone = self.alone().await?;
            self.state.faults.partition.clear();
            self.state.save(&self.dir)?;
            self.note(Event::of("heal").with("kind", "partition").text("the partition is over"));
            return self.apply_faults().await;
        }
        self.inject(&[Fault::Partition { sides: sides.to_vec() }]).await
    }

    /// Notes how often the counted replies of a node still apply, so that it goes on from there when it is started again.
    async fn keep_counts(&mut self, position: usize) -> Result<(), ClusterError> {
        /// One that is busy keeps nobody from killing it for longer.
        const LIMIT: Duration = Duration::from_secs(5);
        let config = &self.configs[position];
        if !self.state.faults.counts_replies(&config.name) || self.state_at(position) != NodeState::Running {
            return Ok(());
        }
        let told = call(&config.admin, &config.token, Method::GET, "/faults", Vec::new(), LIMIT).await;
        let Ok(told): Result<FaultState, _> = told else { return Ok(()) };
        let name = config.name.clone();
        self.state.faults.keep_replies(&name, &told.node.replies);
        self.state.save(&self.dir)?;
        write_private(&self.dir.join(&name).join(FAULTS_FILE), &self.share(&name))
    }

    /// Adds faults: all of them, or none where one of them cannot be.
    ///
    /// A reply that is counted begins its count again when its node dies of anything else than [`kill`](Self::kill) and
    /// [`restart`](Self::restart).
    ///
    /// # Errors
    /// [`ClusterError::Fault`] when this cluster cannot have one of them; then nothing has changed.
    /// [`ClusterError::NotTaken`] with all running nodes that did not take the change; then the others have it.
    pub async fn inject(&mut self, faults: &[Fault]) -> Result<(), ClusterError> {
        self.add_faults(faults, None).await
    }

    /// As [`inject`](Self::inject), for a time: then they end, and what they added to or replaced is in force again.
    ///
    /// # Errors
    /// As [`inject`](Self::inject); also when the process that ends them cannot be started, and then nothing has changed.
    pub async fn inject_for(
        &mut self,
        faults: &[Fault],
        lasting: Duration,
        timer: &TimerCommand,
    ) -> Result<(), ClusterError> {
        self.add_faults(faults, Some((lasting, timer))).await
    }

    async fn add_faults(
        &mut self,
        faults: &[Fault],
        lasting: Option<(Duration, &TimerCommand)>,
    ) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        let members = self.members();
        let mut board = self.state.faults.clone();
        let number = self.state.next_order;
        for fault in faults {
            match lasting {
                Some(_) => board.add_timed(number, fault, &members)?,
                None => board.add(fault, &members)?,
            }
        }
        let order = match lasting {
            Some((lasting, timer)) => Some(self.start_timer(End::Faults, lasting, timer)?),
            None => None,
        };
        self.state.faults = board;
        self.state.save(&self.dir)?;
        for fault in faults {
            let event =
                Event::of("fault").with("kind", fault.kind()).with("node", fault.node()).text(fault.to_string());
            self.note(lasts(event, order, lasting));
        }
        self.apply_faults().await
    }

    /// What is in force until it is healed. How often counted replies still apply is as the nodes tell; of one that does
    /// not run, as it was ordered. Killed and paused nodes are no part of it, nor is what ends by itself: see
    /// [`in_force`](Self::in_force).
    pub async fn faults(&self) -> Vec<Fault> {
        self.in_force().await.0
    }

    /// What is in force until it is healed, as [`faults`](Self::faults) tells it, and what ends by itself.
    pub async fn in_force(&self) -> (Vec<Fault>, Vec<Pending>) {
        let mut board = self.state.faults.clone();
        let running = (0..self.configs.len()).filter(|position| self.state_at(*position) == NodeState::Running);
        let asked = running.map(|position| async move {
            let config = &self.configs[position];
            let told = call(&config.admin, &config.token, Method::GET, "/faults", Vec::new(), CALL_LIMIT).await;
            (&config.name, told.ok())
        });
        let told: Vec<(&String, Option<FaultState>)> = futures::future::join_all(asked).await;
        for (name, state) in told {
            if let Some(state) = state {
                board.keep_replies(name, &state.node.replies);
            }
        }
        (board.list(), self.pending_on(&board))
    }

    /// Ends all faults of links and nodes, also those that would end by themselves. Paused nodes stay paused and dead ones
    /// dead, until the time that was given for them.
    ///
    /// # Errors
    /// [`ClusterError`] when a running node does not take the change.
    pub async fn heal(&mut self) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        self.state.faults.clear();
        self.drop_idle_timers();
        self.state.save(&self.dir)?;
        self.note(Event::of("heal").with("kind", "all").text("all faults ended"));
        self.apply_faults().await
    }

    /// Ends all faults of some nodes and of their links, and takes them out of a partition. A paused or dead one stays so.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node, and then nothing has changed, or a running node does not take the
    /// change.
    pub async fn heal_nodes(&mut self, names: &[String]) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        for name in names {
            self.position(name)?;
        }
        for name in names {
            self.state.faults.forget(name);
        }
        self.drop_idle_timers();
        self.state.save(&self.dir)?;
        for name in names {
            self.note(Event::of("heal").with("kind", "node").with("node", name.as_str()).text("its faults ended"));
        }
        self.apply_faults().await
    }

    /// One node's share of the faults.
    fn share(&self, name: &str) -> FaultState {
        self.state.faults.of(name, self.state.nodes.iter().map(|node| node.name.as_str()))
    }

    pub(super) async fn apply_faults(&self) -> Result<(), ClusterError> {
        // Files first: a node that starts meanwhile reads its own.
        for node in &self.state.nodes {
            write_private(&self.dir.join(&node.name).join(FAULTS_FILE), &self.share(&node.name))?;
        }
        // All of them are told, whatever one of them answers: a heal must reach the others.
        let told = futures::future::join_all((0..self.configs.len()).map(|position| self.send_faults(position))).await;
        all_told(told)
    }

    pub(super) async fn send_faults(&self, position: usize) -> Result<(), ClusterError> {
        let body = serde_json::to_vec(&self.share(&self.configs[position].name)).map_err(std::io::Error::other);
        self.tell(position, "/faults", body.map_err(io_error("writing faults"))?).await
    }

    /// Tells a node of a change, if it runs. One that stops running before it has taken the change learns of it when it is
    /// started or resumed.
    pub(super) async fn tell(&self, position: usize, path: &str, body: Vec<u8>) -> Result<(), ClusterError> {
        /// One that was just started does not listen yet, and has perhaps read what it starts with before the change.
        const LIMIT: Duration = Duration::from_secs(10);
        let config = &self.configs[position];
        let deadline = Instant::now() + LIMIT;
        while self.state_at(position) == NodeState::Running {
            let body = body.clone();
            let told: Result<(), _> = call(&config.admin, &config.token, Method::PUT, path, body, CALL_LIMIT).await;
            match told {
                Ok(()) => return Ok(()),
                Err(why @ AdminError::Status(_)) => return Err(not_taken(&config.name, &why)),
                Err(why) if Instant::now() >= deadline => return Err(not_taken(&config.name, &why)),
                Err(_) => tokio::time::sleep(TICK).await,
            }
        }
        Ok(())
    }
}

fn not_taken(name: &str, why: &AdminError) -> ClusterError {
    ClusterError::NotTaken { names: vec![name.to_owned()], why: why.to_string() }
}

/// What came of telling all nodes: whoever did not take it is named.
fn all_told(told: Vec<Result<(), ClusterError>>) -> Result<(), ClusterError> {
    let (mut refusers, mut reasons) = (Vec::new(), Vec::new());
    for told in told {
        match told {
            Ok(()) => {}
            Err(ClusterError::NotTaken { names, why }) => {
                refusers.extend(names);
                reasons.push(why);
            }
            Err(error) => return Err(error),
        }
    }
    match refusers.is_empty() {
        true => Ok(()),
        false => Err(ClusterError::NotTaken { names: refusers, why: reasons.join("; ") }),
    }
}

/// How a node is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Kill,
    Pause,
}

/// How a node ends before it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Killed,
    InOrder,
}

fn lasts(event: Event, order: Option<u64>, lasting: Option<(Duration, &TimerCommand)>) -> Event {
    let millis = lasting.map(|(lasting, _)| u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX));
    event.with("order", order).with("for_ms", millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_did_not_take_it_are_named() {
        let refused =
            |name: &str| Err(ClusterError::NotTaken { names: vec![name.into()], why: format!("{name} slept") });
        assert!(all_told(vec![Ok(()), Ok(())]).is_ok());
        let error = all_told(vec![refused("data1"), Ok(()), refused("meta2")]);
        let Err(ClusterError::NotTaken { names, .. }) = &error else { panic!("{error:?}") };
        assert_eq!(names, &["data1", "meta2"]);
        let text = error.map_err(|error| error.to_string());
        let expected = "nodes data1, meta2 did not take the change of the faults: data1 slept; meta2 slept";
        assert_eq!(text, Err(expected.to_owned()));
        let io = || Err(ClusterError::Unsupported("it"));
        assert!(matches!(all_told(vec![refused("data1"), io()]), Err(ClusterError::Unsupported(_))));
    }
}
