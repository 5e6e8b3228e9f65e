//! Tokens to statements.
//!
//! The grammar of InfluxQL needs little look-ahead but sees white space in places, so tokens come one by one and are
//! given back when they do not fit.

mod cursor;
mod ddl;
mod error;
mod expr;
mod select;
mod show;
mod statement;

pub use error::ParseError;

use super::Params;
use super::ast::Statement;
use super::token::Kind;
use crate::Profile;
use cursor::Cursor;

/// Bytes of a query; no limit of the real servers, whose bodies are limited at 25 MB. Parsing takes linear time.
const MAX_TEXT: usize = 1 << 20;
/// Statements in a query; no limit of the real servers.
const MAX_STATEMENTS: usize = 10_000;

/// Reads the statements of a query, separated by semicolons.
///
/// # Errors
/// [`ParseError`] with the text of the real parser for the first thing that does not fit. No statement of a query
/// with an error is executed.
pub fn parse(text: &str, params: &Params, profile: Profile) -> Result<Vec<Statement>, ParseError> {
    if text.len() > MAX_TEXT {
        return Err(ParseError::bare(format!("query of {} bytes is longer than {MAX_TEXT}", text.len())));
    }
    let mut cursor = Cursor::new(text, params, profile);
    let mut statements = Vec::new();
    let mut separated = true;
    loop {
        let token = cursor.next();
        match token.kind {
            Kind::End => return Ok(statements),
            Kind::Semicolon => separated = true,
            _ if !separated => return Err(ParseError::expected(&token, &[";"])),
            _ => {
                cursor.back();
                if statements.len() == MAX_STATEMENTS {
                    return Err(ParseError::bare(format!("more than {MAX_STATEMENTS} statements in one query")));
                }
                statements.push(statement::statement(&mut cursor)?);
                separated = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
