//! A small application that writes measurements and has to know what became of them; its tests are in
//! `tests/against_a_cluster.rs`.

use influx_client::{Ack, Batch, BuildError, Client, ConsistencyLevel, NoRetry, PointError, WriteError};

/// Keeps the readings of one station.
#[derive(Debug)]
pub struct Station {
    client: Client,
    name: String,
}

impl Station {
    /// A station that writes to one node, once a reading: what to do about a failure is its owner's decision.
    ///
    /// # Errors
    /// [`BuildError`] when the address is none.
    pub fn new(url: &str, name: &str) -> Result<Self, BuildError> {
        let client = Client::builder().endpoint(url).database("weather").retry(NoRetry).build()?;
        Ok(Self { client, name: name.to_owned() })
    }

    /// A reading, stamped with the nanosecond it was taken at.
    ///
    /// # Errors
    /// [`PointError`] when the temperature is no number.
    pub fn reading(&self, temperature: f64, at: i64) -> Result<Batch, PointError> {
        let mut batch = Batch::default();
        batch.point("temperature").tag("station", &self.name).field("celsius", temperature).at(at)?;
        Ok(batch)
    }

    /// Has a reading stored by most of the owners.
    ///
    /// # Errors
    /// [`WriteError`] says what is known of the reading.
    pub async fn keep(&self, reading: &Batch) -> Result<Ack, WriteError> {
        self.client.write(reading).consistency(ConsistencyLevel::Quorum).await
    }
}
