//! `influxd-mock`: one node of the bundled cluster as a plain server.
//!
//! It is a meta node and a data node at once, on the ports where an InfluxDB is looked for.

mod args;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use influx_server_mock::runtime::EndSignals;
use influx_server_mock::{Options, Standalone, StandaloneOptions};
use tracing_subscriber::EnvFilter;

use args::Args;

/// How long requests under way may take after the first signal.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    log();
    let ended = runtime.block_on(run(args));
    // What a second signal left behind must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => failed(&text),
    }
}

fn failed(text: &str) -> ExitCode {
    // Nobody to tell if standard error is closed.
    let _ = writeln!(io::stderr(), "influxd-mock: {text}");
    ExitCode::FAILURE
}

/// What happens, on standard error; RUST_LOG says how much of it.
fn log() {
    let given = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = given.unwrap_or_else(|| "influxd_mock=info,influx_server_mock=info,warn,openraft=off".to_owned());
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).try_init();
}

async fn run(args: Args) -> Result<(), String> {
    let mut options = Options::new(args.profile);
    options.udp_enabled = args.udp_bind != "off";
    if options.udp_enabled {
        options.udp_bind_address.clone_from(&args.udp_bind);
    }
    for (name, value) in &args.settings {
        options.set(name, value).map_err(|error| error.to_string())?;
    }
    // Removed when the server ends, however it ends but by a kill.
    let temporary = match &args.dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("influxd-mock-").tempdir().map_err(|error| error.to_string())?),
    };
    let dir =
        temporary.as_ref().map(|dir| dir.path().to_owned()).or(args.dir.clone()).unwrap_or_else(|| PathBuf::from("."));
    let mut signals = EndSignals::listen().map_err(|error| format!("cannot listen to signals: {error}"))?;
    let start = Standalone::start(StandaloneOptions {
        profile: args.profile,
        options,
        dir: dir.clone(),
        http: args.http_bind.clone(),
        meta: args.meta_bind.clone(),
    });
    let server = tokio::select! {
        server = start => server.map_err(|error| error.to_string())?,
        () = signals.next() => return Ok(()),
    };
    let ready = serde_json::json!({
        "http": format!("http://{}", server.http_addr()),
        "meta": format!("http://{}", server.meta_addr()),
        "udp": server.udp_addr(),
        "profile": args.profile.name(),
        "pid": std::process::id(),
    });
    tracing::info!(%ready, dir = %dir.display(), "ready");
    announce(&args, &server, &ready).map_err(|error| format!("cannot write to standard output: {error}"))?;
    signals.next().await;
    tracing::info!("ending: no more requests are taken");
    let finished = tokio::select! {
        finished = server.shutdown(GRACE) => finished,
        () = signals.next() => false,
    };
    if finished { Ok(()) } else { Err("requests were still under way when the server ended".to_owned()) }
}

/// Tells where the server is: one line, for people or for programs.
fn announce(args: &Args, server: &Standalone, ready: &serde_json::Value) -> io::Result<()> {
    let mut out = io::stdout();
    let written = if args.json {
        writeln!(out, "{ready}")
    } else {
        writeln!(out, "InfluxDB {} answers at http://{}", args.profile.version(), server.http_addr())
    };
    match written.and_then(|()| out.flush()) {
        // Nobody listens, which is no reason not to serve.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
