//! A cluster that is somebody else's.

use url::Url;

use super::Node;
use crate::experiment::LabError;

/// Data nodes by their addresses.
#[derive(Debug)]
pub(super) struct Hosts {
    urls: Vec<String>,
}

impl Hosts {
    pub(super) fn new(urls: &[String]) -> Result<Self, LabError> {
        if urls.is_empty() {
            return Err(LabError::Order("give the address of at least one data node".to_owned()));
        }
        for url in urls {
            Url::parse(url).map_err(|error| LabError::Order(format!("{url:?} is no address: {error}")))?;
        }
        Ok(Self { urls: urls.to_vec() })
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        let named = |(position, url): (usize, &String)| Node {
            name: format!("host{}", position + 1),
            url: url.trim_end_matches('/').to_owned(),
            id: None,
        };
        self.urls.iter().enumerate().map(named).collect()
    }
}
