#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::parse;
use crate::Profile;
use crate::query::Params;
use crate::query::ast::{Expr, Source, Statement};

fn shown(text: &str) -> String {
    let statements = parse(text, &Params::default(), Profile::V1_8).unwrap_or_else(|error| panic!("{text}: {error}"));
    statements.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
}

fn error(text: &str) -> String {
    match parse(text, &Params::default(), Profile::V1_8) {
        Ok(statements) => panic!("{text} is no error but {statements:?}"),
        Err(error) => error.detail().to_owned(),
    }
}

/// Statements that the real parser writes back as they stand.
const CANONICAL: &[&str] = &[
    "SELECT * FROM m",
    "SELECT v, host FROM cpu WHERE host = 'a' AND v > 3.500 OR time > now() - 1h GROUP BY host, time(10m, 1m) \
     fill(previous) ORDER BY time DESC LIMIT 3 OFFSET 4 SLIMIT 5 SOFFSET 6 TZ('America/New_York')",
    "SELECT mean(v) AS \"x y\", max(\"v w\") INTO db.rp.tgt FROM db0..cpu, rp.mem, /re.*x/ WHERE a =~ /^b\\/c$/ GROUP BY *",
    "SELECT count(distinct(v)) FROM (SELECT mean(v) AS v FROM cpu GROUP BY time(1m)) GROUP BY time(1h) fill(0)",
    "SELECT (a + b) * -1 * c / 2 % 3 & 1 | 4 ^ 5 FROM m",
    "SELECT *::tag, *::field, v::float, /a/ FROM db.rp.m ORDER BY DESC",
    "SHOW DATABASES",
    "SHOW SERVERS",
    "SHOW MEASUREMENTS ON db WITH MEASUREMENT =~ /x/ WHERE a = 'b' ORDER BY ASC LIMIT 1 OFFSET 2",
    "SHOW MEASUREMENTS ON db.rp WITH MEASUREMENT = m LIMIT 1",
    "SHOW SERIES ON db FROM cpu WHERE region = 'uswest' LIMIT 10",
    "SHOW SERIES EXACT CARDINALITY ON db FROM m WHERE a = 'b' GROUP BY c LIMIT 1",
    "SHOW TAG KEYS FROM m, n WHERE a = 'b' LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4",
    "SHOW TAG KEYS ON db FROM m WITH KEY =~ /h/ WHERE a = 'b' LIMIT 1",
    "SHOW TAG KEYS WITH KEY IN (host, region)",
    "SHOW TAG VALUES ON db FROM m WITH KEY IN (host, region) WHERE x = 'y' LIMIT 1",
    "SHOW FIELD KEYS FROM m ORDER BY DESC LIMIT 1",
    "SHOW RETENTION POLICIES ON db",
    "SHOW STATS FOR 'x'",
    "CREATE DATABASE db WITH DURATION 1h0m0s REPLICATION 3 SHARD DURATION 30m0s NAME rp",
    "CREATE RETENTION POLICY p ON db DURATION 0s REPLICATION 2 SHARD DURATION 1d DEFAULT",
    "ALTER RETENTION POLICY \"default\" ON db DURATION 4w REPLICATION 2 SHARD DURATION 1h DEFAULT",
    "GRANT ALL PRIVILEGES ON db TO u",
    "REVOKE ALL PRIVILEGES FROM u",
    "DROP RETENTION POLICY r ON d",
    "DROP SERIES FROM m WHERE a = 'b'",
    "DELETE FROM m WHERE time < '2000-01-01'",
    "KILL QUERY 3 ON \"host:1\"",
    "CREATE CONTINUOUS QUERY q ON d RESAMPLE EVERY 1m FOR 2h BEGIN SELECT mean(v) INTO d.rp.:MEASUREMENT FROM m \
     GROUP BY time(1h), * END",
    "CREATE SUBSCRIPTION s ON d.rp DESTINATIONS ANY 'a', 'b'",
];

