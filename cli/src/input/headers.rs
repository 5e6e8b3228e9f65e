//! The headers of a dump, as `influx_inspect export` writes them and `influx -import` reads them.
//!
//! ```text
//! # DDL
//! CREATE DATABASE app
//! # DML
//! # CONTEXT-DATABASE: app
//! # CONTEXT-RETENTION-POLICY: autogen
//! cpu,host=a usage=1.5 1700000000000000000
//! ```
//!
//! They are comments to a server. A file without any is line protocol from its first line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What the headers so far say about the lines behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Context {
    /// Lines are statements, not points.
    #[serde(default, rename = "ddl", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) statements: bool,
    /// The database that was named last; the command line's if none was.
    #[serde(default, rename = "db", skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<String>,
    /// The retention policy that was named last.
    #[serde(default, rename = "rp", skip_serializing_if = "Option::is_none")]
    pub(crate) retention_policy: Option<String>,
}

/// A place between two lines of an input, and what holds there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Offset in the decompressed input.
    pub(crate) byte: u64,
    /// Number of the line that begins there, from 1.
    pub(crate) line: u64,
    /// What the headers before it say.
    #[serde(flatten)]
    pub(crate) context: Arc<Context>,
}

impl Default for Mark {
    fn default() -> Self {
        Self::start(Arc::default())
    }
}

impl Mark {
    /// The start of an input.
    pub(crate) fn start(context: Arc<Context>) -> Self {
        Self { byte: 0, line: 1, context }
    }
}

impl Context {
    /// What a comment changes, if it is a header: the context behind it.
    pub(crate) fn after(&self, comment: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(comment).ok()?.trim().strip_prefix('#')?.trim();
        if text == "DDL" {
            return Some(Self { statements: true, ..self.clone() });
        }
        // The shell of InfluxDB takes whatever begins like this.
        if text.split_whitespace().next() == Some("DML") {
            return Some(Self { statements: false, ..self.clone() });
        }
        let (name, value) = text.split_once(':')?;
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        match name.trim_end() {
            // A policy belongs to its database: that of the one before does not hold in the next.
            "CONTEXT-DATABASE" => Some(Self { database: value, retention_policy: None, ..self.clone() }),
            "CONTEXT-RETENTION-POLICY" => Some(Self { retention_policy: value, ..self.clone() }),
            _ => None,
        }
    }
}

/// Whether a line can be a statement: it begins as statements do. A point below `# DDL` does not.
pub(crate) fn is_statement(line: &str) -> bool {
    const VERBS: [&str; 12] =
        ["ALTER", "CREATE", "DELETE", "DROP", "EXPLAIN", "GRANT", "KILL", "REVOKE", "SELECT", "SET", "SHOW", "USE"];
    let verb = line.split_whitespace().next().unwrap_or_default();
    VERBS.iter().any(|known| verb.eq_ignore_ascii_case(known))
}

/// A statement as it may be shown: a password, or whatever else is quoted as a value, is left out.
pub(crate) fn shown(statement: &str) -> String {
    match statement.split_once('\'') {
        Some((head, _)) => format!("{head}'…'"),
        None => statement.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn context(database: Option<&str>, retention_policy: Option<&str>) -> Context {
        Context {
            statements: false,
            database: database.map(str::to_owned),
            retention_policy: retention_policy.map(str::to_owned),
        }
    }

    #[test]
    fn headers_are_read_with_and_without_a_space_behind_the_colon() {
        let start = Context::default();
        for text in ["# CONTEXT-DATABASE:app\n", "# CONTEXT-DATABASE: app \r\n", "#CONTEXT-DATABASE : app"] {
            assert_eq!(start.after(text.as_bytes()).unwrap(), context(Some("app"), None), "{text:?}");
        }
        let app = context(Some("app"), None);
        assert_eq!(
            app.after(b"# CONTEXT-RETENTION-POLICY:two weeks").unwrap(),
            context(Some("app"), Some("two weeks"))
        );
        assert_eq!(start.after(b"# CONTEXT-DATABASE: a:b").unwrap().database.unwrap(), "a:b");
    }

    #[test]
    fn a_new_database_ends_the_policy_of_the_one_before() {
        let both = context(Some("a"), Some("short"));
        assert_eq!(both.after(b"# CONTEXT-DATABASE: b").unwrap(), context(Some("b"), None));
        assert_eq!(both.after(b"# CONTEXT-RETENTION-POLICY:").unwrap(), context(Some("a"), None));
    }

    #[test]
    fn sections_are_whole_words_and_other_comments_are_none() {
        let ddl = Context::default().after(b"# DDL").unwrap();
        assert!(ddl.statements);
        assert!(!ddl.after(b"# DML\r\n").unwrap().statements);
        assert!(!ddl.after(b"# DML of March").unwrap().statements);
        for text in ["# DDLs", "# writing tsm data", "#", "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z", "# DDL b"] {
            assert_eq!(Context::default().after(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Context::default().after(b"# \xff"), None);
    }

    #[test]
    fn a_point_is_no_statement() {
        assert!(is_statement("create database \"x\""));
        assert!(is_statement("  DROP SERIES FROM m"));
        for line in ["cpu,host=a v=1 1", "create,host=a v=1", "createdb x", ""] {
            assert!(!is_statement(line), "{line}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let text = shown("CREATE USER \"app\" WITH PASSWORD 'S3cr3t-Canary' WITH ALL PRIVILEGES");
        assert_eq!(text, "CREATE USER \"app\" WITH PASSWORD '…'");
    }
}
