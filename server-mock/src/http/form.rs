//! Parameters of a request.

/// `key=value` pairs of a query string or a form, decoded; the first of a name counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2` with percent and plus decoding.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// Adds pairs that count before those already there, as a posted form does in Go.
    pub(super) fn before(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The value of a parameter; empty when it is missing, since the real servers do not tell these apart.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_name_counts() {
        let form = Form::parse(b"db=a%20b&db=c&q=x+y");
        assert_eq!((form.get("db"), form.get("q"), form.get("none")), ("a b", "x y", ""));
        assert_eq!(Form::parse(b"db=body").before(form).get("db"), "body");
    }
}
