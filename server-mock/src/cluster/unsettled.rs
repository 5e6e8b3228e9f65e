//! What a data node still has to bring to owners, in words.

use crate::hinted_handoff::QueueDepth;

/// What waits, queue by queue, and what is on its way; `None` if there is nothing.
///
/// Whoever looks at a node asks for the writes under way first: what is on its way then may be in a queue at the second
/// look, and would otherwise be in neither.
pub(super) fn in_words(under_way: usize, queues: &[QueueDepth]) -> Option<String> {
    let mut waiting: Vec<String> =
        queues.iter().map(|queue| format!("{} points for node {}", queue.points, queue.node)).collect();
    if under_way > 0 {
        waiting.push(format!("{under_way} writes on their way to owners"));
    }
    Some(waiting.join(", ")).filter(|waiting| !waiting.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_and_writes_on_their_way_are_told() {
        let queue = QueueDepth { node: 5, shard: 1, blocks: 2, points: 20, bytes: 900 };
        assert_eq!(in_words(0, &[]), None);
        assert_eq!(in_words(0, &[queue]).as_deref(), Some("20 points for node 5"));
        assert_eq!(in_words(3, &[queue]).as_deref(), Some("20 points for node 5, 3 writes on their way to owners"));
    }
}
