//! Expressions.

use super::ParseError;
use super::cursor::Cursor;
use crate::query::ast::{BinaryOp, Call, Expr, FieldKind, VarRef, WildcardKind, quote_idents};
use crate::query::token::{Keyword, Kind, Position, Token};
use crate::query::{Pattern, parse_duration};

/// An expression of any operators.
pub(super) fn expr(cursor: &mut Cursor<'_>) -> Result<Expr, ParseError> {
    let mut operands = vec![operand(cursor)?];
    let mut operators = Vec::new();
    loop {
        let Kind::Op(op) = cursor.next().kind else {
            cursor.back();
            return Ok(join(operands, &operators, 1));
        };
        operands.push(if op.takes_regex() { Expr::Regex(cursor.regex()?) } else { operand(cursor)? });
        operators.push(op);
    }
}

/// Groups operands by the precedence of the operators between them, all of which are at least `level`.
fn join(mut operands: Vec<Expr>, operators: &[BinaryOp], level: u8) -> Expr {
    if operators.is_empty() {
        return operands.pop().expect("there is one operand more than operators");
    }
    debug_assert!(level <= BinaryOp::STRONGEST, "every operator has a precedence");
    // Terms are the runs of operands between operators of this level.
    let mut terms = Vec::new();
    let mut ops = Vec::new();
    let mut rest = operands.into_iter();
    let mut start = 0;
    for (at, op) in operators.iter().enumerate() {
        if op.precedence() == level {
            terms.push(join(rest.by_ref().take(at + 1 - start).collect(), &operators[start..at], level + 1));
            ops.push(*op);
            start = at + 1;
        }
    }
    let last = join(rest.collect(), &operators[start..], level + 1);
    terms.push(last);
    let mut terms = terms.into_iter();
    let first = terms.next().expect("at least the last term is there");
    if ops.is_empty() { first } else { Expr::Binary(Box::new(first), ops.into_iter().zip(terms).collect()) }
}

/// What stands between operators.
fn operand(cursor: &mut Cursor<'_>) -> Result<Expr, ParseError> {
    let token = cursor.next();
    match token.kind {
        Kind::LeftParen => {
            let inner = cursor.nested(expr)?;
            cursor.expect(Kind::RightParen, ")")?;
            Ok(Expr::Paren(Box::new(inner)))
        }
        Kind::Ident => {
            if cursor.next_raw().kind == Kind::LeftParen {
                return call(cursor, &token.text);
            }
            cursor.back();
            cursor.back();
            var_ref(cursor).map(Expr::Var)
        }
        Kind::Keyword(Keyword::Distinct) => {
            let after = cursor.next_raw();
            match after.kind {
                Kind::LeftParen => call(cursor, "distinct"),
                Kind::Space => cursor.ident().map(Expr::Distinct),
                _ => Err(ParseError::expected(&after, &["(", "identifier"])),
            }
        }
        Kind::String => Ok(Expr::String(token.text.into_owned())),
        Kind::Number => {
            token.text.parse().map(Expr::Number).map_err(|_| ParseError::at(token.at, "unable to parse number"))
        }
        Kind::Integer => integer(&token),
        Kind::Keyword(Keyword::True) => Ok(Expr::Boolean(true)),
        Kind::Keyword(Keyword::False) => Ok(Expr::Boolean(false)),
        Kind::Duration => {
            parse_duration(&token.text).map(Expr::Duration).map_err(|error| ParseError::bare(error.to_string()))
        }
        Kind::Op(BinaryOp::Mul) => wildcard(cursor),
        Kind::Regex => {
            Pattern::new(&token.text).map(Expr::Regex).map_err(|error| ParseError::at(token.at, &error.to_string()))
        }
        Kind::BoundParam => Err(cursor.unbound(&token)),
        Kind::Op(sign @ (BinaryOp::Add | BinaryOp::Sub)) => signed(cursor, sign == BinaryOp::Sub),
        _ => Err(ParseError::expected(&token, &["identifier", "string", "number", "bool"])),
    }
}

fn integer(token: &Token<'_>) -> Result<Expr, ParseError> {
    if let Ok(value) = token.text.parse() {
        return Ok(Expr::Integer(value));
    }
    token.text.parse().map(Expr::Unsigned).map_err(|_| ParseError::at(token.at, "unable to parse integer"))
}

