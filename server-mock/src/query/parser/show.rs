//! `SHOW …`.

use super::ParseError;
use super::cursor::Cursor;
use super::select::{condition, dimensions, from, measurement, order_by};
use super::statement::Choices;
use crate::query::ast::{Cardinality, CardinalityOf, Listing, ShowMeasurements, ShowTags, Statement, TagKeys};
use crate::query::token::{Keyword, Kind};

const SHOW: Choices<'_> = Choices(&[
    "CONTINUOUS",
    "DATABASES",
    "DIAGNOSTICS",
    "FIELD",
    "GRANTS",
    "MEASUREMENT",
    "MEASUREMENTS",
    "QUERIES",
    "RETENTION",
    "SERIES",
    "SERVERS",
    "SHARD",
    "SHARDS",
    "STATS",
    "SUBSCRIPTIONS",
    "TAG",
    "USERS",
]);

/// What follows the word `SHOW`.
pub(super) fn show(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    // A name for everybody but this statement.
    if cursor.takes_word("SERVERS") {
        return Ok(Statement::ShowServers);
    }
    let token = cursor.next();
    match SHOW.keyword(&token)? {
        Keyword::Continuous => then(cursor, Keyword::Queries, Statement::ShowContinuousQueries),
        Keyword::Databases => Ok(Statement::ShowDatabases),
        Keyword::Diagnostics => Ok(Statement::ShowDiagnostics { module: module(cursor)? }),
        Keyword::Field => match one_of(cursor, &["KEY", "KEYS"])? {
            Keyword::Key => key_cardinality(cursor, CardinalityOf::FieldKeys),
            _ => show_field_keys(cursor),
        },
        Keyword::Grants => {
            cursor.keywords(&[Keyword::For])?;
            Ok(Statement::ShowGrants { user: cursor.ident()? })
        }
        Keyword::Measurement => {
            let exact = one_of(cursor, &["EXACT", "CARDINALITY"])? == Keyword::Exact;
            if exact {
                cursor.keywords(&[Keyword::Cardinality])?;
            }
            cardinality(cursor, CardinalityOf::Measurements, exact)
        }
        Keyword::Measurements => show_measurements(cursor),
        Keyword::Queries => Ok(Statement::ShowQueries),
        Keyword::Retention => {
            cursor.keywords(&[Keyword::Policies])?;
            Ok(Statement::ShowRetentionPolicies { database: on(cursor)? })
        }
        Keyword::Series => show_series(cursor),
        Keyword::Shard => then(cursor, Keyword::Groups, Statement::ShowShardGroups),
        Keyword::Shards => Ok(Statement::ShowShards),
        Keyword::Stats => Ok(Statement::ShowStats { module: module(cursor)? }),
        Keyword::Subscriptions => Ok(Statement::ShowSubscriptions),
        Keyword::Tag => match one_of(cursor, &["KEY", "KEYS", "VALUES"])? {
            Keyword::Key => key_cardinality(cursor, CardinalityOf::TagKeys),
            Keyword::Keys => show_tag_keys(cursor),
            _ => show_tag_values(cursor),
        },
        Keyword::Users => Ok(Statement::ShowUsers),
        _ => Err(SHOW.error(&token)),
    }
}

fn one_of(cursor: &mut Cursor<'_>, words: &[&str]) -> Result<Keyword, ParseError> {
    let token = cursor.next();
    Choices(words).keyword(&token)
}

fn then(cursor: &mut Cursor<'_>, keyword: Keyword, statement: Statement) -> Result<Statement, ParseError> {
    cursor.keywords(&[keyword])?;
    Ok(statement)
}

fn module(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    if cursor.takes(Keyword::For) { cursor.string() } else { Ok(String::new()) }
}

/// `ON db`; empty when it is not there.
fn on(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    if cursor.takes(Keyword::On) { cursor.ident() } else { Ok(String::new()) }
}

fn order_limit_offset(cursor: &mut Cursor<'_>, listing: &mut Listing) -> Result<(), ParseError> {
    listing.order = order_by(cursor)?;
    listing.limit = cursor.optional_count(Keyword::Limit)?;
    listing.offset = cursor.optional_count(Keyword::Offset)?;
    Ok(())
}

fn listing(cursor: &mut Cursor<'_>) -> Result<Listing, ParseError> {
    let mut listing =
        Listing { database: on(cursor)?, sources: from(cursor)?, condition: condition(cursor)?, ..Listing::default() };
    order_limit_offset(cursor, &mut listing)?;
    Ok(listing)
}

fn show_field_keys(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    // The one listing without a condition.
    let mut listing = Listing { database: on(cursor)?, sources: from(cursor)?, ..Listing::default() };
    order_limit_offset(cursor, &mut listing)?;
    Ok(Statement::ShowFieldKeys(Box::new(listing)))
}

fn show_series(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let exact = cursor.takes(Keyword::Exact);
    if cursor.takes(Keyword::Cardinality) {
        return cardinality(cursor, CardinalityOf::Series, exact);
    }
    Ok(Statement::ShowSeries(Box::new(listing(cursor)?)))
}