#[test]
fn statements_are_written_back() {
    for text in CANONICAL {
        assert_eq!(&shown(text), text);
    }
}

#[test]
fn passwords_are_not_written_back() {
    let text = "CREATE USER u WITH PASSWORD 'canary' WITH ALL PRIVILEGES;SET PASSWORD FOR u = 'canary'";
    let statements = parse(text, &Params::default(), Profile::V1_8).unwrap();
    assert!(!format!("{statements:?}").contains("canary"));
    assert_eq!(
        shown(text),
        "CREATE USER u WITH PASSWORD [REDACTED] WITH ALL PRIVILEGES;SET PASSWORD FOR u = [REDACTED]"
    );
}

/// Texts that the real parser of 1.8 was seen to answer.
#[test]
fn errors_are_in_the_words_of_the_real_parser() {
    for (text, detail) in [
        (
            "SELEC",
            "found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL at line 1, char 1",
        ),
        ("SELECT FROM", "found FROM, expected identifier, string, number, bool at line 1, char 8"),
        ("SELECT", "found EOF, expected identifier, string, number, bool at line 1, char 8"),
        ("SELECT v FROM m WHERE", "found EOF, expected identifier, string, number, bool at line 1, char 23"),
        ("SELECT v FROM m LIMIT x", "found x, expected integer at line 1, char 23"),
        ("SELECT v FROM m ORDER BY v", "only ORDER BY time supported at this time"),
        ("SELECT v FROM a.b.c.d", "too many segments in \"a\".\"b\".\"c\".d at line 1, char 1"),
        (
            "SELECT v FROM m;\nDROP",
            "found EOF, expected CONTINUOUS, DATABASE, MEASUREMENT, RETENTION, SERIES, SHARD, SUBSCRIPTION, USER at line 2, char 6",
        ),
        (
            "SELECT v = 1 FROM m",
            "invalid operator = in SELECT clause at line 1, char 8; operator is intended for WHERE clause",
        ),
        ("SELECT v FROM m WHERE t =~ x", "found x, expected regex at line 1, char 28"),
        ("SELECT v FROM /(/", "error parsing regexp: missing closing ): `(` at line 1, char 14"),
        ("SELECT v FROM m WHERE a = $p", "missing parameter: p"),
        ("SELECT v FROM m fill(x)", "expected number argument in fill()"),
        ("SELECT v FROM m tz('Nowhere')", "unable to find time zone Nowhere"),
        (
            "CREATE RETENTION POLICY rp1 ON db DURATION 1h REPLICATION 0",
            "invalid value 0: must be 1 <= n <= 2147483647 at line 1, char 59",
        ),
        ("CREATE DATABASE db WITH", "found EOF, expected DURATION, NAME, REPLICATION, SHARD at line 1, char 25"),
        ("SHOW TAG VALUES", "found EOF, expected WITH at line 1, char 17"),
        ("SELECT 'a FROM m", "found a FROM m, expected identifier, string, number, bool at line 1, char 7"),
        ("SHOW DATABASES SHOW", "found SHOW, expected ; at line 1, char 16"),
        ("ALTER RETENTION POLICY a ON b DEFAULT DEFAULT", "found duplicate DEFAULT option at line 1, char 39"),
        ("DELETE", "found EOF, expected FROM, WHERE at line 1, char 8"),
    ] {
        assert_eq!(error(text), detail, "{text}");
    }
}

#[test]
fn the_old_profile_knows_its_own_statements() {
    let old = |text| parse(text, &Params::default(), Profile::V0_10);
    assert_eq!(
        old("SELEC").unwrap_err().to_string(),
        "error parsing query: found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, GRANT, REVOKE, ALTER, SET at line 1, char 1"
    );
    assert_eq!(old("DROP DATA SERVER 6").unwrap(), [Statement::DropServer { meta: false, id: 6 }]);
    assert!(old("CREATE DATABASE IF NOT EXISTS \"db\"").is_ok());
    assert!(parse("DROP DATA SERVER 6", &Params::default(), Profile::V1_8).is_err());
}

