//! `SELECT`.

use super::Expr;
use crate::query::Pattern;

/// A `SELECT` statement.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Select {
    /// The select list.
    pub fields: Vec<Field>,
    /// `INTO`; an empty name means the measurement the rows come from.
    pub target: Option<Measurement>,
    /// `FROM`.
    pub sources: Vec<Source>,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `GROUP BY`.
    pub dimensions: Vec<Dimension>,
    /// `fill(…)`.
    pub fill: Fill,
    /// `ORDER BY`.
    pub order: Option<OrderBy>,
    /// Rows a series; 0 means all.
    pub limit: u64,
    /// Rows of a series left out at the start.
    pub offset: u64,
    /// Series; 0 means all.
    pub slimit: u64,
    /// Series left out at the start.
    pub soffset: u64,
    /// `tz('…')`.
    pub zone: Option<TimeZoneName>,
}

/// `ORDER BY time DESC` or `ORDER BY DESC`; always by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// Earliest first.
    pub ascending: bool,
    /// Whether `time` was written.
    pub names_time: bool,
}

/// One entry of the select list.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What is computed.
    pub expr: Expr,
    /// `AS …`.
    pub alias: Option<String>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A measurement or those whose name matches.
    Measurement(Measurement),
    /// `(SELECT …)`.
    Subquery(Box<Select>),
}

/// `db.rp.name`; what is not written is empty.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Measurement {
    /// Empty: the request's database.
    pub database: String,
    /// Empty: the database's default.
    pub retention_policy: String,
    /// Empty when there is a pattern.
    pub name: String,
    /// `/…/` in place of a name.
    pub pattern: Option<Pattern>,
}

/// One entry of `GROUP BY`: a tag, `time(…)`, `*` or a regular expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// As written.
    pub expr: Expr,
}

/// What stands in the parentheses of `time(…)`, if it is among the entries of `GROUP BY`.
#[must_use]
pub fn time_arguments(dimensions: &[Dimension]) -> Option<&[Expr]> {
    dimensions.iter().find_map(|dimension| match &dimension.expr {
        Expr::Call(call) if call.name == "time" => Some(call.args.as_slice()),
        _ => None,
    })
}

/// What a bucket without a value shows.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Fill {
    /// `fill(null)`, also when nothing is written.
    #[default]
    Null,
    /// `fill(none)`: the bucket is left out.
    None,
    /// `fill(previous)`
    Previous,
    /// `fill(linear)`
    Linear,
    /// `fill(7)`
    Integer(i64),
    /// `fill(7.5)`
    Number(f64),
}

/// The name of a time zone that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeZoneName {
    /// As written.
    pub name: String,
    /// Its rules.
    pub zone: jiff::tz::TimeZone,
}

impl Select {
    /// Whether the select list has no function call: rows are points then.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        !self.fields.iter().any(|field| field.expr.any(|expr| matches!(expr, Expr::Call(_))))
    }

    /// Whether rows are wanted from the earliest on.
    #[must_use]
    pub fn is_ascending(&self) -> bool {
        self.order.is_none_or(|order| order.ascending)
    }

    /// The measurements named by this statement and its sub-queries.
    pub fn measurements(&self) -> Vec<&Measurement> {
        let mut all = Vec::new();
        self.collect_measurements(&mut all);
        all
    }

    fn collect_measurements<'a>(&'a self, all: &mut Vec<&'a Measurement>) {
        for source in &self.sources {
            match source {
                Source::Measurement(measurement) => all.push(measurement),
                Source::Subquery(select) => select.collect_measurements(all),
            }
        }
    }
}