fn show_tag_keys(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let mut listing = Listing { database: on(cursor)?, sources: from(cursor)?, ..Listing::default() };
    let keys = if cursor.takes(Keyword::With) { Some(key_clause(cursor)?) } else { None };
    listing.condition = condition(cursor)?;
    order_limit_offset(cursor, &mut listing)?;
    let slimit = cursor.optional_count(Keyword::Slimit)?;
    let soffset = cursor.optional_count(Keyword::Soffset)?;
    Ok(Statement::ShowTagKeys(Box::new(ShowTags { listing, keys, slimit, soffset })))
}

fn show_tag_values(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let exact = cursor.takes(Keyword::Exact);
    if exact {
        cursor.keywords(&[Keyword::Cardinality])?;
    }
    let counting = exact || cursor.takes(Keyword::Cardinality);
    let mut listing = Listing { database: on(cursor)?, sources: from(cursor)?, ..Listing::default() };
    let keys = tag_keys(cursor)?;
    if counting {
        return counted(cursor, CardinalityOf::TagValues(keys), exact, listing);
    }
    listing.condition = condition(cursor)?;
    order_limit_offset(cursor, &mut listing)?;
    Ok(Statement::ShowTagValues { listing: Box::new(listing), keys })
}

/// `WITH KEY …`
fn tag_keys(cursor: &mut Cursor<'_>) -> Result<TagKeys, ParseError> {
    cursor.keywords(&[Keyword::With])?;
    key_clause(cursor)
}

/// What follows the word `WITH`.
fn key_clause(cursor: &mut Cursor<'_>) -> Result<TagKeys, ParseError> {
    use crate::query::ast::BinaryOp::{Eq, EqRegex, NotEq, NotEqRegex};
    cursor.keywords(&[Keyword::Key])?;
    let token = cursor.next();
    match token.kind {
        Kind::Keyword(Keyword::In) => {
            cursor.expect(Kind::LeftParen, "(")?;
            let keys = cursor.idents()?;
            cursor.expect(Kind::RightParen, ")")?;
            Ok(TagKeys::In(keys))
        }
        Kind::Op(Eq) => cursor.ident().map(TagKeys::Is),
        Kind::Op(NotEq) => cursor.ident().map(TagKeys::IsNot),
        Kind::Op(EqRegex) => cursor.regex().map(TagKeys::Matches),
        Kind::Op(NotEqRegex) => cursor.regex().map(TagKeys::MatchesNot),
        _ => Err(ParseError::expected(&token, &["IN", "=", "=~"])),
    }
}

/// What follows `SHOW TAG KEY` or `SHOW FIELD KEY`.
fn key_cardinality(cursor: &mut Cursor<'_>, of: CardinalityOf) -> Result<Statement, ParseError> {
    let exact = cursor.takes(Keyword::Exact);
    let token = cursor.next();
    if token.kind != Kind::Keyword(Keyword::Cardinality) {
        let expected: &[&str] = if exact { &["CARDINALITY"] } else { &["EXACT", "CARDINALITY"] };
        return Err(ParseError::expected(&token, expected));
    }
    cardinality(cursor, of, exact)
}

/// What follows the word `CARDINALITY`.
fn cardinality(cursor: &mut Cursor<'_>, of: CardinalityOf, exact: bool) -> Result<Statement, ParseError> {
    let listing = Listing { database: on(cursor)?, sources: from(cursor)?, ..Listing::default() };
    counted(cursor, of, exact, listing)
}

fn counted(
    cursor: &mut Cursor<'_>,
    of: CardinalityOf,
    exact: bool,
    mut listing: Listing,
) -> Result<Statement, ParseError> {
    listing.condition = condition(cursor)?;
    let dimensions = dimensions(cursor)?;
    listing.limit = cursor.optional_count(Keyword::Limit)?;
    listing.offset = cursor.optional_count(Keyword::Offset)?;
    Ok(Statement::ShowCardinality(Box::new(Cardinality { of, exact, listing, dimensions })))
}

fn show_measurements(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    use crate::query::ast::BinaryOp::{Eq, EqRegex};
    let mut show = ShowMeasurements::default();
    show.listing.database = on(cursor)?;
    if !show.listing.database.is_empty() && cursor.takes_kind(Kind::Dot) {
        show.retention_policy = cursor.ident()?;
    }
    if cursor.takes(Keyword::With) {
        cursor.keywords(&[Keyword::Measurement])?;
        let token = cursor.next();
        if !matches!(token.kind, Kind::Op(Eq | EqRegex)) {
            return Err(ParseError::expected(&token, &["=", "=~"]));
        }
        show.with = Some(measurement(cursor)?);
    }
    show.listing.condition = condition(cursor)?;
    order_limit_offset(cursor, &mut show.listing)?;
    Ok(Statement::ShowMeasurements(Box::new(show)))
}
