//! Subset match of JSON: what has to be in an answer, whatever else is.

use serde_json::{Number, Value};

use super::pattern::Pattern;

/// What a JSON value has to be.
///
/// Objects may have more keys than are named; arrays have to have the same length; everything else has to be equal.
/// An object whose key starts with `$` is an operator instead.
#[derive(Clone, Debug)]
pub struct Matcher(Node);

#[derive(Clone, Debug)]
enum Node {
    /// `{"$any":1}`
    Any,
    /// `{"$regex":r}`: a string that matches as a whole.
    Regex(Pattern),
    /// `{"$len":n}`: items of an array, keys of an object, characters of a string.
    Length(usize),
    /// `{"$min":n}`: a number that is not smaller.
    AtLeast(Number),
    /// `{"$contains":[…]}`: each of them is met by some item of the array.
    Contains(Vec<Node>),
    /// `{"$lacks":[…]}`: none of them is met by any item of the array.
    Lacks(Vec<Node>),
    /// `{"$unordered":[…]}`: the items of the array, in any order.
    Unordered(Vec<Node>),
    /// Several operators in one object.
    All(Vec<Node>),
    Object(Vec<(String, Entry)>),
    Array(Vec<Node>),
    Exactly(Value),
}

#[derive(Clone, Debug)]
enum Entry {
    /// The key is there and its value matches.
    Present(Node),
    /// `{"$absent":true}`: the key is not there.
    Absent,
}

impl Matcher {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// A text that says which operator is unknown, misplaced or misused.
    pub fn new(wanted: &Value) -> Result<Self, String> {
        node(wanted).map(Self)
    }

    /// Compares.
    ///
    /// # Errors
    /// A text that says where the value differs, and how.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        check(&self.0, value, "$")
    }
}

fn node(wanted: &Value) -> Result<Node, String> {
    match wanted {
        Value::Object(map) if map.keys().any(|key| key.starts_with('$')) => {
            let mut all = map.iter().map(|(name, value)| operator(name, value)).collect::<Result<Vec<_>, _>>()?;
            Ok(if all.len() == 1 { all.remove(0) } else { Node::All(all) })
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| Ok((key.clone(), entry(value)?)));
            Ok(Node::Object(entries.collect::<Result<_, String>>()?))
        }
        Value::Array(items) => Ok(Node::Array(nodes(items)?)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Node::Exactly(wanted.clone())),
    }
}

fn entry(wanted: &Value) -> Result<Entry, String> {
    match wanted.as_object().filter(|map| map.contains_key("$absent")) {
        None => node(wanted).map(Entry::Present),
        Some(map) if map.len() == 1 && map["$absent"] == Value::Bool(true) => Ok(Entry::Absent),
        Some(_) => Err(format!("$absent is written {{\"$absent\":true}}, not {wanted}")),
    }
}

fn nodes(items: &[Value]) -> Result<Vec<Node>, String> {
    items.iter().map(node).collect()
}

fn operator(name: &str, value: &Value) -> Result<Node, String> {
    let misused = || format!("{name} cannot take {value}");
    let items = || value.as_array().ok_or_else(misused).and_then(|items| nodes(items));
    Ok(match name {
        "$any" => Node::Any,
        "$regex" => Node::Regex(Pattern::new(value.as_str().ok_or_else(misused)?)?),
        "$len" => Node::Length(value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(misused)?),
        "$min" => match value {
            Value::Number(number) => Node::AtLeast(number.clone()),
            _ => return Err(misused()),
        },
        "$contains" => Node::Contains(items()?),
        "$lacks" => Node::Lacks(items()?),
        "$unordered" => Node::Unordered(items()?),
        "$absent" => return Err("$absent can only be the value of a key".to_owned()),
        _ => return Err(format!("there is no operator {name}")),
    })
}

