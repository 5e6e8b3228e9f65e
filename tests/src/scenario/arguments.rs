//! The command line of the suite: libtest's, as far as cargo and its users pass it on, and a little more.

use influx_server_mock::Profile;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Parts of names; all scenarios if there are none.
    pub filters: Vec<String>,
    /// Whether a filter has to be a whole name.
    pub exact: bool,
    /// Parts of names that are left out.
    pub skip: Vec<String>,
    /// Only names are wanted.
    pub list: bool,
    /// One character a scenario.
    pub quiet: bool,
    /// Tell of each step as it ends.
    pub nocapture: bool,
    /// Only tests that are marked as ignored, of which there are none here.
    pub ignored: bool,
    /// How many scenarios are played at a time.
    pub threads: Option<usize>,
    /// Only scenarios of this profile.
    pub profile: Option<Profile>,
    /// How often everything is played.
    pub repeat: Option<usize>,
}

/// The command line has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}\n\n{USAGE}")]
pub struct UsageError(String);

/// What `--help` shows.
pub(super) const USAGE: &str = "\
Usage: scenarios [NAME…] [FLAGS]

NAME is a part of `profile/scenario`, for example 1.8/ or p18-auth; all are played if there is none.

    --exact             NAME is the whole name, with or without the profile
    --skip NAME         leave these out; may be given several times
    --profile PROFILE   only those of 1.8 or 0.10
    --list              only list the names
    --test-threads N    play so many at a time; also as the variable RUST_TEST_THREADS
    --repeat N          play everything N times
    --nocapture         tell of each step
    -q, --quiet         one character a scenario
    --ignored           play none: no scenario is marked so";

impl Arguments {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// [`UsageError`] for a flag that is unknown or lacks its value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut parsed = Self::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let (flag, attached) = match argument.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
                Some(_) | None => (argument, None),
            };
            if !TAKES_VALUE.contains(&flag.as_str()) && attached.is_some() {
                return Err(UsageError(format!("{flag} takes no value")));
            }
            let mut value =
                || attached.clone().or_else(|| rest.next()).ok_or_else(|| UsageError(format!("{flag} needs a value")));
            match flag.as_str() {
                "--exact" => parsed.exact = true,
                "--list" => parsed.list = true,
                "-q" | "--quiet" => parsed.quiet = true,
                "--nocapture" | "--no-capture" | "--show-output" => parsed.nocapture = true,
                "--ignored" => parsed.ignored = true,
                "--include-ignored" | "--test" => {}
                "--skip" => parsed.skip.push(value()?),
                "--test-threads" => parsed.threads = Some(count(&flag, &value()?)?),
                "--repeat" => parsed.repeat = Some(count(&flag, &value()?)?),
                "--profile" => parsed.profile = Some(value()?.parse().map_err(|error| UsageError(format!("{error}")))?),
                // The lines are plain and of one form only.
                "--format" | "--color" => drop(value()?),
                _ if flag.starts_with('-') => return Err(UsageError(format!("there is no flag {flag}"))),
                _ => parsed.filters.push(flag),
            }
        }
        Ok(parsed)
    }

    /// Whether the scenario of this name, `profile/scenario`, is wanted.
    #[must_use]
    pub fn wants(&self, name: &str, profile: Profile) -> bool {
        let fits = |filter: &String| match self.exact {
            true => name == filter || name.split_once('/').is_some_and(|(_, short)| short == filter),
            false => name.contains(filter.as_str()),
        };
        let asked = self.filters.is_empty() || self.filters.iter().any(fits);
        asked && !self.skip.iter().any(fits) && !self.ignored && self.profile.is_none_or(|only| only == profile)
    }
}

const TAKES_VALUE: [&str; 6] = ["--skip", "--test-threads", "--repeat", "--profile", "--format", "--color"];

fn count(flag: &str, text: &str) -> Result<usize, UsageError> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| UsageError(format!("{flag} takes a number from 1 on, not {text:?}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(line.split_whitespace().map(ToOwned::to_owned))
    }

    #[test]
    fn values_stand_behind_a_flag_or_at_it() {
        let arguments = parse("auth --test-threads=2 --skip jwt --profile 1.8 --repeat 3 -q --nocapture").unwrap();
        let wanted = Arguments {
            filters: vec!["auth".into()],
            skip: vec!["jwt".into()],
            quiet: true,
            nocapture: true,
            threads: Some(2),
            profile: Some(Profile::V1_8),
            repeat: Some(3),
            ..Arguments::default()
        };
        assert_eq!(arguments, wanted);
    }

    #[test]
    fn mistakes_are_said() {
        for wrong in ["--lst", "--skip", "--test-threads=0", "--test-threads x", "--profile 2.0", "--list=yes", "-x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_chosen_by_part_or_whole() {
        let wants = |line: &str, name: &str| parse(line).unwrap().wants(name, Profile::V1_8);
        assert!(wants("", "1.8/p18-auth-a"));
        assert!(
            wants("auth", "1.8/p18-auth-a") && wants("1.8/", "1.8/p18-auth-a") && wants("x auth", "1.8/p18-auth-a")
        );
        assert!(!wants("jwt", "1.8/p18-auth-a"));
        assert!(wants("--exact p18-auth-a", "1.8/p18-auth-a") && wants("--exact 1.8/p18-auth-a", "1.8/p18-auth-a"));
        assert!(!wants("--exact p18-auth", "1.8/p18-auth-a"));
        assert!(!wants("--skip auth", "1.8/p18-auth-a") && !wants("p18 --skip auth", "1.8/p18-auth-a"));
        assert!(!wants("--profile 0.10", "1.8/p18-auth-a") && wants("--profile 1.8", "1.8/p18-auth-a"));
        assert!(!wants("--ignored", "1.8/p18-auth-a"));
    }
}
