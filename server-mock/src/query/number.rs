//! Floats as Go writes them.

/// As `encoding/json`: plain digits for sizes between 1e-6 and 1e21, else an exponent. `None` for what JSON cannot
/// hold.
pub(super) fn json(value: f64) -> Option<String> {
    let size = value.abs();
    if !value.is_finite() {
        return None;
    }
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Some(value.to_string());
    }
    // `1e-7` in Rust; Go writes `1e-07` and its JSON encoder takes the zero away again.
    let text = format!("{value:e}");
    Some(if text.contains("e-") { text } else { text.replace('e', "e+") })
}

/// As `%v`: an exponent from 1e6 on and below 1e-4, of two digits at least.
pub(super) fn general(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "NaN".to_owned() } else { format!("{}Inf", if value < 0.0 { '-' } else { '+' }) };
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_floats() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-1.25e-10, "-1.25e-10"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(json(value).as_deref(), Some(text));
        }
        assert_eq!(json(f64::NAN), None);
    }

    #[test]
    fn general_floats() {
        for (value, text) in
            [(1.5, "1.5"), (1e6, "1e+06"), (1234567.0, "1.234567e+06"), (0.00001, "1e-05"), (100.0, "100")]
        {
            assert_eq!(general(value), text);
        }
    }
}
