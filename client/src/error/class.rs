//! The classes of outcome: the one definition from which exit codes, exception names, explanations and the
//! table in the documentation are derived.

use std::fmt;
use std::str::FromStr;

use super::{Advice, Outcome};

/// What is written about a class, in one place.
struct Facts {
    exit_code: u8,
    id: &'static str,
    kinds: &'static [&'static str],
    java_exception: Option<&'static str>,
    wire: &'static str,
    meaning: &'static str,
    outcomes: &'static [Outcome],
    stored: &'static str,
    resend: &'static str,
    advice: Advice,
}

/// Declares the enum, the list of all classes and the facts of each from one table, so that a class
/// cannot be added without an exit code, a name or an explanation.
macro_rules! classes {
    ($(
        $name:ident = $exit:literal $id:literal {
            kinds: [$($kind:literal),*],
            java: $java:expr,
            wire: $wire:literal,
            meaning: $meaning:literal,
            outcomes: [$($outcome:ident),*],
            stored: $stored:literal,
            resend: $resend:literal,
            advice: $advice:ident,
        }
    )*) => {
        /// The class of an outcome: what a script, a policy or a reader decides by.
        ///
        /// The tens of [`Class::exit_code`] say what to do: `1x` try again (`deferred`: wait), `2x` fix the
        /// set-up, `3x` fix the data. The enum is exhaustive on purpose: a new class is a breaking change,
        /// because every decision that hangs on it has to be taken again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Class {
            $(#[doc = concat!("`", $id, "` (exit code ", $exit, "): ", $meaning, ".")] $name,)*
        }

        impl Class {
            /// Every class, by rising exit code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            const fn facts(self) -> &'static Facts {
                match self {
                    $(Self::$name => &Facts {
                        exit_code: $exit,
                        id: $id,
                        kinds: &[$($kind),*],
                        java_exception: $java,
                        wire: $wire,
                        meaning: $meaning,
                        outcomes: &[$(Outcome::$outcome),*],
                        stored: $stored,
                        resend: $resend,
                        advice: Advice::$advice,
                    },)*
                }
            }
        }
    };
}

