//! Users and what they may do.

use super::{Applied, CommandError, MetaData, Privilege, User};
use crate::Profile;

impl User {
    /// Whether the user may do something in a database.
    #[must_use]
    pub fn may(&self, what: Privilege, database: &str) -> bool {
        let granted = self.privilege(database);
        self.admin || (granted == what && granted != Privilege::Nothing) || granted == Privilege::All
    }

    /// What was granted to the user in a database.
    #[must_use]
    pub fn privilege(&self, database: &str) -> Privilege {
        let granted = self.privileges.iter().find(|(name, _)| name == database);
        granted.map_or(Privilege::Nothing, |(_, privilege)| *privilege)
    }
}

impl Privilege {
    /// What is left of it when `revoked` is taken away.
    #[must_use]
    pub fn without(self, revoked: Self) -> Self {
        match (self, revoked) {
            (left, Self::Nothing) => left,
            (Self::Nothing, _) | (_, Self::All) | (Self::Read, Self::Read) | (Self::Write, Self::Write) => {
                Self::Nothing
            }
            (Self::Read, Self::Write) | (Self::All, Self::Write) => Self::Read,
            (Self::Write, Self::Read) | (Self::All, Self::Read) => Self::Write,
        }
    }
}

impl MetaData {
    pub(super) fn create_user(&mut self, name: &str, hash: &str, admin: bool) -> Result<Applied, CommandError> {
        if name.is_empty() {
            return Err(CommandError::UsernameRequired);
        }
        if self.user(name).is_some() {
            return Err(CommandError::UserExists);
        }
        self.users.push(User { name: name.to_owned(), hash: hash.to_owned(), admin, privileges: Vec::new() });
        Ok(Applied::Changed)
    }

    pub(super) fn drop_user(&mut self, name: &str) -> Result<Applied, CommandError> {
        let position = self.users.iter().position(|user| user.name == name).ok_or(CommandError::UserNotFound)?;
        self.users.remove(position);
        Ok(Applied::Changed)
    }

    pub(super) fn update_user(&mut self, name: &str, hash: &str) -> Result<Applied, CommandError> {
        hash.clone_into(&mut self.user_mut(name)?.hash);
        Ok(Applied::Changed)
    }

    pub(super) fn set_privilege(
        &mut self,
        user: &str,
        database: &str,
        privilege: Option<Privilege>,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let known = self.database(database).is_some();
        let user = self.user_mut(user)?;
        match profile {
            Profile::V1_8 if !known => return Err(CommandError::DatabaseNotFound(database.to_owned())),
            Profile::V1_8 | Profile::V0_10 => {}
        }
        let privilege = privilege.unwrap_or(Privilege::Nothing);
        // The database stays listed when everything is revoked, as in the real servers.
        match user.privileges.iter_mut().find(|(granted, _)| granted == database) {
            Some((_, granted)) => *granted = privilege,
            None => user.privileges.push((database.to_owned(), privilege)),
        }
        Ok(Applied::Changed)
    }

    pub(super) fn set_admin(&mut self, user: &str, admin: bool) -> Result<Applied, CommandError> {
        self.user_mut(user)?.admin = admin;
        Ok(Applied::Changed)
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, CommandError> {
        self.users.iter_mut().find(|user| user.name == name).ok_or(CommandError::UserNotFound)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_left_after_a_revocation() {
        use Privilege::{All, Nothing, Read, Write};
        for (before, revoked, after) in [
            (All, Read, Write),
            (All, Write, Read),
            (All, All, Nothing),
            (Read, Read, Nothing),
            (Read, Write, Read),
            (Read, All, Nothing),
            (Write, Write, Nothing),
            (Write, Read, Write),
            (Nothing, Read, Nothing),
        ] {
            assert_eq!(before.without(revoked), after, "{before:?} without {revoked:?}");
        }
    }

    #[test]
    fn a_privilege_is_for_one_database() {
        let mut user = User {
            name: "u".to_owned(),
            hash: String::new(),
            admin: false,
            privileges: vec![("r".to_owned(), Privilege::Read), ("none".to_owned(), Privilege::Nothing)],
        };
        assert!(user.may(Privilege::Read, "r") && !user.may(Privilege::Write, "r") && !user.may(Privilege::All, "r"));
        assert!(!user.may(Privilege::Read, "other") && !user.may(Privilege::Nothing, "none"));
        user.admin = true;
        assert!(user.may(Privilege::All, "other"));
    }

    #[test]
    fn privileges_live_with_their_database() {
        let mut data = MetaData::default();
        data.create_database("db", None, Profile::V1_8).unwrap();
        data.create_user("u", "hash", false).unwrap();
        assert_eq!(data.create_user("u", "other", true).unwrap_err().to_string(), "user already exists");
        data.set_privilege("u", "db", Some(Privilege::Read), Profile::V1_8).unwrap();
        data.set_privilege("u", "db", Some(Privilege::All), Profile::V1_8).unwrap();
        assert_eq!(data.users[0].privileges, [("db".to_owned(), Privilege::All)]);
        data.set_privilege("u", "db", None, Profile::V1_8).unwrap();
        assert_eq!(data.users[0].privileges, [("db".to_owned(), Privilege::Nothing)]);
        let refused = data.set_privilege("u", "nope", None, Profile::V1_8).unwrap_err();
        assert_eq!(refused.to_string(), "database not found: nope");
        data.drop_database("db", Profile::V1_8).unwrap();
        assert_eq!(data.users[0].privileges, []);
        data.drop_user("u").unwrap();
        assert_eq!(data.set_admin("u", true).unwrap_err().to_string(), "user not found");
    }
}
