//! A cluster that is somebody else's.

use std::collections::BTreeSet;

use influx_client::{Class, PingError};
use url::Url;

use super::Node;
use super::own_database::OwnDatabase;
use crate::experiment::{Hosts, LabError};

/// What the database of a run is called before the time of its making.
const DATABASE: &str = "lab_study";

/// Such a cluster during a run.
#[derive(Debug)]
pub(super) struct Theirs {
    hosts: Hosts,
    /// What its nodes say that they are, in words.
    version: Option<String>,
    database: OwnDatabase,
}

impl Theirs {
    /// Asks every node whether it is there, and makes the database of the run.
    pub(super) async fn reach(hosts: &Hosts) -> Result<Self, LabError> {
        let client = hosts.client().build().map_err(|error| LabError::Order(error.to_string()))?;
        let mut versions = BTreeSet::new();
        for pong in client.ping().await {
            let there = pong.result.map_err(|error| LabError::Server {
                class: class(&error),
                message: format!("{}: {error}", pong.endpoint),
            })?;
            versions.extend(there.version.map(String::from));
        }
        let version = Some(versions.into_iter().collect::<Vec<_>>().join(" and ")).filter(|text| !text.is_empty());
        let database = OwnDatabase::make(hosts.client(), DATABASE, None).await?;
        Ok(Self { hosts: hosts.clone(), version, database })
    }

    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    pub(super) fn database(&self) -> &str {
        self.database.name()
    }

    pub(super) async fn end(self) -> Result<(), String> {
        self.database.end().await
    }
}

fn class(error: &PingError) -> Class {
    match error {
        PingError::Status { status: 401 | 403 } => Class::Auth,
        PingError::Status { .. } => Class::Refused,
        // No answer, or what a later version of the client may tell apart.
        _ => Class::Unreachable,
    }
}

/// Its data nodes by their addresses.
pub(crate) fn nodes(urls: &[String]) -> Result<Vec<Node>, LabError> {
    if urls.is_empty() {
        return Err(LabError::Order("give the address of at least one data node".to_owned()));
    }
    for (position, url) in urls.iter().enumerate() {
        // Not repeated: it may hold a password.
        Url::parse(url)
            .map_err(|error| LabError::Order(format!("address {} of the cluster: {error}", position + 1)))?;
    }
    let named = |(position, url): (usize, &String)| Node {
        name: format!("host{}", position + 1),
        url: url.trim_end_matches('/').to_owned(),
        id: None,
    };
    Ok(urls.iter().enumerate().map(named).collect())
}
