//! Names and texts in statements.

/// A name for use in a statement: a database, retention policy, measurement, tag or field key, in double quotes.
///
/// Whatever the name holds, it stays one name: it cannot end the quotes and begin another statement. Bound parameters
/// ([`Query::bind`](crate::Query::bind)) are for values; servers take no name there.
///
/// ```
/// use influx_client::ident;
///
/// assert_eq!(ident("cpu"), r#""cpu""#);
/// assert_eq!(ident("a\"; DROP DATABASE b; --"), r#""a\"; DROP DATABASE b; --""#);
/// ```
#[must_use]
pub fn ident(name: &str) -> String {
    quoted(name, '"')
}

/// A text for use as a value in a statement, in single quotes.
///
/// For servers older than 1.0, which know no bound parameters, and for statements that take none, such as
/// `CREATE USER`.
///
/// ```
/// use influx_client::literal;
///
/// assert_eq!(literal("it's"), r"'it\'s'");
/// ```
#[must_use]
pub fn literal(text: &str) -> String {
    quoted(text, '\'')
}

/// The three escapes are all that the servers' scanner knows; any other backslash is an error there, so each one is
/// doubled.
fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c == quote => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A statement with its texts in single quotes left out: what may be a password, and what tells most of users' data.
pub(super) fn without_texts(statement: &str) -> String {
    let mut shown = String::with_capacity(statement.len());
    let mut quote = None;
    let mut escaped = false;
    for c in statement.chars() {
        let hidden = quote == Some('\'');
        let ends = quote == Some(c) && !escaped;
        if quote.is_none() && matches!(c, '\'' | '"') {
            quote = Some(c);
            shown.push(c);
            if c == '\'' {
                shown.push('…');
            }
        } else if ends {
            quote = None;
            shown.push(c);
        } else if !hidden {
            shown.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use influx_server_mock::query::ast::{Statement, quote_ident, quote_string};
    use influx_server_mock::query::{Params, parse};
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Vec<Statement> {
        parse(text, &Params::default(), influx_server_mock::Profile::V1_8).unwrap()
    }

    #[test]
    fn what_ends_quotes_is_escaped() {
        for (text, as_name, as_value) in [
            ("", "\"\"", "''"),
            ("a\\", "\"a\\\\\"", "'a\\\\'"),
            ("a\nb", "\"a\\nb\"", "'a\\nb'"),
            ("\"'", "\"\\\"'\"", "'\"\\''"),
        ] {
            assert_eq!((ident(text), literal(text)), (as_name.to_owned(), as_value.to_owned()));
        }
    }

    proptest! {
        /// Whatever a name holds, the servers' own parser reads one statement with exactly that name.
        #[test]
        fn a_name_stays_one_name(name in "[a-z\"'\\\\\n;, \t=é🦀-]{1,12}") {
            let read = parsed(&format!("DROP DATABASE {}", ident(&name)));
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].to_string(), format!("DROP DATABASE {}", quote_ident(&name)));
            let read = parsed(&format!("CREATE USER u WITH PASSWORD {}", literal(&name)));
            prop_assert_eq!(read.len(), 1);
            prop_assert!(!quote_string(&name).is_empty());
        }
    }

    #[test]
    fn texts_are_left_out_of_what_is_shown() {
        for (statement, shown) in [
            ("CREATE USER \"o'k\" WITH PASSWORD 's3cret'", "CREATE USER \"o'k\" WITH PASSWORD '…'"),
            (r"SELECT v FROM m WHERE a = 'it\'s' AND b = ''", "SELECT v FROM m WHERE a = '…' AND b = '…'"),
            (r"SET PASSWORD FOR u = 'a\\' -- 'rest", r"SET PASSWORD FOR u = '…' -- '…"),
            (r#"SELECT "a\"'b" FROM m"#, r#"SELECT "a\"'b" FROM m"#),
        ] {
            assert_eq!(without_texts(statement), shown);
        }
    }
}
