//! `SELECT` and the clauses it shares with other statements.

use super::ParseError;
use super::cursor::Cursor;
use super::expr::{expr, segments};
use crate::query::ast::{Dimension, Expr, Field, Fill, Measurement, OrderBy, Select, Source, TimeZoneName};
use crate::query::token::{Keyword, Kind};

/// Whether a statement may, must or cannot have an `INTO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Optional,
    Required,
}

/// What follows the word `SELECT`.
pub(super) fn select(cursor: &mut Cursor<'_>, target: Target) -> Result<Select, ParseError> {
    let mut select = Select { fields: fields(cursor)?, target: into(cursor, target)?, ..Select::default() };
    cursor.keywords(&[Keyword::From])?;
    loop {
        select.sources.push(source(cursor)?);
        if !cursor.takes_kind(Kind::Comma) {
            break;
        }
    }
    select.condition = condition(cursor)?;
    select.dimensions = dimensions(cursor)?;
    select.fill = fill(cursor)?;
    select.order = order_by(cursor)?;
    select.limit = cursor.optional_count(Keyword::Limit)?;
    select.offset = cursor.optional_count(Keyword::Offset)?;
    select.slimit = cursor.optional_count(Keyword::Slimit)?;
    select.soffset = cursor.optional_count(Keyword::Soffset)?;
    select.zone = zone(cursor)?;
    Ok(select)
}

fn fields(cursor: &mut Cursor<'_>) -> Result<Vec<Field>, ParseError> {
    let mut fields = Vec::new();
    loop {
        fields.push(field(cursor)?);
        if cursor.next_raw().kind != Kind::Comma {
            cursor.back();
            return Ok(fields);
        }
    }
}

fn field(cursor: &mut Cursor<'_>) -> Result<Field, ParseError> {
    let expr = match cursor.optional_regex()? {
        Some(pattern) => Expr::Regex(pattern),
        None => {
            let at = cursor.position();
            let expr = expr(cursor)?;
            if let Some(op) = logical_operator(&expr) {
                let message = format!("invalid operator {op} in SELECT clause");
                let message = ParseError::at(at, &message).detail().to_owned();
                return Err(ParseError::bare(message + "; operator is intended for WHERE clause"));
            }
            expr
        }
    };
    let alias = if cursor.takes(Keyword::As) { Some(cursor.ident()?) } else { None };
    cursor.skip_space();
    Ok(Field { expr, alias })
}

/// The outermost operator that has no place in a select list.
fn logical_operator(expr: &Expr) -> Option<&'static str> {
    let mut found = None;
    expr.walk(&mut |part| {
        if let Expr::Binary(_, rest) = part {
            // Of equals the last is the root of the tree.
            let op = rest.iter().map(|(op, _)| *op).rfind(|op| op.is_logical());
            found = found.or(op.map(crate::query::ast::BinaryOp::text));
        }
    });
    found
}

fn into(cursor: &mut Cursor<'_>, target: Target) -> Result<Option<Measurement>, ParseError> {
    let token = cursor.next();
    if token.kind != Kind::Keyword(Keyword::Into) {
        if target == Target::Required {
            return Err(ParseError::expected(&token, &["INTO"]));
        }
        cursor.back();
        return Ok(None);
    }
    let mut parts = segments(cursor)?;
    if parts.len() < 3 && cursor.peek_char() == Some(':') {
        cursor.expect(Kind::Colon, ":")?;
        cursor.keywords(&[Keyword::Measurement])?;
        parts.push(String::new());
    }
    let mut parts = parts.into_iter().rev();
    let mut part = || parts.next().unwrap_or_default();
    Ok(Some(Measurement { name: part(), retention_policy: part(), database: part(), pattern: None }))
}

fn source(cursor: &mut Cursor<'_>) -> Result<Source, ParseError> {
    if let Some(pattern) = cursor.optional_regex()? {
        return Ok(Source::Measurement(Measurement { pattern: Some(pattern), ..Measurement::default() }));
    }
    if cursor.takes_kind(Kind::LeftParen) {
        cursor.keywords(&[Keyword::Select])?;
        let select = cursor.nested(|cursor| select(cursor, Target::Optional))?;
        cursor.expect(Kind::RightParen, ")")?;
        return Ok(Source::Subquery(Box::new(select)));
    }
    named_measurement(cursor).map(Source::Measurement)
}

/// A measurement or a regular expression.
pub(super) fn measurement(cursor: &mut Cursor<'_>) -> Result<Measurement, ParseError> {
    match cursor.optional_regex()? {
        Some(pattern) => Ok(Measurement { pattern: Some(pattern), ..Measurement::default() }),
        None => named_measurement(cursor),
    }
}

fn named_measurement(cursor: &mut Cursor<'_>) -> Result<Measurement, ParseError> {
    let mut parts = segments(cursor)?;
    let pattern = if parts.len() == 3 { None } else { cursor.optional_regex()? };
    let name = if pattern.is_some() { String::new() } else { parts.pop().unwrap_or_default() };
    let retention_policy = parts.pop().unwrap_or_default();
    let database = parts.pop().unwrap_or_default();
    Ok(Measurement { database, retention_policy, name, pattern })
}

