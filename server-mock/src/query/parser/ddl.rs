//! Statements that change something.

use super::ParseError;
use super::cursor::Cursor;
use super::select::{Target, condition, from, measurements, select};
use super::statement::Choices;
use crate::Profile;
use crate::core::meta::Privilege;
use crate::query::ast::{
    AlterRetentionPolicy, BinaryOp, CreateContinuousQuery, CreateDatabase, CreateRetentionPolicy, CreateSubscription,
    Dimension, Expr, Measurement, Resample, Secret, Statement, time_arguments,
};
use crate::query::format_duration;
use crate::query::token::{Keyword, Kind, Position};

const CREATE: Choices<'_> = Choices(&["CONTINUOUS", "DATABASE", "USER", "RETENTION", "SUBSCRIPTION"]);

/// What follows the word `CREATE`.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let token = cursor.next();
    match CREATE.keyword(&token)? {
        Keyword::Continuous => create_continuous_query(cursor),
        Keyword::Database => create_database(cursor),
        Keyword::User => create_user(cursor),
        Keyword::Retention => create_retention_policy(cursor),
        Keyword::Subscription => create_subscription(cursor),
        _ => Err(CREATE.error(&token)),
    }
}

fn create_database(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    if cursor.profile == Profile::V0_10 && cursor.takes_word("IF") {
        for word in ["NOT", "EXISTS"] {
            let token = cursor.next();
            if token.kind != Kind::Ident || !token.text.eq_ignore_ascii_case(word) {
                return Err(ParseError::expected(&token, &[word]));
            }
        }
    }
    let mut create = CreateDatabase { name: cursor.ident()?, ..CreateDatabase::default() };
    if !cursor.takes(Keyword::With) {
        return Ok(Statement::CreateDatabase(Box::new(create)));
    }
    create.with_policy = true;
    let token = cursor.next();
    Choices(&["DURATION", "NAME", "REPLICATION", "SHARD"]).keyword(&token)?;
    cursor.back();
    if cursor.takes(Keyword::Duration) {
        create.duration = Some(cursor.duration()?);
    }
    if cursor.takes(Keyword::Replication) {
        create.replication = Some(cursor.copies()?);
    }
    if cursor.takes(Keyword::Shard) {
        cursor.keywords(&[Keyword::Duration])?;
        create.shard_duration = cursor.duration()?;
    }
    if cursor.takes(Keyword::Name) {
        create.policy_name = cursor.ident()?;
    }
    Ok(Statement::CreateDatabase(Box::new(create)))
}

fn create_retention_policy(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    cursor.keywords(&[Keyword::Policy])?;
    let mut create = CreateRetentionPolicy { name: cursor.ident()?, ..CreateRetentionPolicy::default() };
    cursor.keywords(&[Keyword::On])?;
    create.database = cursor.ident()?;
    cursor.keywords(&[Keyword::Duration])?;
    create.duration = cursor.duration()?;
    cursor.keywords(&[Keyword::Replication])?;
    create.replication = cursor.copies()?;
    if cursor.takes(Keyword::Shard) {
        cursor.keywords(&[Keyword::Duration])?;
        create.shard_duration = shard_duration(cursor)?;
    }
    create.default = cursor.takes(Keyword::Default);
    Ok(Statement::CreateRetentionPolicy(Box::new(create)))
}

fn shard_duration(cursor: &mut Cursor<'_>) -> Result<i64, ParseError> {
    let at = cursor.position();
    if cursor.takes(Keyword::Inf) {
        return Err(ParseError::at(at, "invalid duration INF for shard duration"));
    }
    cursor.duration()
}

/// What follows the word `ALTER`.
pub(super) fn alter(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    cursor.keywords(&[Keyword::Retention, Keyword::Policy])?;
    let token = cursor.next();
    let name = match token.kind {
        Kind::Keyword(Keyword::Default) => "default".to_owned(),
        Kind::Ident => token.text.into_owned(),
        _ => return Err(ParseError::expected(&token, &["identifier"])),
    };
    cursor.keywords(&[Keyword::On])?;
    let mut alter = AlterRetentionPolicy { name, database: cursor.ident()?, ..AlterRetentionPolicy::default() };
    let mut seen = Vec::new();
    loop {
        let token = cursor.next();
        let Kind::Keyword(keyword @ (Keyword::Duration | Keyword::Replication | Keyword::Shard | Keyword::Default)) =
            token.kind
        else {
            if seen.is_empty() {
                return Err(ParseError::expected(&token, &["DURATION", "REPLICATION", "SHARD", "DEFAULT"]));
            }
            cursor.back();
            return Ok(Statement::AlterRetentionPolicy(Box::new(alter)));
        };
        if seen.contains(&keyword) {
            return Err(ParseError::at(token.at, &format!("found duplicate {} option", keyword.text())));
        }
        seen.push(keyword);
        match keyword {
            Keyword::Duration => alter.duration = Some(cursor.duration()?),
            Keyword::Replication => alter.replication = Some(cursor.copies()?),
            Keyword::Shard => {
                cursor.keywords(&[Keyword::Duration])?;
                alter.shard_duration = Some(shard_duration(cursor)?);
            }
            _ => alter.default = true,
        }
    }
}

