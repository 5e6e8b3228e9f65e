//! Functions that follow points one after another.

use super::points::Point;
use super::window::Windows;
use crate::query::value::Value;

/// Change between points: `derivative`, with the length it is given for, or `difference`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// Nanoseconds; `None` for the difference itself.
    pub(super) unit: Option<i64>,
    /// Falling values give no point.
    pub(super) only_rising: bool,
    pub(super) ascending: bool,
}

/// The change from each point to the next.
pub(super) fn changes(points: &[Point], change: Change) -> Vec<Point> {
    let mut out = Vec::with_capacity(points.len());
    let mut previous: Option<&Point> = None;
    for point in points.iter().filter(|point| !point.value.is_null()) {
        let Some(before) = previous else {
            previous = Some(point);
            continue;
        };
        // Several points at one time do not advance: the first counts.
        if before.time == point.time {
            continue;
        }
        previous = Some(point);
        let difference = subtract(&point.value, &before.value);
        if change.only_rising && difference.order(&zero_of(&difference)).is_lt() {
            continue;
        }
        let value = match change.unit {
            None => difference,
            Some(unit) => {
                let elapsed = point.time.wrapping_sub(before.time) as f64 / unit as f64;
                let elapsed = if change.ascending { elapsed } else { -elapsed };
                Value::Float(difference.as_f64().unwrap_or(f64::NAN) / elapsed)
            }
        };
        out.push(Point::computed(point.time, value));
    }
    out
}

fn zero_of(value: &Value) -> Value {
    match value {
        Value::Integer(_) => Value::Integer(0),
        Value::Unsigned(_) => Value::Unsigned(0),
        _ => Value::Float(0.0),
    }
}

fn subtract(a: &Value, b: &Value) -> Value {
    combine(a, b, i64::wrapping_sub, u64::wrapping_sub, |a, b| a - b)
}

fn add(a: &Value, b: &Value) -> Value {
    combine(a, b, i64::wrapping_add, u64::wrapping_add, |a, b| a + b)
}

fn combine(
    a: &Value,
    b: &Value,
    integers: impl Fn(i64, i64) -> i64,
    unsigned: impl Fn(u64, u64) -> u64,
    floats: impl Fn(f64, f64) -> f64,
) -> Value {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Value::Integer(integers(*a, *b)),
        (Value::Unsigned(a), Value::Unsigned(b)) => Value::Unsigned(unsigned(*a, *b)),
        (a, b) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => Value::Float(floats(a, b)),
            _ => Value::Null,
        },
    }
}

/// The sum of all points so far, at each point.
pub(super) fn cumulative_sum(points: &[Point]) -> Vec<Point> {
    let mut sum: Option<Value> = None;
    let mut out = Vec::with_capacity(points.len());
    for point in points.iter().filter(|point| !point.value.is_null()) {
        let next = sum.as_ref().map_or_else(|| point.value.clone(), |sum| add(sum, &point.value));
        sum = Some(next.clone());
        out.push(Point::computed(point.time, next));
    }
    out
}

/// The mean of the last `n` points, from the `n`th on.
pub(super) fn moving_average(points: &[Point], n: usize) -> Vec<Point> {
    let present: Vec<&Point> = points.iter().filter(|point| !point.value.is_null()).collect();
    let mut sum = Value::Null;
    let mut out = Vec::with_capacity(present.len().saturating_sub(n));
    for (at, point) in present.iter().enumerate() {
        // As the real servers do: what leaves the window is taken from the sum, rounding errors and all.
        if let Some(leaving) = at.checked_sub(n) {
            sum = subtract(&sum, &present[leaving].value);
        }
        sum = if sum.is_null() { point.value.clone() } else { add(&sum, &point.value) };
        if at + 1 >= n {
            out.push(Point::computed(point.time, Value::Float(sum.as_f64().unwrap_or(f64::NAN) / n as f64)));
        }
    }
    out
}

/// The time from each point to the next, in whole units.
pub(super) fn elapsed(points: &[Point], unit: i64) -> Vec<Point> {
    let present: Vec<&Point> = points.iter().filter(|point| !point.value.is_null()).collect();
    let pairs = present.windows(2);
    pairs
        .map(|pair| Point::computed(pair[1].time, Value::Integer(pair[1].time.wrapping_sub(pair[0].time) / unit)))
        .collect()
}

