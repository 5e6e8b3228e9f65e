//! Which server is meant, and as whom: shared by all commands that speak to one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgMatches, Args};
use influx_client::{Client, ClientBuilder};
use url::Url;

use crate::config::credentials::{Choice, Kept, Layer, choose};
use crate::config::{self, Profile, Setting, privacy};
use crate::failure::Failure;
use crate::secret::{self, Secret};
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
    /// Take settings from this profile of the configuration file (`influx-cli config`), or from none.
    #[arg(long, value_name = "NAME|none", env = "INFLUX_PROFILE")]
    // Read before all others: the profile gives them their defaults.
    profile: Option<String>,
    /// Longest wait for one answer; more than the server's own write-timeout (10s by default).
    #[arg(long, value_name = "TIME", env = "INFLUX_TIMEOUT", default_value = "15s", value_parser = settings::some_duration)]
    pub(crate) timeout: Duration,
    /// Longest wait for a connection.
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = settings::some_duration)]
    connect_timeout: Duration,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// As whom to ask, and what encryption needs.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConnectionArgs {
    /// User name (or INFLUX_USERNAME). A password that is given nowhere is asked for at the terminal.
    #[arg(long, visible_alias = "user", value_name = "U", help_heading = "Credentials and encryption")]
    username: Option<String>,
    /// File with the password, - for standard input (or INFLUX_PASSWORD, INFLUX_PASSWORD_FILE).
    #[arg(long, value_name = "FILE", help_heading = "Credentials and encryption")]
    password_file: Option<PathBuf>,
    /// File with a JWT, - for standard input (or INFLUX_TOKEN, INFLUX_TOKEN_FILE).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "password_file"])]
    #[arg(help_heading = "Credentials and encryption")]
    token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust beside those of the machine.
    #[arg(long, value_name = "FILE", env = "INFLUX_CA_FILE", help_heading = "Credentials and encryption")]
    ca: Option<PathBuf>,
    /// Certificate chain (PEM) to show to servers that ask for one; goes with --key.
    #[arg(long, value_name = "FILE", help_heading = "Credentials and encryption")]
    cert: Option<PathBuf>,
    /// Private key (PEM) of --cert.
    #[arg(long, value_name = "FILE", help_heading = "Credentials and encryption")]
    key: Option<PathBuf>,
    /// Trust any server, whoever it is: whoever sits between can read and change everything.
    #[arg(long, env = "INFLUX_SKIP_VERIFY", value_parser = BoolishValueParser::new())]
    #[arg(action = clap::ArgAction::SetTrue, help_heading = "Credentials and encryption")]
    insecure: bool,
    /// Go through this HTTP proxy, or through none. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, but never for this
    /// machine.
    #[arg(long, value_name = "URL|none", help_heading = "Credentials and encryption")]
    // Not parsed by clap, for the reason above.
    proxy: Option<String>,
}

/// Builders of clients of the same servers.
pub(crate) struct Builders {
    /// Of all.
    pub(crate) whole: ClientBuilder,
    /// Of each by itself, in the order of the addresses.
    pub(crate) each: Vec<ClientBuilder>,
}

/// What is read for encryption: PEM.
struct Encryption {
    ca: Option<Vec<u8>>,
    /// Certificate chain and key.
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

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

/// Whether these addresses may be shown the user and the secrets of a profile: they are for the addresses that the profile
/// names, if it names any, and for no others that happen to be asked while it is in force.
pub(crate) fn may_have_secrets(profile: &Profile, hosts: &[String]) -> bool {
    let Some(Setting::Values(own)) = profile.entry("host").map(|entry| &entry.setting) else { return true };
    let own: Vec<Url> = own.iter().filter_map(|text| host(text).ok()).collect();
    hosts.iter().all(|text| host(text).is_ok_and(|url| own.contains(&url)))
}

/// What is worth a warning about the files and switches of a command line, whichever command it is.
pub(crate) fn warnings(matches: &ArgMatches) -> Vec<String> {
    let mut warnings = Vec::new();
    if matches.try_get_one::<bool>("insecure").ok().flatten() == Some(&true) {
        warnings.push(
            "--insecure: the server is not asked who it is; whoever sits between can read the password and change the data"
                .to_owned(),
        );
    }
    if let (Some(profile), Ok(Some(hosts))) = (config::active(), matches.try_get_many::<String>("hosts")) {
        let hosts: Vec<String> = hosts.cloned().collect();
        let layer = of_profile(Some(profile));
        let has_secrets = layer.password.is_some() || layer.token.is_some();
        // Whoever says who to be has no need of the profile's.
        let typed = ["username", "token_file"].iter().any(|id| matches.value_source(id).is_some());
        if has_secrets && !typed && !may_have_secrets(profile, &hosts) {
            warnings.push(format!(
                "user and password of profile {} are for its own hosts, and not sent to others",
                profile.name
            ));
        }
    }
    for id in ["key", "password_file", "token_file"] {
        if let Ok(Some(path)) = matches.try_get_one::<PathBuf>(id) {
            warnings.extend(privacy::warning(path));
        }
    }
    warnings
}

impl TargetArgs {
    /// The addresses; they hold no credentials.
    ///
    /// # Errors
    /// One of them is none.
    pub(crate) fn hosts(&self) -> Result<Vec<String>, Failure> {
        addresses(&self.hosts).map_err(|error| Failure::Usage(format!("--host or INFLUX_HOST: {error}")))
    }

