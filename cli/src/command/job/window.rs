//! `--window`: whether requests are cut at the borders of shard groups.

use std::str::FromStr;
use std::time::Duration;

use influx_client::Client;

use crate::console::Console;
use crate::job::Window;
use crate::settings;

/// A request that would fall apart into more than this many stays whole: what the verdict gains is not worth the time.
const MOST: usize = 8;

/// Whether requests are cut at the borders of shard groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowChoice {
    /// By the duration that the server names, where it does and where few requests come of it.
    Auto,
    /// Never.
    Off,
    /// By this duration, always.
    Every(Duration),
}

impl FromStr for WindowChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            text => settings::some_duration(text).map(Self::Every).map_err(|error| format!("{error}, auto or off")),
        }
    }
}

impl WindowChoice {
    /// The window for a retention policy, the default one if none is named.
    pub(super) async fn resolve(
        self,
        client: &Client,
        database: &str,
        policy: Option<&str>,
        console: &Console,
    ) -> Option<Window> {
        match self {
            Self::Off => None,
            Self::Every(duration) => Some(Window { duration, most: usize::MAX }),
            Self::Auto => match client.show().retention_policies(database).await {
                Ok(policies) => {
                    let wanted = |name: &str, default: bool| policy.map_or(default, |policy| policy == name);
                    let found = policies.iter().find(|policy| wanted(&policy.name, policy.is_default));
                    // Version 0.10 does not tell the duration.
                    found?.shard_duration.map(|duration| Window { duration, most: MOST })
                }
                Err(error) => {
                    // Whoever may write may not always ask; the window only makes verdicts sharper.
                    console.detail(&format!("requests are not cut by shard group: {error}"));
                    None
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_word_or_a_time() {
        assert_eq!("auto".parse(), Ok(WindowChoice::Auto));
        assert_eq!("off".parse(), Ok(WindowChoice::Off));
        assert_eq!("7d".parse(), Ok(WindowChoice::Every(Duration::from_secs(7 * 86_400))));
        for wrong in ["", "0", "7", "weekly"] {
            assert!(wrong.parse::<WindowChoice>().is_err(), "{wrong}");
        }
    }
}
