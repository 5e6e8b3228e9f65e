//! Users and what they may do.

use super::{Applied, CommandError, MetaData, Privilege, User};
use crate::Profile;

impl MetaData {
    pub(super) fn create_user(&mut self, name: &str, hash: &str, admin: bool) -> Result<Applied, CommandError> {
        if name.is_empty() {
            return Err(CommandError::UsernameRequired);
        }
        if self.users.iter().any(|user| user.name == name) {
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
        user.privileges.retain(|(granted, _)| granted != database);
        user.privileges.extend(privilege.map(|privilege| (database.to_owned(), privilege)));
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
    fn privileges_live_with_their_database() {
        let mut data = MetaData::default();
        data.create_database("db", None, Profile::V1_8).unwrap();
        data.create_user("u", "hash", false).unwrap();
        assert_eq!(data.create_user("u", "other", true).unwrap_err().to_string(), "user already exists");
        data.set_privilege("u", "db", Some(Privilege::Read), Profile::V1_8).unwrap();
        data.set_privilege("u", "db", Some(Privilege::All), Profile::V1_8).unwrap();
        assert_eq!(data.users[0].privileges, [("db".to_owned(), Privilege::All)]);
        let refused = data.set_privilege("u", "nope", None, Profile::V1_8).unwrap_err();
        assert_eq!(refused.to_string(), "database not found: nope");
        data.drop_database("db", Profile::V1_8).unwrap();
        assert_eq!(data.users[0].privileges, []);
        data.drop_user("u").unwrap();
        assert_eq!(data.set_admin("u", true).unwrap_err().to_string(), "user not found");
    }
}
