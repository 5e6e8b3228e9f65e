//! What has to come back for a request.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::client::{Answer, ClientError, ClientErrorKind, Exchange};
use super::matching::Matcher;
use super::pattern::Pattern;
use super::report::shorten;

/// What an exchange has to be like. All that is given has to hold.
#[derive(Clone, Debug)]
pub struct Expectation {
    outcome: Outcome,
    least: Option<Duration>,
    most: Option<Duration>,
    any_of: Vec<Expectation>,
}

#[derive(Clone, Debug)]
enum Outcome {
    /// A complete answer.
    Answer(Box<Wanted>),
    /// None, for this reason; for any reason if none is given.
    NoAnswer(Option<ClientErrorKind>),
    /// Left to the alternatives.
    Open,
}

#[derive(Clone, Debug)]
struct Wanted {
    /// One of them; any, where there is none.
    status: Vec<u16>,
    body: Option<String>,
    body_regex: Option<Pattern>,
    json: Option<Matcher>,
    headers: Vec<(HeaderName, HeaderRule)>,
}

#[derive(Clone, Debug)]
enum HeaderRule {
    Exactly(String),
    Like(Pattern),
    Absent,
}

/// As a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default, deserialize_with = "given")]
    status: Option<OneOrMore>,
    #[serde(default, deserialize_with = "given")]
    body: Option<String>,
    #[serde(default, deserialize_with = "given")]
    body_regex: Option<String>,
    #[serde(default, deserialize_with = "given")]
    json: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    headers: Option<BTreeMap<String, RawHeader>>,
    #[serde(default, deserialize_with = "given")]
    min_ms: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    max_ms: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    client: Option<RawClient>,
    #[serde(default, deserialize_with = "given")]
    any_of: Option<Vec<Raw>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(u16),
    More(Vec<u16>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawHeader {
    Exactly(String),
    Rule(RawRule),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawRule {
    Regex(String),
    Absent(bool),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawClient {
    Refused,
    Timeout,
    Disconnect,
    Error,
}

/// A key that is there has a value: `null` would read as if it were not, and check nothing.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Expectation {
    /// Reads what a file expects.
    ///
    /// # Errors
    /// A text that says what is unknown, contradictory, or could never fail.
    pub fn new(value: &Value) -> Result<Self, String> {
        let raw = Raw::deserialize(value).map_err(|error| format!("expect: {error}"))?;
        Self::from_raw(raw).map_err(|why| format!("expect: {why}"))
    }

    fn from_raw(raw: Raw) -> Result<Self, String> {
        let answer = raw.status.is_some()
            || raw.body.is_some()
            || raw.body_regex.is_some()
            || raw.json.is_some()
            || raw.headers.is_some();
        let any_of = raw.any_of.map(|all| all.into_iter().map(Self::from_raw).collect::<Result<Vec<_>, _>>());
        let any_of = any_of.transpose()?;
        if any_of.as_ref().is_some_and(Vec::is_empty) {
            return Err("any_of needs alternatives".to_owned());
        }
        if raw.min_ms.zip(raw.max_ms).is_some_and(|(least, most)| least > most) {
            return Err("min_ms is above max_ms".to_owned());
        }
        let outcome = match (raw.client, answer) {
            (Some(_), true) => return Err("client says that there is no answer to look at".to_owned()),
            (Some(client), false) => Outcome::NoAnswer(client.kind()),
            (None, true) => {
                let status = match raw.status {
                    None => Vec::new(),
                    Some(OneOrMore::One(status)) => vec![status],
                    Some(OneOrMore::More(list)) if list.is_empty() => return Err("status needs one".to_owned()),
                    Some(OneOrMore::More(list)) => list,
                };
                let headers = raw.headers.unwrap_or_default().into_iter();
                Outcome::Answer(Box::new(Wanted {
                    status,
                    body: raw.body,
                    body_regex: raw.body_regex.as_deref().map(Pattern::new).transpose()?,
                    json: raw.json.as_ref().map(Matcher::new).transpose()?,
                    headers: headers.map(|(name, rule)| header(&name, rule)).collect::<Result<_, _>>()?,
                }))
            }
            (None, false) if any_of.is_some() => Outcome::Open,
            (None, false) => return Err("nothing that an answer could miss".to_owned()),
        };
        let milliseconds = |given: Option<u64>| given.map(Duration::from_millis);
        let (least, most) = (milliseconds(raw.min_ms), milliseconds(raw.max_ms));
        Ok(Self { outcome, least, most, any_of: any_of.unwrap_or_default() })
    }

    /// Whether an upper limit of time is part of it, which a busy machine could break.
    #[must_use]
    pub fn has_upper_limit(&self) -> bool {
        self.most.is_some() || self.any_of.iter().any(Self::has_upper_limit)
    }

    /// The shortest time in which it can be met.
    #[must_use]
    pub fn least(&self) -> Duration {
        let alternatives = self.any_of.iter().map(Self::least).min();
        self.least.max(alternatives).unwrap_or_default()
    }

    /// Compares.
    ///
    /// # Errors
    /// A text that says what was wanted and what came.
    pub fn check(&self, exchange: &Exchange) -> Result<(), String> {
        match (&self.outcome, &exchange.result) {
            (Outcome::Answer(wanted), Ok(answer)) => wanted.check(answer)?,
            (Outcome::Answer(_), Err(error)) => return Err(format!("wanted an answer, got none: {error}")),
            (Outcome::NoAnswer(wanted), Ok(answer)) => {
                let wanted = wanted.map_or("none", ClientErrorKind::name);
                return Err(format!("wanted no answer ({wanted}), got {}", summary(answer)));
            }
            (Outcome::NoAnswer(Some(kind)), Err(error)) if error.kind != *kind => {
                return Err(format!("wanted no answer ({}), got none for another reason: {error}", kind.name()));
            }
            (Outcome::NoAnswer(_), Err(_)) | (Outcome::Open, _) => {}
        }
        if let Some(least) = self.least.filter(|least| exchange.took < *least) {
            return Err(format!("wanted it to take at least {least:?}, took {:.0?}", exchange.took));
        }
        if let Some(most) = self.most.filter(|most| exchange.took > *most) {
            return Err(format!("wanted it to take at most {most:?}, took {:.0?}", exchange.took));
        }
        if self.any_of.is_empty() {
            return Ok(());
        }
        let mut reasons = Vec::new();
        for alternative in &self.any_of {
            match alternative.check(exchange) {
                Ok(()) => return Ok(()),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(format!("none of the alternatives holds: {}", reasons.join("; ")))
    }
}

impl RawClient {
    fn kind(&self) -> Option<ClientErrorKind> {
        match self {
            Self::Refused => Some(ClientErrorKind::Refused),
            Self::Timeout => Some(ClientErrorKind::Timeout),
            Self::Disconnect => Some(ClientErrorKind::Disconnect),
            Self::Error => None,
        }
    }
}

fn header(name: &str, rule: RawHeader) -> Result<(HeaderName, HeaderRule), String> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no name of a header"))?;
    let rule = match rule {
        RawHeader::Exactly(value) => HeaderRule::Exactly(value),
        RawHeader::Rule(RawRule::Regex(source)) => HeaderRule::Like(Pattern::new(&source)?),
        RawHeader::Rule(RawRule::Absent(true)) => HeaderRule::Absent,
        RawHeader::Rule(RawRule::Absent(false)) => return Err(format!("{name}: absent is true or not written")),
    };
    Ok((parsed, rule))
}

impl Wanted {
    fn check(&self, answer: &Answer) -> Result<(), String> {
        if !self.status.is_empty() && !self.status.contains(&answer.status) {
            let wanted: Vec<_> = self.status.iter().map(ToString::to_string).collect();
            return Err(format!("wanted status {}, got {}", wanted.join(" or "), summary(answer)));
        }
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(body) = self.body.as_ref().filter(|body| **body != text) {
            return Err(format!("wanted the body\n    {}\n  got\n    {}", quoted(body), quoted(&text)));
        }
        if let Some(pattern) = self.body_regex.as_ref().filter(|pattern| !pattern.matches(&text)) {
            let (wanted, got) = (shorten(pattern.source(), SHOWN), quoted(&text));
            return Err(format!("wanted a body like\n    {wanted}\n  got\n    {got}"));
        }
        if let Some(matcher) = &self.json {
            let json = serde_json::from_slice(&answer.body);
            let json = json.map_err(|why| format!("wanted JSON, got {}: {why}", quoted(&text)))?;
            matcher.check(&json)?;
        }
        self.headers.iter().try_for_each(|(name, rule)| rule.check(name, &answer.headers))
    }
}

impl HeaderRule {
    fn check(&self, name: &HeaderName, headers: &HeaderMap) -> Result<(), String> {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let holds = match (self, values.as_slice()) {
            (Self::Exactly(wanted), [value]) => wanted == value,
            (Self::Like(pattern), [value]) => pattern.matches(value),
            (Self::Absent, []) => true,
            // A header sent twice is not the one that was wanted.
            (Self::Exactly(_) | Self::Like(_), _) | (Self::Absent, _) => false,
        };
        if holds {
            return Ok(());
        }
        let wanted = match self {
            Self::Exactly(wanted) => format!("{wanted:?}"),
            Self::Like(pattern) => format!("one like {:?}", pattern.source()),
            Self::Absent => "none".to_owned(),
        };
        Err(format!("header {name}: wanted {wanted}, got {values:?}"))
    }
}

/// Enough to tell two long bodies apart.
const SHOWN: usize = 1500;

fn quoted(text: &str) -> String {
    format!("{:?}", shorten(text, SHOWN))
}

fn summary(answer: &Answer) -> String {
    format!("{} {}", answer.status, quoted(&String::from_utf8_lossy(&answer.body)))
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.kind.name(), self.why)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn answer() -> Exchange {
        let mut headers = HeaderMap::new();
        headers.insert("x-influxdb-version", "1.8.11-c1.2.0".parse().unwrap());
        headers.append("twice", "a".parse().unwrap());
        headers.append("twice", "a".parse().unwrap());
        let body = r#"{"error":"timeout"}"#.to_owned() + "\n";
        let answer = Answer { status: 500, headers, body: body.into() };
        Exchange { took: Duration::from_millis(1000), result: Ok(answer) }
    }

    fn no_answer(kind: ClientErrorKind) -> Exchange {
        Exchange { took: Duration::from_millis(10), result: Err(ClientError { kind, why: "x".into() }) }
    }

    fn check(expect: Value, exchange: &Exchange) -> Result<(), String> {
        Expectation::new(&expect).unwrap().check(exchange)
    }

    #[test]
    fn what_holds_passes() {
        let all = json!({
            "status": 500, "body": "{\"error\":\"timeout\"}\n", "body_regex": ".*timeout.*", "json": {"error": "timeout"},
            "headers": {"X-Influxdb-Version": "1.8.11-c1.2.0", "Retry-After": {"absent": true},
                        "x-influxdb-version": {"regex": "1\\.8.*"}},
            "min_ms": 1000, "max_ms": 1000
        });
        check(all, &answer()).unwrap();
        check(json!({"status": [204, 500]}), &answer()).unwrap();
        check(json!({"any_of": [{"status": 204}, {"status": 500}]}), &answer()).unwrap();
        check(json!({"client": "refused"}), &no_answer(ClientErrorKind::Refused)).unwrap();
        check(json!({"client": "error"}), &no_answer(ClientErrorKind::Disconnect)).unwrap();
        check(json!({"any_of": [{"status": 204}, {"client": "timeout"}]}), &no_answer(ClientErrorKind::Timeout))
            .unwrap();
    }

    #[test]
    fn each_part_fails_by_itself() {
        for (expect, reason) in [
            (json!({"status": 204}), "wanted status 204, got 500"),
            (json!({"status": [204, 503]}), "204 or 503"),
            (json!({"body": "{\"error\":\"timeout\"}"}), "wanted the body"),
            (json!({"body": ""}), "wanted the body"),
            (json!({"body_regex": "timeout"}), "wanted a body like"),
            (json!({"json": {"error": "other"}}), "$.error: wanted"),
            (json!({"headers": {"X-Influxdb-Version": "1.8"}}), "header x-influxdb-version"),
            (json!({"headers": {"X-Influxdb-Version": {"regex": "8"}}}), "one like"),
            (json!({"headers": {"X-Influxdb-Version": {"absent": true}}}), "wanted none"),
            (json!({"headers": {"Retry-After": "1"}}), "got []"),
            (json!({"headers": {"Retry-After": {"regex": ".*"}}}), "got []"),
            (json!({"headers": {"Twice": "a"}}), "[\"a\", \"a\"]"),
            (json!({"status": 500, "min_ms": 1001}), "at least 1.001s"),
            (json!({"status": 500, "max_ms": 999}), "at most 999ms"),
            (json!({"client": "timeout"}), "wanted no answer (timeout)"),
            (json!({"client": "error"}), "wanted no answer"),
            (json!({"any_of": [{"status": 204}, {"status": 503}]}), "none of the alternatives"),
            (json!({"any_of": [{"status": 500}], "max_ms": 1}), "at most"),
        ] {
            let why = check(expect.clone(), &answer()).unwrap_err();
            assert!(why.contains(reason), "{expect}: {why}");
        }
    }

    #[test]
    fn no_answer_is_never_taken_for_one() {
        let refused = no_answer(ClientErrorKind::Refused);
        assert!(check(json!({"status": 204}), &refused).unwrap_err().contains("got none: refused"));
        assert!(check(json!({"client": "timeout"}), &refused).unwrap_err().contains("another reason"));
        assert!(check(json!({"headers": {"Retry-After": {"absent": true}}}), &refused).is_err());
        assert!(check(json!({"client": "refused", "min_ms": 11}), &refused).is_err());
    }

    #[test]
    fn mistakes_are_refused_instead_of_never_failing() {
        for wrong in [
            json!({}),
            json!({"max_ms": 3}),
            json!({"statsu": 204}),
            json!({"status": null}),
            json!({"status": []}),
            json!({"body": null}),
            json!({"body_regex": "("}),
            json!({"json": {"$nothing": 1}}),
            json!({"headers": {"A": {"absent": false}}}),
            json!({"headers": {"A": {"like": "b"}}}),
            json!({"headers": {"A b": "c"}}),
            json!({"client": "gone"}),
            json!({"client": "refused", "status": 204}),
            json!({"any_of": []}),
            json!({"any_of": [{"sttus": 1}]}),
            json!({"status": 1, "min_ms": 2, "max_ms": 1}),
        ] {
            assert!(Expectation::new(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn upper_limits_are_found_in_alternatives_too() {
        let limit = |expect: Value| Expectation::new(&expect).unwrap().has_upper_limit();
        assert!(limit(json!({"any_of": [{"status": 1}, {"status": 2, "max_ms": 1}]})));
        assert!(!limit(json!({"status": 1, "min_ms": 1})));
    }
}