#[test]
fn parameters_become_tokens() {
    let params =
        Params::from_json(r#"{"t":"x'y","r":{"regex":"^a"},"n":3,"d":{"duration":"1h"},"m":{"ident":"a b"},"z":null}"#);
    let params = params.unwrap();
    let text = "SELECT v FROM $m WHERE t = $t AND h =~ $r AND time > now() - $d LIMIT $n";
    let statements = parse(text, &params, Profile::V1_8).unwrap();
    assert_eq!(
        statements[0].to_string(),
        "SELECT v FROM \"a b\" WHERE t = 'x\\'y' AND h =~ /^a/ AND time > now() - 1h LIMIT 3"
    );
    let unusable = parse("SELECT v FROM m WHERE t = $z", &params, Profile::V1_8).unwrap_err();
    assert_eq!(unusable.detail(), "unable to bind parameter with type <nil>");
}

#[test]
fn operators_bind_by_precedence_and_to_the_left() {
    let statements = parse("SELECT a - b - c * d FROM m", &Params::default(), Profile::V1_8).unwrap();
    let [Statement::Select(select)] = statements.as_slice() else { panic!("one select") };
    let Expr::Binary(first, rest) = &select.fields[0].expr else { panic!("operators") };
    assert_eq!(**first, Expr::var("a"));
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[1].1.to_string(), "c * d");
    assert!(matches!(&select.sources[0], Source::Measurement(m) if m.name == "m"));
}

#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    for (open, close) in [("(", ")"), ("f(", ")")] {
        let text = format!("SELECT v FROM m WHERE {}1{}", open.repeat(10_000), close.repeat(10_000));
        assert!(error(&text).starts_with("nested more than 100 levels deep at line 1, char "), "{open}");
    }
    let text = format!("SELECT v FROM {}m{}", "(SELECT v FROM ".repeat(10_000), ")".repeat(10_000));
    assert!(error(&text).starts_with("nested more than"));
    let chain = format!("SELECT v FROM m WHERE {}", vec!["a = 'b'"; 70_000].join(" OR "));
    assert_eq!(shown(&chain), chain);
    let minus = format!("SELECT v FROM m WHERE v > {}1", "- ".repeat(10_000));
    assert!(error(&minus).starts_with("found -"));
    assert_eq!(shown(&"SHOW DATABASES;".repeat(10_000)).len(), 15 * 10_000 - 1);
    assert_eq!(error(&"SHOW DATABASES;".repeat(10_001)), "more than 10000 statements in one query");
    let long = format!("SELECT v FROM m WHERE a = '{}'", "x".repeat(1 << 20));
    assert_eq!(error(&long), "query of 1048604 bytes is longer than 1048576");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = parse(&text, &Params::default(), Profile::V1_8);
        let _ = parse(&format!("SELECT {text}"), &Params::default(), Profile::V0_10);
    }

    /// Texts made of the language's own pieces get further than random characters.
    #[test]
    fn no_mixture_of_tokens_makes_the_parser_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "SHOW", "GROUP BY", "CREATE", "DATABASE", "ON", "INTO", "fill(", "(", ")", ",", ";",
        ".", "::", ":", "*", "+", "-", "/", "=", "=~", "!~", "<", "AND", "1", "1.5", "10s", "'s'", "\"i\"", "/r/", "$p",
        "--", "/*", "*/", "\n", "v", "m", "DISTINCT", "tz(", "'", "\"", "\\", "LIMIT", "DURATION", "9223372036854775808",
    ]), 0..24), spaced in any::<bool>()) {
        let text = pieces.join(if spaced { " " } else { "" });
        if let Ok(statements) = parse(&text, &Params::default(), Profile::V1_8) {
            // What was understood is understood again when written back.
            for statement in statements {
                let again = parse(&statement.to_string(), &Params::default(), Profile::V1_8);
                prop_assert!(again.is_ok_and(|again| again.len() == 1), "{} became {}", text, statement);
            }
        }
    }
}
