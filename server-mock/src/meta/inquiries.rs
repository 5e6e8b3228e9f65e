//! What the meta HTTP API tells besides the metadata: who leads, who is there, and who has a lease.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{Method, StatusCode};

use super::answers::{Answer, failure, json, mistake, redirect, text};
use super::exchange::request;
use super::http::Api;
use super::leadership::Leader;
use crate::core::meta::Lease;

/// How long another meta node may take to accept a connection. There is no limit on its answer, as on the real servers.
const DIAL_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

impl Api {
    /// Whom this node takes for the leader. With `all`, fails unless every other member says the same.
    pub(super) async fn ping(&self, query: &str) -> Answer {
        let leader = self.leader_addr().unwrap_or_default();
        if parameter(query, "all").is_none_or(|all| all.is_empty()) {
            return text(StatusCode::OK, leader);
        }
        for other in self.directory.members().into_iter().filter(|member| member.id != self.id) {
            let asked = request(&self.network, &other.http_addr, Method::GET, "/ping", Vec::new(), DIAL_LIMIT).await;
            if asked.is_ok_and(|answer| answer.body == leader.as_bytes()) {
                continue;
            }
            return failure(self.profile, StatusCode::INTERNAL_SERVER_ERROR, "one or more metaservers not up");
        }
        text(StatusCode::OK, leader)
    }

    /// The Raft addresses of the members.
    pub(super) fn peers(&self) -> Answer {
        json(&self.directory.members().into_iter().map(|member| member.tcp_addr).collect::<Vec<_>>())
    }

    /// The real 1.8's account of a node, and more for people.
    pub(super) fn status(&self) -> Answer {
        let data = std::sync::Arc::clone(&self.published.borrow().data);
        let metrics = self.raft.metrics().borrow().clone();
        let members = self.directory.members();
        let own = self.directory.find(self.id);
        let leader = match self.leader() {
            Leader::Me => Some(self.id),
            Leader::Other(id) => Some(id),
            Leader::Unknown => None,
        };
        let membership = metrics.membership_config.membership();
        let voters: Vec<u64> = membership.voter_ids().collect();
        json(&serde_json::json!({
            "nodeType": "meta",
            "leader": self.leader_addr().unwrap_or_default(),
            "httpAddr": own.as_ref().map(|member| &member.http_addr),
            "raftAddr": own.as_ref().map(|member| &member.tcp_addr),
            "peers": members.iter().map(|member| &member.tcp_addr).collect::<Vec<_>>(),
            "id": self.id,
            "name": self.name,
            "state": format!("{:?}", metrics.state).to_lowercase(),
            "leader_id": leader,
            "term": metrics.current_term,
            "index": data.index,
            "last_log": metrics.last_log_index,
            "members": members,
            "voters": voters,
            "changing": membership.get_joint_config().len() > 1,
        }))
    }

    /// Gives out a lease, or says who has it.
    pub(super) fn lease(&self, query: &str) -> Answer {
        let name = parameter(query, "name").unwrap_or_default();
        if name.is_empty() {
            return mistake(StatusCode::BAD_REQUEST, "lease name required");
        }
        let node = parameter(query, "nodeid").unwrap_or_default();
        if node.is_empty() {
            return mistake(StatusCode::BAD_REQUEST, "node ID required");
        }
        match self.leader() {
            Leader::Me => {}
            Leader::Unknown => return self.no_leader(),
            Leader::Other(_) => {
                let Some(leader) = self.leader_addr() else { return self.no_leader() };
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                let query = query.append_pair("name", &name).append_pair("nodeid", &node).finish();
                return redirect(&format!("http://{leader}/lease?{query}"), true);
            }
        }
        let Ok(node) = node.parse() else {
            return mistake(StatusCode::BAD_REQUEST, "invalid node ID");
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        let acquired = {
            let mut leases = self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            leases.acquire(&name, node, now)
        };
        match acquired {
            Ok(lease) => text(StatusCode::OK, describe(&lease)),
            Err(lease) => text(StatusCode::CONFLICT, describe(&lease)),
        }
    }

    /// There is nobody to send the caller to.
    pub(super) fn no_leader(&self) -> Answer {
        failure(self.profile, StatusCode::SERVICE_UNAVAILABLE, "no leader")
    }
}

fn describe(lease: &Lease) -> String {
    let expiration = jiff::Timestamp::from_nanosecond(lease.expires.into());
    let expiration = expiration.map(|time| time.to_string()).unwrap_or_default();
    serde_json::json!({ "name": lease.name, "expiration": expiration, "owner": lease.owner }).to_string()
}

/// The first value of a parameter.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
