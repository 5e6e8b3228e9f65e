//! One row of the result: names and functions get their values.

use super::eval::{self, Scope};
use super::fill::default_of;
use super::points::Point;
use super::resolve::ResolvedColumn;
use super::series::{Series, field_kind};
use crate::query::ast::{Call, Expr, Fill, VarRef};
use crate::query::value::Value;

/// The values of names in the current row, with what `fill(…)` puts in the place of nothing.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    vars: Vec<&'a VarRef>,
    values: Vec<Value>,
    fill: Fill,
}

impl<'a> Cells<'a> {
    pub(super) fn new(columns: &'a [ResolvedColumn], fill: Fill) -> Self {
        let mut vars: Vec<&VarRef> = Vec::new();
        for column in columns {
            column.expr.walk(&mut |expr| match expr {
                Expr::Var(var) if !vars.contains(&var) => vars.push(var),
                _ => {}
            });
        }
        Self { values: vec![Value::Null; vars.len()], vars, fill }
    }

    /// Takes the values of this row, or of none.
    pub(super) fn read(&mut self, row: Option<(&Series, usize)>) {
        for (var, cell) in self.vars.iter().zip(&mut self.values) {
            let value = row.map_or(Value::Null, |(series, row)| series.value(row, var, &Value::Null));
            if !value.is_null() {
                *cell = value;
            } else if self.fill != Fill::Previous {
                *cell = default_of(self.fill, var.kind.and_then(field_kind));
            }
        }
    }
}

/// Names and functions within one row of the result.
pub(super) struct OutputScope<'a> {
    pub(super) calls: &'a [&'a Call],
    /// The point of each call, if it has one at this time.
    pub(super) points: &'a [Option<Point>],
    pub(super) defaults: &'a [Value],
    pub(super) cells: &'a Cells<'a>,
}

impl Scope for OutputScope<'_> {
    fn var(&self, var: &VarRef) -> Value {
        let at = self.cells.vars.iter().position(|known| *known == var);
        at.map_or(Value::Null, |at| self.cells.values[at].clone())
    }

    fn call(&self, call: &Call) -> Value {
        let Some(at) = self.calls.iter().position(|known| *known == call) else { return Value::Null };
        match &self.points[at] {
            Some(point) if !point.value.is_null() => point.value.clone(),
            Some(_) | None => self.defaults[at].clone(),
        }
    }

    fn rules(&self) -> eval::Rules {
        eval::Rules::SELECT
    }
}
