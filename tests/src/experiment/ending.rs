//! What a run comes to.

use std::io;
use std::path::PathBuf;

use influx_client::Class;
use influx_server_mock::ClusterError;
use serde::{Deserialize, Serialize};

/// What a run that was made to its end says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// What had to hold, and whether it did.
    pub expectations: Vec<Expectation>,
    /// The result in a few lines for a person.
    pub summary: Vec<String>,
}

impl Ending {
    /// Whether everything held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.expectations.iter().all(|expectation| expectation.held)
    }

    /// How much of it held, in words for a person.
    #[must_use]
    pub fn told(&self) -> String {
        let held = self.expectations.iter().filter(|expectation| expectation.held).count();
        match self.expectations.len() {
            0 => "nothing was expected".to_owned(),
            all => format!("{held} of {all} expectations held"),
        }
    }

    /// Adds an expectation.
    pub fn expect(&mut self, what: impl Into<String>, held: bool, found: impl Into<String>) {
        self.expectations.push(Expectation { what: what.into(), held, found: found.into() });
    }
}

/// Something that had to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// What, as a sentence.
    pub what: String,
    /// Whether it did.
    pub held: bool,
    /// What was found, with figures.
    pub found: String,
}

/// Why a run could not be made, or what it left could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The bundled cluster did not do as told.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than it should.
    #[error("{}: {why}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// The order cannot be carried out: a setting that is not known, a target that this experiment cannot use.
    #[error("{0}")]
    Order(String),
    /// The cluster did not get ready for the run, or did not answer after it.
    #[error("{0}")]
    Target(String),
    /// A cluster that is somebody else's did not answer, or refused.
    #[error("{message}")]
    Server {
        /// The class of its error.
        class: Class,
        /// What was asked, and what came of it.
        message: String,
    },
    /// A picture could not be drawn.
    #[error("drawing {what}: {why}")]
    Plot {
        /// Which one.
        what: String,
        /// Why.
        why: String,
    },
}
