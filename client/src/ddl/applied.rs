//! What became of a statement that changes something.

use crate::{Client, QueryError, QueryErrorKind, QueryResponse};

/// A statement was carried out, wholly or by some of the nodes.
///
/// A change of the metadata is one on which the meta nodes agreed. Other coordinators hear of it a moment later: for some 30 ms
/// they may still answer as before (cluster 1.8 facts § 6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applied {
    /// In full.
    Everywhere,
    /// A data node could not be told to do its part, as to delete its points, while others did theirs. The server calls it
    /// `partial success`. A 1.8 cluster then leaves the metadata as they are: what was to be dropped is still listed, without
    /// its points on the others, and the same statement finishes the work once the node is back.
    InPart {
        /// The data node that may be down, if the server names it.
        node: Option<u64>,
        /// The server's words.
        message: Box<str>,
    },
}

impl Applied {
    /// Whether every node did its part.
    #[must_use]
    pub const fn is_everywhere(&self) -> bool {
        matches!(self, Self::Everywhere)
    }

    /// Sorts the answer to one statement.
    fn of(result: Result<(), QueryError>) -> Result<Self, QueryError> {
        let error = match result {
            Ok(()) => return Ok(Self::Everywhere),
            Err(error) => error,
        };
        match error.kind() {
            QueryErrorKind::Statement { message, .. } if message.starts_with(PARTIAL) => {
                let named = message[PARTIAL.len()..].trim_start_matches(',').trim_start().strip_prefix("node ");
                let digits = |text: &str| text.split(' ').next().and_then(|id| id.parse().ok());
                Ok(Self::InPart { node: named.and_then(digits), message: message.clone() })
            }
            _ => Err(error),
        }
    }
}

/// How the server begins to say it (cluster 1.8 facts § 8).
const PARTIAL: &str = "partial success";

/// Sends a statement that changes something, once.
pub(super) async fn apply(client: &Client, statement: &str) -> Result<Applied, QueryError> {
    Applied::of(client.query(statement).await.and_then(QueryResponse::checked).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_in_part_is_no_failure() {
        let failed = |message: &str| {
            let kind = QueryErrorKind::Statement { index: 0, message: message.into() };
            Applied::of(Err(QueryError::of(kind)))
        };
        let message = "partial success, node 6 may be down (dial tcp 10.0.0.1:8088: connection refused)";
        assert_eq!(failed(message).ok(), Some(Applied::InPart { node: Some(6), message: message.into() }));
        let unnamed = "partial success";
        assert_eq!(failed(unnamed).ok(), Some(Applied::InPart { node: None, message: unnamed.into() }));
        assert!(failed("database not found: x").is_err());
        assert_eq!(Applied::of(Ok(())).ok(), Some(Applied::Everywhere));
    }
}