fn check(wanted: &Node, value: &Value, path: &str) -> Result<(), String> {
    let array = || value.as_array().ok_or_else(|| format!("{path}: wanted an array, got {}", short(value)));
    match wanted {
        Node::Any => Ok(()),
        Node::Regex(pattern) => match value.as_str() {
            Some(text) if pattern.matches(text) => Ok(()),
            _ => Err(format!("{path}: wanted a string like {:?}, got {}", pattern.source(), short(value))),
        },
        Node::Length(wanted) => match length(value) {
            Some(length) if length == *wanted => Ok(()),
            Some(length) => Err(format!("{path}: wanted {wanted} of them, got {length}: {}", short(value))),
            None => Err(format!("{path}: wanted something with a length of {wanted}, got {}", short(value))),
        },
        Node::AtLeast(least) => match value {
            Value::Number(number) if not_less(number, least) => Ok(()),
            _ => Err(format!("{path}: wanted at least {least}, got {}", short(value))),
        },
        Node::Contains(wanted) => {
            let items = array()?;
            match wanted.iter().position(|one| !items.iter().any(|item| meets(one, item))) {
                None => Ok(()),
                Some(missing) => Err(format!("{path}: item {missing} of $contains is not in {}", short(value))),
            }
        }
        Node::Lacks(unwanted) => {
            let found = array()?.iter().find(|item| unwanted.iter().any(|one| meets(one, item)));
            found.map_or(Ok(()), |item| Err(format!("{path}: must not hold {}", short(item))))
        }
        Node::Unordered(wanted) => {
            let items = array()?;
            if items.len() != wanted.len() {
                return Err(format!("{path}: wanted {} items, got {}: {}", wanted.len(), items.len(), short(value)));
            }
            let unmet = unmatched(wanted, items);
            unmet.map_or(Ok(()), |one| Err(format!("{path}: item {one} of $unordered has none in {}", short(value))))
        }
        Node::All(all) => all.iter().try_for_each(|one| check(one, value, path)),
        Node::Object(entries) => {
            let map = value.as_object().ok_or_else(|| format!("{path}: wanted an object, got {}", short(value)))?;
            entries.iter().try_for_each(|(key, entry)| match (entry, map.get(key)) {
                (Entry::Present(wanted), Some(value)) => check(wanted, value, &format!("{path}.{key}")),
                (Entry::Present(_), None) => Err(format!("{path}.{key}: not there, in {}", short(value))),
                (Entry::Absent, None) => Ok(()),
                (Entry::Absent, Some(value)) => Err(format!("{path}.{key}: must not be there, is {}", short(value))),
            })
        }
        Node::Array(wanted) => {
            let items = array()?;
            if items.len() != wanted.len() {
                return Err(format!("{path}: wanted {} items, got {}: {}", wanted.len(), items.len(), short(value)));
            }
            let pairs = wanted.iter().zip(items).enumerate();
            pairs.into_iter().try_for_each(|(at, (wanted, item))| check(wanted, item, &format!("{path}[{at}]")))
        }
        // A number has to be written alike too: `1` and `1.0` are different answers.
        Node::Exactly(wanted) if wanted == value => Ok(()),
        Node::Exactly(wanted) => Err(format!("{path}: wanted {}, got {}", short(wanted), short(value))),
    }
}

fn meets(wanted: &Node, value: &Value) -> bool {
    check(wanted, value, "").is_ok()
}

