//! What can be set in a profile: one table, from which `config show`, `config set` and the checks are made.

use std::fmt;

/// What a value looks like in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A string, or an array of strings.
    List,
    /// A whole number.
    Number,
    /// A string, or a whole number.
    TextOrNumber,
    /// `true` or `false`.
    Switch,
    /// `true`, `false`, or a whole number that says how much.
    SwitchOrNumber,
    /// A string: a file, from the directory of the configuration file on.
    File,
    /// A string that nobody may see.
    Secret,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text | Self::File | Self::Secret => "a string in quotes",
            Self::List => "a string in quotes, or an array of them",
            Self::Number => "a whole number",
            Self::TextOrNumber => "a whole number, or a string in quotes",
            Self::Switch => "true or false",
            Self::SwitchOrNumber => "true, false or a whole number",
        })
    }
}

/// A key of a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name, which is that of the flag with `_` for `-`.
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
}

impl Key {
    /// The long flag that means the same; secrets have none.
    pub(crate) fn flag(&self) -> Option<String> {
        (self.shape != Shape::Secret).then(|| self.name.replace('_', "-"))
    }

    /// Whether it says who the user is. What becomes of these together is decided in one place, not flag by flag.
    pub(crate) fn is_credential(&self) -> bool {
        matches!(self.name, "username" | "password_file" | "password" | "token_file" | "token")
    }

    /// The key of this name; `hosts` is taken for `host`.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = if name == "hosts" { "host" } else { name };
        KEYS.iter().find(|key| key.name == name)
    }

    /// The key whose flag this is.
    pub(crate) fn of_flag(flag: &str) -> Option<&'static Self> {
        Self::named(&flag.replace('-', "_")).filter(|key| key.shape != Shape::Secret)
    }
}

const fn key(name: &'static str, shape: Shape) -> Key {
    Key { name, shape }
}

/// Every key, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    key("host", Shape::List),
    key("database", Shape::Text),
    key("rp", Shape::Text),
    key("consistency", Shape::Text),
    key("precision", Shape::Text),
    key("username", Shape::Text),
    key("password_file", Shape::File),
    key("password", Shape::Secret),
    key("token_file", Shape::File),
    key("token", Shape::Secret),
    key("timeout", Shape::Text),
    key("connect_timeout", Shape::Text),
    key("deadline", Shape::Text),
    key("ca", Shape::File),
    key("cert", Shape::File),
    key("key", Shape::File),
    key("insecure", Shape::Switch),
    key("proxy", Shape::Text),
    key("batch_lines", Shape::Number),
    key("batch_bytes", Shape::TextOrNumber),
    key("max_line", Shape::TextOrNumber),
    key("flush_interval", Shape::Text),
    key("in_flight", Shape::Number),
    key("window", Shape::Text),
    key("rate_points", Shape::TextOrNumber),
    key("rate_bytes", Shape::TextOrNumber),
    key("gzip", Shape::SwitchOrNumber),
    key("stamp", Shape::Text),
    key("retries", Shape::TextOrNumber),
    key("retry_budget", Shape::Text),
    key("backoff", Shape::Text),
    key("retry_on", Shape::List),
    key("on_below_level", Shape::Text),
    key("no_validate", Shape::Switch),
    key("split_types", Shape::Switch),
    key("max_rejected", Shape::TextOrNumber),
    key("allow_rejected", Shape::Switch),
    key("no_bisect", Shape::Switch),
    key("fail_fast", Shape::Switch),
    key("journal", Shape::Text),
    key("progress", Shape::Text),
];

/// The name that was most likely meant.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.replace('-', "_").to_ascii_lowercase();
    let scored = names.into_iter().map(|name| (strsim::damerau_levenshtein(&wrong, name), name));
    scored.filter(|(apart, name)| *apart <= 1 + name.len() / 3).min().map(|(_, name)| name)
}

/// What to say about a key that does not exist.
pub(crate) fn unknown(wrong: &str) -> String {
    match nearest(wrong, KEYS.iter().map(|key| key.name)) {
        Some(name) => format!("unknown key {wrong:?}: did you mean {name:?}?"),
        None => {
            let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            format!("unknown key {wrong:?}: there are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested_if_one_is_near() {
        for (wrong, meant) in [
            ("consistancy", "consistency"),
            ("batch-lines", "batch_lines"),
            ("user", "username"),
            ("hst", "host"),
            ("passwordfile", "password_file"),
        ] {
            let text = unknown(wrong);
            assert!(text.contains(&format!("{meant:?}")) || wrong == "user", "{text}");
        }
        assert!(unknown("colour_of_the_sky").contains("there are host, "));
    }

    #[test]
    fn names_are_the_flags_and_single() {
        for (at, one) in KEYS.iter().enumerate() {
            assert!(!KEYS[..at].contains(one), "{one:?}");
            assert_eq!(one.flag().is_none(), one.shape == Shape::Secret);
        }
        assert_eq!(Key::of_flag("batch-lines").map(|key| key.name), Some("batch_lines"));
        assert_eq!(Key::of_flag("password"), None, "no secret has a flag");
        assert_eq!(Key::named("hosts"), Key::named("host"));
    }
}
