//! A program of the lab as the program of a node.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

/// The first argument of a program of the lab that is to run a node.
///
/// No flag of a test program looks like it, and no name of a scenario.
pub const NODE_ARGUMENT: &str = "run-as-node";

/// Runs a node when the arguments of this process say so, until it is told to end; `None` when they say nothing of the
/// kind. To be called first in `main`.
///
/// A cluster is then started with [`std::env::current_exe`] as its program and [`NODE_ARGUMENT`] as its arguments, so
/// that a suite needs no other binary to be built before.
#[must_use]
pub fn become_node() -> Option<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.first().is_none_or(|first| first != NODE_ARGUMENT) {
        return None;
    }
    let Some((config, tied)) = parse(&arguments[1..]) else {
        eprintln!("usage: {NODE_ARGUMENT} --config FILE [--tied]");
        return Some(ExitCode::from(2));
    };
    start_log();
    let ran = tokio::runtime::Runtime::new()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(influx_server_mock::run_node(&config, tied)).map_err(|e| e.to_string()));
    Some(match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    })
}

fn parse(arguments: &[OsString]) -> Option<(PathBuf, bool)> {
    match arguments {
        [flag, file] if flag == "--config" => Some((file.into(), false)),
        [flag, file, tied] if flag == "--config" && tied == "--tied" => Some((file.into(), true)),
        _ => None,
    }
}

/// What happens to the node, without the Raft library's own account of every vote; `INFLUX_LOG` asks for another view.
fn start_log() {
    let given = std::env::var("INFLUX_LOG").ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = given.unwrap_or_else(|| EnvFilter::new("influx_server_mock=info,warn,openraft=off"));
    // Only a second call could fail, and there is none.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_a_cluster_gives_its_nodes_are_understood() {
        let arguments = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(parse(&arguments("--config f --tied")), Some(("f".into(), true)));
        assert_eq!(parse(&arguments("--config f")), Some(("f".into(), false)));
        assert_eq!(parse(&arguments("--config f --bound")), None);
        assert_eq!(parse(&arguments("--list")), None);
    }
}