    /// Whether a secret is to be read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        let Self { connection, .. } = self;
        [&connection.password_file, &connection.token_file].into_iter().flatten().any(|path| path.as_os_str() == "-")
    }

    /// A client builder with addresses, credentials, time-outs and what encryption needs.
    ///
    /// # Errors
    /// The credentials are incomplete, or a file cannot be read.
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        // Nobody is asked for a password for the sake of addresses that are none.
        let hosts = self.hosts()?;
        Ok(self.connection()?.endpoints(hosts))
    }

    /// The same without addresses, for those who ask one node at a time.
    ///
    /// # Errors
    /// As [`TargetArgs::builder`].
    pub(crate) fn connection(&self) -> Result<ClientBuilder, Failure> {
        let builder = self.connection.builder(&self.hosts)?;
        Ok(builder.attempt_timeout(self.timeout).connect_timeout(self.connect_timeout))
    }

    /// As [`TargetArgs::builder`], and one for each address alone; files are read once, since some are pipes.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn builders(&self) -> Result<Builders, Failure> {
        let hosts = self.hosts()?;
        let connection = self.connection()?;
        let each = hosts.iter().map(|host| connection.clone().endpoint(host)).collect();
        Ok(Builders { each, whole: connection.endpoints(hosts) })
    }
}

impl ConnectionArgs {
    /// Whether it was typed who the user is.
    pub(crate) fn names_somebody(&self) -> bool {
        self.username.is_some() || self.password_file.is_some() || self.token_file.is_some()
    }

