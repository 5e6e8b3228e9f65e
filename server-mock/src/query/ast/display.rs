//! Statements as text: in the words and with the quotes the real servers use in their messages.

use std::fmt::{self, Display, Formatter, Result, Write as _};

use super::statement::{
    AlterRetentionPolicy, Cardinality, CardinalityOf, CreateContinuousQuery, CreateDatabase, CreateRetentionPolicy,
    CreateSubscription, Listing, ShowMeasurements, ShowTags, Statement, TagKeys,
};
use super::{
    Call, Dimension, Expr, Field, FieldKind, Fill, Measurement, OrderBy, Select, Source, VarRef, WildcardKind,
};
use super::{quote_ident, quote_string};
use crate::core::meta::Privilege;
use crate::go;
use crate::query::{format_duration, number};

/// Writes `items` with `separator` between them.
fn join<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Var(var) => var.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Number(value) => write!(f, "{value:.3}"),
            Self::Boolean(value) => value.fmt(f),
            Self::String(text) => f.write_str(&quote_string(text)),
            Self::Duration(nanoseconds) => f.write_str(&format_duration(*nanoseconds)),
            Self::Time(nanoseconds) => write!(f, "'{}'", crate::query::time::format_rfc3339(*nanoseconds)),
            Self::Regex(pattern) => pattern.fmt(f),
            Self::Wildcard(kind) => f.write_str(match kind {
                None => "*",
                Some(WildcardKind::Field) => "*::field",
                Some(WildcardKind::Tag) => "*::tag",
            }),
            Self::Call(call) => call.fmt(f),
            Self::Distinct(name) => write!(f, "DISTINCT {}", quote_ident(name)),
            Self::Binary(first, rest) => {
                first.fmt(f)?;
                for (op, term) in rest {
                    write!(f, " {} {term}", op.text())?;
                }
                Ok(())
            }
            Self::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

impl Display for VarRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&quote_ident(&self.name))?;
        match self.kind {
            None => Ok(()),
            Some(kind) => write!(f, "::{}", kind.name()),
        }
    }
}

impl FieldKind {
    /// As written after `::`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::AnyField => "field",
            Self::Tag => "tag",
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}(", self.name)?;
        join(f, &self.args, ", ")?;
        f.write_char(')')
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.expr.fmt(f)?;
        match &self.alias {
            None => Ok(()),
            Some(alias) => write!(f, " AS {}", quote_ident(alias)),
        }
    }
}

impl Display for Dimension {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.expr.fmt(f)
    }
}

impl Display for Measurement {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.database.is_empty() {
            write!(f, "{}.", quote_ident(&self.database))?;
        }
        if !self.retention_policy.is_empty() {
            f.write_str(&quote_ident(&self.retention_policy))?;
        }
        if !self.database.is_empty() || !self.retention_policy.is_empty() {
            f.write_char('.')?;
        }
        match &self.pattern {
            Some(pattern) => pattern.fmt(f),
            None if self.name.is_empty() => Ok(()),
            None => f.write_str(&quote_ident(&self.name)),
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Measurement(measurement) => measurement.fmt(f),
            Self::Subquery(select) => write!(f, "({select})"),
        }
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT ")?;
        join(f, &self.fields, ", ")?;
        if let Some(target) = &self.target {
            write!(f, " INTO {target}")?;
            if target.name.is_empty() {
                f.write_str(":MEASUREMENT")?;
            }
        }
        f.write_str(" FROM ")?;
        join(f, &self.sources, ", ")?;
        condition(f, self.condition.as_ref())?;
        group_by(f, &self.dimensions)?;
        match self.fill {
            Fill::Null => {}
            Fill::None => f.write_str(" fill(none)")?,
            Fill::Previous => f.write_str(" fill(previous)")?,
            Fill::Linear => f.write_str(" fill(linear)")?,
            Fill::Integer(value) => write!(f, " fill({value})")?,
            Fill::Number(value) => write!(f, " fill({})", number::general(value))?,
        }
        order_by(f, self.order)?;
        for (word, n) in
            [("LIMIT", self.limit), ("OFFSET", self.offset), ("SLIMIT", self.slimit), ("SOFFSET", self.soffset)]
        {
            if n > 0 {
                write!(f, " {word} {n}")?;
            }
        }
        match &self.zone {
            None => Ok(()),
            Some(zone) => write!(f, " TZ('{}')", zone.name),
        }
    }
}

