//! What a request may do.

use crate::Profile;
use crate::core::meta::{MetaData, Privilege, User};
use crate::go::Quoted;
use crate::query::ast::Statement;
use crate::query::{Unauthorized, authorize};

/// Who a request is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Whoever: nobody is asked, and everybody may do everything.
    Anyone,
    /// Users are asked for, but there is none yet who could log in.
    Nobody,
    /// A user who has logged in.
    User(User),
}

impl Caller {
    /// Whether the statements may be executed, for a request with this database.
    pub(crate) fn may_execute(
        &self,
        statements: &[Statement],
        database: &str,
        meta: &MetaData,
        profile: Profile,
    ) -> Result<(), Unauthorized> {
        match self {
            Self::Anyone => Ok(()),
            Self::Nobody => authorize(statements, None, database, meta, profile),
            Self::User(user) => authorize(statements, Some(user), database, meta, profile),
        }
    }

    /// Whether points may be written to a database; if not, the text of the answer.
    pub(crate) fn may_write(&self, database: &str) -> Result<(), String> {
        match self {
            Self::Anyone => Ok(()),
            Self::Nobody => Err(format!("user is required to write to database {}", Quoted(database))),
            Self::User(user) if user.may(Privilege::Write, database) => Ok(()),
            Self::User(user) => {
                let (name, database) = (Quoted(&user.name), Quoted(database));
                Err(format!("{name} user is not authorized to write to database {database}"))
            }
        }
    }

    /// Whether `SHOW DATABASES` names a database.
    pub(crate) fn sees(&self, database: &str) -> bool {
        match self {
            Self::Anyone => true,
            Self::Nobody => false,
            Self::User(user) => [Privilege::Read, Privilege::Write].into_iter().any(|what| user.may(what, database)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_seen_by_whoever_may_do_anything_with_it() {
        let privileges =
            [("r", Privilege::Read), ("w", Privilege::Write), ("a", Privilege::All), ("n", Privilege::Nothing)];
        let privileges = privileges.map(|(database, privilege)| (database.to_owned(), privilege)).to_vec();
        let user = User { name: "u".to_owned(), hash: String::new(), admin: false, privileges };
        let caller = Caller::User(user.clone());
        let seen = |caller: &Caller| ["r", "w", "a", "n", "x"].map(|database| caller.sees(database));
        assert_eq!(seen(&caller), [true, true, true, false, false]);
        assert_eq!(seen(&Caller::Nobody), [false; 5]);
        assert_eq!(seen(&Caller::Anyone), [true; 5]);
        assert_eq!(seen(&Caller::User(User { admin: true, ..user })), [true; 5]);
        let may = ["r", "w", "a", "n", "x"].map(|database| caller.may_write(database).is_ok());
        assert_eq!(may, [false, true, true, false, false]);
    }
}