    /// An option that was typed and is about encryption, or the way to the servers. What the environment or a profile says is
    /// for all commands, and was not typed for this one.
    pub(crate) fn typed_encryption(&self) -> Option<&'static str> {
        let options = [
            ("--ca", self.ca.is_some(), Some("INFLUX_CA_FILE")),
            ("--cert", self.cert.is_some(), None),
            ("--key", self.key.is_some(), None),
            ("--insecure", self.insecure, Some("INFLUX_SKIP_VERIFY")),
            ("--proxy", self.proxy.is_some(), None),
        ];
        let elsewhere = |option: &str, variable: Option<&str>| {
            variable.is_some_and(|variable| std::env::var_os(variable).is_some())
                || config::active().is_some_and(|profile| profile.entry(option.trim_start_matches('-')).is_some())
        };
        let typed = options.into_iter().find(|(option, given, variable)| *given && !elsewhere(option, *variable));
        typed.map(|(option, ..)| option)
    }

    /// A client builder without addresses, for these alone: whether they may hear the secrets of a profile hangs on them.
    ///
    /// # Errors
    /// The credentials are incomplete, or a file cannot be read.
    pub(crate) fn builder(&self, hosts: &[String]) -> Result<ClientBuilder, Failure> {
        let (credentials, encryption) = (self.credentials(hosts)?, self.encryption()?);
        let mut builder = Client::builder()
            // The command line says how often, and one run is one caller.
            .retry_budget(None)
            .danger_trust_any_server(self.insecure)
            .user_agent(concat!("influx-cli/", env!("CARGO_PKG_VERSION")));
        if let Some(ca) = encryption.ca {
            builder = builder.root_certificates(ca);
        }
        if let Some((cert, key)) = encryption.identity {
            builder = builder.identity(cert, key);
        }
        builder = match self.proxy.as_deref() {
            None => builder,
            Some("none") => builder.no_proxy(),
            Some(text) => builder.proxy(proxy(text)?.as_str()),
        };
        Ok(match credentials {
            Credentials::None => builder,
            Credentials::Basic { username, password } => builder.basic_auth(&username, password.expose()),
            Credentials::Token(token) => builder.token(token.expose()),
        })
    }

    fn encryption(&self) -> Result<Encryption, Failure> {
        let identity = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Some((contents(cert)?, contents(key)?)),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::Usage("--cert without its key: give --key FILE".to_owned())),
            (None, Some(_)) => {
                return Err(Failure::Usage("--key without its certificate: give --cert FILE".to_owned()));
            }
        };
        Ok(Encryption { ca: self.ca.as_deref().map(contents).transpose()?, identity })
    }

    fn credentials(&self, hosts: &[String]) -> Result<Credentials, Failure> {
        let profile = config::active().filter(|profile| may_have_secrets(profile, hosts));
        match choose(&self.typed(), &environment()?, &of_profile(profile))? {
            Choice::Nobody => Ok(Credentials::None),
            Choice::User { username, password, .. } => {
                let password = match password {
                    Kept::Inline(secret) => secret,
                    Kept::File(path) => Secret::read(&path)?,
                    Kept::Nowhere if secret::somebody_is_there() => Secret::ask(&format!("Password of {username}: "))?,
                    Kept::Nowhere => {
                        return Err(Failure::Usage(
                            "a user without a password: give --password-file FILE or set INFLUX_PASSWORD".to_owned(),
                        ));
                    }
                };
                Ok(Credentials::Basic { username, password })
            }
            Choice::Token { token, .. } => {
                let token = match token {
                    Kept::Inline(secret) => secret,
                    Kept::File(path) => Secret::read(&path)?,
                    Kept::Nowhere => return Err(Failure::Internal("a token that is nowhere".to_owned())),
                };
                // What the tools of version 2 call a token of a 1.8 server; a JWT has no colon.
                Ok(match token.expose().split_once(':') {
                    Some((username, password)) => {
                        Credentials::Basic { username: username.to_owned(), password: Secret::new(password) }
                    }
                    None => Credentials::Token(token),
                })
            }
        }
    }

    fn typed(&self) -> Layer {
        let file = |path: &Option<PathBuf>, name| path.as_ref().map(|path| (Kept::File(path.clone()), name));
        Layer {
            username: self.username.clone(),
            password: file(&self.password_file, "--password-file"),
            token: file(&self.token_file, "--token-file"),
        }
    }
}

/// Addresses that are none are refused, and those with credentials.
///
/// # Errors
/// What is wrong, without the address.
pub(crate) fn addresses(texts: &[String]) -> Result<Vec<String>, String> {
    texts.iter().map(|text| host(text).map(|url| url.as_str().trim_end_matches('/').to_owned())).collect()
}

/// What the environment says about who the user is.
///
/// # Errors
/// A variable is no text.
pub(crate) fn environment() -> Result<Layer, Failure> {
    let kept = |name: &'static str, file: &'static str| -> Result<_, Failure> {
        if let Some(value) = variable(name)? {
            return Ok(Some((Kept::Inline(Secret::new(value)), name)));
        }
        let path = env::var_os(file).filter(|path| !path.is_empty());
        Ok(path.map(|path| (Kept::File(path.into()), file)))
    };
    Ok(Layer {
        username: variable("INFLUX_USERNAME")?,
        password: kept("INFLUX_PASSWORD", "INFLUX_PASSWORD_FILE")?,
        token: kept("INFLUX_TOKEN", "INFLUX_TOKEN_FILE")?,
    })
}

/// What a profile says about who the user is.
pub(crate) fn of_profile(profile: Option<&Profile>) -> Layer {
    let Some(profile) = profile else { return Layer::default() };
    let kept = |secret: &'static str, file: &'static str| {
        let inline = profile.secret(secret).map(|it| (Kept::Inline(it.clone()), secret));
        inline.or_else(|| profile.text(file).map(|path| (Kept::File(path.into()), file)))
    };
    Layer {
        username: profile.text("username").map(str::to_owned),
        password: kept("password", "password_file"),
        token: kept("token", "token_file"),
    }
}

/// The address of a proxy. One with a password comes from the environment, which no process list shows.
fn proxy(text: &str) -> Result<Url, Failure> {
    host(text).map_err(|error| {
        Failure::Usage(format!("--proxy: {}", error.replace("use --username and --password-file", "set HTTPS_PROXY")))
    })
}

/// A variable of the environment, if it is set and not empty.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not valid UTF-8"))),
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))
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