fn condition(f: &mut Formatter<'_>, condition: Option<&Expr>) -> Result {
    condition.map_or(Ok(()), |condition| write!(f, " WHERE {condition}"))
}

fn group_by(f: &mut Formatter<'_>, dimensions: &[Dimension]) -> Result {
    if dimensions.is_empty() {
        return Ok(());
    }
    f.write_str(" GROUP BY ")?;
    join(f, dimensions, ", ")
}

fn order_by(f: &mut Formatter<'_>, order: Option<OrderBy>) -> Result {
    let Some(order) = order else { return Ok(()) };
    let name = if order.names_time { "time " } else { "" };
    write!(f, " ORDER BY {name}{}", if order.ascending { "ASC" } else { "DESC" })
}

fn on(f: &mut Formatter<'_>, database: &str) -> Result {
    if database.is_empty() { Ok(()) } else { write!(f, " ON {}", quote_ident(database)) }
}

fn from(f: &mut Formatter<'_>, sources: &[Measurement]) -> Result {
    if sources.is_empty() {
        return Ok(());
    }
    f.write_str(" FROM ")?;
    join(f, sources, ", ")
}

impl Listing {
    fn write_head(&self, f: &mut Formatter<'_>) -> Result {
        on(f, &self.database)?;
        from(f, &self.sources)
    }

    fn write_tail(&self, f: &mut Formatter<'_>) -> Result {
        condition(f, self.condition.as_ref())?;
        order_by(f, self.order)?;
        self.write_window(f)
    }

    fn write_window(&self, f: &mut Formatter<'_>) -> Result {
        for (word, n) in [("LIMIT", self.limit), ("OFFSET", self.offset)] {
            if n > 0 {
                write!(f, " {word} {n}")?;
            }
        }
        Ok(())
    }
}

impl Display for Listing {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.write_head(f)?;
        self.write_tail(f)
    }
}

impl Display for ShowMeasurements {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SHOW MEASUREMENTS")?;
        on(f, &self.listing.database)?;
        if !self.retention_policy.is_empty() {
            write!(f, ".{}", quote_ident(&self.retention_policy))?;
        }
        if let Some(with) = &self.with {
            write!(f, " WITH MEASUREMENT {} {with}", if with.pattern.is_some() { "=~" } else { "=" })?;
        }
        self.listing.write_tail(f)
    }
}

impl Display for ShowTags {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SHOW TAG KEYS")?;
        self.listing.write_head(f)?;
        if let Some(keys) = &self.keys {
            keys.fmt(f)?;
        }
        self.listing.write_tail(f)?;
        for (word, n) in [("SLIMIT", self.slimit), ("SOFFSET", self.soffset)] {
            if n > 0 {
                write!(f, " {word} {n}")?;
            }
        }
        Ok(())
    }
}

impl Display for TagKeys {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Is(key) => write!(f, " WITH KEY = {}", quote_ident(key)),
            Self::IsNot(key) => write!(f, " WITH KEY != {}", quote_ident(key)),
            Self::In(keys) => {
                let keys: Vec<_> = keys.iter().map(|key| quote_ident(key)).collect();
                write!(f, " WITH KEY IN ({})", keys.join(", "))
            }
            Self::Matches(pattern) => write!(f, " WITH KEY =~ {pattern}"),
            Self::MatchesNot(pattern) => write!(f, " WITH KEY !~ {pattern}"),
        }
    }
}

impl Display for Cardinality {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let what = match &self.of {
            CardinalityOf::Series => "SERIES",
            CardinalityOf::Measurements => "MEASUREMENT",
            CardinalityOf::TagKeys => "TAG KEY",
            CardinalityOf::TagValues(_) => "TAG VALUES",
            CardinalityOf::FieldKeys => "FIELD KEY",
        };
        write!(f, "SHOW {what}{} CARDINALITY", if self.exact { " EXACT" } else { "" })?;
        self.listing.write_head(f)?;
        if let CardinalityOf::TagValues(keys) = &self.of {
            keys.fmt(f)?;
        }
        condition(f, self.listing.condition.as_ref())?;
        group_by(f, &self.dimensions)?;
        self.listing.write_window(f)
    }
}

