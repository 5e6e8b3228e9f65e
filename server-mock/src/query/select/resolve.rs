//! What names, wildcards and regular expressions mean for the measurements at hand.

use std::collections::BTreeSet;

use super::compile::Compiled;
use super::eval;
use super::series::{Schema, field_kind};
use crate::query::QueryError;
use crate::query::ast::{BinaryOp, Call, Expr, Field, FieldKind, VarRef, WildcardKind};
use crate::query::value::{Kind, Value};

/// A select list in which every name has its type.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) fields: Vec<Field>,
    /// Of the columns, without `time`: what `top(v, tag, n)` adds included.
    pub(super) columns: Vec<ResolvedColumn>,
    pub(super) condition: Option<Expr>,
    /// Tags that rows are grouped by, sorted.
    pub(super) dimensions: Vec<String>,
}

/// One column of the result.
#[derive(Clone, Debug)]
pub(super) struct ResolvedColumn {
    /// As shown: made unique.
    pub(super) name: String,
    /// As known to a statement around this one.
    pub(super) plain_name: String,
    pub(super) expr: Expr,
    /// `None` when nothing is known of the names within.
    pub(super) kind: Option<Kind>,
    /// Not written: an argument of `top` or `bottom`.
    pub(super) added: bool,
}

/// Resolves a statement against what its sources hold. Unless `checked`, types that do not go together are just
/// unknown.
pub(super) fn resolve(compiled: &Compiled, schema: &Schema, checked: bool) -> Result<Resolved, QueryError> {
    let typed: Vec<Field> = compiled
        .fields
        .iter()
        .map(|field| Field { expr: with_types(&field.expr, schema), alias: field.alias.clone() })
        .collect();
    let condition = compiled.condition.as_ref().map(|condition| with_types(condition, schema));
    let (grouped_by_pattern, dimensions) = dimensions(compiled, schema);
    let fields = expand(typed, schema, grouped_by_pattern, &dimensions)?;
    if checked {
        for field in &fields {
            kind_of(&field.expr)?;
        }
    }
    let columns = columns(compiled, &fields);
    Ok(Resolved { fields, columns, condition, dimensions: dimensions.into_iter().collect() })
}

/// The tags grouped by, and whether any came from a `*` or a regular expression.
fn dimensions(compiled: &Compiled, schema: &Schema) -> (bool, BTreeSet<String>) {
    let mut by_pattern = false;
    let mut all = BTreeSet::new();
    for dimension in &compiled.dimensions {
        match &dimension.expr {
            Expr::Var(var) => {
                all.insert(var.name.clone());
            }
            Expr::Wildcard(_) => {
                by_pattern = true;
                all.extend(schema.tags.iter().cloned());
            }
            Expr::Regex(pattern) => {
                by_pattern = true;
                all.extend(schema.tags.iter().filter(|tag| pattern.is_match(tag)).cloned());
            }
            _ => {}
        }
    }
    (by_pattern, all)
}

/// Gives every name without a type the one it has.
fn with_types(expr: &Expr, schema: &Schema) -> Expr {
    match expr {
        Expr::Var(var) => Expr::Var(with_type(var, schema)),
        Expr::Call(call) => {
            let args = call.args.iter().map(|arg| with_types(arg, schema)).collect();
            Expr::Call(Call { name: call.name.clone(), args })
        }
        Expr::Binary(first, rest) => {
            let rest = rest.iter().map(|(op, term)| (*op, with_types(term, schema))).collect();
            Expr::Binary(Box::new(with_types(first, schema)), rest)
        }
        Expr::Paren(inner) => Expr::Paren(Box::new(with_types(inner, schema))),
        other => other.clone(),
    }
}

fn with_type(var: &VarRef, schema: &Schema) -> VarRef {
    let found = match (var.kind, schema.fields.get(&var.name).or_else(|| schema.hidden.get(&var.name))) {
        (None | Some(FieldKind::AnyField), Some(kind)) => Some(to_field_kind(*kind)),
        (None, None) if schema.tags.contains(&var.name) => Some(FieldKind::Tag),
        (kind, _) => kind,
    };
    VarRef { name: var.name.clone(), kind: found }
}

