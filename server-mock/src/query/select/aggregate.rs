//! Functions that make few points of the points of one bucket.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::points::Point;
use crate::query::value::Value;

/// What `function` makes of the points of one bucket, which starts at `start`.
///
/// `points` are in the direction of the query and none is null; there is at least one.
pub(super) fn aggregate(function: &str, points: &[Point], start: i64) -> Vec<Point> {
    let whole = |value: Value| vec![Point::computed(start, value)];
    match function {
        "count" => whole(Value::Integer(i64::try_from(points.len()).unwrap_or(i64::MAX))),
        "sum" => whole(sum(points)),
        "mean" => whole(Value::Float(sum(points).as_f64().unwrap_or(f64::NAN) / points.len() as f64)),
        "min" => select(points, |a, b| a.value.order(&b.value).then(a.time.cmp(&b.time))),
        "max" => select(points, |a, b| b.value.order(&a.value).then(a.time.cmp(&b.time))),
        "first" => select(points, |a, b| a.time.cmp(&b.time).then(preferred_at_one_time(a, b, false))),
        "last" => select(points, |a, b| b.time.cmp(&a.time).then(preferred_at_one_time(a, b, true))),
        "median" => median(points, start),
        "mode" => mode(points, start),
        "stddev" => whole(Value::Float(stddev(points))),
        "spread" => whole(spread(points)),
        "distinct" => distinct(points),
        other => unreachable!("{other} was not checked to be an aggregate"),
    }
}

/// The point that comes first in this order; of equals the one met first.
fn select(points: &[Point], order: impl Fn(&Point, &Point) -> Ordering) -> Vec<Point> {
    points.iter().min_by(|a, b| order(a, b)).cloned().into_iter().collect()
}

/// Of several points at one time `first` and `last` take the greatest; of truth values `first` takes `false`.
fn preferred_at_one_time(a: &Point, b: &Point, last: bool) -> Ordering {
    match (&a.value, last) {
        (Value::Boolean(_), false) => a.value.order(&b.value),
        _ => b.value.order(&a.value),
    }
}

fn sum(points: &[Point]) -> Value {
    let mut float = 0.0;
    let mut integer = 0i64;
    let mut unsigned = 0u64;
    for point in points {
        match &point.value {
            Value::Float(value) => float += value,
            Value::Integer(value) => integer = integer.wrapping_add(*value),
            Value::Unsigned(value) => unsigned = unsigned.wrapping_add(*value),
            Value::Null | Value::Time(_) | Value::Boolean(_) | Value::String(_) | Value::List(_) => {}
        }
    }
    match points.first().map(|point| &point.value) {
        Some(Value::Integer(_)) => Value::Integer(integer),
        Some(Value::Unsigned(_)) => Value::Unsigned(unsigned),
        _ => Value::Float(float),
    }
}

fn by_value(points: &[Point]) -> Vec<&Point> {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_by(|a, b| a.value.order(&b.value));
    sorted
}

fn median(points: &[Point], start: i64) -> Vec<Point> {
    let float = |point: &Point| point.value.as_f64().unwrap_or(f64::NAN);
    if let [one] = points {
        return vec![Point::computed(start, Value::Float(float(one)))];
    }
    let sorted = by_value(points);
    let middle = sorted.len() / 2;
    let value = if sorted.len() % 2 == 1 {
        float(sorted[middle])
    } else {
        let (low, high) = (float(sorted[middle - 1]), float(sorted[middle]));
        low + (high - low) / 2.0
    };
    vec![Point::computed(start, Value::Float(value))]
}

/// The most frequent value. As in the real servers, of two the greater wins if its first point is not after the last
/// of the smaller, and a value met only once is taken only when it is the smallest; of as many
/// truths as falsehoods it is the truth.
fn mode(points: &[Point], start: i64) -> Vec<Point> {
    if let Some(Point { value: Value::Boolean(_), .. }) = points.first() {
        let holding = points.iter().filter(|point| point.value == Value::Boolean(true)).count();
        return vec![Point::computed(start, Value::Boolean(2 * holding >= points.len()))];
    }
    let sorted = by_value(points);
    let mut best: Option<(usize, i64, &Value)> = None;
    for run in sorted.chunk_by(|a, b| a.value.order(&b.value).is_eq()) {
        let (first, last) = (run[0].time, run[run.len() - 1].time);
        let wins = best.is_none_or(|(count, time, _)| {
            run.len() > 1 && (run.len() > count || (run.len() == count && first <= time))
        });
        if wins {
            best = Some((run.len(), last, &run[0].value));
        }
    }
    best.map(|(_, _, value)| Point::computed(start, value.clone())).into_iter().collect()
}

