//! One row of the result: names and functions get their values.

use std::collections::HashMap;

use super::compile::Compiled;
use super::eval::{self, Scope};
use super::fill::default_of;
use super::points::Point;
use super::resolve::ResolvedColumn;
use super::series::{Place, Series, field_kind};
use crate::query::ast::{Call, Expr, Fill, VarRef};
use crate::query::value::Value;

/// The values of names in the current row, with what `fill(…)` puts in the place of nothing.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    vars: Vec<&'a VarRef>,
    values: Vec<Value>,
    fill: Fill,
    as_stored: bool,
    columns: Vec<Shown<'a>>,
    /// Where the names are in each series of the group, once it was met.
    places: HashMap<usize, Vec<Place>>,
}

/// How a column gets its value.
#[derive(Clone, Copy, Debug)]
enum Shown<'a> {
    /// It is one of the names.
    Var(usize),
    /// It is computed.
    Expr(&'a Expr),
}

impl<'a> Cells<'a> {
    pub(super) fn new(columns: &'a [ResolvedColumn], compiled: &Compiled) -> Self {
        let mut vars: Vec<&VarRef> = Vec::new();
        let mut known: HashMap<&VarRef, usize> = HashMap::new();
        for column in columns {
            column.expr.walk(&mut |expr| {
                if let Expr::Var(var) = expr {
                    known.entry(var).or_insert_with(|| {
                        vars.push(var);
                        vars.len() - 1
                    });
                }
            });
        }
        let columns = columns.iter().map(|column| match &column.expr {
            Expr::Var(var) => Shown::Var(known[var]),
            expr => Shown::Expr(expr),
        });
        let columns = columns.collect();
        let Compiled { fill, as_stored, .. } = *compiled;
        Self { values: vec![Value::Null; vars.len()], vars, fill, as_stored, columns, places: HashMap::new() }
    }

    /// Takes the values of a row of the group's series of this number, or of none.
    pub(super) fn read(&mut self, row: Option<(usize, &Series, usize)>) {
        let places = row.map(|(number, series, row)| {
            let (vars, as_stored) = (&self.vars, self.as_stored);
            let place = |var: &&VarRef| series.locate(var).shown(as_stored);
            let places = self.places.entry(number);
            (&*places.or_insert_with(|| vars.iter().map(place).collect()), series, row)
        });
        for (at, (var, cell)) in self.vars.iter().zip(&mut self.values).enumerate() {
            let value = places.map_or(Value::Null, |(places, series, row)| series.at(&places[at], row));
            if !value.is_null() {
                *cell = value;
            } else if self.fill != Fill::Previous {
                *cell = default_of(self.fill, var.kind.and_then(field_kind));
            }
        }
    }

    /// The row of the result.
    pub(super) fn show(&self, calls: &[&Call], points: &[Option<Point>], defaults: &[Value]) -> Vec<Value> {
        let scope = OutputScope { calls, points, defaults, cells: self };
        let values = self.columns.iter().map(|column| match column {
            Shown::Var(at) => self.values[*at].clone(),
            Shown::Expr(expr) => eval::eval(expr, &scope),
        });
        values.collect()
    }
}

/// Names and functions within one row of the result.
struct OutputScope<'a> {
    calls: &'a [&'a Call],
    /// The point of each call, if it has one at this time.
    points: &'a [Option<Point>],
    defaults: &'a [Value],
    cells: &'a Cells<'a>,
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
