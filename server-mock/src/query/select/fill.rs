//! Buckets without a value.

use super::points::Point;
use super::transform::on_line;
use super::window::Windows;
use crate::query::ast::Fill;
use crate::query::value::{Kind, Value};
use crate::query::{MIN_TIME, QueryError};

/// Puts a point into every bucket of the range. `points` are those of one series, in the direction of the query,
/// each at the start of its bucket.
///
/// A series without any point stays without. Where the range has no start, the first point's bucket is it.
pub(super) fn fill(
    points: Vec<Point>,
    fill: Fill,
    kind: Option<Kind>,
    windows: &Windows,
    ascending: bool,
    max_buckets: usize,
) -> Result<Vec<Point>, QueryError> {
    let Some(first) = points.first() else { return Ok(points) };
    let width = windows.interval.map_or(i64::MAX, |interval| interval.width);
    let (from, to) = if ascending { (windows.min, windows.max) } else { (windows.max, windows.min) };
    let (mut expected, end) = (windows.around(from).0, windows.around(to).0);
    if expected == MIN_TIME {
        expected = windows.around(first.time).0;
    }
    let within = |time: i64| if ascending { time <= end } else { time >= end && end != MIN_TIME };
    let mut filled = Vec::with_capacity(points.len());
    let mut previous: Option<(i64, Value)> = None;
    let mut points = points.into_iter().peekable();
    loop {
        let due = points.peek().map(|point| {
            let early = if ascending { point.time > expected } else { point.time < expected };
            !early
        });
        match due {
            Some(true) => {
                let point = points.next().expect("a point was seen");
                previous = Some((point.time, point.value.clone()));
                filled.push(point);
            }
            None if !within(expected) => return Ok(filled),
            Some(false) | None => {
                let next = points.peek().map(|point| (point.time, &point.value));
                let value = value(fill, kind, expected, previous.as_ref(), next, width);
                filled.push(Point::computed(expected, value));
            }
        }
        if filled.len() > max_buckets {
            let buckets = i64::try_from(filled.len()).unwrap_or(i64::MAX);
            return Err(QueryError::TooManyBuckets { buckets, limit: max_buckets });
        }
        let stepped = windows.step(expected, ascending);
        if stepped == expected {
            return Ok(filled);
        }
        expected = stepped;
    }
}

fn value(
    fill: Fill,
    kind: Option<Kind>,
    time: i64,
    previous: Option<&(i64, Value)>,
    next: Option<(i64, &Value)>,
    width: i64,
) -> Value {
    match fill {
        Fill::Null | Fill::None => Value::Null,
        Fill::Previous => previous.map_or(Value::Null, |(_, value)| value.clone()),
        Fill::Linear => match (previous, next) {
            (Some((before, from)), Some((after, to))) => {
                let (Some(a), Some(b)) = (from.as_f64(), to.as_f64()) else { return Value::Null };
                // In numbers of buckets, as the real servers count.
                let at = on_line(time / width, (before / width, a), (after / width, b));
                match from {
                    Value::Integer(_) => Value::Integer(at as i64),
                    Value::Unsigned(_) => Value::Unsigned(at as u64),
                    _ => Value::Float(at),
                }
            }
            _ => Value::Null,
        },
        Fill::Integer(number) => constant(Value::Integer(number), kind),
        Fill::Number(number) => constant(Value::Float(number), kind),
    }
}

/// The number of a `fill(…)` in a series that has other points: as a value of the function's type.
fn constant(number: Value, kind: Option<Kind>) -> Value {
    match kind {
        Some(kind) if kind.is_number() => number.cast(kind),
        Some(Kind::String) => Value::from(""),
        Some(Kind::Boolean) => Value::Boolean(false),
        Some(_) => Value::Null,
        None => number,
    }
}

/// What a function shows in a series where it has no point, but another function has: the number of a `fill(…)`, of
/// the function's type if that is a number.
pub(super) fn default_of(fill: Fill, kind: Option<Kind>) -> Value {
    let number = match fill {
        Fill::Integer(number) => Value::Integer(number),
        Fill::Number(number) => Value::Float(number),
        Fill::Null | Fill::None | Fill::Previous | Fill::Linear => return Value::Null,
    };
    match kind {
        Some(kind) if kind.is_number() => number.cast(kind),
        Some(_) | None => number,
    }
}
