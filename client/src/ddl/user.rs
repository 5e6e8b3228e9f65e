//! Users and what they may do.

use std::fmt;
use std::future::IntoFuture;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::applied::{Applied, apply};
use crate::{Client, QueryError, ident, literal};

/// What a user may do with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// Ask.
    Read,
    /// Write.
    Write,
    /// Both.
    All,
}

impl Privilege {
    /// The word in a statement.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::All => "ALL",
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `CREATE USER`: `.await` it. The password goes out in the body of the request, never in its address, except to servers of
/// version 0.10, which take statements nowhere else, once they have refused the first form.
///
/// # Errors
/// [`QueryError`] if the server refuses it. The password is not in it, unless the server repeats it.
///
/// # Cancellation
/// Dropping the future gives up waiting; the user may still be made.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateUser<'a> {
    client: &'a Client,
    name: &'a str,
    password: &'a str,
    admin: bool,
}

impl<'a> CreateUser<'a> {
    pub(crate) const fn new(client: &'a Client, name: &'a str, password: &'a str) -> Self {
        Self { client, name, password, admin: false }
    }

    /// With every right on every database. The first user of a server with authentication has to be one.
    pub const fn admin(mut self) -> Self {
        self.admin = true;
        self
    }

    fn statement(&self) -> String {
        let all = if self.admin { " WITH ALL PRIVILEGES" } else { "" };
        format!("CREATE USER {} WITH PASSWORD {}{all}", ident(self.name), literal(self.password))
    }
}

impl fmt::Debug for CreateUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateUser").field("name", &self.name).field("admin", &self.admin).finish_non_exhaustive()
    }
}

impl<'a> IntoFuture for CreateUser<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { apply(self.client, &self.statement()).await }.boxed()
    }
}

/// `GRANT` of a privilege on a database to a user: `.await` it.
///
/// # Errors
/// [`QueryError`] if the server refuses it, for example because there is no such user.
///
/// # Cancellation
/// Dropping the future gives up waiting; the privilege may still be granted.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Grant<'a> {
    client: &'a Client,
    privilege: Privilege,
    database: &'a str,
    user: &'a str,
}

impl<'a> Grant<'a> {
    pub(crate) const fn new(client: &'a Client, privilege: Privilege, database: &'a str, user: &'a str) -> Self {
        Self { client, privilege, database, user }
    }
}

impl<'a> IntoFuture for Grant<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let Self { client, privilege, database, user } = self;
            let statement = format!("GRANT {privilege} ON {} TO {}", ident(database), ident(user));
            apply(client, &statement).await
        }
        .boxed()
    }
}
