//! What one owner asks another.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Points;
use crate::core::anti_entropy::{Ask, Digests, Span};
use crate::store::{Engine, StoreError};

/// A question about a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The digests of blocks.
    Digests {
        /// The shard.
        shard: u64,
        /// Which blocks.
        ask: Ask,
    },
    /// The points of a span.
    Points {
        /// The shard.
        shard: u64,
        /// Which.
        span: Span,
    },
}

/// What comes back. An owner that has not made the shard yet answers as if it were empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To [`Question::Digests`].
    Digests {
        /// Blocks with values.
        blocks: Digests,
        /// How long nobody has written to the shard.
        idle: Duration,
    },
    /// To [`Question::Points`]: [`Points`] in their binary form.
    Points(Bytes),
}

/// Answers a question from this node's own shards. Takes its time for a large shard: call it where blocking is allowed.
pub(crate) fn answer(engine: &Engine, question: Question) -> Result<Reply, StoreError> {
    match question {
        Question::Digests { shard, ask } => Ok(Reply::Digests {
            blocks: or_nothing(engine.digests_within(shard, ask.length, &ask.spans))?,
            idle: engine.idle(shard).unwrap_or(Duration::MAX),
        }),
        Question::Points { shard, span } => {
            let points: Points = or_nothing(engine.points(shard, span))?;
            let mut bytes = Vec::new();
            points.encode_into(&mut bytes);
            Ok(Reply::Points(bytes.into()))
        }
    }
}

fn or_nothing<T: Default>(answer: Result<T, StoreError>) -> Result<T, StoreError> {
    match answer {
        Err(StoreError::ShardNotFound) => Ok(T::default()),
        answer => answer,
    }
}
