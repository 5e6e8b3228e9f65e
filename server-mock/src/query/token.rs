//! What the lexer makes of the text.

use std::borrow::Cow;
use std::fmt;

use super::ast::BinaryOp;

/// Where a token starts, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    /// In characters, not bytes.
    pub(super) char: usize,
}

/// A token with its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// Unescaped content of identifiers, strings and regular expressions, digits of numbers, white space as it
    /// stood; empty where the kind says all.
    pub(super) text: Cow<'a, str>,
    pub(super) at: Position,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Illegal,
    End,
    Space,
    Comment,
    Ident,
    BoundParam,
    Number,
    Integer,
    Duration,
    String,
    /// A string without its closing quote.
    BadString,
    /// An unknown escape within quotes.
    BadEscape,
    Regex,
    BadRegex,
    Op(BinaryOp),
    LeftParen,
    RightParen,
    Comma,
    Colon,
    DoubleColon,
    Semicolon,
    Dot,
    Keyword(Keyword),
}

impl Token<'_> {
    /// How an error message names the token.
    pub(super) fn shown(&self) -> String {
        if self.text.is_empty() { self.kind.to_string() } else { self.text.clone().into_owned() }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Illegal => "ILLEGAL",
            Self::End => "EOF",
            Self::Space => "WS",
            Self::Ident => "IDENT",
            Self::Number => "NUMBER",
            Self::Duration => "DURATIONVAL",
            Self::String => "STRING",
            Self::BadString => "BADSTRING",
            Self::BadEscape => "BADESCAPE",
            Self::Regex => "REGEX",
            // The real servers have no names for these kinds.
            Self::Comment | Self::BoundParam | Self::Integer | Self::BadRegex => "",
            Self::Op(op) => op.text(),
            Self::LeftParen => "(",
            Self::RightParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::DoubleColon => "::",
            Self::Semicolon => ";",
            Self::Dot => ".",
            Self::Keyword(keyword) => keyword.text(),
        })
    }
}

macro_rules! keywords {
    ($($name:ident $text:literal,)*) => {
        /// A reserved word: needs quotes to be used as a name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword { $($name,)* }

        impl Keyword {
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// In capitals, as error messages write it.
            pub(super) fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

keywords! {
    All "ALL", Alter "ALTER", Analyze "ANALYZE", Any "ANY", As "AS", Asc "ASC", Begin "BEGIN", By "BY",
    Cardinality "CARDINALITY", Create "CREATE", Continuous "CONTINUOUS", Database "DATABASE", Databases "DATABASES",
    Default "DEFAULT", Delete "DELETE", Desc "DESC", Destinations "DESTINATIONS", Diagnostics "DIAGNOSTICS",
    Distinct "DISTINCT", Drop "DROP", Duration "DURATION", End "END", Every "EVERY", Exact "EXACT",
    Explain "EXPLAIN", False "FALSE", Field "FIELD", For "FOR", From "FROM", Grant "GRANT", Grants "GRANTS",
    Group "GROUP", Groups "GROUPS", In "IN", Inf "INF", Insert "INSERT", Into "INTO", Key "KEY", Keys "KEYS",
    Kill "KILL", Limit "LIMIT", Measurement "MEASUREMENT", Measurements "MEASUREMENTS", Name "NAME",
    Offset "OFFSET", On "ON", Order "ORDER", Password "PASSWORD", Policy "POLICY", Policies "POLICIES",
    Privileges "PRIVILEGES", Queries "QUERIES", Query "QUERY", Read "READ", Replication "REPLICATION",
    Resample "RESAMPLE", Retention "RETENTION", Revoke "REVOKE", Select "SELECT", Series "SERIES", Set "SET",
    Show "SHOW", Shard "SHARD", Shards "SHARDS", Slimit "SLIMIT", Soffset "SOFFSET", Stats "STATS",
    Subscription "SUBSCRIPTION", Subscriptions "SUBSCRIPTIONS", Tag "TAG", To "TO", True "TRUE", User "USER",
    Users "USERS", Values "VALUES", Verbose "VERBOSE", Where "WHERE", With "WITH", Write "WRITE",
}

/// What a bare word is: a keyword, one of the operators spelled in letters, or a name.
pub(super) fn classify_word(word: &str) -> Kind {
    if word.eq_ignore_ascii_case("AND") {
        return Kind::Op(BinaryOp::And);
    }
    if word.eq_ignore_ascii_case("OR") {
        return Kind::Op(BinaryOp::Or);
    }
    // Longer than any keyword: skip the scan, so that a huge name costs nothing.
    if word.len() > 13 {
        return Kind::Ident;
    }
    Keyword::ALL
        .iter()
        .find(|keyword| keyword.text().eq_ignore_ascii_case(word))
        .map_or(Kind::Ident, |keyword| Kind::Keyword(*keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_keyword_is_found() {
        assert_eq!(Keyword::ALL.iter().map(|keyword| keyword.text().len()).max(), Some(13));
        assert_eq!(classify_word("subscriptions"), Kind::Keyword(Keyword::Subscriptions));
        assert_eq!(classify_word("Or"), Kind::Op(BinaryOp::Or));
        assert_eq!(classify_word("host"), Kind::Ident);
    }
}