/// The value at `time` on the line through two points.
pub(super) fn on_line(time: i64, a: (i64, f64), b: (i64, f64)) -> f64 {
    let slope = (b.1 - a.1) / b.0.wrapping_sub(a.0) as f64;
    slope * time.wrapping_sub(a.0) as f64 + a.1
}

/// The area under the points, per unit of time; by buckets if there are any, which are cut by interpolation.
pub(super) fn integral(points: &[Point], unit: i64, windows: &Windows, ascending: bool) -> Vec<Point> {
    let bounds = |time: i64| {
        let (start, end) = windows.around(time);
        if ascending { (start, end) } else { (end, start) }
    };
    let mut out = Vec::new();
    let mut previous: Option<(i64, f64)> = None;
    // Without buckets nothing ends before the last point, and the area stands at the epoch.
    let mut bucket = (0, if ascending { i64::MAX } else { i64::MIN });
    let mut sum = 0.0;
    for point in points {
        let Some(value) = point.value.as_f64() else { continue };
        let Some(mut before) = previous else {
            previous = Some((point.time, value));
            if windows.interval.is_some() {
                bucket = bounds(point.time);
            }
            continue;
        };
        if before.0 == point.time {
            previous = Some((point.time, value));
            continue;
        }
        let passed = if ascending { point.time >= bucket.1 } else { point.time <= bucket.1 };
        if windows.interval.is_some() && passed {
            if before.0 != bucket.1 {
                let at_end = on_line(bucket.1, before, (point.time, value));
                sum += area(before, (bucket.1, at_end), unit);
                before = (bucket.1, at_end);
            }
            out.push(Point::computed(bucket.0, Value::Float(sum)));
            bucket = bounds(point.time);
            sum = 0.0;
        }
        sum += area(before, (point.time, value), unit);
        previous = Some((point.time, value));
    }
    match previous {
        // A last point at the very start of its bucket has no area there.
        Some((time, _)) if time != bucket.0 => out.push(Point::computed(bucket.0, Value::Float(sum))),
        Some(_) | None => {}
    }
    out
}

fn area(a: (i64, f64), b: (i64, f64), unit: i64) -> f64 {
    0.5 * (a.1 + b.1) * (b.0.wrapping_sub(a.0) as f64 / unit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{MAX_TIME, MIN_TIME};

    fn points(values: &[(i64, i64)]) -> Vec<Point> {
        values.iter().map(|(time, value)| Point::computed(*time, Value::Integer(*value))).collect()
    }

    fn shown(points: &[Point]) -> Vec<(i64, f64)> {
        points.iter().map(|point| (point.time, point.value.as_f64().unwrap_or(f64::NAN))).collect()
    }

    #[test]
    fn changes_skip_points_that_do_not_advance() {
        let points = points(&[(0, 1), (10, 5), (10, 7), (20, 3)]);
        let change = Change { unit: Some(10), only_rising: false, ascending: true };
        assert_eq!(shown(&changes(&points, change)), [(10, 4.0), (20, -2.0)]);
        let rising = Change { unit: None, only_rising: true, ascending: true };
        assert_eq!(changes(&points, rising), [Point::computed(10, Value::Integer(4))]);
    }

    #[test]
    fn running_functions() {
        let points = points(&[(0, 1), (10, 5), (20, 3)]);
        assert_eq!(shown(&cumulative_sum(&points)), [(0, 1.0), (10, 6.0), (20, 9.0)]);
        assert_eq!(shown(&moving_average(&points, 2)), [(10, 3.0), (20, 4.0)]);
        assert_eq!(shown(&elapsed(&points, 5)), [(10, 2.0), (20, 2.0)]);
    }

    #[test]
    fn an_area_is_cut_at_buckets() {
        let points = points(&[(0, 0), (10, 10), (20, 10)]);
        let mut windows = Windows { interval: None, zone: None, min: MIN_TIME, max: MAX_TIME };
        assert_eq!(shown(&integral(&points, 1, &windows, true)), [(0, 150.0)]);
        windows.interval = Some(super::super::window::Interval { width: 15, offset: 0 });
        assert_eq!(shown(&integral(&points, 1, &windows, true)), [(0, 100.0), (15, 50.0)]);
    }
}
