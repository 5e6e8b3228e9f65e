//! `query 'InfluxQL'`.

use clap::{Args, ValueEnum};
use influx_client::Precision;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::queries;
use crate::target::TargetArgs;

/// Ask a node and print its answer.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// One InfluxQL statement, or several with ; between them.
    #[arg(value_name = "InfluxQL", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    statement: String,
    #[command(flatten)]
    target: TargetArgs,
    /// Database.
    #[arg(short, long, value_name = "DB", env = "INFLUX_DATABASE", help_heading = "Target")]
    database: Option<String>,
    /// Times as numbers of this unit instead of text: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT")]
    epoch: Option<Precision>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns that line up, a table a series.
    #[default]
    Table,
    /// The results as the server gives them.
    Json,
    /// Comma-separated values, a header line a series.
    Csv,
}

impl QueryArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let client = self.target.builder()?.build().map_err(|error| Failure::Usage(error.to_string()))?;
        let database = self.database.as_deref();
        let response = queries::ask(&client, &self.statement, database, self.epoch).await;
        let response = response.map_err(|error| queries::failure(&error))?;
        match self.format {
            Format::Json => console.print_json(&queries::json(&response))?,
            Format::Table => console.print(&queries::table(&response))?,
            Format::Csv => console.print(&queries::csv(&response))?,
        }
        // A statement's error comes with status 200, among the results of the others.
        response.first_error().map_or(Ok(Exit::OK), |error| Err(queries::failure(&error)))
    }
}