classes! {
    Ok = 0 "ok" {
        kinds: [],
        java: None,
        wire: "204, and nothing else",
        meaning: "the server acknowledged the write at the level asked for",
        outcomes: [Stored],
        stored: "yes, for what the acknowledgement of this server version is worth",
        resend: "not needed",
        advice: Nothing,
    }
    Unreachable = 10 "unreachable" {
        kinds: ["Connect"],
        java: Some("UnreachableException"),
        wire: "connection refused, name not resolved, TLS failure, or lost before the first byte of the body",
        meaning: "no byte of the points left this machine, or the server could not read them",
        outcomes: [NotStored],
        stored: "no",
        resend: "yes",
        advice: OtherEndpoint,
    }
    Timeout = 11 "timeout" {
        kinds: ["ServerTimeout", "AttemptTimeout", "Disconnected", "DeadlineExceeded"],
        java: Some("WriteTimeoutException"),
        wire: "500 `timeout`; our own time-out or a lost connection after bytes went out; 408, 502, 504",
        meaning: "no verdict came in time, or it was lost on the way back",
        outcomes: [Unknown],
        stored: "perhaps: nowhere, somewhere, or later by hinted handoff",
        resend: "yes if every point carries a timestamp; otherwise points may be stored twice",
        advice: Resend,
    }
    BelowLevel = 12 "below-level" {
        kinds: ["ConsistencyNotMet"],
        java: Some("ConsistencyNotMetException"),
        wire: "500 exactly `partial write`",
        meaning: "some replica acknowledged, but fewer than the consistency level asks",
        outcomes: [BelowLevel, Unknown],
        stored: "on at least one replica of at least one shard (on servers 0.9 and 0.10 not even that is sure); hinted handoff normally brings the rest",
        resend: "seldom useful, harmless if every point carries a timestamp: handoff is on it",
        advice: ResendRarely,
    }
    Overloaded = 13 "overloaded" {
        kinds: ["Overloaded"],
        java: Some("OverloadedException"),
        wire: "503 `request throttled…`, other 503 and 429, `queue is full`, `hinted handoff disabled`, cache full, no free connection, no space left",
        meaning: "a server, a queue or a disk had no room",
        outcomes: [Unknown, NotStored],
        stored: "no if the request was throttled; otherwise perhaps, on some replicas",
        resend: "after a long pause, if every point carries a timestamp (when throttled: in any case)",
        advice: LongBackOff,
    }
    NoReplica = 14 "no-replica" {
        kinds: ["NoReplica"],
        java: Some("NoReplicaException"),
        wire: "500 `write failed`, `write failed: dial tcp…`, storage errors",
        meaning: "no replica of a shard acknowledged",
        outcomes: [Unknown],
        stored: "perhaps: a hint may be queued, and other shards of the batch may be stored",
        resend: "yes if every point carries a timestamp; otherwise points may be stored twice",
        advice: BackOff,
    }
    MetaUnavailable = 15 "meta-unavailable" {
        kinds: ["MetaUnavailable"],
        java: Some("MetaUnavailableException"),
        wire: "500 `meta service returned 503 Service Unavailable`, `Post …/execute: …`, `meta service unavailable`, `leadership lost…`",
        meaning: "the batch needs a new shard group, and the meta nodes could not make it",
        outcomes: [NotStored],
        stored: "no, not even the points of shard groups that exist",
        resend: "yes, once the meta nodes have a leader",
        advice: BackOffForMeta,
    }
    Deferred = 16 "deferred" {
        kinds: ["Deferred"],
        java: Some("HintedHandoffDeferredException"),
        wire: "500 `write failed: hinted handoff queue not empty`",
        meaning: "accepted into a hinted handoff queue behind earlier points",
        outcomes: [Deferred],
        stored: "later: the queue delivers it unless the queue is lost",
        resend: "no: it only makes the queue longer",
        advice: Wait,
    }
    Auth = 20 "auth" {
        kinds: ["Unauthorized", "Forbidden"],
        java: Some("AuthException"),
        wire: "401, 403",
        meaning: "the credentials are missing or wrong, or the user may not write there",
        outcomes: [NotStored],
        stored: "no",
        resend: "only with other credentials or privileges",
        advice: FixCredentials,
    }
    NotFound = 21 "not-found" {
        kinds: ["DatabaseNotFound", "RetentionPolicyNotFound"],
        java: Some("NotFoundException"),
        wire: "404 `database not found: …`, 500 `retention policy not found: …`",
        meaning: "the node does not know the database or the retention policy",
        outcomes: [NotStored],
        stored: "no",
        resend: "once it is created; just after creation a node may lag for some milliseconds",
        advice: Create,
    }
    Refused = 22 "refused" {
        kinds: ["BadRequest", "UnexpectedResponse"],
        java: Some("RefusedException"),
        wire: "a bad level, precision, path or gzip stream; not an InfluxDB; any text that is not listed",
        meaning: "the call was refused, or the answer is not one that this client knows",
        outcomes: [NotStored, Unknown],
        stored: "no for a refused call; unknown after an answer of 5xx or 2xx that is not listed",
        resend: "no: the call or the address must be changed",
        advice: FixCall,
    }
    LocalIo = 23 "local-io" {
        kinds: [],
        java: None,
        wire: "none: input, rejects file or output on this machine",
        meaning: "a local file or stream could not be read or written",
        outcomes: [],
        stored: "what the counts of the summary say",
        resend: "once the local fault is removed",
        advice: FixLocal,
    }
    Journal = 24 "journal" {
        kinds: [],
        java: None,
        wire: "none: the journal of a resumable job",
        meaning: "the journal could not be kept, or does not fit the input",
        outcomes: [],
        stored: "what the counts of the summary say",
        resend: "once the journal is repaired, or without it",
        advice: FixLocal,
    }
    Rejected = 30 "rejected" {
        kinds: ["Rejected"],
        java: Some("RejectedException"),
        wire: "`partial write: invalid field name…`, `invalid tag key…`, `shard … is pending deletion`; or several reasons",
        meaning: "points were refused for a reason of their own, or for several reasons",
        outcomes: [PartlyStored],
        stored: "not the refused points; the others may be",
        resend: "of the others: yes; of the refused: only corrected",
        advice: FixPoints,
    }
    Malformed = 31 "malformed" {
        kinds: ["Rejected", "Invalid"],
        java: Some("MalformedException"),
        wire: "`unable to parse '…': …`, alone or after `partial write: `",
        meaning: "lines are not line protocol",
        outcomes: [NotStored, PartlyStored],
        stored: "no if no line could be parsed; otherwise not the refused lines, but the others may be",
        resend: "of the others: yes; of the refused: only corrected",
        advice: FixPoints,
    }
    TypeConflict = 32 "type-conflict" {
        kinds: ["Rejected"],
        java: Some("FieldTypeConflictException"),
        wire: "`field type conflict…` under any status and wrapping",
        meaning: "a field was written with another type than it has",
        outcomes: [PartlyStored],
        stored: "not the refused points; the others may be",
        resend: "of the others: yes; of the refused: only with the type that the field has",
        advice: FixPoints,
    }
    OutsideRetention = 33 "outside-retention" {
        kinds: ["Rejected"],
        java: Some("OutsideRetentionException"),
        wire: "`points beyond retention policy`, `outside retention policy`",
        meaning: "points are older than the retention policy keeps",
        outcomes: [PartlyStored],
        stored: "not the refused points; the others may be",
        resend: "of the others: yes; of the refused: no",
        advice: DropPoints,
    }
    Limit = 34 "limit" {
        kinds: ["Rejected", "TooLarge"],
        java: Some("LimitException"),
        wire: "`max-values-per-tag…`, `max-series…`, `segment is full`, 413 for one line",
        meaning: "a limit of the server was reached: series, tag values or size",
        outcomes: [PartlyStored, NotStored, Unknown],
        stored: "not the refused points; the others only where they were acknowledged",
        resend: "of the others: yes, alone; of the refused: once the limit is raised",
        advice: RaiseLimit,
    }
    TooManyRejected = 35 "too-many-rejected" {
        kinds: [],
        java: None,
        wire: "none: more refused points than the caller allows",
        meaning: "more points were refused than the caller allows",
        outcomes: [],
        stored: "what the counts of the summary say",
        resend: "of the rest: yes; of the refused: only corrected",
        advice: FixPoints,
    }
}