fn create_user(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let name = cursor.ident()?;
    cursor.keywords(&[Keyword::With, Keyword::Password])?;
    let password = Secret(cursor.string()?);
    let admin = cursor.takes(Keyword::With);
    if admin {
        cursor.keywords(&[Keyword::All, Keyword::Privileges])?;
    }
    Ok(Statement::CreateUser { name, password, admin })
}

/// What follows the word `SET`.
pub(super) fn set_password(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    cursor.keywords(&[Keyword::Password, Keyword::For])?;
    let user = cursor.ident()?;
    cursor.expect(Kind::Op(BinaryOp::Eq), "=")?;
    Ok(Statement::SetPassword { user, password: Secret(cursor.string()?) })
}

fn privilege(cursor: &mut Cursor<'_>) -> Result<Privilege, ParseError> {
    let token = cursor.next();
    match token.kind {
        Kind::Keyword(Keyword::Read) => Ok(Privilege::Read),
        Kind::Keyword(Keyword::Write) => Ok(Privilege::Write),
        Kind::Keyword(Keyword::All) => {
            cursor.takes(Keyword::Privileges);
            Ok(Privilege::All)
        }
        _ => Err(ParseError::expected(&token, &["READ", "WRITE", "ALL [PRIVILEGES]"])),
    }
}

/// `ON db TO user`, or just `TO user` where everything is given; the database is `None` then. `link` is `TO` or `FROM`.
fn on_and_user(
    cursor: &mut Cursor<'_>,
    privilege: Privilege,
    link: Keyword,
) -> Result<(Option<String>, String), ParseError> {
    let token = cursor.next();
    match token.kind {
        Kind::Keyword(Keyword::On) => {
            let database = cursor.ident()?;
            cursor.keywords(&[link])?;
            Ok((Some(database), cursor.ident()?))
        }
        Kind::Keyword(keyword) if keyword == link && privilege == Privilege::All => Ok((None, cursor.ident()?)),
        Kind::Keyword(keyword) if keyword == link => Err(ParseError::expected(&token, &["ON"])),
        _ if privilege == Privilege::All => Err(ParseError::expected(&token, &["ON", link.text()])),
        _ => Err(ParseError::expected(&token, &["ON"])),
    }
}

/// What follows the word `GRANT`.
pub(super) fn grant(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let privilege = privilege(cursor)?;
    Ok(match on_and_user(cursor, privilege, Keyword::To)? {
        (Some(database), user) => Statement::Grant { privilege, database, user },
        (None, user) => Statement::GrantAdmin { user },
    })
}

/// What follows the word `REVOKE`.
pub(super) fn revoke(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let privilege = privilege(cursor)?;
    Ok(match on_and_user(cursor, privilege, Keyword::From)? {
        (Some(database), user) => Statement::Revoke { privilege, database, user },
        (None, user) => Statement::RevokeAdmin { user },
    })
}

fn create_subscription(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let name = cursor.ident()?;
    let (database, retention_policy) = on_policy(cursor)?;
    cursor.keywords(&[Keyword::Destinations])?;
    let token = cursor.next();
    let to_all = Choices(&["ALL", "ANY"]).keyword(&token)? == Keyword::All;
    let destinations = cursor.strings()?;
    let create = CreateSubscription { name, database, retention_policy, to_all, destinations };
    Ok(Statement::CreateSubscription(Box::new(create)))
}

/// `ON db.rp`
fn on_policy(cursor: &mut Cursor<'_>) -> Result<(String, String), ParseError> {
    cursor.keywords(&[Keyword::On])?;
    let database = cursor.ident()?;
    let token = cursor.next_raw();
    if token.kind != Kind::Dot {
        return Err(ParseError::expected(&token, &["."]));
    }
    Ok((database, cursor.ident()?))
}

fn create_continuous_query(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    cursor.keywords(&[Keyword::Query])?;
    let name = cursor.ident()?;
    cursor.keywords(&[Keyword::On])?;
    let database = cursor.ident()?;
    let resample = if cursor.takes(Keyword::Resample) { resample(cursor)? } else { Resample::default() };
    cursor.keywords(&[Keyword::Begin, Keyword::Select])?;
    let select = select(cursor, Target::Required)?;
    let interval = group_interval(&select.dimensions);
    if !select.is_raw() && !matches!(interval, Ok(1..)) {
        // The real parser points at the last token of the statement.
        cursor.back();
        cursor.back();
        let expected: &[&str] = match interval {
            Ok(_) => &["GROUP BY time(...)"],
            Err(reason) => &["GROUP BY time(...)", reason],
        };
        return Err(ParseError::expected(&cursor.next(), expected));
    }
    let interval = interval.map_err(ParseError::bare)?;
    cursor.keywords(&[Keyword::End])?;
    let minimum = interval.max(resample.every);
    if resample.span != 0 && minimum > resample.span {
        let (minimum, span) = (format_duration(minimum), format_duration(resample.span));
        let message = "FOR duration must be >= GROUP BY time duration";
        return Err(ParseError::bare(format!("{message}: must be a minimum of {minimum}, got {span}")));
    }
    let create = CreateContinuousQuery { name, database, resample, select };
    Ok(Statement::CreateContinuousQuery(Box::new(create)))
}

