//! Databases and retention policies that are not there (rows 21, 22, 63, 81 of the captured table).

use crate::error::ErrorKind;
use crate::error::scan::{Text, go_quoted};
use crate::error::verdict::Finding;

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    if text.is_wrapped() {
        return None;
    }
    if let Some(name) = text.after("database not found: ") {
        // The HTTP handler quotes the name, the points writer does not.
        let quoted = go_quoted(name).filter(|(_, rest)| rest.is_empty());
        let (row, name) = match quoted {
            Some((name, _)) => (21, name.into()),
            None => (22, name.into()),
        };
        let name = text.whole.then_some(name);
        return Some(Finding::absent(row, ErrorKind::DatabaseNotFound { name }));
    }
    if let Some(name) = text.after("retention policy not found:") {
        let name = name.strip_prefix(' ').unwrap_or(name);
        let name = text.whole.then(|| name.into());
        return Some(Finding::absent(63, ErrorKind::RetentionPolicyNotFound { name }));
    }
    text.after("database does not exist").map(|_| Finding::absent(81, ErrorKind::DatabaseNotFound { name: None }))
}
