//! Secrets, and where they are read from.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::failure::Failure;
use crate::prompt;

/// A secret: not shown by Debug, so that no error path can print it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes text for a secret.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for those who send it or store it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The secret in a file, or on standard input for `-`, without the line end that editors put there.
    ///
    /// # Errors
    /// It cannot be read, is not text, or is empty.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = if path.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(path)
        };
        let name = if path.as_os_str() == "-" { "standard input".into() } else { path.to_string_lossy() };
        let mut text = text.map_err(|error| Failure::local_io(format!("{name}: {error}")))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        if text.is_empty() {
            return Err(Failure::Usage(format!("{name} holds no secret")));
        }
        Ok(Self(text))
    }

    /// Asks at the terminal, without showing what is typed.
    ///
    /// # Errors
    /// There is no terminal to ask at, nothing was typed, or Ctrl-C.
    pub(crate) fn ask(prompt: &str) -> Result<Self, Failure> {
        let text = prompt::hidden(prompt)?;
        if text.is_empty() {
            return Err(Failure::Usage("nothing was typed".to_owned()));
        }
        Ok(Self(text))
    }
}

/// Whether somebody sits there who can be asked: what asks writes to the terminal, so nothing is asked where its output
/// goes elsewhere.
pub(crate) fn somebody_is_there() -> bool {
    io::stderr().is_terminal()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(<hidden>)")
    }
}

/// The text with user and password of addresses in it hidden: for messages about what was typed in the wrong place.
///
/// All between `://` and the last `@` of a word goes, because a password may hold any character.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, word) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = word.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',')).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        match word.rfind('@') {
            Some(sign) => {
                shown.push_str("***");
                shown.push_str(&word[sign..]);
            }
            None => shown.push_str(word),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("S3cr3t")), "Secret(<hidden>)");
    }

    #[test]
    fn addresses_lose_what_is_before_their_last_sign() {
        for (text, shown) in [
            ("http://u:p@h:1/x", "http://***@h:1/x"),
            ("'http://u:p@:/?#%&+@h' is no file", "'http://***@h' is no file"),
            ("a http://h/x b https://u:p@h", "a http://h/x b https://***@h"),
            ("no address: a@b", "no address: a@b"),
            ("://", "://"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