fn resample(cursor: &mut Cursor<'_>) -> Result<Resample, ParseError> {
    let mut resample = Resample::default();
    if cursor.takes(Keyword::Every) {
        resample.every = finite_duration(cursor)?;
    }
    if cursor.takes(Keyword::For) {
        resample.span = finite_duration(cursor)?;
    }
    if resample == Resample::default() {
        return Err(ParseError::expected(&cursor.next(), &["EVERY", "FOR"]));
    }
    Ok(resample)
}

fn finite_duration(cursor: &mut Cursor<'_>) -> Result<i64, ParseError> {
    let token = cursor.next();
    cursor.back();
    if token.kind == Kind::Duration { cursor.duration() } else { Err(ParseError::expected(&token, &["duration"])) }
}

/// The first argument of `time(…)` in `GROUP BY`; 0 when there is none.
fn group_interval(dimensions: &[Dimension]) -> Result<i64, &'static str> {
    match time_arguments(dimensions) {
        None => Ok(0),
        Some([Expr::Duration(interval)] | [Expr::Duration(interval), _]) => Ok(*interval),
        Some([_] | [_, _]) => Err("time dimension must have duration argument"),
        Some(_) => Err("time dimension expected 1 or 2 arguments"),
    }
}

const DROP: Choices<'_> =
    Choices(&["CONTINUOUS", "DATABASE", "MEASUREMENT", "RETENTION", "SERIES", "SHARD", "SUBSCRIPTION", "USER"]);

/// What follows the word `DROP`.
pub(super) fn drop(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    if cursor.profile == Profile::V0_10 {
        for (word, meta) in [("DATA", false), ("META", true)] {
            if cursor.takes_word(word) {
                return drop_server(cursor, meta);
            }
        }
    }
    let token = cursor.next();
    match DROP.keyword(&token)? {
        Keyword::Continuous => {
            cursor.keywords(&[Keyword::Query])?;
            let name = cursor.ident()?;
            cursor.keywords(&[Keyword::On])?;
            Ok(Statement::DropContinuousQuery { name, database: cursor.ident()? })
        }
        Keyword::Database => Ok(Statement::DropDatabase { name: cursor.ident()? }),
        Keyword::Measurement => Ok(Statement::DropMeasurement { name: cursor.ident()? }),
        Keyword::Retention => {
            cursor.keywords(&[Keyword::Policy])?;
            let name = cursor.ident()?;
            cursor.keywords(&[Keyword::On])?;
            Ok(Statement::DropRetentionPolicy { name, database: cursor.ident()? })
        }
        Keyword::Series => drop_series(cursor),
        Keyword::Shard => Ok(Statement::DropShard { id: cursor.id()? }),
        Keyword::Subscription => {
            let name = cursor.ident()?;
            let (database, retention_policy) = on_policy(cursor)?;
            Ok(Statement::DropSubscription { name, database, retention_policy })
        }
        Keyword::User => Ok(Statement::DropUser { name: cursor.ident()? }),
        _ => Err(DROP.error(&token)),
    }
}

fn drop_server(cursor: &mut Cursor<'_>, meta: bool) -> Result<Statement, ParseError> {
    if !cursor.takes_word("SERVER") {
        return Err(ParseError::expected(&cursor.next(), &["SERVER"]));
    }
    Ok(Statement::DropServer { meta, id: cursor.id()? })
}

fn drop_series(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let first = cursor.next();
    cursor.back();
    let sources = from(cursor)?;
    without_place(&sources)?;
    let condition = condition(cursor)?;
    if sources.is_empty() && condition.is_none() {
        return Err(ParseError::expected(&first, &["FROM", "WHERE"]));
    }
    Ok(Statement::DropSeries { sources, condition })
}

/// Deletions go through a whole database: no part of it can be named.
fn without_place(sources: &[Measurement]) -> Result<(), ParseError> {
    for source in sources {
        if !source.retention_policy.is_empty() {
            return Err(ParseError::at(Position::default(), "retention policy not supported"));
        }
        if !source.database.is_empty() {
            return Err(ParseError::at(Position::default(), "database not supported"));
        }
    }
    Ok(())
}

/// What follows the word `DELETE`.
pub(super) fn delete(cursor: &mut Cursor<'_>) -> Result<Statement, ParseError> {
    let first = cursor.next();
    let sources = if first.kind == Kind::Keyword(Keyword::From) {
        measurements(cursor)?
    } else {
        cursor.back();
        Vec::new()
    };
    without_place(&sources)?;
    let condition = condition(cursor)?;
    if sources.is_empty() && condition.is_none() {
        return Err(ParseError::expected(&first, &["FROM", "WHERE"]));
    }
    Ok(Statement::Delete { sources, condition })
}