/// What follows a sign.
fn signed(cursor: &mut Cursor<'_>, negative: bool) -> Result<Expr, ParseError> {
    let token = cursor.next();
    if !matches!(token.kind, Kind::Number | Kind::Integer | Kind::Duration | Kind::LeftParen | Kind::Ident) {
        return Err(ParseError::expected(&token, &["identifier", "number", "duration", "("]));
    }
    cursor.back();
    Ok(match operand(cursor)? {
        Expr::Number(value) => Expr::Number(if negative { -value } else { value }),
        Expr::Integer(value) => Expr::Integer(if negative { value.wrapping_neg() } else { value }),
        Expr::Duration(value) => Expr::Duration(if negative { value.wrapping_neg() } else { value }),
        Expr::Unsigned(value) if !negative => Expr::Unsigned(value),
        // The smallest integer has no positive twin, so its digits alone are read as unsigned.
        Expr::Unsigned(value) if value == i64::MIN.unsigned_abs() => Expr::Integer(i64::MIN),
        Expr::Unsigned(value) => return Err(ParseError::bare(format!("constant -{value} underflows int64"))),
        other => {
            let sign = if negative { -1 } else { 1 };
            Expr::Binary(Box::new(Expr::Integer(sign)), vec![(BinaryOp::Mul, other)])
        }
    })
}

fn wildcard(cursor: &mut Cursor<'_>) -> Result<Expr, ParseError> {
    if cursor.next_raw().kind != Kind::DoubleColon {
        cursor.back();
        return Ok(Expr::Wildcard(None));
    }
    let token = cursor.next_raw();
    match token.kind {
        Kind::Keyword(Keyword::Field) => Ok(Expr::Wildcard(Some(WildcardKind::Field))),
        Kind::Keyword(Keyword::Tag) => Ok(Expr::Wildcard(Some(WildcardKind::Tag))),
        _ => Err(ParseError::expected(&token, &["field", "tag"])),
    }
}

/// The arguments of a function whose name and parenthesis were read.
fn call(cursor: &mut Cursor<'_>, name: &str) -> Result<Expr, ParseError> {
    let name = name.to_lowercase();
    let mut args = Vec::new();
    if let Some(pattern) = cursor.optional_regex()? {
        args.push(Expr::Regex(pattern));
    } else {
        if cursor.next_raw().kind == Kind::RightParen {
            return Ok(Expr::Call(Call { name, args }));
        }
        cursor.back();
        args.push(cursor.nested(expr)?);
    }
    while cursor.takes_kind(Kind::Comma) {
        args.push(match cursor.optional_regex()? {
            Some(pattern) => Expr::Regex(pattern),
            None => cursor.nested(expr)?,
        });
    }
    let token = cursor.next_raw();
    match token.kind {
        Kind::RightParen => Ok(Expr::Call(Call { name, args })),
        _ => Err(ParseError::expected(&token, &[")"])),
    }
}

/// A name, dotted or not, and perhaps its kind.
pub(super) fn var_ref(cursor: &mut Cursor<'_>) -> Result<VarRef, ParseError> {
    let name = segments(cursor)?.join(".");
    if cursor.next_raw().kind != Kind::DoubleColon {
        cursor.back();
        return Ok(VarRef { name, kind: None });
    }
    let token = cursor.next_raw();
    let kind = match token.kind {
        Kind::Keyword(Keyword::Field) => FieldKind::AnyField,
        Kind::Keyword(Keyword::Tag) => FieldKind::Tag,
        Kind::Ident => match token.text.to_lowercase().as_str() {
            "float" => FieldKind::Float,
            "integer" => FieldKind::Integer,
            "unsigned" => FieldKind::Unsigned,
            "string" => FieldKind::String,
            "boolean" => FieldKind::Boolean,
            _ => {
                let kinds = ["float", "integer", "unsigned", "string", "boolean", "field", "tag"];
                return Err(ParseError::expected(&token, &kinds));
            }
        },
        _ => {
            let kinds = ["float", "integer", "string", "boolean", "field", "tag"];
            return Err(ParseError::expected(&token, &kinds));
        }
    };
    Ok(VarRef { name, kind: Some(kind) })
}

/// `a.b.c`, where `a..c` has an empty part. Stops before a regular expression or a colon.
pub(super) fn segments(cursor: &mut Cursor<'_>) -> Result<Vec<String>, ParseError> {
    let mut all = vec![cursor.ident()?];
    loop {
        if cursor.next_raw().kind != Kind::Dot {
            cursor.back();
            break;
        }
        match cursor.peek_char() {
            Some('/' | ':') => break,
            Some('.') => all.push(String::new()),
            _ => all.push(cursor.ident()?),
        }
    }
    if all.len() > 3 {
        let message = format!("too many segments in {}", quote_idents(&all));
        return Err(ParseError::at(Position::default(), &message));
    }
    Ok(all)
}
