//! OTLP over gRPC: one frame comes, one goes, and how it went stands in the trailers.
//!
//! A call of this kind is a POST over HTTP/2 that the same router answers. Of gRPC no more is needed here than that: no streams of
//! messages, no client, no reflection. So it is written out, and the bounds of a request are the same as over HTTP.
//!
//! Source: gRPC over HTTP2 (the protocol's own description), OTLP/gRPC.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, Full};

use super::take::{Form, Kind, Refused, Shared, answer, encoding};

/// Where spans go.
pub(super) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// Where metrics go.
pub(super) const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
/// Bytes before a message: whether it is compressed, and its length.
pub(super) const FRAME_HEAD_BYTES: usize = 5;
const GRPC: &str = "application/grpc";
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// Code of gRPC: there is no such method.
const UNIMPLEMENTED: u8 = 12;

/// Answers a call.
pub(super) async fn call<K: Kind>(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !is_grpc(&head.headers) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let taken = match encoding(head.headers.get(&ENCODING)) {
        Ok(zipped) => shared.take::<K>(body, Form::Grpc, zipped).await,
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(rejected) => done(&answer(rejected)),
        Err(refused) => failed(refused.code(), refused.words()),
    }
}

/// Answers what there is not, in the words of whoever asks.
pub(super) async fn unknown(request: Request) -> Response {
    if is_grpc(request.headers()) {
        return failed(UNIMPLEMENTED, "spans and metrics are taken here, and nothing else");
    }
    StatusCode::NOT_FOUND.into_response()
}

/// The message of a body that holds one, and whether it is compressed.
pub(super) fn unframed(body: Bytes, zipped: bool) -> Result<(Bytes, bool), Refused> {
    let Some(([flag, length @ ..], _)) = body.split_first_chunk::<FRAME_HEAD_BYTES>() else { return Err(Refused::Unreadable) };
    let (flag, length) = (*flag, usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX));
    let message = body.slice(FRAME_HEAD_BYTES..);
    match (flag, message.len() == length) {
        (0, true) => Ok((message, false)),
        // Who compresses says how.
        (1, true) if zipped => Ok((message, true)),
        _ => Err(Refused::Unreadable),
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(text.split(';').next().unwrap_or_default().trim(), GRPC | "application/grpc+proto")
}

fn done(message: &[u8]) -> Response {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let frame = [&[0][..], &length.to_be_bytes(), message].concat();
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(Bytes::from(frame)).with_trailers(std::future::ready(Some(Ok(trailers))));
    ([(CONTENT_TYPE, GRPC)], Body::new(body)).into_response()
}

/// A call that failed has no message: its status stands in the headers.
fn failed(code: u8, words: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(GRPC)),
        (STATUS, HeaderValue::from(u16::from(code))),
        (MESSAGE, HeaderValue::from_static(words)),
        (ACCEPT_ENCODING, HeaderValue::from_static("identity,gzip")),
    ];
    (HeaderMap::from_iter(headers), Body::empty()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_frame_and_nothing_else() {
        let of = |bytes: &'static [u8], zipped| unframed(Bytes::from_static(bytes), zipped);
        assert_eq!(of(b"\0\0\0\0\x02ab", false), Ok((Bytes::from_static(b"ab"), false)));
        assert_eq!(of(b"\0\0\0\0\0", true), Ok((Bytes::new(), false)), "what is empty need not be compressed");
        assert_eq!(of(b"\x01\0\0\0\x02ab", true), Ok((Bytes::from_static(b"ab"), true)));
        for (bad, zipped) in [
            (&b""[..], false),
            (b"\0\0\0\0", false),
            (b"\0\0\0\0\x03ab", false),
            (b"\0\0\0\0\x01ab", false),
            (b"\x01\0\0\0\x02ab", false),
            (b"\x02\0\0\0\x02ab", true),
            (b"\0\xff\xff\xff\xffab", false),
        ] {
            assert_eq!(of(bad, zipped), Err(Refused::Unreadable), "{bad:?}");
        }
    }
}
