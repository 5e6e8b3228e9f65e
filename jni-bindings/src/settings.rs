//! The settings of a client, as Java gives them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use influx_client::{Balance, BuildError, Client, ClientBuilder, ConsistencyLevel, Gzip};

use crate::frame::{Fault, Reader, Writer};
use crate::inbox::Inbox;
use crate::policy::{self, Asking};

/// How long a policy written in Java may take to answer, unless set.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer that fits into a Java array, with what stands around it.
pub(crate) const MOST_ANSWER: usize = i32::MAX as usize - (1 << 20);

/// What a client is made of.
pub(crate) struct Settings {
    builder: ClientBuilder,
    pub(crate) asking: Asking,
    pub(crate) provokes: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The builder keeps addresses and credentials to itself.
        f.debug_struct("Settings").field("builder", &self.builder).finish_non_exhaustive()
    }
}

impl Settings {
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let mut builder = Client::builder().endpoints(reader.list(Reader::str)?);
        if let Some(database) = reader.str_or_none()? {
            builder = builder.database(database);
        }
        if let Some(policy) = reader.str_or_none()? {
            builder = builder.retention_policy(policy);
        }
        if let Some(level) = reader.name_or_none::<ConsistencyLevel>()? {
            builder = builder.consistency(level);
        }
        builder = match reader.u8()? {
            0 => builder,
            1 => builder.basic_auth(reader.str()?, reader.str()?),
            2 => builder.token(reader.str()?),
            _ => return Err(reader.fault("unknown credentials")),
        };
        if let Some(time) = reader.duration()? {
            builder = builder.attempt_timeout(time);
        }
        if let Some(throughput) = reader.u64_or_none()? {
            builder = builder.min_throughput(throughput);
        }
        if let Some(time) = reader.duration()? {
            builder = builder.connect_timeout(time);
        }
        if let Some(time) = reader.duration()? {
            builder = builder.deadline(time);
        }
        // The policy comes before the time that it may take, so it is read again once that is known.
        let mut asking = Asking { inbox: Arc::<Inbox>::default(), patience: PATIENCE };
        let mut at_policy = reader.clone();
        policy::read(&mut reader, &asking)?;
        if let Some(budget) = policy::read_budget(&mut reader)? {
            builder = builder.retry_budget(budget);
        }
        builder = match reader.str_or_none()? {
            None => builder,
            Some("least-busy") => builder.balance(Balance::LeastBusy),
            Some("sticky") => builder.balance(Balance::Sticky),
            Some(_) => return Err(reader.fault("an unknown balance")),
        };
        if let Some(gzip) = read_gzip(&mut reader)? {
            builder = builder.gzip(gzip);
        }
        builder = builder.gzip_answers(reader.bool()?);
        if let Some(limit) = reader.size_or_none()? {
            builder = builder.answer_limit(limit.min(MOST_ANSWER));
        }
        if let Some(name) = reader.str_or_none()? {
            builder = builder.user_agent(name);
        }
        for pem in reader.list(Reader::bytes)? {
            builder = builder.root_certificates(pem);
        }
        if reader.bool()? {
            let (chain, key) = (reader.bytes()?, reader.bytes()?);
            builder = builder.identity(chain, key);
        }
        builder = builder.danger_trust_any_server(reader.bool()?);
        builder = match reader.u8()? {
            0 => builder,
            1 => builder.no_proxy(),
            2 => builder.proxy(reader.str()?),
            _ => return Err(reader.fault("an unknown proxy")),
        };
        if let Some(patience) = reader.duration()? {
            asking.patience = patience;
        }
        let provokes = reader.bool()?;
        reader.end()?;
        if let Some(policy) = policy::read(&mut at_policy, &asking)? {
            builder = builder.retry(policy);
        }
        Ok(Self { builder, asking, provokes })
    }

    pub(crate) fn build(&self) -> Result<Client, BuildError> {
        self.builder.clone().build()
    }
}

/// Reads whether something is compressed; none where that is not said.
pub(crate) fn read_gzip(reader: &mut Reader<'_>) -> Result<Option<Gzip>, Fault> {
    Ok(Some(match reader.u8()? {
        0 => return Ok(None),
        1 => Gzip::Off,
        2 => Gzip::Level(reader.u8()?),
        3 => Gzip::Above(reader.size_or_none()?.unwrap_or_default()),
        _ => return Err(reader.fault("an unknown compression")),
    }))
}

/// The reply of `open` for settings that cannot work.
pub(crate) fn refusal(error: &BuildError) -> Writer {
    let (kind, index) = match error {
        BuildError::NoEndpoint => ("NoEndpoint", None),
        BuildError::Endpoint { index, .. } => ("Endpoint", Some(*index)),
        BuildError::Proxy { .. } => ("Proxy", None),
        BuildError::UserName => ("UserName", None),
        BuildError::Token => ("Token", None),
        BuildError::UserAgent => ("UserAgent", None),
        BuildError::Tls(_) => ("Tls", None),
        _ => ("Other", None),
    };
    let mut reply = Writer::new();
    reply.u8(1).str(kind).i32_or_none(index).shown(error);
    reply
}
