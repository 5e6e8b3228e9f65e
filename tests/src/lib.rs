//! The lab: proves what the bundled cluster does by doing it to real processes.
//!
//! A [`scenario`] is a file that says which requests are sent to which node, which faults happen between them, and what
//! must come back. Those in `scenarios/` passed on real servers of either profile, so a cluster that passes them too
//! answers as the real one did. `cargo test -p influx-lab --test scenarios` plays them; see the README beside this
//! package.
//!
//! # Layout
//!
//! * [`scenario`] reads the files, starts clusters, plays steps, compares answers and reports.
//! * [`experiment`] names what else can be run and what a run leaves behind; [`history`] is what clients asked and heard.
//! * [`checker`] decides whether what they heard can be explained.
//! * [`plot`] draws histories as Jepsen does.
//! * [`study`] makes the 2016 study's runs: on a [`target`], under a [`nemesis`], counted in [`figures`] and held against
//!   those of real clusters.
//! * [`truth`] holds what clients claimed against what every replica holds in the end.
//! * [`bugs`] finds each known bug of the real systems, and does not find it where it cannot be; [`repair`] makes replicas
//!   equal that would differ for ever; [`compare`] has several clients' rules of resending face the same faults.
//! * [`all`] is one seed of everything.
//! * [`netns`] makes networks in which the kernel drops packets.
//! * [`stage`] is a small cluster for one such run, with each replica within reach.
//! * [`become_node`] makes a program of the lab double as the program of a cluster's nodes.

pub mod all;
pub mod bugs;
pub mod checker;
pub mod compare;
mod death;
pub mod experiment;
pub mod figures;
pub mod history;
pub mod nemesis;
pub mod netns;
mod node;
pub mod plot;
pub mod repair;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod stage;
mod stall;
pub mod study;
pub mod target;
pub mod truth;

pub use node::{NODE_ARGUMENT, become_node};
