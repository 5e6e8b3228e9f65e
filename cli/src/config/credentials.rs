//! Which user, password or token counts, of those given on the command line, in the environment and in the profile. Pure.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::secret::Secret;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Here.
    Inline(Secret),
    /// In a file; `-` is standard input.
    File(PathBuf),
    /// Nowhere yet: it has to be asked for.
    Nowhere,
}

/// What one place says about who the user is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) username: Option<String>,
    /// The password, and what to call its place.
    pub(crate) password: Option<(Kept, &'static str)>,
    /// The token, and what to call its place.
    pub(crate) token: Option<(Kept, &'static str)>,
}

/// Who to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Nobody,
    User { username: String, username_from: Origin, password: Kept, password_from: Option<(Origin, &'static str)> },
    Token { token: Kept, from: (Origin, &'static str) },
}

/// Which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Environment,
    Profile,
}

impl Origin {
    const ALL: [Self; 3] = [Self::Flag, Self::Environment, Self::Profile];
}

/// Chooses: the first place that names a user or a token decides which of the two it is.
///
/// The password is the first there is, but never that of a profile for a user that the profile does not mean: it would be
/// shown to a server that has no business with it.
///
/// # Errors
/// A place has both, or there is a password for nobody.
pub(crate) fn choose(flags: &Layer, environment: &Layer, profile: &Layer) -> Result<Choice, Failure> {
    let layers = [flags, environment, profile];
    for (layer, origin) in layers.into_iter().zip(Origin::ALL) {
        // A password on the command line asks for a user, not for a token of the environment.
        let user_asked_for = flags.password.is_some();
        match (&layer.username, &layer.token) {
            (Some(_), Some((_, name))) => {
                let user = match origin {
                    Origin::Environment => "INFLUX_USERNAME",
                    Origin::Flag | Origin::Profile => "username",
                };
                return Err(Failure::Usage(format!("there is both a user ({user}) and a token ({name}): remove one")));
            }
            (None, Some((token, name))) if !user_asked_for => {
                return Ok(Choice::Token { token: token.clone(), from: (origin, name) });
            }
            (Some(username), None) => return Ok(with_password(username, origin, layers)),
            (None, Some(_) | None) => {}
        }
    }
    // Passwords of the environment and of a profile may wait for a user; one that was typed may not.
    if flags.password.is_some() {
        return Err(Failure::Usage("a password without a user: give --username".to_owned()));
    }
    Ok(Choice::Nobody)
}

fn with_password(username: &str, username_from: Origin, layers: [&Layer; 3]) -> Choice {
    for (layer, origin) in layers.into_iter().zip(Origin::ALL) {
        let meant = match origin {
            Origin::Flag | Origin::Environment => true,
            Origin::Profile => layer.username.as_deref().is_none_or(|name| name == username),
        };
        if let (Some((password, name)), true) = (&layer.password, meant) {
            let password_from = Some((origin, *name));
            return Choice::User {
                username: username.to_owned(),
                username_from,
                password: password.clone(),
                password_from,
            };
        }
    }
    Choice::User { username: username.to_owned(), username_from, password: Kept::Nowhere, password_from: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn layer(username: &str, password: &str, token: &str) -> Layer {
        let kept = |text: &str, name| (!text.is_empty()).then(|| (Kept::Inline(Secret::new(text)), name));
        let username = (!username.is_empty()).then(|| username.to_owned());
        Layer { username, password: kept(password, "password"), token: kept(token, "token") }
    }

    fn chosen(flags: &Layer, environment: &Layer, profile: &Layer) -> String {
        let text = |kept: &Kept| match kept {
            Kept::Inline(secret) => secret.expose().to_owned(),
            Kept::File(path) => path.display().to_string(),
            Kept::Nowhere => "?".to_owned(),
        };
        match choose(flags, environment, profile) {
            Ok(Choice::Nobody) => "nobody".to_owned(),
            Ok(Choice::User { username, password, .. }) => format!("{username}:{}", text(&password)),
            Ok(Choice::Token { token, .. }) => text(&token),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn the_first_place_decides_and_passwords_stay_with_their_users() {
        let none = Layer::default();
        for (flags, environment, profile, expected) in [
            (&none, &none, &none, "nobody"),
            (&layer("f", "", ""), &layer("e", "pe", ""), &layer("p", "pp", ""), "f:pe"),
            (&layer("f", "", ""), &none, &layer("p", "pp", ""), "f:?"),
            (&layer("p", "", ""), &none, &layer("p", "pp", ""), "p:pp"),
            (&layer("f", "", ""), &none, &layer("", "pp", ""), "f:pp"),
            (&layer("f", "", ""), &layer("", "", "te"), &none, "f:?"),
            (&layer("", "pf", ""), &layer("e", "pe", ""), &none, "e:pf"),
            (&layer("", "pf", ""), &layer("", "", "te"), &layer("p", "", ""), "p:pf"),
            (&layer("", "pf", ""), &none, &none, "refused"),
            (&none, &layer("e", "", "te"), &none, "refused"),
            (&none, &layer("", "", "te"), &layer("p", "pp", ""), "te"),
            (&none, &layer("", "pe", ""), &layer("p", "pp", ""), "p:pe"),
            (&none, &layer("", "pe", ""), &none, "nobody"),
            (&layer("", "", "tf"), &layer("e", "pe", ""), &none, "tf"),
            (&none, &none, &layer("", "", "tp"), "tp"),
        ] {
            assert_eq!(chosen(flags, environment, profile), expected, "{flags:?} {environment:?} {profile:?}");
        }
    }
}