fn to_field_kind(kind: Kind) -> FieldKind {
    match kind {
        Kind::Float => FieldKind::Float,
        Kind::Integer => FieldKind::Integer,
        Kind::Unsigned => FieldKind::Unsigned,
        Kind::String => FieldKind::String,
        Kind::Boolean => FieldKind::Boolean,
        Kind::Tag => FieldKind::Tag,
    }
}

/// Replaces wildcards and regular expressions in the select list.
fn expand(
    fields: Vec<Field>,
    schema: &Schema,
    grouped_by_pattern: bool,
    dimensions: &BTreeSet<String>,
) -> Result<Vec<Field>, QueryError> {
    let mut known: Vec<VarRef> = schema
        .fields
        .iter()
        .map(|(name, kind)| VarRef { name: name.clone(), kind: Some(to_field_kind(*kind)) })
        .collect();
    let unknown = schema.unknown.iter().filter(|name| !schema.fields.contains_key(*name));
    known.extend(unknown.map(|name| VarRef { name: name.clone(), kind: None }));
    // Tags that rows are grouped by stand beside the rows; with `GROUP BY *` no tag is left.
    if !known.is_empty() && !grouped_by_pattern {
        let tags = schema.tags.iter().filter(|tag| !dimensions.contains(*tag));
        known.extend(tags.map(|tag| VarRef { name: tag.clone(), kind: Some(FieldKind::Tag) }));
    }
    known.sort_by(|a, b| a.name.cmp(&b.name));
    let mut expanded = Vec::with_capacity(fields.len());
    for field in fields {
        match &field.expr {
            Expr::Wildcard(kind) => {
                let wanted = |var: &&VarRef| match kind {
                    None => true,
                    Some(WildcardKind::Field) => var.kind != Some(FieldKind::Tag),
                    Some(WildcardKind::Tag) => var.kind == Some(FieldKind::Tag),
                };
                let vars = known.iter().filter(wanted).cloned();
                expanded.extend(vars.map(|var| Field { expr: Expr::Var(var), alias: None }));
            }
            Expr::Regex(pattern) => {
                let vars = known.iter().filter(|var| pattern.is_match(&var.name)).cloned();
                expanded.extend(vars.map(|var| Field { expr: Expr::Var(var), alias: None }));
            }
            Expr::Call(call) => expand_call(call, &field, &known, &mut expanded)?,
            _ => expanded.push(field),
        }
    }
    Ok(expanded)
}

/// `mean(*)` becomes one call for each field of a fitting type.
fn expand_call(call: &Call, field: &Field, known: &[VarRef], out: &mut Vec<Field>) -> Result<(), QueryError> {
    let mut innermost = call;
    while let Some(Expr::Call(inner)) = innermost.args.first() {
        innermost = inner;
    }
    let pattern = match innermost.args.first() {
        Some(Expr::Wildcard(Some(WildcardKind::Tag))) => {
            let name = &innermost.name;
            return Err(QueryError::invalid(format!("unable to use tag wildcard in {name}()")));
        }
        Some(Expr::Wildcard(_)) => None,
        Some(Expr::Regex(pattern)) => Some(pattern),
        _ => {
            out.push(field.clone());
            return Ok(());
        }
    };
    let name = plain_name(field);
    for var in known {
        let fits = var.kind.and_then(field_kind).is_some_and(|kind| accepts(&innermost.name, kind));
        if fits && pattern.is_none_or(|pattern| pattern.is_match(&var.name)) {
            let expr = Expr::Call(with_innermost(call, var));
            out.push(Field { expr, alias: Some(format!("{name}_{}", var.name)) });
        }
    }
    Ok(())
}

fn with_innermost(call: &Call, var: &VarRef) -> Call {
    let mut args = call.args.clone();
    args[0] = match &args[0] {
        Expr::Call(inner) => Expr::Call(with_innermost(inner, var)),
        _ => Expr::Var(var.clone()),
    };
    Call { name: call.name.clone(), args }
}

