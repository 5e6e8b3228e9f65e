//! Continuous queries and subscriptions.

use url::Url;

use super::{Applied, CommandError, ContinuousQuery, MetaData, Subscription};
use crate::Profile;

impl MetaData {
    /// In 1.8 the same query of the same name may be asked for again.
    pub(super) fn create_continuous_query(
        &mut self,
        query: &ContinuousQuery,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        self.database_mut(&query.database)?;
        let same = |known: &&ContinuousQuery| known.database == query.database && known.name == query.name;
        if let Some(known) = self.continuous_queries.iter().find(same) {
            return match profile {
                Profile::V1_8 if known.query.eq_ignore_ascii_case(&query.query) => Ok(Applied::Unchanged),
                Profile::V1_8 | Profile::V0_10 => Err(CommandError::ContinuousQueryExists),
            };
        }
        self.continuous_queries.push(query.clone());
        Ok(Applied::Changed)
    }

    /// In 1.8 nothing is not an error.
    pub(super) fn drop_continuous_query(
        &mut self,
        database: &str,
        name: &str,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let before = self.continuous_queries.len();
        self.continuous_queries.retain(|known| known.database != database || known.name != name);
        match profile {
            _ if self.continuous_queries.len() < before => Ok(Applied::Changed),
            Profile::V1_8 => Ok(Applied::Unchanged),
            Profile::V0_10 => {
                self.database_mut(database)?;
                Err(CommandError::ContinuousQueryNotFound)
            }
        }
    }

    pub(super) fn create_subscription(
        &mut self,
        subscription: &Subscription,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        match profile {
            Profile::V1_8 => subscription.destinations.iter().try_for_each(|url| check_url(url))?,
            Profile::V0_10 => {}
        }
        self.policy_mut(&subscription.database, &subscription.retention_policy)?;
        let same = |known: &Subscription| {
            known.database == subscription.database
                && known.retention_policy == subscription.retention_policy
                && known.name == subscription.name
        };
        if self.subscriptions.iter().any(same) {
            return Err(CommandError::SubscriptionExists);
        }
        self.subscriptions.push(subscription.clone());
        Ok(Applied::Changed)
    }

    pub(super) fn drop_subscription(
        &mut self,
        database: &str,
        policy: &str,
        name: &str,
    ) -> Result<Applied, CommandError> {
        self.policy_mut(database, policy)?;
        let same =
            |known: &Subscription| known.database == database && known.retention_policy == policy && known.name == name;
        let position = self.subscriptions.iter().position(same).ok_or(CommandError::SubscriptionNotFound)?;
        self.subscriptions.remove(position);
        Ok(Applied::Changed)
    }
}

/// A destination must say how and where, down to the port.
fn check_url(text: &str) -> Result<(), CommandError> {
    let known = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "udp" | "http" | "https"));
    // The library leaves out a port that the scheme implies; the real servers want to see one.
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if known && has_port { Ok(()) } else { Err(CommandError::InvalidSubscriptionUrl(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Command;
    use super::*;

    fn data(profile: Profile) -> MetaData {
        let mut data = MetaData::default();
        data.apply(1, 1, &Command::CreateDatabase { name: "d".to_owned(), policy: None }, profile).unwrap();
        data
    }

    fn subscription(name: &str, url: &str) -> Command {
        Command::CreateSubscription(Subscription {
            database: "d".to_owned(),
            retention_policy: "autogen".to_owned(),
            name: name.to_owned(),
            to_all: true,
            destinations: vec![url.to_owned()],
        })
    }

    fn query(text: &str) -> Command {
        let (database, name) = ("d".to_owned(), "q".to_owned());
        Command::CreateContinuousQuery(ContinuousQuery { database, name, query: text.to_owned() })
    }

    #[test]
    fn subscriptions_come_and_go() {
        let mut data = data(Profile::V1_8);
        let mut apply =
            |command: Command| data.apply(2, 1, &command, Profile::V1_8).map_err(|refused| refused.to_string());
        assert_eq!(apply(subscription("s", "udp://h:9")), Ok(Applied::Changed));
        assert_eq!(apply(subscription("s", "udp://h:9")), Err("subscription already exists".to_owned()));
        for url in ["h:9", "ftp://h:9", "http://h", "http://h/x:9"] {
            assert_eq!(apply(subscription("t", url)), Err(format!("invalid subscription URL: {url}")));
        }
        let drop = |policy: &str| Command::DropSubscription {
            database: "d".to_owned(),
            retention_policy: policy.to_owned(),
            name: "s".to_owned(),
        };
        assert_eq!(apply(drop("nope")), Err("retention policy not found: nope".to_owned()));
        assert_eq!(apply(drop("autogen")), Ok(Applied::Changed));
        assert_eq!(apply(drop("autogen")), Err("subscription not found".to_owned()));
    }

    #[test]
    fn continuous_queries_end_with_their_database() {
        for profile in Profile::ALL {
            let mut data = data(profile);
            data.apply(2, 1, &query("SELECT a"), profile).unwrap();
            let again = data.apply(3, 1, &query("select A"), profile);
            assert_eq!(again.is_ok(), profile == Profile::V1_8);
            assert_eq!(data.apply(4, 1, &query("SELECT b"), profile), Err(CommandError::ContinuousQueryExists));
            let gone = Command::DropContinuousQuery { database: "d".to_owned(), name: "other".to_owned() };
            assert_eq!(data.apply(5, 1, &gone, profile).is_ok(), profile == Profile::V1_8);
            data.apply(6, 1, &Command::DropDatabase { name: "d".to_owned() }, profile).unwrap();
            assert!(data.continuous_queries.is_empty());
        }
    }
}
