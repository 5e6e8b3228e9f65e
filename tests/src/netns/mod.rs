//! Networks of namespaces: machines of their own as far as the network goes, whose packets the kernel drops.
//!
//! Only root may make them. What is done to the system is in one script, `netns/setup` beside this package, which this
//! program carries with it.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::experiment::LabError;

const SCRIPT: &str = include_str!("../../netns/setup");

/// The table of the rules; nothing else in a namespace of ours has one.
const TABLE: &str = "inet lab";

/// A bridge with a namespace for each machine; removed when it is dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
    machines: Vec<Namespace>,
}

/// One machine of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The name of the namespace.
    pub name: String,
    /// Its address, by which this process and the others reach it.
    pub address: Ipv4Addr,
}

impl Namespace {
    /// What stands before a program on its command line to run it there. It becomes the program, so that its process id
    /// is that of the program.
    #[must_use]
    pub fn launcher(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec()
    }
}

/// What is missing to make networks, one a line; `None` where they can be made.
#[must_use]
pub fn missing() -> Option<String> {
    match script(&["check"]) {
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stdout).trim().replace('\n', ", ");
            Some(if told.is_empty() { text(&output) } else { told })
        }
        Err(error) => Some(format!("bash ({error})")),
    }
}

/// Installs the programs that are missing, with the package tool of the system.
///
/// # Errors
/// [`LabError::Target`] with what it says.
pub fn install() -> Result<(), LabError> {
    run(&["install"]).map(drop)
}

/// Removes the networks of processes that are gone, as after a kill.
///
/// # Errors
/// [`LabError::Target`] with what the system says.
pub fn sweep() -> Result<(), LabError> {
    run(&["sweep"]).map(drop)
}

/// Finds what a network of namespaces lacks on this machine, before anything is done.
///
/// # Errors
/// [`LabError::Target`] with what is missing: the right to make one, or a program.
pub fn check() -> Result<(), LabError> {
    match missing() {
        None => Ok(()),
        Some(missing) => Err(LabError::Target(format!(
            "network namespaces need {missing}: as root, `influx-cli lab netns install` installs the programs"
        ))),
    }
}

impl Network {
    /// Makes a network of so many machines. What killed runs left of theirs is removed first.
    ///
    /// # Errors
    /// [`LabError::Target`] with what is missing: the right to do it, or a program.
    pub fn up(machines: usize) -> Result<Self, LabError> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        check()?;
        sweep()?;
        let name = format!("il{}n{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // From here on, whatever was made goes with this value.
        let mut network = Self { name, machines: Vec::new() };
        let told = run(&["up", &network.name, &machines.to_string()])?;
        network.machines = told.lines().filter_map(namespace).collect();
        if network.machines.len() != machines {
            return Err(LabError::Target(format!("{machines} network namespaces were asked for, and told: {told}")));
        }
        Ok(network)
    }

    /// The machines.
    #[must_use]
    pub fn machines(&self) -> &[Namespace] {
        &self.machines
    }

    /// Has each machine drop what comes from those on other sides, by their places in [`machines`](Self::machines).
    /// Machines on no side are cut from nobody. What was cut before is whole unless it is cut again.
    ///
    /// # Errors
    /// [`LabError::Target`] where the rules are not taken; they may be in force in some machines then.
    ///
    /// # Cancellation
    /// The rules that are on their way are taken all the same.
    pub async fn cut(&self, sides: &[Vec<usize>]) -> Result<(), LabError> {
        let rules_of = |(place, machine): (usize, &Namespace)| {
            let from: Vec<Ipv4Addr> =
                dropped(place, sides).into_iter().map(|other| self.machines[other].address).collect();
            (machine.clone(), rules(&from))
        };
        // Each in a thread of its own, so that all of them are in force at about the same time.
        let set = self.machines.iter().enumerate().map(rules_of).map(|(machine, rules)| async move {
            let set = tokio::task::spawn_blocking(move || set_rules(&machine, &rules)).await;
            set.unwrap_or_else(|error| Err(LabError::Target(format!("rules were not set: {error}"))))
        });
        futures::future::try_join_all(set).await.map(drop)
    }

    /// Has no machine drop anything.
    ///
    /// # Errors
    /// As [`cut`](Self::cut).
    ///
    /// # Cancellation
    /// As [`cut`](Self::cut).
    pub async fn heal(&self) -> Result<(), LabError> {
        self.cut(&[]).await
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // There is nobody to tell; the next network sweeps up what is left of this one.
        let _ = run(&["down", &self.name]);
    }
}

/// Whom a machine does not hear.
fn dropped(place: usize, sides: &[Vec<usize>]) -> Vec<usize> {
    match sides.iter().position(|side| side.contains(&place)) {
        Some(own) => {
            sides.iter().enumerate().filter(|(side, _)| *side != own).flat_map(|(_, side)| side.clone()).collect()
        }
        None => Vec::new(),
    }
}

