//! How the input is cut into requests, and how fast they go out.

use std::time::Duration;

use clap::{Args, ValueEnum};
use influx_client::{Gzip, MissingTime, Precision};

use super::window::WindowChoice;
use crate::input::Rules;
use crate::job::Throttle;
use crate::settings;

/// How the input is cut into requests, and how fast they go out.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Batches")]
pub(crate) struct BatchArgs {
    /// Most points in a request.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch_lines: u32,
    /// Most bytes in a request; a line that is longer has one of its own.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = settings::size)]
    batch_bytes: usize,
    /// Longest line; longer ones are refused without being sent.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = settings::size)]
    pub(in crate::command) max_line: usize,
    /// Send what there is when the input has been silent for so long.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = settings::duration)]
    pub(super) flush_interval: Duration,
    /// Most requests under way at one time [default: 1; import: 4]. Halved when servers push back, restored slowly. Lines
    /// for the same series, field and time are never under way together, so that the later one wins.
    #[arg(long, value_name = "N", env = "INFLUX_IN_FLIGHT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) in_flight: Option<u16>,
    /// Cut requests at the borders of shard groups, so that each verdict is about one of them: auto asks the server for their
    /// duration and leaves requests whole that would fall apart, off never cuts, 7d always cuts by that duration
    /// [default: off; import: auto].
    #[arg(long, value_name = "auto|off|TIME")]
    pub(super) window: Option<WindowChoice>,
    /// Most points in a second.
    #[arg(long, value_name = "N/s", value_parser = settings::rate)]
    rate_points: Option<u64>,
    /// Most bytes of line protocol in a second.
    #[arg(long, value_name = "SIZE/s", value_parser = settings::byte_rate)]
    rate_bytes: Option<u64>,
    /// Compress requests; LEVEL is 1 (fast) to 9 (small).
    #[arg(long, value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=9), overrides_with = "no_gzip")]
    gzip: Option<u8>,
    /// Do not compress requests: the default, since on a fast network it costs more than it saves.
    #[arg(long, overrides_with = "gzip")]
    no_gzip: bool,
    /// Give lines without a timestamp the time at which they are read. Only then can they be sent twice without harm.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(in crate::command) stamp: Stamp,
}

/// Which lines get a timestamp here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::command) enum Stamp {
    /// Those without one, where the precision is fine enough (ns, u): coarser stamps, which must differ from each
    /// other, would run ahead of the clock.
    #[default]
    Auto,
    /// None: the server gives its own time, and nothing that lacks one is sent twice.
    Never,
    /// Those without one, at any precision.
    Always,
}

impl Stamp {
    pub(in crate::command) fn missing_time(self, precision: Precision) -> MissingTime {
        let fine = match precision {
            Precision::Nanoseconds | Precision::Microseconds => true,
            Precision::Milliseconds | Precision::Seconds | Precision::Minutes | Precision::Hours => false,
        };
        match self {
            Self::Always => MissingTime::ClientClock,
            Self::Auto if fine => MissingTime::ClientClock,
            Self::Auto | Self::Never => MissingTime::ServerClock,
        }
    }
}

impl BatchArgs {
    /// What a request takes.
    pub(super) fn rules(&self, precision: Precision, validate: bool, split_types: bool) -> Rules {
        // A request is never more than what may be sent in a second, so that a low rate is a steady one.
        let in_a_second = self.rate_points.map_or(usize::MAX, |rate| usize::try_from(rate).unwrap_or(usize::MAX));
        let bytes_in_a_second = self.rate_bytes.map_or(usize::MAX, |rate| usize::try_from(rate).unwrap_or(usize::MAX));
        Rules {
            precision,
            missing_time: self.stamp.missing_time(precision),
            stamped_only: false,
            validate,
            split_types,
            max_lines: (self.batch_lines as usize).min(in_a_second),
            max_bytes: self.batch_bytes.min(bytes_in_a_second),
        }
    }

    pub(super) fn gzip(&self) -> Gzip {
        self.gzip.map_or(Gzip::Off, Gzip::Level)
    }

    pub(super) fn throttle(&self) -> Throttle {
        Throttle::new(self.rate_points, self.rate_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_that_would_run_ahead_of_the_clock_need_asking_for() {
        assert_eq!(Stamp::Auto.missing_time(Precision::Nanoseconds), MissingTime::ClientClock);
        assert_eq!(Stamp::Auto.missing_time(Precision::Seconds), MissingTime::ServerClock);
        assert_eq!(Stamp::Always.missing_time(Precision::Seconds), MissingTime::ClientClock);
        assert_eq!(Stamp::Never.missing_time(Precision::Nanoseconds), MissingTime::ServerClock);
    }
}
