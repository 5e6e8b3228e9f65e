//! Several statements in one query.

use super::ast::Statement;
use super::result::{Message, StatementResult};
use crate::Profile;

/// Text of a statement that came after one that failed.
pub const NOT_EXECUTED: &str = "not executed";

/// The results of the statements of one query as they are executed.
#[derive(Debug)]
pub struct Sequence {
    profile: Profile,
    statements: usize,
    results: Vec<StatementResult>,
    stopped: bool,
}

impl Sequence {
    /// None of `statements` executed yet.
    #[must_use]
    pub fn new(profile: Profile, statements: usize) -> Self {
        Self { profile, statements, results: Vec::with_capacity(statements), stopped: false }
    }

    /// Adds the result of the next statement and tells whether the one after it is to be executed.
    ///
    /// In 1.8 any error is the end. In 0.10 a `SELECT` that failed is not, while the others after any other failure
    /// are not executed.
    pub fn add(&mut self, statement: &Statement, mut result: StatementResult) -> bool {
        result.statement_id = self.results.len();
        if result.error.is_some() {
            self.stopped = match self.profile {
                Profile::V1_8 => true,
                Profile::V0_10 => !matches!(statement, Statement::Select(_)),
            };
        }
        self.results.push(result);
        !self.stopped && self.results.len() < self.statements
    }

    /// The results to answer with.
    ///
    /// In 1.8 the error of a statement that was not the last is replaced by `not executed`, and nothing is said of
    /// the statements after it: as measured. In 0.10 each of these has an error of its own.
    #[must_use]
    pub fn finish(mut self) -> Vec<StatementResult> {
        let done = self.results.len();
        if self.stopped && done < self.statements {
            match self.profile {
                Profile::V1_8 => {
                    if let Some(last) = self.results.last_mut() {
                        last.error = Some(NOT_EXECUTED.to_owned());
                    }
                }
                Profile::V0_10 => {
                    let skipped = (done..self.statements).map(|id| StatementResult::failed(id, NOT_EXECUTED));
                    self.results.extend(skipped);
                }
            }
        }
        self.results
    }
}

/// The warning of 1.8 when a statement that changes something comes in a `GET`; the statement is executed all the same.
///
/// `statement` is as executed: a `SELECT … INTO` with its databases and policies.
#[must_use]
pub fn read_only_warning(statement: &Statement) -> Option<Message> {
    let changes = match statement {
        Statement::Select(select) => select.target.is_some(),
        Statement::Delete { .. }
        | Statement::CreateDatabase(_)
        | Statement::CreateRetentionPolicy(_)
        | Statement::AlterRetentionPolicy(_)
        | Statement::CreateUser { .. }
        | Statement::SetPassword { .. }
        | Statement::DropUser { .. }
        | Statement::Grant { .. }
        | Statement::GrantAdmin { .. }
        | Statement::Revoke { .. }
        | Statement::RevokeAdmin { .. }
        | Statement::CreateContinuousQuery(_)
        | Statement::CreateSubscription(_)
        | Statement::DropDatabase { .. }
        | Statement::DropRetentionPolicy { .. }
        | Statement::DropMeasurement { .. }
        | Statement::DropSeries { .. }
        | Statement::DropShard { .. }
        | Statement::DropContinuousQuery { .. }
        | Statement::DropSubscription { .. }
        | Statement::DropServer { .. } => true,
        Statement::Explain { .. }
        | Statement::ShowDatabases
        | Statement::ShowRetentionPolicies { .. }
        | Statement::ShowServers
        | Statement::ShowShards
        | Statement::ShowShardGroups
        | Statement::ShowMeasurements(_)
        | Statement::ShowSeries(_)
        | Statement::ShowTagKeys(_)
        | Statement::ShowTagValues { .. }
        | Statement::ShowFieldKeys(_)
        | Statement::ShowCardinality(_)
        | Statement::ShowStats { .. }
        | Statement::ShowDiagnostics { .. }
        | Statement::ShowUsers
        | Statement::ShowGrants { .. }
        | Statement::ShowQueries
        | Statement::ShowSubscriptions
        | Statement::ShowContinuousQueries
        | Statement::KillQuery { .. } => false,
    };
    changes.then(|| Message {
        level: "warning",
        text: format!("deprecated use of '{statement}' in a read only context, please use a POST request instead"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::{Params, parse};

    fn outcome(profile: Profile, query: &str, failing: usize) -> Vec<String> {
        let statements = parse(query, &Params::default(), profile).unwrap();
        let mut sequence = Sequence::new(profile, statements.len());
        for (at, statement) in statements.iter().enumerate() {
            let result = if at == failing { StatementResult::failed(0, "why") } else { StatementResult::default() };
            if !sequence.add(statement, result) {
                break;
            }
        }
        sequence.finish().into_iter().map(|result| result.error.unwrap_or_default()).collect()
    }

    #[test]
    fn what_follows_an_error() {
        let query = "SHOW DATABASES; SHOW RETENTION POLICIES ON x; SHOW DATABASES; SHOW DATABASES";
        assert_eq!(outcome(Profile::V1_8, query, 1), ["", "not executed"]);
        assert_eq!(outcome(Profile::V0_10, query, 1), ["", "why", "not executed", "not executed"]);
        assert_eq!(outcome(Profile::V1_8, "SHOW DATABASES; SHOW RETENTION POLICIES ON x", 1), ["", "why"]);
        assert_eq!(outcome(Profile::V0_10, "SELECT v FROM m; SHOW DATABASES", 0), ["why", ""]);
    }

    #[test]
    fn changes_in_a_get_are_warned_of() {
        let warning = |query: &str| {
            let statement = parse(query, &Params::default(), Profile::V1_8).unwrap().remove(0);
            read_only_warning(&statement).map(|message| message.text)
        };
        assert_eq!(
            warning("DROP MEASUREMENT m").unwrap(),
            "deprecated use of 'DROP MEASUREMENT m' in a read only context, please use a POST request instead"
        );
        assert_eq!(warning("SELECT v FROM m"), None);
        assert!(warning("SELECT v INTO t FROM m").is_some());
    }
}
