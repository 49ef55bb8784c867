//! Answers on their way out.
//!
//! A problem travels inward as an extension of an empty response; [`crate::front`] writes its body in one place, where the request's
//! id is known. So a problem looks the same whether an operation, a limit, a panic or the router itself made it.

use assent_api::{Code, Problem};
use assent_base::Secret;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use crate::etag;

/// Says that an answer was made before, for the same key.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What an operation answers, without its types.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) version: Option<u64>,
    pub(crate) cookies: Vec<Secret>,
    pub(crate) location: Option<String>,
    /// JSON; empty with status 204.
    pub(crate) body: String,
    pub(crate) replayed: bool,
}

impl Answered {
    /// As a response, or as "nothing new" to somebody who has this version.
    pub(crate) fn response(self, if_none_match: Option<&str>) -> Response {
        let version = self.version;
        let known = version.is_some_and(|version| if_none_match.is_some_and(|header| etag::none_match(header, version)));
        let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK) };
        let empty = known || status == StatusCode::NO_CONTENT;
        let mut response = if empty { plain(status) } else { json(status, self.body) };
        let headers = response.headers_mut();
        if let Some(version) = version {
            put(headers, ETAG, &etag::tag(version));
        }
        if let Some(location) = &self.location {
            put(headers, LOCATION, location);
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        set_cookies(headers, &self.cookies);
        response
    }
}

/// A response without a body.
pub(crate) fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A JSON document.
pub(crate) fn json(status: StatusCode, body: String) -> Response {
    typed(status, "application/json", body)
}

/// A body with its type.
pub(crate) fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A problem, still without its body.
pub(crate) fn problem(problem: Problem) -> Response {
    let mut response = plain(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response.extensions_mut().insert(problem);
    response
}

/// Writes the body of a problem, if the response is one.
pub(crate) fn finish_problem(mut response: Response, request_id: &str) -> Response {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return response };
    problem.request_id = Some(request_id.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after_s {
        put(headers, RETRY_AFTER, &seconds.to_string());
    }
    if problem.code == Code::NotSignedIn {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    // A problem is text and numbers, so it serializes.
    *response.body_mut() = Body::from(serde_json::to_vec(&problem).unwrap_or_default());
    response
}

/// Sets cookies, marked so that nothing that logs headers shows them.
pub(crate) fn set_cookies(headers: &mut HeaderMap, cookies: &[Secret]) {
    for cookie in cookies {
        if let Ok(mut value) = HeaderValue::from_str(cookie.expose()) {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }
}

/// Puts a header whose value was made here; one that is no header's value is left out.
pub(crate) fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
