//! What a client was told of a write.

use influx_client::{Ack, Caveat, Outcome, WriteError};
use serde::{Deserialize, Serialize};

/// What the client told of a write, in the words of its own table of outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The last status, if a server answered.
    pub status: Option<u16>,
    /// `ok`, or the id of the error's class.
    pub class: String,
    /// The id of the outcome that the client claims.
    pub outcome: String,
    /// What the server said, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why an acknowledgement is worth less than it says, by the ids of the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

impl Said {
    /// Of an acknowledgement or an error.
    #[must_use]
    pub fn of(result: &Result<Ack, WriteError>) -> Self {
        match result {
            Ok(ack) => Self {
                status: ack.status(),
                class: "ok".into(),
                outcome: Outcome::Stored.id().into(),
                message: None,
                caveats: ack.caveats().map(|caveat: Caveat| caveat.id().to_owned()).collect(),
            },
            Err(error) => Self {
                status: error.status(),
                class: error.class().id().into(),
                outcome: error.outcome().id().into(),
                message: error.server_message().map(str::to_owned),
                caveats: Vec::new(),
            },
        }
    }

    /// Whether the server acknowledged.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.class == "ok"
    }

    /// In a few words.
    #[must_use]
    pub fn brief(&self) -> String {
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        if self.is_ok() {
            let caveats = self.caveats.join(", ");
            return if caveats.is_empty() { status } else { format!("{status} (caveat: {caveats})") };
        }
        match &self.message {
            Some(message) => format!("{status} \"{message}\" = {}, {}", self.class, self.outcome),
            None => format!("{status} = {}, {}", self.class, self.outcome),
        }
    }
}
