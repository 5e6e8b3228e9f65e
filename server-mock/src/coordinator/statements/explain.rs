//! `EXPLAIN`: what a `SELECT` would read, and `EXPLAIN ANALYZE`: how long it took.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{Computation, Running, Scope, Statements, read};
use crate::go;
use crate::query::ast::{Expr, Select};
use crate::query::{Context, Row, SourceRows, Value, plan};

impl Statements {
    /// The rows of `EXPLAIN [ANALYZE]`: one line of text each.
    pub(super) async fn explain(
        &self,
        select: &Select,
        analyze: bool,
        scope: Scope<'_>,
        query: &Running,
    ) -> Result<Vec<Row>, String> {
        let begun = Instant::now();
        let context = Context { now: scope.now, profile: self.owners.profile, seed: 0 };
        let planned = plan(select, &context).map_err(|error| error.to_string())?;
        let only = read::only(&self.owners, scope)?;
        let mut sources = Vec::with_capacity(planned.len());
        for scan in &planned {
            sources.push(read::scan(&self.owners, scan, only).await?);
        }
        if !analyze {
            return Ok(vec![lines("QUERY PLAN", plan_lines(select, &sources))]);
        }
        let planning = begun.elapsed();
        let (select, limits, interrupted) = (select.clone(), self.limits, query.interrupted());
        let computation = Computation { select, sources, context, limits, interrupted };
        let select = computation.run(|_| true).await?;
        let total = begun.elapsed();
        let text =
            |duration: std::time::Duration| go::format_duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
        let tree = [
            ".".to_owned(),
            "└── select".to_owned(),
            format!("    ├── execution_time: {}", text(total - planning)),
            format!("    ├── planning_time: {}", text(planning)),
            format!("    ├── total_time: {}", text(total)),
            "    └── field_iterators".to_owned(),
            "        └── labels".to_owned(),
            format!("            └── statement: {select}"),
        ];
        Ok(vec![lines("EXPLAIN ANALYZE", tree)])
    }
}

/// One block of lines for each function, or one for a statement of points alone.
fn plan_lines(select: &Select, sources: &[SourceRows]) -> Vec<String> {
    let mut calls = Vec::new();
    let mut names = BTreeSet::new();
    for field in &select.fields {
        field.expr.walk(&mut |expr| match expr {
            Expr::Call(call) => calls.push(call.to_string()),
            Expr::Var(var) => drop(names.insert(var.name.clone())),
            _ => {}
        });
    }
    let fields = sources.iter().flat_map(|source| &source.indexes).flat_map(|index| &index.fields);
    let typed: BTreeSet<String> = fields
        .filter(|(_, field, _)| names.contains(field))
        .map(|(_, field, kind)| format!("{field}::{}", kind.name()))
        .collect();
    let expressions = if calls.is_empty() { vec!["<nil>".to_owned()] } else { calls };
    let shards: usize = sources.iter().map(|source| source.indexes.len()).sum();
    let series: BTreeSet<_> =
        sources.iter().flat_map(|source| &source.blocks).map(|block| (&block.measurement, &block.tags)).collect();
    let columns = sources.iter().flat_map(|source| &source.blocks).flat_map(|block| &block.columns);
    let values: usize = columns.map(|column| column.times.len()).sum();
    let mut out = Vec::new();
    for (at, expression) in expressions.iter().enumerate() {
        if at > 0 {
            out.push(String::new());
        }
        out.push(format!("EXPRESSION: {expression}"));
        if expression == "<nil>" && !typed.is_empty() {
            out.push(format!("AUXILIARY FIELDS: {}", typed.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
        out.push(format!("NUMBER OF SHARDS: {shards}"));
        out.push(format!("NUMBER OF SERIES: {}", series.len()));
        // All values are in memory here, none in files of blocks.
        out.push(format!("CACHED VALUES: {values}"));
        out.extend(["NUMBER OF FILES: 0", "NUMBER OF BLOCKS: 0", "SIZE OF BLOCKS: 0"].map(str::to_owned));
    }
    out
}

fn lines(column: &str, lines: impl IntoIterator<Item = String>) -> Row {
    Row {
        columns: vec![column.to_owned()],
        values: lines.into_iter().map(|line| vec![Value::String(line.into())]).collect(),
        ..Row::default()
    }
}