/// Of a sample: one point has none.
fn stddev(points: &[Point]) -> f64 {
    let values: Vec<f64> = points.iter().filter_map(|point| point.value.as_f64()).filter(|v| !v.is_nan()).collect();
    if points.len() < 2 {
        return f64::NAN;
    }
    let mut mean = 0.0;
    for (at, value) in values.iter().enumerate() {
        mean += (value - mean) / (at + 1) as f64;
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

fn spread(points: &[Point]) -> Value {
    let low = points.iter().map(|point| &point.value).min_by(|a, b| a.order(b));
    let high = points.iter().map(|point| &point.value).max_by(|a, b| a.order(b));
    match (low, high) {
        (Some(Value::Integer(low)), Some(Value::Integer(high))) => Value::Integer(high.wrapping_sub(*low)),
        (Some(Value::Unsigned(low)), Some(Value::Unsigned(high))) => Value::Unsigned(high.wrapping_sub(*low)),
        (Some(low), Some(high)) => match (low.as_f64(), high.as_f64()) {
            (Some(low), Some(high)) => Value::Float(high - low),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// Each value once, at the time it was met first, earliest first.
fn distinct(points: &[Point]) -> Vec<Point> {
    let mut seen = HashSet::new();
    let mut all: Vec<Point> = points
        .iter()
        .filter(|point| seen.insert(point.value.identity()))
        .map(|point| Point::computed(point.time, point.value.clone()))
        .collect();
    all.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| a.value.order(&b.value)));
    all
}

/// The point below which `percent` of the points are.
pub(super) fn percentile(points: &[Point], percent: f64) -> Vec<Point> {
    let rank = (points.len() as f64 * percent / 100.0 + 0.5).floor() - 1.0;
    if rank < 0.0 || rank >= points.len() as f64 {
        return Vec::new();
    }
    vec![by_value(points)[rank as usize].clone()]
}

/// The `n` greatest (or smallest) points, of equal ones the earliest.
pub(super) fn rank(points: &[Point], n: usize, greatest: bool) -> Vec<Point> {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_by(|a, b| {
        let by_value = a.value.order(&b.value);
        (if greatest { by_value.reverse() } else { by_value }).then(a.time.cmp(&b.time))
    });
    sorted.into_iter().take(n).cloned().collect()
}

/// `n` points picked by chance, each with the same probability.
pub(super) fn sample(points: &[Point], n: usize, random: &mut fastrand::Rng) -> Vec<Point> {
    let mut kept: Vec<usize> = Vec::with_capacity(n.min(points.len()));
    for at in 0..points.len() {
        if at < n {
            kept.push(at);
            continue;
        }
        let place = random.usize(0..=at);
        if place < n {
            kept[place] = at;
        }
    }
    let mut kept: Vec<Point> = kept.into_iter().map(|at| points[at].clone()).collect();
    kept.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| a.value.order(&b.value)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(i64, f64)]) -> Vec<Point> {
        values.iter().map(|(time, value)| Point::computed(*time, Value::Float(*value))).collect()
    }

    #[test]
    fn of_equal_points_the_earliest_is_selected() {
        let points = points(&[(3, 2.0), (1, 1.0), (2, 2.0), (4, 1.0)]);
        assert_eq!(aggregate("max", &points, 0), [Point::computed(2, Value::Float(2.0))]);
        assert_eq!(aggregate("min", &points, 0), [Point::computed(1, Value::Float(1.0))]);
        assert_eq!(rank(&points, 1, true), [Point::computed(2, Value::Float(2.0))]);
        assert_eq!(aggregate("mode", &points, 9), [Point::computed(9, Value::Float(2.0))]);
    }

    #[test]
    fn statistics() {
        let points = points(&[(1, 2.0), (2, 4.0), (3, 4.0), (4, 10.0)]);
        for (function, value) in [("mean", 5.0), ("median", 4.0), ("mode", 4.0), ("spread", 8.0), ("sum", 20.0)] {
            assert_eq!(aggregate(function, &points, 0), [Point::computed(0, Value::Float(value))], "{function}");
        }
        let deviation = aggregate("stddev", &points, 0)[0].value.as_f64().unwrap_or_default();
        assert!((deviation - 3.464_101_615_137_755).abs() < 1e-12);
        assert_eq!(percentile(&points, 50.0)[0].time, 2);
        assert_eq!(percentile(&points, 1.0), []);
    }

    #[test]
    fn a_sample_has_the_size_asked_for() {
        let points = points(&[(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]);
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(sample(&points, 3, &mut random).len(), 3);
        assert_eq!(sample(&points, 9, &mut random), points);
    }
}
