//! Statements about users.

use super::super::Owners;
use super::Statements;
use super::ddl::change;
use crate::Profile;
use crate::auth::Caller;
use crate::core::meta::{Command, CommandError, Privilege};
use crate::query::ast::Secret;

/// `CREATE USER`. In profile 1.8 a user who is there already with the same password and rights is no error; 0.10 leaves
/// it to the meta nodes to refuse any that is there.
pub(super) async fn create(statements: &Statements, name: &str, password: &Secret, admin: bool) -> Result<(), String> {
    let owners = &*statements.owners;
    let passwords = statements.authenticator.passwords();
    let meta = owners.meta.snapshot();
    match (meta.user(name), owners.profile) {
        (Some(there), Profile::V1_8) => {
            let same = there.admin == admin && passwords.is_hash_of(&there.hash, password.0.as_bytes()).await;
            return if same { Ok(()) } else { Err(CommandError::UserExists.to_string()) };
        }
        (Some(_), Profile::V0_10) | (None, Profile::V1_8 | Profile::V0_10) => {}
    }
    let hash = passwords.hash(&password.0).await.map_err(|error| error.to_string())?;
    change(owners, Command::CreateUser { name: name.to_owned(), hash, admin }).await
}

/// `SET PASSWORD`
pub(super) async fn set_password(statements: &Statements, name: &str, password: &Secret) -> Result<(), String> {
    let passwords = statements.authenticator.passwords();
    let hash = passwords.hash(&password.0).await.map_err(|error| error.to_string())?;
    change(&statements.owners, Command::UpdateUser { name: name.to_owned(), hash }).await?;
    passwords.forget(name);
    Ok(())
}

/// `DROP USER`
pub(super) async fn drop(owners: &Owners, name: &str) -> Result<(), String> {
    change(owners, Command::DropUser { name: name.to_owned() }).await
}

/// `GRANT … ON`: takes the place of what was granted there before.
pub(super) async fn grant(owners: &Owners, privilege: Privilege, database: &str, user: &str) -> Result<(), String> {
    set_privilege(owners, privilege, database, user).await
}

/// `REVOKE … ON`: what is left goes by the metadata as this node knows them.
pub(super) async fn revoke(owners: &Owners, revoked: Privilege, database: &str, user: &str) -> Result<(), String> {
    let left = match revoked {
        Privilege::All => Privilege::Nothing,
        Privilege::Read | Privilege::Write | Privilege::Nothing => {
            let meta = owners.meta.snapshot();
            let known = meta.user(user).ok_or_else(|| CommandError::UserNotFound.to_string())?;
            known.privilege(database).without(revoked)
        }
    };
    set_privilege(owners, left, database, user).await
}

async fn set_privilege(owners: &Owners, privilege: Privilege, database: &str, user: &str) -> Result<(), String> {
    let (user, database) = (user.to_owned(), database.to_owned());
    change(owners, Command::SetPrivilege { user, database, privilege: Some(privilege) }).await
}

/// `GRANT ALL PRIVILEGES TO` and `REVOKE ALL PRIVILEGES FROM`
pub(super) async fn set_admin(owners: &Owners, user: &str, admin: bool) -> Result<(), String> {
    change(owners, Command::SetAdmin { user: user.to_owned(), admin }).await
}

/// Whether `SHOW DATABASES` names a database to its caller. In 0.10 it is for administrators, and names all.
pub(super) fn sees(profile: Profile, caller: &Caller, database: &str) -> bool {
    match profile {
        Profile::V1_8 => caller.sees(database),
        Profile::V0_10 => true,
    }
}