/// `FROM` with measurements, if it is there.
pub(super) fn from(cursor: &mut Cursor<'_>) -> Result<Vec<Measurement>, ParseError> {
    if !cursor.takes(Keyword::From) {
        return Ok(Vec::new());
    }
    measurements(cursor)
}

pub(super) fn measurements(cursor: &mut Cursor<'_>) -> Result<Vec<Measurement>, ParseError> {
    let mut all = vec![measurement(cursor)?];
    while cursor.takes_kind(Kind::Comma) {
        all.push(measurement(cursor)?);
    }
    Ok(all)
}

pub(super) fn condition(cursor: &mut Cursor<'_>) -> Result<Option<Expr>, ParseError> {
    if cursor.takes(Keyword::Where) { expr(cursor).map(Some) } else { Ok(None) }
}

pub(super) fn dimensions(cursor: &mut Cursor<'_>) -> Result<Vec<Dimension>, ParseError> {
    let mut all = Vec::new();
    if !cursor.takes(Keyword::Group) {
        return Ok(all);
    }
    cursor.keywords(&[Keyword::By])?;
    loop {
        let expr = match cursor.optional_regex()? {
            Some(pattern) => Expr::Regex(pattern),
            None => {
                let expr = expr(cursor)?;
                cursor.skip_space();
                expr
            }
        };
        all.push(Dimension { expr });
        if cursor.next_raw().kind != Kind::Comma {
            cursor.back();
            return Ok(all);
        }
    }
}

/// Whether the next token is this function name, without reading it.
fn names(cursor: &mut Cursor<'_>, function: &str) -> bool {
    let found = cursor.takes_word(function);
    if found {
        cursor.back();
    }
    found
}

fn fill(cursor: &mut Cursor<'_>) -> Result<Fill, ParseError> {
    if !names(cursor, "fill") {
        return Ok(Fill::Null);
    }
    let Expr::Call(call) = expr(cursor)? else {
        return Err(ParseError::bare("fill must be a function call"));
    };
    let [arg] = call.args.as_slice() else {
        return Err(ParseError::bare("fill requires an argument, e.g.: 0, null, none, previous, linear"));
    };
    match (arg.to_string().as_str(), arg) {
        ("null", _) => Ok(Fill::Null),
        ("none", _) => Ok(Fill::None),
        ("previous", _) => Ok(Fill::Previous),
        ("linear", _) => Ok(Fill::Linear),
        (_, Expr::Integer(value)) => Ok(Fill::Integer(*value)),
        (_, Expr::Number(value)) => Ok(Fill::Number(*value)),
        _ => Err(ParseError::bare("expected number argument in fill()")),
    }
}

fn zone(cursor: &mut Cursor<'_>) -> Result<Option<TimeZoneName>, ParseError> {
    if !names(cursor, "tz") {
        return Ok(None);
    }
    let Expr::Call(call) = expr(cursor)? else {
        return Err(ParseError::bare("tz must be a function call"));
    };
    let [arg] = call.args.as_slice() else {
        return Err(ParseError::bare("tz requires exactly one argument"));
    };
    let Expr::String(name) = arg else {
        return Err(ParseError::bare("expected string argument in tz()"));
    };
    let zone = if name.is_empty() { Ok(jiff::tz::TimeZone::UTC) } else { jiff::tz::TimeZone::get(name) };
    match zone {
        Ok(zone) => Ok(Some(TimeZoneName { name: name.clone(), zone })),
        Err(_) => Err(ParseError::bare(format!("unable to find time zone {name}"))),
    }
}

pub(super) fn order_by(cursor: &mut Cursor<'_>) -> Result<Option<OrderBy>, ParseError> {
    if !cursor.takes(Keyword::Order) {
        return Ok(None);
    }
    cursor.keywords(&[Keyword::By])?;
    let only_time = || ParseError::bare("only ORDER BY time supported at this time");
    let token = cursor.next();
    let order = match token.kind {
        Kind::Keyword(Keyword::Asc) => OrderBy { ascending: true, names_time: false },
        Kind::Keyword(Keyword::Desc) => OrderBy { ascending: false, names_time: false },
        Kind::Ident => {
            let ascending = direction(cursor);
            if token.text != "time" {
                return Err(only_time());
            }
            OrderBy { ascending, names_time: true }
        }
        _ => return Err(ParseError::expected(&token, &["identifier", "ASC", "DESC"])),
    };
    let mut several = false;
    while cursor.takes_kind(Kind::Comma) {
        cursor.ident()?;
        direction(cursor);
        several = true;
    }
    if several { Err(only_time()) } else { Ok(Some(order)) }
}

fn direction(cursor: &mut Cursor<'_>) -> bool {
    if cursor.takes(Keyword::Desc) {
        return false;
    }
    cursor.takes(Keyword::Asc);
    true
}
