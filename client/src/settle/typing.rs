//! What a version of the server makes of the types of fields in a statement.

use crate::ServerVersion;

/// How statements and types go together. A field may have another type in each shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    /// Up to 0.10: a statement names no types, and shows every value as it is.
    AsStored,
    /// 0.11 to 0.13: it names none either, and the values of all types but one are left out without a word.
    Hiding,
    /// Since 1.0: a statement names the types (`field::integer`), and shows all values of these.
    Named,
}

impl Typing {
    /// That of a server. One that does not tell its version is asked with types: if it knows none, it says so.
    pub(super) fn of(version: Option<&ServerVersion>) -> Self {
        match version {
            None => Self::Named,
            Some(version) if version.is_since_1_0() => Self::Named,
            Some(version) if version.is_since_0_11() => Self::Hiding,
            Some(_) => Self::AsStored,
        }
    }

    /// Whether a statement can name types.
    pub(super) const fn casts(self) -> bool {
        matches!(self, Self::Named)
    }

    /// Whether a value that is not shown is not there.
    pub(super) const fn shows_all(self) -> bool {
        match self {
            Self::AsStored | Self::Named => true,
            Self::Hiding => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_their_ways() {
        let of = |version: &str| Typing::of(ServerVersion::read(version, None).as_ref());
        assert_eq!(of("0.9.6.1"), Typing::AsStored);
        assert_eq!(of("0.10.0-nightly-1234"), Typing::AsStored);
        assert_eq!([of("0.11.0"), of("0.13.0")], [Typing::Hiding; 2]);
        assert_eq!([of("1.0.0"), of("1.8.11-c1.2.0"), of("no version")], [Typing::Named; 3]);
    }
}
