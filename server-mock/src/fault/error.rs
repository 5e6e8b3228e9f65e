//! Orders that cannot be carried out.

use super::ReplyError;

/// A fault that this cluster cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no such node.
    #[error("no node is called {name}{}: there are {known}", suggestion(suggested))]
    UnknownNode {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
        /// What was probably meant.
        suggested: Option<String>,
    },
    /// A node has no link to itself.
    #[error("{0} has no link to itself")]
    SameNode(String),
    /// A node is named on two sides of a partition.
    #[error("{0} stands on two sides of the partition")]
    TwoSides(String),
    /// A partition of one side cuts nothing.
    #[error("a partition has at least two sides")]
    OneSide,
    /// The order would change nothing.
    #[error("nothing to do: {0} is no fault; `heal` ends those in force")]
    NoFault(String),
    /// The node has no such part.
    #[error("{name} has no {what}")]
    Lacks {
        /// Which node.
        name: String,
        /// What it lacks.
        what: &'static str,
    },
    /// A reply that no server could give.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

fn suggestion(suggested: &Option<String>) -> String {
    suggested.as_ref().map(|name| format!(" (did you mean {name}?)")).unwrap_or_default()
}

/// The known name that is nearest to a mistyped one, if one is near.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(&lower, known), known));
    near.filter(|(distance, known)| *distance <= 2 && *distance < known.len()).min().map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_finds_the_nearest_one() {
        let known = ["meta1", "data1", "data2"];
        assert_eq!(suggest("dta2", known).as_deref(), Some("data2"));
        assert_eq!(suggest("DATA1", known).as_deref(), Some("data1"));
        assert_eq!(suggest("node7", known), None);
    }
}
