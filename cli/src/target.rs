//! Which server is meant, and as whom: shared by all commands that speak to one.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use influx_client::{Client, ClientBuilder};
use url::Url;

use crate::failure::Failure;
use crate::settings;

/// Where to, as whom, and how long to wait.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// Data nodes of one cluster; one that cannot be reached is passed over for the next.
    #[arg(short = 'H', long = "host", value_name = "URL[,URL…]", env = "INFLUX_HOST", value_delimiter = ',')]
    #[arg(default_value = "http://localhost:8086", hide_env_values = true)]
    // Not parsed by clap, which repeats a wrong value in its message: it may hold a password.
    hosts: Vec<String>,
    /// User name (or INFLUX_USERNAME).
    #[arg(long, value_name = "U")]
    username: Option<String>,
    /// File with the password, - for standard input (or INFLUX_PASSWORD, INFLUX_PASSWORD_FILE).
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with a JWT, - for standard input (or INFLUX_TOKEN, INFLUX_TOKEN_FILE).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "password_file"])]
    token_file: Option<PathBuf>,
    /// Longest wait for one answer; more than the server's own write-timeout (10s by default).
    #[arg(long, value_name = "TIME", env = "INFLUX_TIMEOUT", default_value = "15s", value_parser = settings::some_duration)]
    pub(crate) timeout: Duration,
    /// Longest wait for a connection.
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = settings::some_duration)]
    connect_timeout: Duration,
}

/// A secret: not shown by Debug, so that no error path can print it.
struct Secret(String);

enum Credentials {
    None,
    Basic { username: String, password: Secret },
    Token(Secret),
}

/// Reads an address, `host:port` as well as a URL. Never repeats the text: it may hold a password.
fn host(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).map_err(|error| format!("not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("not an address: write http://HOST:PORT or https://HOST:PORT".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials in an address end up in process lists: use --username and --password-file".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address has neither query nor fragment".to_owned());
    }
    Ok(url)
}

impl TargetArgs {
    /// The addresses; they hold no credentials.
    ///
    /// # Errors
    /// One of them is none.
    pub(crate) fn hosts(&self) -> Result<Vec<String>, Failure> {
        let hosts = self.hosts.iter().map(|text| host(text).map(|url| url.as_str().trim_end_matches('/').to_owned()));
        hosts.collect::<Result<_, _>>().map_err(|error| Failure::Usage(format!("--host: {error}")))
    }

    /// Whether a secret is to be read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        [&self.password_file, &self.token_file].into_iter().flatten().any(|path| path.as_os_str() == "-")
    }

    /// A client builder with addresses, credentials and time-outs.
    ///
    /// # Errors
    /// The credentials are incomplete, or their file cannot be read.
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        Ok(self.connection()?.endpoints(self.hosts()?))
    }

    /// The same without addresses, for those who ask one node at a time.
    ///
    /// # Errors
    /// As [`TargetArgs::builder`].
    pub(crate) fn connection(&self) -> Result<ClientBuilder, Failure> {
        let builder = Client::builder()
            .attempt_timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            // The command line says how often, and one run is one caller.
            .retry_budget(None)
            .user_agent(concat!("influx-cli/", env!("CARGO_PKG_VERSION")));
        Ok(match self.credentials()? {
            Credentials::None => builder,
            Credentials::Basic { username, password } => builder.basic_auth(&username, &password.0),
            Credentials::Token(token) => builder.token(&token.0),
        })
    }

    /// Flags before the environment; a user name of one does not mix with a token of the other.
    fn credentials(&self) -> Result<Credentials, Failure> {
        if let Some(path) = &self.token_file {
            return Ok(Credentials::Token(secret_of(path)?));
        }
        let env_user = variable("INFLUX_USERNAME")?;
        let env_token =
            match (variable("INFLUX_TOKEN")?, env::var_os("INFLUX_TOKEN_FILE").filter(|path| !path.is_empty())) {
                (Some(token), _) => Some(Secret(token)),
                (None, Some(path)) if self.username.is_none() => Some(secret_of(Path::new(&path))?),
                (None, _) => None,
            };
        match (&self.username, env_user, env_token) {
            (Some(username), ..) => self.basic(username.clone()),
            (None, Some(_), Some(_)) => Err(Failure::Usage(
                "the environment has both a user (INFLUX_USERNAME) and a token (INFLUX_TOKEN): unset one".to_owned(),
            )),
            (None, Some(username), None) => self.basic(username),
            (None, None, Some(token)) => Ok(Credentials::Token(token)),
            (None, None, None) if self.password_file.is_some() => {
                Err(Failure::Usage("a password without a user: give --username".to_owned()))
            }
            (None, None, None) => Ok(Credentials::None),
        }
    }

    fn basic(&self, username: String) -> Result<Credentials, Failure> {
        let password = if let Some(path) = &self.password_file {
            secret_of(path)?
        } else if let Some(password) = variable("INFLUX_PASSWORD")? {
            Secret(password)
        } else if let Some(path) = env::var_os("INFLUX_PASSWORD_FILE").filter(|path| !path.is_empty()) {
            secret_of(Path::new(&path))?
        } else {
            return Err(Failure::Usage(
                "a user without a password: give --password-file FILE or set INFLUX_PASSWORD".to_owned(),
            ));
        };
        Ok(Credentials::Basic { username, password })
    }
}

/// A variable of the environment, if it is set and not empty.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not valid UTF-8"))),
    }
}

/// The secret in a file, without the line end that editors put there.
fn secret_of(path: &Path) -> Result<Secret, Failure> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let mut text = text.map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Failure::Usage(format!("{} holds no secret", path.display())));
    }
    Ok(Secret(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_may_leave_the_scheme_out() {
        assert_eq!(host("db1:8086").unwrap().as_str(), "http://db1:8086/");
        assert_eq!(host("https://db1/influx").unwrap().as_str(), "https://db1/influx");
        assert_eq!(host("[::1]:8086").unwrap().as_str(), "http://[::1]:8086/");
        for text in ["", "ftp://db1", "http://", "http://db1?db=x"] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_with_credentials_is_refused_without_repeating_them() {
        let error = host("http://app:S3cr3t-Canary@db1:8086").unwrap_err();
        assert!(!error.contains("S3cr3t"), "{error}");
    }
}
