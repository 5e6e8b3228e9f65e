//! The log, on standard error, only for those who ask for it.

use std::io;

use tracing_subscriber::EnvFilter;

/// Starts the log of a node, which its cluster keeps in `node.log`: what happens to it, without the Raft library's own
/// account of every vote.
pub(crate) fn start_node() {
    let given = std::env::var("INFLUX_LOG").ok().filter(|filter| !filter.is_empty());
    install(&given.unwrap_or_else(|| "influx_server_mock=info,warn,openraft=off".to_owned()));
}

/// Starts the log: `-v` for what the client does, `-vv` for the libraries below it too, INFLUX_LOG for any filter.
pub(crate) fn start(verbose: u8) {
    let filter = match (std::env::var("INFLUX_LOG"), verbose) {
        (Ok(filter), _) if !filter.is_empty() => filter,
        (_, 0) => return,
        (_, 1) => "influx_client=debug".to_owned(),
        (_, _) => "influx_client=trace,debug".to_owned(),
    };
    install(&filter);
}

fn install(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("debug"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    // Only a second call could fail, and there is none. A standard error that nobody reads has no use for complaints, which
    // would end the program there.
    let _ = log.log_internal_errors(false).try_init();
}
