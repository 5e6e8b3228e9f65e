//! The demonstration: a cluster of processes, real observations written at quorum, and the failures one by one.

mod child;
mod observations;
mod replicas;
mod row;
mod shards;
mod stage;
mod steps;

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::FutureExt;
use influx_server_mock::{Options, ProcessCluster, Profile, Topology, UpOptions};

use self::row::Rows;
use self::stage::Stage;
use crate::cluster_dir::ClusterDirArgs;
use crate::command::cluster::{NODE, this_executable};
use crate::console::{Console, Paint};
use crate::failure::Failure;
use crate::settings::duration_text;
use crate::signals::{Second, Signals};

/// How long all of it may take; it is promised to take less.
const LIMIT: Duration = Duration::from_secs(90);

/// Shorter waits than a real cluster has, so that the time-out and the draining of hints can be watched.
const OPTIONS: [(&str, &str); 3] =
    [("write-timeout", "2s"), ("hh-retry-interval", "500ms"), ("hh-retry-max-interval", "1s")];

/// Runs the demonstration. Ends the cluster on every way out but the one that is asked for by `keep`.
///
/// # Errors
/// A claim did not hold, the cluster did not come up, or a signal ended it.
pub(crate) async fn run(keep: bool, dir: &ClusterDirArgs, console: &Console) -> Result<(), Failure> {
    // A second Ctrl-C must not leave six processes behind; ending them takes some two seconds.
    let mut signals = Signals::listen(Second::Waits).map_err(|error| Failure::Internal(error.to_string()))?;
    let started = Instant::now();
    let place = Place::choose(keep, dir)?;
    let up = UpOptions {
        base_port: None,
        dir: place.path().to_owned(),
        profile: Profile::V1_8,
        topology: Topology::Apart { meta: 3, data: 3 },
        options: options()?,
        executable: this_executable()?,
        arguments: NODE.map(str::to_owned).to_vec(),
        limit: Duration::from_secs(30),
        // However this process ends, its nodes end too: unless they are to stay.
        tied: !keep,
    };
    console.print("starting 3 meta and 3 data nodes …\n")?;
    let cluster = ProcessCluster::up(up).await.map_err(|error| Failure::Cluster(error.to_string()))?;
    let mut stage = match Stage::new(console, cluster) {
        Ok(stage) => stage,
        Err(early) => {
            let (cluster, failure) = *early;
            end(cluster, &place, console).await;
            return Err(failure);
        }
    };
    let played = {
        let play = AssertUnwindSafe(play(&mut stage, signals.clone(), started)).catch_unwind();
        tokio::select! {
            biased;
            signal = signals.arrived() => Err(Failure::Signal(signal)),
            played = play => {
                played.unwrap_or_else(|_| Err(Failure::Internal("the demonstration failed by a defect".to_owned())))
            }
            () = tokio::time::sleep(LIMIT.saturating_sub(started.elapsed())) => {
                Err(Failure::ClaimBroken(format!("it took longer than {}", duration_text(LIMIT))))
            }
        }
    };
    let stays = keep && !matches!(played, Err(Failure::Signal(_)));
    if stays {
        tell_how_to_use(place.path(), console)?;
    } else {
        end(stage.cluster, &place, console).await;
    }
    played?;
    let left = if stays { "the cluster was left running" } else { "nothing was left running" };
    console.print(&format!("done in {}; {left}\n", duration_text(started.elapsed())))
}

/// The whole play, on a running cluster.
async fn play(stage: &mut Stage<'_>, signals: Signals, started: Instant) -> Result<(), Failure> {
    let console = stage.console;
    console.print(&format!(
        "3 meta and 3 data nodes are up after {}:\n  {}\n\n",
        duration_text(started.elapsed()),
        stage.cluster.data_urls().join("  ")
    ))?;
    observations::write(stage, signals).await?;
    observations::show(stage).await?;
    let mut rows = Rows::start(console, stage.data_names())?;
    steps::play(stage, &mut rows).await?;
    let (held, all) = rows.score();
    console.print("\n")?;
    if held == all {
        let text = format!("all {all} rows came out as claimed");
        console.print(&format!("{}\n", console.painted(&text, Paint::Good)))
    } else {
        Err(Failure::ClaimBroken(format!("{} of {all} rows did not come out as claimed", all - held)))
    }
}

fn options() -> Result<Options, Failure> {
    let mut options = Options::new(Profile::V1_8);
    for (name, value) in OPTIONS {
        options.set(name, value).map_err(|error| Failure::Internal(error.to_string()))?;
    }
    Ok(options)
}

/// Ends the cluster. What goes wrong here must not hide what the demonstration found.
async fn end(cluster: ProcessCluster, place: &Place, console: &Console) {
    if let Err(error) = cluster.down().await {
        console.error(&format!("ending the cluster: {error}"));
    }
    if let Place::Temporary(path) = place
        && let Err(error) = std::fs::remove_dir_all(path)
    {
        console.error(&format!("removing {}: {error}", path.display()));
    }
}

fn tell_how_to_use(dir: &Path, console: &Console) -> Result<(), Failure> {
    let dir = dir.display();
    console.print(&format!(
        "\nThe cluster is still up. To use it:\n  \
         eval \"$(influx-cli cluster env --dir '{dir}')\"\n  \
         influx-cli query -d weather 'SHOW SHARDS'\n  \
         influx-cli fault kill data3 --dir '{dir}'\n  \
         echo 'demo,step=mine v=1' | influx-cli write -d weather -c all; echo $?\n  \
         influx-cli cluster status --dir '{dir}'\n  \
         influx-cli cluster down --dir '{dir}'\n"
    ))
}

/// Where the cluster keeps its files.
enum Place {
    /// Ours, and removed at the end.
    Temporary(PathBuf),
    /// Somebody's, and left alone.
    Given(PathBuf),
}

impl Place {
    fn choose(keep: bool, dir: &ClusterDirArgs) -> Result<Self, Failure> {
        if keep || dir.is_given() {
            return dir.path().map(Self::Given);
        }
        let base = std::env::temp_dir();
        // Another process may have the name: it is tried, not asked for.
        for attempt in 0..100 {
            let path = base.join(format!("influx-cli-demo-{}-{attempt}", std::process::id()));
            match create_private(&path) {
                Ok(()) => return Ok(Self::Temporary(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::local_io(format!("{}: {error}", path.display()))),
            }
        }
        Err(Failure::local_io(format!("no free name in {}: give --dir DIR", base.display())))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(path) | Self::Given(path) => path,
        }
    }
}

/// Makes a directory for this user alone.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
