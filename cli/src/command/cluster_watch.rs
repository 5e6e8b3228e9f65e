//! `cluster logs`, `cluster wait` and `cluster restart`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use influx_server_mock::ProcessCluster;

use super::fault::failed;
use crate::cluster_dir::ClusterDirArgs;
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::one_line;
use crate::settings::{self, counted, duration_text};

/// Show the logs of nodes; of several, by time.
#[derive(Debug, Args)]
pub(super) struct LogsArgs {
    /// Nodes, for example data1; all of them unless given.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Go on with what comes, until Ctrl-C or the end of the cluster.
    #[arg(short, long)]
    follow: bool,
    /// Only so many last lines of each node.
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Restart nodes in good order, one after the other: each is told to end, started again, and waited for.
#[derive(Debug, Args)]
pub(super) struct RestartArgs {
    /// Nodes, for example data1; all of them unless given.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Longest wait for each node to answer.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = settings::some_duration)]
    limit: Duration,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Wait until nodes are healthy, or until every write is with its owners.
#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// Nodes, for example data1; all of them unless given.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Wait so long for every node to run and to answer; the default where nothing else is to be waited for.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    healthy: Option<Duration>,
    /// Wait so long for empty hinted handoff queues, and for writes that are on their way to owners.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    drained: Option<Duration>,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// The wait of a plain `cluster wait`.
const PATIENCE: Duration = Duration::from_secs(30);

/// The nodes of these names, or all of them.
fn chosen(cluster: &ProcessCluster, names: &[String]) -> Result<Vec<String>, Failure> {
    for name in names {
        cluster.state(name).map_err(failed)?;
    }
    Ok(if names.is_empty() { cluster.nodes().iter().map(|node| node.name.clone()).collect() } else { names.to_vec() })
}

/// The log of one node, read as it grows.
struct Log {
    name: String,
    path: PathBuf,
    read: u64,
    /// The beginning of a line whose end has not been written yet.
    rest: Vec<u8>,
}

impl Log {
    /// The whole lines that came since the last call.
    fn fresh(&mut self) -> io::Result<Vec<String>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = std::mem::take(&mut self.rest);
        self.read += file.read_to_end(&mut bytes)? as u64;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.rest = bytes.split_off(whole);
        Ok(bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(text).collect())
    }
}

fn text(line: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(line))
}

impl LogsArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let cluster = self.dir.open()?;
        let mut logs = Vec::new();
        for name in chosen(&cluster, &self.names)? {
            let path = cluster.log_path(&name).map_err(failed)?;
            logs.push(Log { name, path, read: 0, rest: Vec::new() });
        }
        let wide = logs.iter().map(|log| log.name.len()).max().unwrap_or_default();
        let mut keep = self.lines.unwrap_or(usize::MAX);
        loop {
            // Read first: what a node wrote before its cluster ended is shown.
            let over = !self.follow || ProcessCluster::open(cluster.dir()).is_err();
            let mut lines = Vec::new();
            for (at, log) in logs.iter_mut().enumerate() {
                let fresh = log.fresh();
                let fresh = fresh.map_err(|error| Failure::local_io(format!("{}: {error}", log.path.display())))?;
                let from = fresh.len().saturating_sub(keep);
                lines.extend(timed(fresh.into_iter().skip(from)).map(|(time, line)| (time, at, line)));
            }
            keep = usize::MAX;
            // Stable, so that lines of one node keep their order.
            lines.sort_by(|one, other| one.0.cmp(&other.0));
            for (_, at, line) in lines {
                let head = if logs.len() > 1 {
                    let name = format!("{:<wide$} |", logs[at].name);
                    format!("{} ", console.painted(&name, Paint::Faint))
                } else {
                    String::new()
                };
                console.print(&format!("{head}{line}\n"))?;
            }
            if over {
                return Ok(Exit::OK);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Lines with the time at their head; one without has that of the line before it, which it belongs to.
fn timed(lines: impl Iterator<Item = String>) -> impl Iterator<Item = (String, String)> {
    lines.scan(String::new(), |time, line| {
        if let Some(stamp) = line.split(' ').next().filter(|word| word.contains('T') && word.ends_with('Z')) {
            stamp.clone_into(time);
        }
        Some((time.clone(), line))
    })
}

impl RestartArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut cluster = self.dir.open_now().await?;
        for name in chosen(&cluster, &self.names)? {
            let started = Instant::now();
            cluster.restart_in_order(&name, self.limit).await.map_err(failed)?;
            console.say(&format!("{name} restarted in {}", duration_text(started.elapsed())));
        }
        Ok(Exit::OK)
    }
}

impl WaitArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let names = chosen(&self.dir.open_now().await?, &self.names)?;
        let healthy = match (self.healthy, self.drained) {
            (None, None) => Some(PATIENCE),
            (healthy, _) => healthy,
        };
        if let Some(limit) = healthy {
            self.until(limit, "not healthy", async |cluster| ill(cluster, &names).await).await?;
            console.say(&format!("{} healthy", counted(names.len() as u64, "node is", "nodes are")));
        }
        if let Some(limit) = self.drained {
            self.until(limit, "not everything is with its owners", async |cluster| waiting(cluster, &names).await)
                .await?;
            console.say("nothing waits in hinted handoff or is on its way");
        }
        Ok(Exit::OK)
    }

    /// Looks at the cluster until nothing is found wrong with it.
    async fn until(
        &self,
        limit: Duration,
        what: &str,
        wrong: impl AsyncFn(&ProcessCluster) -> Vec<String>,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + limit;
        loop {
            // Anew each time: nodes are started by other commands.
            let cluster = self.dir.open_now().await?;
            let wrong = wrong(&cluster).await;
            if wrong.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let wrong = wrong.join(", ");
                return Err(Failure::Cluster(format!("{what} after {}: {wrong}", duration_text(limit))));
            }
            tokio::time::sleep(LOOK.min(limit)).await;
        }
    }
}

/// Nodes that are not healthy, and why.
async fn ill(cluster: &ProcessCluster, names: &[String]) -> Vec<String> {
    let health = cluster.health().await;
    let chosen = health.into_iter().filter(|(name, _)| names.contains(name));
    chosen.filter_map(|(name, health)| health.err().map(|why| format!("{name} {why}"))).collect()
}

/// Nodes that still have something to bring to owners, or do not tell.
async fn waiting(cluster: &ProcessCluster, names: &[String]) -> Vec<String> {
    let unsettled = cluster.unsettled().await.into_iter().filter(|(name, _)| names.contains(name));
    unsettled.map(|(name, what)| format!("{name} {what}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_time_stays_with_the_one_before() {
        let lines = ["2026-01-02T03:04:05.6Z INFO a", "  at b", "2026-01-02T03:04:06Z c"].map(str::to_owned);
        let times: Vec<String> = timed(lines.into_iter()).map(|(time, _)| time).collect();
        assert_eq!(times, ["2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.6Z", "2026-01-02T03:04:06Z"]);
    }
}
