//! When batches are sent again.

use std::time::Duration;

use clap::Args;
use influx_client::Class;

use crate::job::OnBelowLevel;
use crate::policy::{Pauses, Retries, Tries, retryable};
use crate::settings;

/// When batches are sent again.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Retries")]
pub(crate) struct RetryArgs {
    /// Send a batch this often again, or unlimited [default: 0, or unlimited if there is a --retry-budget].
    #[arg(long, value_name = "N", env = "INFLUX_RETRIES")]
    retries: Option<Retries>,
    /// Begin no further try of a batch later than this after its first one; 0s sets no limit [default: 0s; import: 5m].
    #[arg(long, value_name = "TIME", env = "INFLUX_RETRY_BUDGET", value_parser = settings::duration)]
    retry_budget: Option<Duration>,
    /// Pauses between tries: the first, doubled up to the longest. Each is a random part of that (full jitter), and a
    /// Retry-After of the server wins.
    #[arg(long, value_name = "MIN..MAX", default_value = "250ms..30s")]
    backoff: Pauses,
    /// Classes after which a batch is sent again, by name or exit code; never those where it could do harm or cannot help
    /// [default: 10,11,13,14,15].
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',', value_parser = retryable)]
    retry_on: Option<Vec<Class>>,
    /// What to do when fewer replicas acknowledged than the level asks (12).
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(super) on_below_level: OnBelowLevel,
}

impl RetryArgs {
    /// The policy; `budget` is the command's own one where none is given.
    pub(super) fn tries(&self, budget: Duration) -> Tries {
        let budget = self.retry_budget.unwrap_or(budget);
        let by_time = if budget.is_zero() { Retries::Times(0) } else { Retries::Unlimited };
        let mut on = self.retry_on.clone().unwrap_or_else(|| Tries::CLASSES.to_vec());
        if self.on_below_level == OnBelowLevel::Retry && !on.contains(&Class::BelowLevel) {
            on.push(Class::BelowLevel);
        }
        Tries::new(self.retries.unwrap_or(by_time), budget, on, self.backoff)
    }
}
