//! `${name}` in a scenario.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What the names stand for at one moment of a play.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

/// A scenario uses a name that nothing has set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing has set ${{{0}}}")]
pub struct UnknownVariable(pub String);

impl Variables {
    /// Sets a name, or gives it another value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// What a name stands for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value with every name in every string replaced, those of object keys too.
    ///
    /// # Errors
    /// [`UnknownVariable`] for a name that is not set.
    pub fn fill(&self, value: &Value) -> Result<Value, UnknownVariable> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill_text(text)?),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?),
            Value::Object(map) => {
                let mut filled = Map::new();
                for (key, value) in map {
                    filled.insert(self.fill_text(key)?, self.fill(value)?);
                }
                Value::Object(filled)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    fn fill_text(&self, text: &str) -> Result<String, UnknownVariable> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            let name = from[2..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            match name {
                Some(name) => {
                    let value = self.get(name).ok_or_else(|| UnknownVariable(name.to_owned()))?;
                    filled.push_str(value);
                    rest = &from[name.len() + 3..];
                }
                // No name, so nothing of ours: a regular expression may well hold it.
                None => {
                    filled.push_str("${");
                    rest = &from[2..];
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("db", "d1");
        variables.set("K", "7");
        variables
    }

    #[test]
    fn names_are_replaced_wherever_a_string_is() {
        let step = json!({"q": "m,k=${K} on ${db}${db}", "list": ["${K}", 3], "${K}": {"deep": "${db}x"}});
        let wanted = json!({"q": "m,k=7 on d1d1", "list": ["7", 3], "7": {"deep": "d1x"}});
        assert_eq!(variables().fill(&step).unwrap(), wanted);
    }

    #[test]
    fn a_value_is_not_filled_again() {
        let mut variables = variables();
        variables.set("X", "${K}");
        assert_eq!(variables.fill(&json!("${X}")).unwrap(), json!("${K}"));
    }

    #[test]
    fn what_nobody_set_is_an_error_and_what_is_no_name_stays() {
        assert_eq!(variables().fill(&json!({"a": "${D0}"})), Err(UnknownVariable("D0".into())));
        assert_eq!(variables().fill(&json!("a$ ${ ${} ${a-b} $x{")).unwrap(), json!("a$ ${ ${} ${a-b} $x{"));
    }
}