/// Whether a function can be given values of this type.
pub(super) fn accepts(function: &str, kind: Kind) -> bool {
    match (function, kind) {
        (_, Kind::Tag) => false,
        (_, Kind::Float | Kind::Integer) => true,
        ("holt_winters" | "holt_winters_with_fit", Kind::Unsigned) => false,
        (_, Kind::Unsigned) => true,
        ("count" | "first" | "last" | "distinct" | "elapsed" | "mode" | "sample", Kind::String | Kind::Boolean)
        | ("min" | "max", Kind::Boolean) => true,
        (_, Kind::String | Kind::Boolean) => false,
    }
}

/// The columns of the result and their names.
fn columns(compiled: &Compiled, fields: &[Field]) -> Vec<ResolvedColumn> {
    let mut columns = Vec::new();
    let mut aliases = Vec::new();
    for field in fields {
        let mut push = |expr: &Expr, plain_name: String, alias: Option<&String>, added: bool| {
            let kind = kind_of(expr).unwrap_or_default();
            columns.push(ResolvedColumn { name: String::new(), plain_name, expr: expr.clone(), kind, added });
            aliases.push(alias.cloned());
        };
        push(&field.expr, plain_name(field), field.alias.as_ref(), false);
        if let Expr::Call(call) = &field.expr
            && matches!(call.name.as_str(), "top" | "bottom")
            && !compiled.has_target
        {
            for arg in &call.args[1..] {
                if let Expr::Var(var) = arg {
                    push(arg, var.name.clone(), None, true);
                }
            }
        }
    }
    let plain: Vec<String> = columns.iter().map(|column| column.plain_name.clone()).collect();
    for (column, name) in columns.iter_mut().zip(unique_names(&plain, &aliases)) {
        column.name = name;
    }
    columns
}

/// Names without repetition: aliases stay, of the others the second `v` is `v_1`.
fn unique_names(plain: &[String], aliases: &[Option<String>]) -> Vec<String> {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for alias in aliases.iter().flatten() {
        seen.insert(alias.clone(), 1);
    }
    let names = plain.iter().zip(aliases).map(|(plain, alias)| {
        if let Some(alias) = alias.as_ref().filter(|alias| !alias.is_empty()) {
            return alias.clone();
        }
        let mut name = plain.clone();
        if let Some(count) = seen.get(plain) {
            let mut number = *count;
            while seen.contains_key(&format!("{plain}_{number}")) {
                number += 1;
            }
            seen.insert(plain.clone(), number + 1);
            name = format!("{plain}_{number}");
        }
        *seen.entry(name.clone()).or_insert(0) += 1;
        name
    });
    names.collect()
}

/// The alias, or the name made of the expression.
pub(super) fn plain_name(field: &Field) -> String {
    if let Some(alias) = &field.alias {
        return alias.clone();
    }
    let mut expr = &field.expr;
    while let Expr::Paren(inner) = expr {
        expr = inner;
    }
    match expr {
        Expr::Var(var) => var.name.clone(),
        Expr::Call(call) => call.name.clone(),
        Expr::Binary(..) => {
            let mut names = Vec::new();
            collect_names(expr, &mut names);
            names.join("_")
        }
        _ => String::new(),
    }
}

/// Names and functions within operators; not what is within functions.
fn collect_names<'a>(expr: &'a Expr, names: &mut Vec<&'a str>) {
    match expr {
        Expr::Var(var) => names.push(&var.name),
        Expr::Call(call) => names.push(&call.name),
        Expr::Binary(first, rest) => {
            collect_names(first, names);
            for (_, term) in rest {
                collect_names(term, names);
            }
        }
        Expr::Paren(inner) => collect_names(inner, names),
        _ => {}
    }
}

