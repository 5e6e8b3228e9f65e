//! Which statement it is: a tree of keywords.

use super::ParseError;
use super::cursor::Cursor;
use super::select::{Target, select};
use super::{ddl, show};
use crate::Profile;
use crate::query::ast::Statement;
use crate::query::token::{Keyword, Kind, Token};

/// The words that may follow some words, in the order in which an error lists them.
pub(super) struct Choices<'c>(pub(super) &'c [&'c str]);

impl Choices<'_> {
    /// The next token's keyword, or the error that lists the choices.
    pub(super) fn keyword(&self, token: &Token<'_>) -> Result<Keyword, ParseError> {
        match token.kind {
            Kind::Keyword(keyword) if self.0.contains(&keyword.text()) => Ok(keyword),
            _ => Err(self.error(token)),
        }
    }

    pub(super) fn error(&self, token: &Token<'_>) -> ParseError {
        ParseError::expected(token, self.0)
    }
}

const START_V1_8: [&str; 11] =
    ["SELECT", "DELETE", "SHOW", "CREATE", "DROP", "EXPLAIN", "GRANT", "REVOKE", "ALTER", "SET", "KILL"];
const START_V0_10: [&str; 9] = ["SELECT", "DELETE", "SHOW", "CREATE", "DROP", "GRANT", "REVOKE", "ALTER", "SET"];

/// One statement.
pub(super) fn statement(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let choices = match cursor.profile {
        Profile::V1_8 => Choices(&START_V1_8),
        Profile::V0_10 => Choices(&START_V0_10),
    };
    let token = cursor.next();
    match choices.keyword(&token)? {
        Keyword::Select => Ok(Statement::Select(Box::new(select(cursor, Target::Optional)?))),
        Keyword::Delete => ddl::delete(cursor),
        Keyword::Show => show::show(cursor),
        Keyword::Create => ddl::create(cursor),
        Keyword::Drop => ddl::drop(cursor),
        Keyword::Explain => {
            let analyze = cursor.takes(Keyword::Analyze);
            let verbose = cursor.takes(Keyword::Verbose);
            cursor.keywords(&[Keyword::Select])?;
            let select = Box::new(select(cursor, Target::Optional)?);
            Ok(Statement::Explain { analyze, verbose, select })
        }
        Keyword::Grant => ddl::grant(cursor),
        Keyword::Revoke => ddl::revoke(cursor),
        Keyword::Alter => ddl::alter(cursor),
        Keyword::Set => ddl::set_password(cursor),
        Keyword::Kill => {
            cursor.keywords(&[Keyword::Query])?;
            let id = cursor.id()?;
            let host = if cursor.takes(Keyword::On) { cursor.ident()? } else { String::new() };
            Ok(Statement::KillQuery { id, host })
        }
        _ => Err(choices.error(&token)),
    }
}