/// Pairs each wanted item with a value of its own; the position of one that is left without, if any.
///
/// Taking the first value that fits is not enough: a wide matcher may take the only value that fits a narrow one. So
/// a taken value is asked for again, and its holder looks for another (Kuhn's bipartite matching).
fn unmatched(wanted: &[Node], values: &[Value]) -> Option<usize> {
    fn pair(one: usize, fits: &[Vec<usize>], asked: &mut [bool], holders: &mut [Option<usize>]) -> bool {
        fits[one].iter().any(|&value| {
            if std::mem::replace(&mut asked[value], true) {
                return false;
            }
            let free = holders[value].is_none_or(|holder| pair(holder, fits, asked, holders));
            if free {
                holders[value] = Some(one);
            }
            free
        })
    }
    let fits = |one| (0..values.len()).filter(|&value| meets(one, &values[value])).collect();
    let fits: Vec<Vec<usize>> = wanted.iter().map(fits).collect();
    let mut holders = vec![None; values.len()];
    (0..wanted.len()).find(|&one| !pair(one, &fits, &mut vec![false; values.len()], &mut holders))
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(map) => Some(map.len()),
        Value::String(text) => Some(text.chars().count()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn not_less(number: &Number, least: &Number) -> bool {
    // Times in nanoseconds do not fit a float.
    match (number.as_i128(), least.as_i128()) {
        (Some(number), Some(least)) => number >= least,
        _ => number.as_f64().zip(least.as_f64()).is_some_and(|(number, least)| number >= least),
    }
}

/// The value as a message can show it.
fn short(value: &Value) -> String {
    super::report::shorten(&value.to_string(), 500)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn differs(wanted: Value, value: Value) -> String {
        Matcher::new(&wanted).unwrap().check(&value).unwrap_err()
    }

    fn agrees(wanted: Value, value: Value) {
        Matcher::new(&wanted).unwrap().check(&value).unwrap();
    }

    #[test]
    fn objects_may_hold_more_and_arrays_may_not() {
        agrees(json!({"a": 1}), json!({"a": 1, "b": 2}));
        assert_eq!(differs(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})), "$.a.b: wanted 1, got 2");
        assert!(differs(json!({"a": 1}), json!({"b": 1})).starts_with("$.a: not there"));
        assert!(differs(json!([1]), json!([1, 2])).contains("wanted 1 items, got 2"));
        assert_eq!(differs(json!([1, [2]]), json!([1, [3]])), "$[1][0]: wanted 2, got 3");
        agrees(json!({}), json!({"a": 1}));
        assert!(differs(json!({}), json!([])).contains("wanted an object"));
    }

    #[test]
    fn values_are_compared_exactly() {
        agrees(
            json!([1456000000000000001_i64, 1.5, "x", true, null]),
            json!([1456000000000000001_i64, 1.5, "x", true, null]),
        );
        for (wanted, value) in [
            (json!(1456000000000000001_i64), json!(1456000000000000002_i64)),
            (json!(1), json!(1.0)),
            (json!(1), json!(true)),
            (json!(1), json!("1")),
            (json!(null), json!(0)),
            (json!("a"), json!("a ")),
        ] {
            differs(wanted, value);
        }
    }

    #[test]
    fn operators_of_a_value() {
        agrees(json!({"$any": 1}), json!(null));
        agrees(json!({"$regex": "a.c"}), json!("a\nc"));
        differs(json!({"$regex": "a"}), json!("ab"));
        differs(json!({"$regex": "1"}), json!(1));
        agrees(json!({"$len": 2}), json!([0, 0]));
        differs(json!({"$len": 2}), json!([0]));
        differs(json!({"$len": 2}), json!(2));
        agrees(json!({"$min": 2}), json!(2));
        differs(json!({"$min": 2}), json!(1));
        differs(json!({"$min": 1456000000000000001_i64}), json!(1456000000000000000_i64));
        differs(json!({"$min": 2}), json!("3"));
        agrees(json!({"$len": 2, "$contains": [1]}), json!([1, 2]));
        differs(json!({"$len": 2, "$contains": [1]}), json!([1]));
    }

    #[test]
    fn operators_of_an_array() {
        agrees(json!({"$contains": [{"a": 1}, 2]}), json!([2, 3, {"a": 1, "b": 2}]));
        differs(json!({"$contains": [4]}), json!([2, 3]));
        differs(json!({"$contains": []}), json!({}));
        agrees(json!({"$lacks": [4]}), json!([2, 3]));
        assert!(differs(json!({"$lacks": [{"a": 1}]}), json!([2, {"a": 1}])).contains("must not hold"));
        differs(json!({"$lacks": [4]}), json!("no array"));
        agrees(json!({"$unordered": [1, 2]}), json!([2, 1]));
        differs(json!({"$unordered": [1, 1]}), json!([1, 2]));
        differs(json!({"$unordered": [1]}), json!([1, 1]));
    }

    #[test]
    fn a_wide_matcher_leaves_the_narrow_one_its_value() {
        agrees(json!({"$unordered": [{"$any": 1}, 1, {"$min": 2}]}), json!([1, 3, 2]));
        agrees(json!({"$unordered": [{"$min": 1}, {"$min": 2}, {"$min": 3}]}), json!([3, 2, 1]));
        differs(json!({"$unordered": [{"$min": 2}, {"$min": 2}, 1]}), json!([3, 1, 1]));
    }

    #[test]
    fn absence() {
        agrees(json!({"a": {"$absent": true}}), json!({"b": 1}));
        assert_eq!(differs(json!({"a": {"$absent": true}}), json!({"a": null})), "$.a: must not be there, is null");
    }

    #[test]
    fn mistakes_are_refused_instead_of_never_failing() {
        for wrong in [
            json!({"$absent": true}),
            json!([{"$absent": true}]),
            json!({"a": {"$absent": false}}),
            json!({"a": {"$absent": true, "b": 1}}),
            json!({"$regexp": "a"}),
            json!({"$regex": "("}),
            json!({"$regex": 1}),
            json!({"$len": -1}),
            json!({"$len": 1, "name": "x"}),
            json!({"$min": "1"}),
            json!({"$contains": 1}),
        ] {
            assert!(Matcher::new(&wrong).is_err(), "{wrong}");
        }
    }
}