impl Display for CreateDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CREATE DATABASE {}", quote_ident(&self.name))?;
        if !self.with_policy {
            return Ok(());
        }
        f.write_str(" WITH")?;
        if let Some(duration) = self.duration {
            write!(f, " DURATION {}", go::format_duration(duration))?;
        }
        if let Some(replication) = self.replication {
            write!(f, " REPLICATION {replication}")?;
        }
        if self.shard_duration > 0 {
            write!(f, " SHARD DURATION {}", go::format_duration(self.shard_duration))?;
        }
        if self.policy_name.is_empty() { Ok(()) } else { write!(f, " NAME {}", quote_ident(&self.policy_name)) }
    }
}

impl Display for CreateRetentionPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "CREATE RETENTION POLICY {} ON {} DURATION {} REPLICATION {}",
            quote_ident(&self.name),
            quote_ident(&self.database),
            format_duration(self.duration),
            self.replication
        )?;
        if self.shard_duration > 0 {
            write!(f, " SHARD DURATION {}", format_duration(self.shard_duration))?;
        }
        f.write_str(if self.default { " DEFAULT" } else { "" })
    }
}

impl Display for AlterRetentionPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER RETENTION POLICY {} ON {}", quote_ident(&self.name), quote_ident(&self.database))?;
        if let Some(duration) = self.duration {
            write!(f, " DURATION {}", format_duration(duration))?;
        }
        if let Some(replication) = self.replication {
            write!(f, " REPLICATION {replication}")?;
        }
        if let Some(duration) = self.shard_duration {
            write!(f, " SHARD DURATION {}", format_duration(duration))?;
        }
        f.write_str(if self.default { " DEFAULT" } else { "" })
    }
}

impl Display for CreateContinuousQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CREATE CONTINUOUS QUERY {} ON {} ", quote_ident(&self.name), quote_ident(&self.database))?;
        if self.resample.every > 0 || self.resample.span > 0 {
            f.write_str("RESAMPLE ")?;
            for (word, duration) in [("EVERY", self.resample.every), ("FOR", self.resample.span)] {
                if duration > 0 {
                    write!(f, "{word} {} ", format_duration(duration))?;
                }
            }
        }
        write!(f, "BEGIN {} END", self.select)
    }
}

impl Display for CreateSubscription {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let destinations: Vec<_> = self.destinations.iter().map(|destination| quote_string(destination)).collect();
        write!(
            f,
            "CREATE SUBSCRIPTION {} ON {}.{} DESTINATIONS {} {}",
            quote_ident(&self.name),
            quote_ident(&self.database),
            quote_ident(&self.retention_policy),
            if self.to_all { "ALL" } else { "ANY" },
            destinations.join(", ")
        )
    }
}

