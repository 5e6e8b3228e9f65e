//! From what a request says to who it is from.

use std::sync::Arc;

use super::credentials::Credentials;
use super::passwords::Passwords;
use super::token::{self, TokenError};
use super::{Caller, SharedSecret};
use crate::core::meta::MetaData;
use crate::{Options, Profile};

/// Tells who requests are from.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    profile: Profile,
    enabled: bool,
    secret: SharedSecret,
    passwords: Arc<Passwords>,
}

/// What a request says of who it is from.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Parameter `u` of the address.
    pub(crate) u: &'a str,
    /// Parameter `p` of the address.
    pub(crate) p: &'a str,
    /// The `Authorization` header.
    pub(crate) header: Option<&'a [u8]>,
}

/// Nobody known sent the request. `Display` gives what the server answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// Profile 1.8: no credentials, or none that can be read.
    #[error("unable to parse authentication credentials")]
    NoCredentials,
    /// The same in profile 0.10.
    #[error("unable to parse Basic Auth credentials")]
    NoBasicCredentials,
    /// The user's name is empty.
    #[error("username required")]
    UsernameRequired,
    /// Profile 1.8: no such user, or another password.
    #[error("authorization failed")]
    Failed,
    /// No such user: in profile 0.10, and for tokens.
    #[error("user not found")]
    UserNotFound,
    /// Profile 0.10: another password.
    #[error("authentication failed")]
    WrongPassword,
    /// There is no secret that a token could be checked with.
    #[error("bearer auth disabled")]
    BearerDisabled,
    /// The token is not taken.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Authenticator {
    pub(crate) fn new(profile: Profile, options: &Options) -> Self {
        Self {
            profile,
            enabled: options.auth_enabled,
            secret: options.shared_secret.clone(),
            passwords: Arc::new(Passwords::new(profile)),
        }
    }

    /// Hashes and verifies.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Who a request is from; `now` is the time of day in nanoseconds, Unix time.
    ///
    /// As long as nobody could log in, nobody has to: in profile 1.8 that is without an administrator, in 0.10 without
    /// any user.
    pub(crate) async fn caller(&self, claim: Claim<'_>, meta: &MetaData, now: i64) -> Result<Caller, Denied> {
        if !self.enabled {
            return Ok(Caller::Anyone);
        }
        let somebody = match self.profile {
            Profile::V1_8 => meta.users.iter().any(|user| user.admin),
            Profile::V0_10 => !meta.users.is_empty(),
        };
        if !somebody {
            return Ok(Caller::Nobody);
        }
        match Credentials::find(self.profile, claim.u, claim.p, claim.header) {
            None => Err(match self.profile {
                Profile::V1_8 => Denied::NoCredentials,
                Profile::V0_10 => Denied::NoBasicCredentials,
            }),
            Some(Credentials::User { name, password }) => self.user(&name, &password, meta).await,
            Some(Credentials::Bearer(token)) => {
                if self.secret.is_empty() {
                    return Err(Denied::BearerDisabled);
                }
                let name = token::username(&token, &self.secret, now)?;
                meta.user(&name).cloned().map(Caller::User).ok_or(Denied::UserNotFound)
            }
        }
    }

    async fn user(&self, name: &str, password: &[u8], meta: &MetaData) -> Result<Caller, Denied> {
        if name.is_empty() {
            return Err(Denied::UsernameRequired);
        }
        let (unknown, wrong) = match self.profile {
            Profile::V1_8 => (Denied::Failed, Denied::Failed),
            Profile::V0_10 => (Denied::UserNotFound, Denied::WrongPassword),
        };
        let user = meta.user(name).ok_or(unknown)?;
        if self.passwords.verify(user, password).await { Ok(Caller::User(user.clone())) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::auth::token::tests::signed;
    use crate::core::meta::User;

    const NOW: i64 = 1_800_000_000_000_000_000;

    struct Fixture {
        authenticator: Authenticator,
        meta: MetaData,
    }

    impl Fixture {
        async fn new(profile: Profile, settings: &[(&str, &str)], admin: bool) -> Self {
            let mut options = Options::new(profile);
            for (name, value) in settings {
                options.set(name, value).unwrap();
            }
            let authenticator = Authenticator::new(profile, &options);
            let hash = authenticator.passwords().hash("pw").await.unwrap();
            let user = User { name: "u".to_owned(), hash, admin, privileges: Vec::new() };
            Self { authenticator, meta: MetaData { users: vec![user], ..MetaData::default() } }
        }

        async fn asked(&self, u: &str, p: &str, header: &str) -> String {
            let header = (!header.is_empty()).then_some(header.as_bytes());
            match self.authenticator.caller(Claim { u, p, header }, &self.meta, NOW).await {
                Ok(Caller::User(user)) => format!("user {}", user.name),
                Ok(other) => format!("{other:?}"),
                Err(denied) => denied.to_string(),
            }
        }
    }

    const ON: (&str, &str) = ("auth-enabled", "true");

    #[tokio::test]
    async fn the_texts_of_both_profiles() {
        for (profile, [none, unknown, wrong]) in [
            (
                Profile::V1_8,
                ["unable to parse authentication credentials", "authorization failed", "authorization failed"],
            ),
            (Profile::V0_10, ["unable to parse Basic Auth credentials", "user not found", "authentication failed"]),
        ] {
            let fixture = Fixture::new(profile, &[ON], true).await;
            assert_eq!(fixture.asked("u", "pw", "").await, "user u");
            assert_eq!(fixture.asked("", "", "Basic dTpwdw==").await, "user u");
            assert_eq!(fixture.asked("", "", "").await, none);
            assert_eq!(fixture.asked("x", "pw", "").await, unknown);
            assert_eq!(fixture.asked("u", "no", "").await, wrong);
            assert_eq!(fixture.asked("", "", "Basic Ong=").await, "username required");
        }
    }

    #[tokio::test]
    async fn nobody_logs_in_before_somebody_can() {
        assert_eq!(Fixture::new(Profile::V1_8, &[], true).await.asked("", "", "").await, "Anyone");
        assert_eq!(Fixture::new(Profile::V1_8, &[ON], false).await.asked("u", "no", "").await, "Nobody");
        // Any user is enough for 0.10.
        let mut old = Fixture::new(Profile::V0_10, &[ON], false).await;
        assert_eq!(old.asked("u", "no", "").await, "authentication failed");
        old.meta.users.clear();
        assert_eq!(old.asked("u", "no", "").await, "Nobody");
    }

    #[tokio::test]
    async fn tokens_need_the_secret() {
        let token = |name: &str| {
            format!("Bearer {}", signed(&format!("{{\"username\":\"{name}\",\"exp\":4102444800}}"), "s3cret"))
        };
        let without = Fixture::new(Profile::V1_8, &[ON], true).await;
        assert_eq!(without.asked("", "", &token("u")).await, "bearer auth disabled");
        let settings = [ON, ("shared-secret", "s3cret")];
        let with = Fixture::new(Profile::V1_8, &settings, true).await;
        assert_eq!(with.asked("", "", &token("u")).await, "user u");
        assert_eq!(with.asked("", "", &token("x")).await, "user not found");
        assert_eq!(with.asked("u", "no", &token("u")).await, "authorization failed");
        // Not even the option is there.
        let old = Fixture::new(Profile::V0_10, &[ON], true).await;
        assert_eq!(old.asked("", "", &token("u")).await, "unable to parse Basic Auth credentials");
    }
}