/// The type of an expression whose names have types; `None` when it is unknown.
pub(super) fn kind_of(expr: &Expr) -> Result<Option<Kind>, QueryError> {
    match expr {
        Expr::Var(var) => Ok(var.kind.and_then(field_kind)),
        Expr::Call(call) => call_kind(call),
        Expr::Binary(first, rest) => {
            let mut left = kind_of(first)?;
            for (at, (op, term)) in rest.iter().enumerate() {
                let shown = || Expr::Binary(first.clone(), rest[..=at].to_vec());
                left = joined_kind(left, *op, kind_of(term)?, shown)?;
            }
            Ok(left)
        }
        Expr::Paren(inner) => kind_of(inner),
        Expr::Number(_) => Ok(Some(Kind::Float)),
        Expr::Integer(_) => Ok(Some(Kind::Integer)),
        Expr::Unsigned(_) => Ok(Some(Kind::Unsigned)),
        Expr::String(_) => Ok(Some(Kind::String)),
        Expr::Boolean(_) => Ok(Some(Kind::Boolean)),
        Expr::Duration(_) | Expr::Time(_) | Expr::Regex(_) | Expr::Wildcard(_) | Expr::Distinct(_) => Ok(None),
    }
}

fn call_kind(call: &Call) -> Result<Option<Kind>, QueryError> {
    let first = call.args.first().map_or(Ok(None), kind_of)?;
    if eval::is_math(&call.name) {
        return math_kind(call, first);
    }
    Ok(match call.name.as_str() {
        "count" | "elapsed" => Some(Kind::Integer),
        "mean"
        | "median"
        | "integral"
        | "stddev"
        | "derivative"
        | "non_negative_derivative"
        | "moving_average"
        | "holt_winters"
        | "holt_winters_with_fit" => Some(Kind::Float),
        name if super::functions::is_technical(name) => Some(Kind::Float),
        _ => first,
    })
}

fn math_kind(call: &Call, first: Option<Kind>) -> Result<Option<Kind>, QueryError> {
    let name = call.name.as_str();
    let refuse = |which: &str, kind: Kind| {
        let kind = kind.name();
        Err(QueryError::invalid(format!("invalid argument type for the {which} argument in {name}(): {kind}")))
    };
    match first {
        Some(kind) if !kind.is_number() => return refuse("first", kind),
        _ => {}
    }
    let second = call.args.get(1).map_or(Ok(None), kind_of)?;
    match second {
        Some(kind) if !kind.is_number() => return refuse("second", kind),
        _ => {}
    }
    Ok(match name {
        "abs" | "ceil" | "floor" | "round" => first,
        "pow" if first == Some(Kind::Integer) && second == Some(Kind::Integer) => first,
        _ => Some(Kind::Float),
    })
}

fn joined_kind(
    left: Option<Kind>,
    op: BinaryOp,
    right: Option<Kind>,
    shown: impl Fn() -> Expr,
) -> Result<Option<Kind>, QueryError> {
    let (Some(a), Some(b)) = (left, right) else { return Ok(left.or(right)) };
    let result = match eval::apply(
        op,
        sample(a),
        sample(b),
        eval::Rules { float_division: false, null_is_false: true, math: true },
    ) {
        Value::Float(_) => Some(Kind::Float),
        Value::Integer(_) => Some(Kind::Integer),
        Value::Unsigned(_) => Some(Kind::Unsigned),
        Value::Boolean(_) => Some(Kind::Boolean),
        Value::String(_) => Some(Kind::String),
        Value::Null | Value::Time(_) | Value::List(_) => None,
    };
    if result.is_none() {
        let (a, b, shown) = (a.name(), b.name(), shown());
        return Err(QueryError::invalid(format!("type error: {shown}: incompatible types: {a} and {b}")));
    }
    Ok(result)
}

/// Some value of a type.
fn sample(kind: Kind) -> Value {
    match kind {
        Kind::Float => Value::Float(0.0),
        Kind::Integer => Value::Integer(0),
        Kind::Unsigned => Value::Unsigned(0),
        Kind::Boolean => Value::Boolean(false),
        Kind::String | Kind::Tag => Value::from(""),
    }
}
