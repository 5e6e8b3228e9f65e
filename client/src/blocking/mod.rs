//! A client for programs without an async runtime. (Feature `blocking`.)
//!
//! Everything of the async client is here under the same names and with the same types: [`Client`] dereferences to it, and
//! [`Client::wait`] carries out any of its calls. Writes and queries have methods that wait by themselves; the async ones
//! of these names are `(*client).write(…)` and `(*client).query(…)`.
//!
//! ```no_run
//! use influx_client::blocking::Client;
//! use influx_client::{Batch, ConsistencyLevel};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let builder = influx_client::Client::builder().endpoint("http://localhost:8086").database("metrics");
//! let client = Client::new(builder.build()?)?;
//! let mut batch = Batch::default();
//! batch.point("cpu").tag("host", "a").field("usage", 0.5).now()?;
//! match client.write(&batch).consistency(ConsistencyLevel::Quorum).send() {
//!     Ok(ack) => println!("{} points stored", ack.points()),
//!     Err(error) => eprintln!("{}: {}; {}", error.class(), error.outcome(), error.advice()),
//! }
//! for series in client.query("SELECT * FROM cpu").send()?.series() {
//!     println!("{:?}", series.values);
//! }
//! // Whatever else the async client can do:
//! let pongs = client.wait(client.ping());
//! # Ok(())
//! # }
//! ```

mod calls;
mod client;
mod runtime;

pub use calls::{Query, Write};
pub use client::Client;
