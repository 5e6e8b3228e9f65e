//! Requests that go out as they are, and pings.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use influx_client::{Client, Cut, Gzip, RawExchange, RawRequest, TransportError};

use crate::call::Call;
use crate::completion::Kind;
use crate::frame::{Fault, Reader, Writer};
use crate::settings::{MOST_ANSWER, read_gzip};

/// A request as Java gives it.
pub(crate) struct Plain {
    method: Method,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    gzip: Gzip,
    endpoint: Option<usize>,
    repeats: bool,
    time: Option<Duration>,
    answer_limit: Option<usize>,
    pub(crate) streams: bool,
}

impl Plain {
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let method = reader.name()?;
        let path = reader.str()?.trim_start_matches('/').to_owned();
        let query = reader.str_or_none()?.map(Into::into);
        let mut headers = HeaderMap::new();
        for (name, value) in reader.list(|reader| Ok((reader.str()?, reader.str()?)))? {
            let name: HeaderName = name.parse().map_err(|_| reader.fault("not the name of a header"))?;
            let mut value = HeaderValue::from_str(value).map_err(|_| reader.fault("not the value of a header"))?;
            value.set_sensitive(name == http::header::AUTHORIZATION);
            headers.append(name, value);
        }
        let plain = Self {
            method,
            path,
            query,
            headers,
            body: Bytes::copy_from_slice(reader.bytes()?),
            gzip: read_gzip(&mut reader)?.unwrap_or_default(),
            endpoint: reader.u32_or_none()?.map(|index| index as usize),
            repeats: reader.bool()?,
            time: reader.duration()?,
            answer_limit: reader.size_or_none()?.map(|limit| limit.min(MOST_ANSWER)),
            streams: reader.bool()?,
        };
        reader.end()?;
        Ok(plain)
    }

    fn on<'a>(&'a self, client: &'a Client) -> RawRequest<'a> {
        let mut request = client.request(self.method.clone(), &self.path);
        if let Some(query) = &self.query {
            request = request.query(query);
        }
        request = request.headers(self.headers.clone()).body(self.body.clone()).gzip(self.gzip).repeat(self.repeats);
        if let Some(index) = self.endpoint {
            request = request.endpoint(index);
        }
        if let Some(time) = self.time {
            request = request.time(time);
        }
        match self.answer_limit {
            Some(bytes) => request.answer_limit(bytes),
            None => request,
        }
    }
}

/// Sends a request, and gives the answer with its whole body.
pub(crate) async fn send(call: Call, client: Client, plain: Plain) -> Writer {
    call.begin();
    let begun = Instant::now();
    let RawExchange { endpoint, index, sent, result, .. } = plain.on(&client).send().await;
    let who = Who { endpoint: endpoint.to_string(), index, sent };
    match result {
        Err(error) => failed(&call, &who, &error),
        Ok(answer) => {
            let mut frame = call.frame(Kind::Answer);
            put_head(&mut frame, answer.status, begun.elapsed(), &answer.headers, &who);
            frame.bytes(&answer.body);
            match &answer.cut {
                None => frame.u8(0),
                Some(Cut::TooLarge) => frame.u8(1),
                Some(Cut::Lost(error)) => frame.u8(2).str(error.reason()),
            };
            frame
        }
    }
}

/// Sends a request, and gives the head of the answer and its body as it arrives, no faster than it is read.
pub(crate) async fn open(call: Call, client: Client, plain: Plain) -> Writer {
    call.begin();
    let begun = Instant::now();
    let RawExchange { endpoint, index, sent, result, .. } = plain.on(&client).open().await;
    let who = Who { endpoint: endpoint.to_string(), index, sent };
    let mut answer = match result {
        Err(error) => return failed(&call, &who, &error),
        Ok(answer) => answer,
    };
    let mut frame = call.frame(Kind::Answer);
    put_head(&mut frame, answer.status, begun.elapsed(), &answer.headers, &who);
    frame.bytes(b"").u8(0);
    call.allowed().await;
    call.put(frame);
    loop {
        match answer.body.next().await {
            None => return call.frame(Kind::End),
            Some(Ok(piece)) => {
                let mut frame = call.frame(Kind::Body);
                frame.bytes(&piece);
                // The next piece is read from the server when this one has a reader.
                call.allowed().await;
                call.put(frame);
            }
            Some(Err(error)) => return failed(&call, &who, &error),
        }
    }
}

/// Who was asked, and how much went there.
struct Who {
    endpoint: String,
    index: usize,
    sent: u64,
}

fn put_head(frame: &mut Writer, status: u16, elapsed: Duration, headers: &HeaderMap, who: &Who) {
    frame
        .i32(i32::from(status))
        .duration(elapsed)
        .list(headers, |frame, (name, value)| {
            // Servers may put any byte above the space there, and Java has only text.
            frame.str(name.as_str()).str(&String::from_utf8_lossy(value.as_bytes()));
        })
        .str(&who.endpoint)
        .i32_or_none(Some(who.index));
}

fn failed(call: &Call, who: &Who, error: &TransportError) -> Writer {
    let mut frame = call.frame(Kind::RequestError);
    frame
        .str(error.reason())
        .bool(error.is_unconnected())
        .bool(error.is_time_out())
        .u64(who.sent)
        .str(&who.endpoint)
        .i32_or_none(Some(who.index));
    frame
}

/// Pings every endpoint.
pub(crate) async fn ping(call: Call, client: Client) -> Writer {
    call.begin();
    let pongs = client.ping().await;
    let mut frame = call.frame(Kind::Pongs);
    frame.list(&pongs, |frame, pong| {
        frame.shown(&pong.endpoint);
        match &pong.result {
            Ok(answer) => frame
                .str_or_none(answer.version.as_deref())
                .str_or_none(answer.build.as_deref())
                .duration(answer.latency)
                .str_or_none(None),
            Err(error) => frame.str_or_none(None).str_or_none(None).i64(-1).shown(error),
        };
    });
    frame
}