/// The rules that replace those in force, all at once. Only what comes in is dropped, as packets lost on the way would be.
fn rules(from: &[Ipv4Addr]) -> String {
    let gone = format!("table {TABLE}\ndelete table {TABLE}\n");
    if from.is_empty() {
        return gone;
    }
    let from: Vec<String> = from.iter().map(ToString::to_string).collect();
    let chain = format!("type filter hook input priority 0; ip saddr {{ {} }} drop", from.join(", "));
    format!("{gone}table {TABLE} {{\nchain input {{\n{chain}\n}}\n}}\n")
}

fn set_rules(machine: &Namespace, rules: &str) -> Result<(), LabError> {
    let launcher = machine.launcher();
    let mut command = Command::new(&launcher[0]);
    command.args(&launcher[1..]).args(["nft", "-f", "-"]);
    let output = fed(command, rules.as_bytes());
    let failed = |why: String| LabError::Target(format!("the rules of {} were not taken: {why}", machine.name));
    let output = output.map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(text(&output))) }
}

/// A line of the script's: a namespace and its address.
fn namespace(line: &str) -> Option<Namespace> {
    let (name, address) = line.split_once(' ')?;
    Some(Namespace { name: name.to_owned(), address: address.parse().ok()? })
}

fn run(arguments: &[&str]) -> Result<String, LabError> {
    let failed = |why: String| LabError::Target(format!("network namespaces ({}): {why}", arguments[0]));
    let output = script(arguments).map_err(|error| failed(format!("bash: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(text(&output)))
    }
}

fn script(arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new("bash");
    command.args(["-s", "--"]).args(arguments);
    fed(command, SCRIPT.as_bytes())
}

/// Runs a command with this standard input.
fn fed(mut command: Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends early has said why.
        let _ = stdin.write_all(input);
    }
    child.wait_with_output()
}

fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim();
    if text.is_empty() { format!("ended with {}", output.status) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_machines_on_other_sides_are_not_heard() {
        let sides = [vec![0, 2], vec![1], vec![3]];
        assert_eq!(dropped(0, &sides), [1, 3]);
        assert_eq!(dropped(1, &sides), [0, 2, 3]);
        assert_eq!(dropped(4, &sides), [0; 0]);
        assert_eq!(dropped(0, &[]), [0; 0]);
    }

    #[test]
    fn rules_replace_those_before() {
        let whole = rules(&[]);
        assert_eq!(whole, "table inet lab\ndelete table inet lab\n");
        let cut = rules(&[Ipv4Addr::new(198, 18, 1, 2), Ipv4Addr::new(198, 18, 1, 3)]);
        let chain = "type filter hook input priority 0; ip saddr { 198.18.1.2, 198.18.1.3 } drop";
        assert_eq!(cut, format!("{whole}table inet lab {{\nchain input {{\n{chain}\n}}\n}}\n"));
    }

    #[test]
    fn a_line_of_the_script_is_a_machine() {
        let machine = Namespace { name: "il7n1-2".into(), address: Ipv4Addr::new(198, 18, 1, 2) };
        assert_eq!(namespace("il7n1-2 198.18.1.2"), Some(machine.clone()));
        assert_eq!(namespace("il7n1-2"), None);
        assert_eq!(machine.launcher().join(" "), "ip netns exec il7n1-2");
    }

    /// Whether a connection from one machine to another is answered (by a refusal, as nobody listens) before the limit.
    fn answers(network: &Network, from: usize, to: usize) -> bool {
        let launcher = network.machines()[from].launcher();
        let attempt = format!("exec 3<>/dev/tcp/{}/9", network.machines()[to].address);
        let mut command = Command::new(&launcher[0]);
        let output = command.args(&launcher[1..]).args(["timeout", "0.5", "bash", "-c", &attempt]).output().unwrap();
        let refused = String::from_utf8_lossy(&output.stderr).contains("refused");
        assert!(refused || output.status.code() == Some(124), "{output:?}");
        refused
    }

    #[tokio::test]
    async fn a_cut_is_felt_and_a_network_leaves_nothing_behind() {
        if let Some(missing) = missing() {
            eprintln!("skipped: network namespaces need {missing}");
            return;
        }
        let network = Network::up(3).unwrap();
        assert!(answers(&network, 0, 1));
        network.cut(&[vec![0], vec![1, 2]]).await.unwrap();
        assert!(!answers(&network, 0, 1) && !answers(&network, 2, 0) && answers(&network, 1, 2));
        network.cut(&[vec![1], vec![0, 2]]).await.unwrap();
        assert!(answers(&network, 2, 0), "a cut takes the place of the one before");
        network.heal().await.unwrap();
        assert!(answers(&network, 0, 1));
        let name = network.name.clone();
        drop(network);
        for list in [&["netns", "list"][..], &["-o", "link", "show"]] {
            let left = Command::new("ip").args(list).output().unwrap();
            assert!(!String::from_utf8_lossy(&left.stdout).contains(&format!("{name}-")), "{left:?}");
        }
    }
}
