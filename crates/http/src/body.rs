//! Bodies, read whole within a size and a time.

use std::io::{BufRead, Read};
use std::time::Duration;

use assent_api::{Code, Problem};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::bufread::GzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::waiting::Place;

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) bytes_max: usize,
    pub(crate) gzip: bool,
    pub(crate) timeout_ms: u64,
}

/// Reads a body of JSON, whose bytes are held at this place until it is whole.
pub(crate) async fn read(headers: &HeaderMap, body: Body, allowed: Allowed, place: Place) -> Result<Bytes, Problem> {
    let zipped = encoding(headers, allowed.gzip)?;
    let bytes = collect(headers, body, allowed, place).await?;
    if bytes.is_empty() {
        return Ok(bytes);
    }
    if !is_json(headers) {
        return Err(Problem::new(Code::UnsupportedMediaType, "the body must be `application/json` in UTF-8"));
    }
    if !zipped {
        return Ok(bytes);
    }
    let unzipped = tokio::task::spawn_blocking(move || unzip(&bytes, allowed.bytes_max));
    unzipped.await.map_err(|_| Problem::new(Code::Internal, "the body could not be unpacked"))?
}

async fn collect(headers: &HeaderMap, body: Body, allowed: Allowed, place: Place) -> Result<Bytes, Problem> {
    if announced(headers).is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > allowed.bytes_max)) {
        return Err(too_large(allowed.bytes_max));
    }
    let late = |_| Problem::new(Code::BadRequest, "the body did not arrive in time");
    tokio::time::timeout(Duration::from_millis(allowed.timeout_ms), gather(body, allowed.bytes_max, place)).await.map_err(late)?
}

async fn gather(body: Body, bytes_max: usize, mut place: Place) -> Result<Bytes, Problem> {
    let (mut body, mut whole) = (Limited::new(body, bytes_max), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => too_large(bytes_max),
            false => Problem::new(Code::BadRequest, "the body broke off"),
        })?;
        if let Ok(data) = frame.into_data() {
            place.hold(data.len())?;
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

/// Whether the head says that a body follows.
pub(crate) fn is_announced(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || announced(headers).is_some_and(|bytes| bytes > 0)
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok())
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(Code::TooLarge, format!("the body may have {bytes_max} bytes"))
}

fn encoding(headers: &HeaderMap, gzip: bool) -> Result<bool, Problem> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    match (encodings.next().map(|value| value.as_bytes()), encodings.next()) {
        (None, _) => Ok(false),
        (Some(b"gzip"), None) if gzip => Ok(true),
        _ => Err(Problem::new(Code::UnsupportedMediaType, "this `Content-Encoding` is not taken here")),
    }
}

/// `application/json`, once, with no other character set than UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else { return false };
    let mut parts = kind.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// One gzip member and nothing after it, within the size that the caller may send unpacked.
fn unzip(bytes: &[u8], bytes_max: usize) -> Result<Bytes, Problem> {
    let broken = || Problem::new(Code::BadRequest, "the body is no gzip");
    let mut decoder = GzDecoder::new(bytes);
    let mut out = Vec::new();
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.by_ref().take(bound).read_to_end(&mut out).map_err(|_| broken())?;
    if out.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    let mut rest = decoder.into_inner();
    if rest.fill_buf().map_or(true, |rest| !rest.is_empty()) {
        return Err(broken());
    }
    Ok(Bytes::from(out))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    #[test]
    fn a_bomb_is_refused_before_it_unfolds() {
        let bomb = zip(&vec![b' '; 50 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(unzip(&bomb, 1 << 20).expect_err("a bomb").code, Code::TooLarge);
    }

    #[test]
    fn gzip_is_whole_and_alone() {
        let good = zip(b"{}");
        assert_eq!(unzip(&good, 10).expect("good").as_ref(), b"{}");
        assert!(unzip(&[good.as_slice(), b"x"].concat(), 10).is_err(), "something after it");
        assert!(unzip(&[good.as_slice(), good.as_slice()].concat(), 10).is_err(), "a second member");
        assert!(unzip(&good[..good.len() - 1], 10).is_err(), "cut off");
        assert!(unzip(b"{}", 10).is_err(), "not gzip at all");
    }

    #[test]
    fn only_json_is_json() {
        let is = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().expect("a header"));
            is_json(&headers)
        };
        assert!(is("application/json") && is("Application/JSON; charset=UTF-8"));
        for kind in
            ["text/plain", "application/json; charset=utf-16", "application/jsonp", "application/json, text/plain", "application/json;", ""]
        {
            assert!(!is(kind), "{kind}");
        }
    }
}
