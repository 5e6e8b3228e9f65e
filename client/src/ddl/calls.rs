//! The calls of a client that change databases, retention policies and users.

use super::{
    AlterRetentionPolicy, CreateDatabase, CreateRetentionPolicy, CreateUser, DropDatabase, DropRetentionPolicy, Grant,
    Privilege,
};
use crate::Client;

/// Names are quoted: whatever they hold, they stay names.
impl Client {
    /// Makes a database: `.await` what this returns.
    pub const fn create_database<'a>(&'a self, name: &'a str) -> CreateDatabase<'a> {
        CreateDatabase::new(self, name)
    }

    /// Drops a database with all its points: `.await` what this returns.
    pub const fn drop_database<'a>(&'a self, name: &'a str) -> DropDatabase<'a> {
        DropDatabase::new(self, name)
    }

    /// Makes a retention policy: `.await` what this returns.
    pub const fn create_retention_policy<'a>(&'a self, database: &'a str, name: &'a str) -> CreateRetentionPolicy<'a> {
        CreateRetentionPolicy::new(self, database, name)
    }

    /// Changes a retention policy: `.await` what this returns.
    pub const fn alter_retention_policy<'a>(&'a self, database: &'a str, name: &'a str) -> AlterRetentionPolicy<'a> {
        AlterRetentionPolicy::new(self, database, name)
    }

    /// Drops a retention policy with all its points: `.await` what this returns.
    pub const fn drop_retention_policy<'a>(&'a self, database: &'a str, name: &'a str) -> DropRetentionPolicy<'a> {
        DropRetentionPolicy::new(self, database, name)
    }

    /// Makes a user: `.await` what this returns.
    pub const fn create_user<'a>(&'a self, name: &'a str, password: &'a str) -> CreateUser<'a> {
        CreateUser::new(self, name, password)
    }

    /// Lets a user do something with a database: `.await` what this returns.
    pub const fn grant<'a>(&'a self, privilege: Privilege, database: &'a str, user: &'a str) -> Grant<'a> {
        Grant::new(self, privilege, database, user)
    }
}
