//! The command line.

use std::path::PathBuf;

use clap::Parser;
use influx_server_mock::Profile;

/// A small InfluxDB 1.x server for tests: one node, meta and data at once.
///
/// It answers as influxdb-cluster 1.8 does (or the clustered 0.10 of 2016), on the ports where clients look for one.
/// SIGINT or SIGTERM ends it after the requests under way; a second one ends it at once.
#[derive(Debug, Parser)]
#[command(name = "influxd-mock", version, about, long_about, args_override_self = true)]
pub(crate) struct Args {
    /// Which system to answer like: 1.8 or 0.10.
    #[arg(long, default_value_t)]
    pub(crate) profile: Profile,
    /// Keep the data in this directory; without it they go with the process.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Where the HTTP API listens; port 0 for any free one, `:8086` for all interfaces.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8086")]
    pub(crate) http_bind: String,
    /// Where the meta HTTP API listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8091")]
    pub(crate) meta_bind: String,
    /// Where points are taken over UDP, into the database udp unless set otherwise; `off` for nowhere.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8089")]
    pub(crate) udp_bind: String,
    /// Set an option by its name in the real configuration; can be given again.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
    /// Say where the server listens as one line of JSON, once it is ready.
    #[arg(long)]
    pub(crate) json: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("want KEY=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn settings_are_split_at_the_first_equals_sign() {
        let args = Args::try_parse_from(["influxd-mock", "--set", "a=b=c", "--profile", "0.10"]).unwrap();
        assert_eq!(args.settings, [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(args.profile, Profile::V0_10);
        assert!(Args::try_parse_from(["influxd-mock", "--set", "a"]).is_err());
        assert!(Args::try_parse_from(["influxd-mock", "--profile", "2.0"]).is_err());
    }
}
