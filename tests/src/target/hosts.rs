//! A cluster that is somebody else's.

use url::Url;

use super::Node;
use crate::experiment::LabError;

/// Its data nodes by their addresses.
pub(super) fn nodes(urls: &[String]) -> Result<Vec<Node>, LabError> {
    if urls.is_empty() {
        return Err(LabError::Order("give the address of at least one data node".to_owned()));
    }
    for url in urls {
        Url::parse(url).map_err(|error| LabError::Order(format!("{url:?} is no address: {error}")))?;
    }
    let named = |(position, url): (usize, &String)| Node {
        name: format!("host{}", position + 1),
        url: url.trim_end_matches('/').to_owned(),
        id: None,
    };
    Ok(urls.iter().enumerate().map(named).collect())
}