/// The name of a privilege in statements and in authorization messages.
pub(in crate::query) fn privilege_name(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::Read => "READ",
        Privilege::Write => "WRITE",
        Privilege::All => "ALL PRIVILEGES",
        Privilege::Nothing => "NO PRIVILEGES",
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(select) => select.fmt(f),
            Self::Explain { analyze, verbose, select } => {
                write!(f, "EXPLAIN {}", if *analyze { "ANALYZE " } else { "" })?;
                write!(f, "{}{select}", if *verbose { "VERBOSE " } else { "" })
            }
            Self::Delete { sources, condition: wanted } => {
                f.write_str("DELETE")?;
                from(f, sources)?;
                condition(f, wanted.as_ref())
            }
            Self::ShowDatabases => f.write_str("SHOW DATABASES"),
            Self::ShowRetentionPolicies { database } => {
                f.write_str("SHOW RETENTION POLICIES")?;
                on(f, database)
            }
            Self::ShowServers => f.write_str("SHOW SERVERS"),
            Self::ShowShards => f.write_str("SHOW SHARDS"),
            Self::ShowShardGroups => f.write_str("SHOW SHARD GROUPS"),
            Self::ShowMeasurements(show) => show.fmt(f),
            Self::ShowSeries(listing) => write!(f, "SHOW SERIES{listing}"),
            Self::ShowTagKeys(show) => show.fmt(f),
            Self::ShowTagValues { listing, keys } => {
                f.write_str("SHOW TAG VALUES")?;
                listing.write_head(f)?;
                keys.fmt(f)?;
                listing.write_tail(f)
            }
            Self::ShowFieldKeys(listing) => write!(f, "SHOW FIELD KEYS{listing}"),
            Self::ShowCardinality(cardinality) => cardinality.fmt(f),
            Self::ShowStats { module } => write_module(f, "SHOW STATS", module),
            Self::ShowDiagnostics { module } => write_module(f, "SHOW DIAGNOSTICS", module),
            Self::ShowUsers => f.write_str("SHOW USERS"),
            Self::ShowGrants { user } => write!(f, "SHOW GRANTS FOR {}", quote_ident(user)),
            Self::ShowQueries => f.write_str("SHOW QUERIES"),
            Self::ShowSubscriptions => f.write_str("SHOW SUBSCRIPTIONS"),
            Self::ShowContinuousQueries => f.write_str("SHOW CONTINUOUS QUERIES"),
            Self::CreateDatabase(create) => create.fmt(f),
            Self::CreateRetentionPolicy(create) => create.fmt(f),
            Self::AlterRetentionPolicy(alter) => alter.fmt(f),
            Self::CreateUser { name, password, admin } => {
                let tail = if *admin { " WITH ALL PRIVILEGES" } else { "" };
                write!(f, "CREATE USER {} WITH PASSWORD {password}{tail}", quote_ident(name))
            }
            Self::SetPassword { user, password } => write!(f, "SET PASSWORD FOR {} = {password}", quote_ident(user)),
            Self::DropUser { name } => write!(f, "DROP USER {}", quote_ident(name)),
            Self::Grant { privilege, database, user } => {
                let (database, user) = (quote_ident(database), quote_ident(user));
                write!(f, "GRANT {} ON {database} TO {user}", privilege_name(*privilege))
            }
            Self::GrantAdmin { user } => write!(f, "GRANT ALL PRIVILEGES TO {}", quote_ident(user)),
            Self::Revoke { privilege, database, user } => {
                let (database, user) = (quote_ident(database), quote_ident(user));
                write!(f, "REVOKE {} ON {database} FROM {user}", privilege_name(*privilege))
            }
            Self::RevokeAdmin { user } => write!(f, "REVOKE ALL PRIVILEGES FROM {}", quote_ident(user)),
            Self::CreateContinuousQuery(create) => create.fmt(f),
            Self::CreateSubscription(create) => create.fmt(f),
            Self::DropDatabase { name } => write!(f, "DROP DATABASE {}", quote_ident(name)),
            Self::DropRetentionPolicy { name, database } => {
                write!(f, "DROP RETENTION POLICY {} ON {}", quote_ident(name), quote_ident(database))
            }
            Self::DropMeasurement { name } => write!(f, "DROP MEASUREMENT {}", quote_ident(name)),
            Self::DropSeries { sources, condition: wanted } => {
                f.write_str("DROP SERIES")?;
                from(f, sources)?;
                condition(f, wanted.as_ref())
            }
            Self::DropShard { id } => write!(f, "DROP SHARD {id}"),
            Self::DropContinuousQuery { name, database } => {
                write!(f, "DROP CONTINUOUS QUERY {} ON {}", quote_ident(name), quote_ident(database))
            }
            Self::DropSubscription { name, database, retention_policy } => {
                let (name, database) = (quote_ident(name), quote_ident(database));
                write!(f, "DROP SUBSCRIPTION {name} ON {database}.{}", quote_ident(retention_policy))
            }
            Self::DropServer { meta, id } => write!(f, "DROP {} SERVER {id}", if *meta { "META" } else { "DATA" }),
            Self::KillQuery { id, host } => {
                write!(f, "KILL QUERY {id}")?;
                on(f, host)
            }
        }
    }
}

fn write_module(f: &mut Formatter<'_>, what: &str, module: &str) -> Result {
    f.write_str(what)?;
    if module.is_empty() { Ok(()) } else { write!(f, " FOR {}", quote_string(module)) }
}