impl Class {
    /// The stable name, for example `below-level`. [`Class::from_str`] reads it back.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.facts().id
    }

    /// The exit code of `influx-cli`.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        self.facts().exit_code
    }

    /// The class with this exit code, if there is one.
    #[must_use]
    pub fn from_exit_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.exit_code() == code)
    }

    /// The names of the [`ErrorKind`](super::ErrorKind)s that belong to the class; none for `ok` and for the
    /// classes that only `influx-cli` reports.
    #[must_use]
    pub const fn kinds(self) -> &'static [&'static str] {
        self.facts().kinds
    }

    /// The simple name of the Java exception, if the class is thrown there.
    #[must_use]
    pub const fn java_exception(self) -> Option<&'static str> {
        self.facts().java_exception
    }

    /// What the class typically looks like on the wire.
    #[must_use]
    pub const fn wire_form(self) -> &'static str {
        self.facts().wire
    }

    /// What happened, as one clause.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.facts().meaning
    }

    /// What can be known about the data under this class, the usual case first. Empty for the classes
    /// that say nothing about one batch.
    #[must_use]
    pub const fn outcomes(self) -> &'static [Outcome] {
        self.facts().outcomes
    }

    /// Was anything stored?
    #[must_use]
    pub const fn stored(self) -> &'static str {
        self.facts().stored
    }

    /// Is a resend safe, and of use?
    #[must_use]
    pub const fn resend(self) -> &'static str {
        self.facts().resend
    }

    /// What to do. A single error may advise more precisely: see [`ErrorKind::advice`](super::ErrorKind::advice).
    #[must_use]
    pub const fn advice(self) -> Advice {
        self.facts().advice
    }

    /// Whether the class says that points themselves are at fault (exit codes 30 to 35).
    #[must_use]
    pub const fn is_about_data(self) -> bool {
        self.exit_code() >= 30
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The text is not the [`id`](Class::id) of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a class")]
pub struct UnknownClass;

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|class| class.id() == text).ok_or(UnknownClass)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_codes_are_distinct_and_round_trip() {
        let mut codes = HashSet::new();
        let mut ids = HashSet::new();
        for &class in Class::ALL {
            assert!(codes.insert(class.exit_code()) && ids.insert(class.id()));
            assert_eq!(class.to_string().parse::<Class>().unwrap(), class);
            assert_eq!(Class::from_exit_code(class.exit_code()), Some(class));
        }
        assert_eq!(Class::from_exit_code(1), None);
        assert!("OK".parse::<Class>().is_err());
    }

    /// Exit codes stay clear of what shells, clap and sysexits use.
    #[test]
    fn exit_codes_are_in_the_tens_of_their_advice() {
        for &class in Class::ALL {
            let code = class.exit_code();
            assert!(code == 0 || (10..=16).contains(&code) || (20..=24).contains(&code) || (30..=35).contains(&code));
            assert_eq!(class.is_about_data(), code >= 30);
        }
        assert!(Class::ALL.is_sorted_by_key(|c| c.exit_code()));
    }

    #[test]
    fn exception_names_are_distinct_and_shaped_alike() {
        let names: Vec<_> = Class::ALL.iter().filter_map(|c| c.java_exception()).collect();
        assert_eq!(names.len(), names.iter().collect::<HashSet<_>>().len());
        assert!(names.iter().all(|n| n.ends_with("Exception")));
        for &class in Class::ALL {
            // A class that the library can return has an exception, and a class that it cannot has no kind.
            assert_eq!(class.java_exception().is_some(), !class.kinds().is_empty(), "{class}");
        }
    }
}
