//! What is done to the cluster of a run, and the record of it.

use influx_server_mock::Fault;

use super::Stage;
use super::cluster::START_LIMIT;
use crate::experiment::LabError;
use crate::history::FaultEvent;

impl Stage {
    /// What was done to it so far.
    #[must_use]
    pub fn nemesis(&self) -> &[FaultEvent] {
        &self.nemesis
    }

    fn told(&mut self, begins: bool, fault: &str, whom: &str) {
        let time = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let whom = format!("{}: {whom}", self.name);
        self.nemesis.push(FaultEvent { time, begins, fault: fault.to_owned(), whom });
    }

    /// Kills a node.
    ///
    /// # Errors
    /// [`LabError::Cluster`].
    pub async fn kill(&mut self, node: &str) -> Result<(), LabError> {
        self.nodes_mut().kill(node).await?;
        self.told(true, "kill", node);
        Ok(())
    }

    /// Starts a node again and returns when it answers.
    ///
    /// # Errors
    /// [`LabError::Cluster`].
    pub async fn restart(&mut self, node: &str) -> Result<(), LabError> {
        self.nodes_mut().restart(node, Some(START_LIMIT)).await?;
        self.told(false, "kill", node);
        Ok(())
    }

    /// Begins a fault of links, disks or queues.
    ///
    /// # Errors
    /// [`LabError::Cluster`].
    pub async fn inject(&mut self, fault: Fault) -> Result<(), LabError> {
        let (kind, whom) = (fault.kind(), fault.node().unwrap_or("links").to_owned());
        self.nodes_mut().inject(&[fault]).await?;
        self.told(true, kind, &whom);
        Ok(())
    }

    /// Ends all such faults.
    ///
    /// # Errors
    /// [`LabError::Cluster`].
    pub async fn heal(&mut self) -> Result<(), LabError> {
        self.nodes_mut().heal().await?;
        let mut open: Vec<(String, String)> = Vec::new();
        for event in self.nemesis.iter().filter(|event| event.fault != "kill") {
            let fault = (event.fault.clone(), event.whom.clone());
            if event.begins {
                open.push(fault);
            } else {
                open.retain(|one| *one != fault);
            }
        }
        let time = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nemesis.extend(open.into_iter().map(|(fault, whom)| FaultEvent { time, begins: false, fault, whom }));
        Ok(())
    }
}
