//! What every answer of a route passes on its way out: cross-origin headers and compression.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, ORIGIN,
};
use http::{HeaderMap, Method, Response, StatusCode};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::reply::Body;
use crate::Profile;

const ALLOWED_HEADERS: &str =
    "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token, X-HTTP-Method-Override";

/// Tells a browser that any origin may ask; nothing where none is named.
pub(super) fn allow_origin(profile: Profile, request: &HeaderMap, response: &mut HeaderMap) {
    let Some(origin) = request.get(ORIGIN).filter(|origin| !origin.is_empty()) else { return };
    let (methods, exposed) = match profile {
        Profile::V1_8 => ("DELETE, GET, OPTIONS, POST, PUT, PATCH", "Date, X-InfluxDB-Version, X-InfluxDB-Build"),
        Profile::V0_10 => ("DELETE, GET, OPTIONS, POST, PUT", "Date, X-InfluxDB-Version"),
    };
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    response.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
}

/// Compresses an answer if the client takes gzip, as far as the profile compresses it: 0.10 every answer of a route,
/// and names the encoding even where there is no body; 1.8 only those of status 200.
pub(super) fn encode(
    profile: Profile,
    method: &Method,
    request: &HeaderMap,
    mut response: Response<Body>,
) -> Response<Encoded> {
    // The real servers look for the word and for nothing else.
    let takes_gzip = request.get(ACCEPT_ENCODING).and_then(|given| given.to_str().ok()?.contains("gzip").then_some(()));
    let compressed = match profile {
        Profile::V1_8 => response.status() == StatusCode::OK,
        Profile::V0_10 => true,
    };
    if takes_gzip.is_none() || !compressed {
        return response.map(Encoded::Plain);
    }
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if response.status() == StatusCode::NO_CONTENT || method == Method::HEAD {
        return response.map(Encoded::Plain);
    }
    response.headers_mut().remove(CONTENT_LENGTH);
    response
        .map(|body| Encoded::Gzip { body, encoder: Some(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))) })
}

/// A body as it was made, or compressed on its way.
#[derive(Debug)]
pub(super) enum Encoded {
    Plain(Body),
    Gzip {
        body: Body,
        /// `None` once the last byte is out.
        encoder: Option<Box<GzEncoder<Vec<u8>>>>,
    },
}

impl HttpBody for Encoded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Plain(body) => Pin::new(body).poll_frame(cx).map_err(io::Error::other),
            Self::Gzip { body, encoder } => {
                let Some(writer) = encoder.as_mut() else { return Poll::Ready(None) };
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(match frame {
                    Some(Ok(frame)) => {
                        let Ok(data) = frame.into_data() else { return Poll::Ready(None) };
                        // Each part is made readable at once, as the real servers do with chunks.
                        let written = writer.write_all(&data).and_then(|()| writer.flush());
                        Some(written.map(|()| Frame::data(BytesMut::from(&*std::mem::take(writer.get_mut())).freeze())))
                    }
                    Some(Err(error)) => Some(Err(io::Error::other(error))),
                    None => encoder.take().map(|encoder| encoder.finish().map(|end| Frame::data(end.into()))),
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(body) => body.is_end_stream(),
            Self::Gzip { encoder, .. } => encoder.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(body) => body.size_hint(),
            Self::Gzip { .. } => SizeHint::default(),
        }
    }
}
