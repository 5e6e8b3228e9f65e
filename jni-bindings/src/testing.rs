//! What tests put together in Java's place.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use influx_client::Value;

use crate::frame::{Reader, Writer};
use crate::session::Session;
use crate::settings::Settings;

/// Packs rows as Java does.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    pub(crate) rows: Vec<u8>,
    names: Vec<String>,
}

impl Packer {
    pub(crate) fn word(&mut self, op: u8, name: u32) -> &mut Self {
        self.rows.extend_from_slice(&(u32::from(op) << 24 | name).to_ne_bytes());
        self
    }

    pub(crate) fn text(&mut self, text: &[u8]) -> &mut Self {
        self.rows.extend_from_slice(&(text.len() as u32).to_ne_bytes());
        self.rows.extend_from_slice(text);
        self
    }

    fn name(&mut self, name: &str) -> u32 {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return at as u32;
        }
        let at = self.names.len() as u32;
        self.names.push(name.into());
        self.word(0x01, at).text(name.as_bytes());
        at
    }

    pub(crate) fn point(&mut self, measurement: &str) -> &mut Self {
        let name = self.name(measurement);
        self.word(0x02, name)
    }

    pub(crate) fn tag(&mut self, key: &str, value: &str) -> &mut Self {
        let name = self.name(key);
        self.word(0x03, name).text(value.as_bytes())
    }

    pub(crate) fn field(&mut self, key: &str, value: Value<'_>) -> &mut Self {
        let name = self.name(key);
        match value {
            Value::Float(value) => self.word(0x10, name).raw(&value.to_ne_bytes()),
            Value::Float32(value) => self.word(0x10, name).raw(&f64::from(value).to_ne_bytes()),
            Value::Integer(value) => self.word(0x11, name).raw(&value.to_ne_bytes()),
            Value::Unsigned(value) => self.word(0x12, name).raw(&value.to_ne_bytes()),
            Value::Boolean(value) => self.word(0x13, name).raw(&[u8::from(value)]),
            Value::String(value) => self.word(0x14, name).text(value.as_bytes()),
            other => panic!("no op for {other:?}"),
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.rows.extend_from_slice(bytes);
        self
    }

    pub(crate) fn at(&mut self, time: i64) -> &mut Self {
        self.word(0x20, 0).raw(&time.to_ne_bytes())
    }
}

/// What differs from the defaults of a client.
pub(crate) struct Given<'a> {
    pub(crate) endpoints: &'a [String],
    pub(crate) database: Option<&'a str>,
    pub(crate) level: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) policy: Vec<u8>,
    pub(crate) answer_limit: i64,
}

impl<'a> Given<'a> {
    pub(crate) fn to(endpoints: &'a [String]) -> Self {
        let policy = vec![0];
        Self { endpoints, database: Some("metrics"), level: None, password: None, policy, answer_limit: -1 }
    }

    pub(crate) fn frame(&self) -> Vec<u8> {
        let mut frame = Writer::new();
        frame
            .list(self.endpoints, |frame, endpoint| {
                frame.str(endpoint);
            })
            .str_or_none(self.database)
            .str_or_none(None)
            .str_or_none(self.level);
        match self.password {
            None => frame.u8(0),
            Some(password) => frame.u8(1).str("user").str(password),
        };
        frame.i64(-1).i64(-1).i64(-1).i64(-1);
        for byte in &self.policy {
            frame.u8(*byte);
        }
        frame.u8(0).str_or_none(None).u8(0).bool(false).i64(self.answer_limit).str_or_none(None).i32(0).bool(false);
        frame.bool(false).u8(1).i64(-1).bool(true);
        frame.into_bytes().unwrap()
    }

    pub(crate) fn open(&self) -> Arc<Session> {
        let settings = Settings::read(&self.frame()).unwrap();
        Arc::new(Session::new(&settings, crate::runtime::runtime().unwrap()).unwrap())
    }
}

/// Options of a write that leave everything to the client.
pub(crate) fn plain_options() -> Writer {
    let mut frame = Writer::new();
    frame.str("ns").str_or_none(None).str_or_none(None).str_or_none(None).i64(-1).i64(-1).i32(-1).i32(-1);
    frame.bool(true).bool(false).u8(0).u8(0);
    frame
}

/// The next completion: its kind, its call and its body.
pub(crate) fn next(session: &Session) -> (u8, i64, Vec<u8>) {
    let completion = session.inbox.next().unwrap();
    let mut reader = Reader::new(&completion.frame);
    (reader.u8().unwrap(), reader.i64().unwrap(), completion.frame[9..].to_vec())
}
