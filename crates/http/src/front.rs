//! What every request passes before its route and after it.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use assent_api::{Code, Problem};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Uri};
use tracing::Instrument as _;

use crate::answer;
use crate::config::Config;
use crate::inside::Way;
use crate::rate::Rate;

/// The id of a request, in its answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What an answer that is no page may load, and who may show it in a frame.
const CSP_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Two years, as lists of browsers ask for.
const HSTS: &str = "max-age=63072000";
/// Paths that a probe calls by an address: they give nothing away, or look after themselves.
const ANY_HOST: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// How a request came here.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) request_id: String,
    pub(crate) remote: IpAddr,
    /// The way it came by, if not by the port: then the remote address is nobody's.
    pub(crate) way: Option<&'static str>,
    /// Whether the remote address is the connection's own, and no proxy stands between.
    pub(crate) direct: bool,
    pub(crate) secure: bool,
    /// Name and port as the caller wrote them.
    pub(crate) host: String,
}

impl Arrival {
    /// `http://localhost:8473`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }
}

/// The principal of a request, for the log.
#[derive(Debug, Clone)]
pub(crate) struct LoggedPrincipal(pub(crate) String);

/// What the front needs.
pub(crate) struct Front {
    pub(crate) config: Config,
    pub(crate) rate: Rate,
}

/// Gives the request its id, writes the access log, the bodies of problems and the security headers.
pub(crate) async fn receive(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let arrival = arrival(&front.config, &request);
    let (request_id, secure) = (arrival.request_id.clone(), arrival.secure);
    let remote = arrival.way.map_or_else(|| arrival.remote.to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(arrival);

    // For a collector, if one is configured: the route and never the path. What a caller says of a trace of its own is not believed.
    let span = tracing::info_span!(
        target: "assent::span",
        "request",
        otel.name = format!("{} {route}", method_label(&method)),
        otel.kind = "server",
        http.request.method = method_label(&method),
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id,
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let principal = response.extensions_mut().remove::<LoggedPrincipal>();
    let mut response = answer::finish_problem(response, &request_id);
    secure_headers(response.headers_mut(), secure);
    answer::put(response.headers_mut(), REQUEST_ID, &request_id);

    let (status, elapsed) = (response.status(), began.elapsed());
    span.record("http.response.status_code", status.as_u16());
    front.config.counts.count(status);
    let labels = [("method", method_label(&method).to_owned()), ("route", route.clone()), ("status", status.as_str().to_owned())];
    metrics::counter!("assent_http_requests_total", &labels).increment(1);
    metrics::histogram!("assent_http_request_seconds", "route" => route.clone()).record(elapsed.as_secs_f64());
    tracing::info!(
        target: "assent::access",
        method = method_label(&method),
        route,
        status = status.as_u16(),
        us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        request_id,
        principal = principal.as_ref().map_or("-", |principal| principal.0.as_str()),
        remote,
        "request"
    );
    response
}

/// A caller may invent methods; a log and a label may not grow by that.
fn method_label(method: &http::Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "OTHER",
    }
}

/// Refuses strange hosts and what comes too fast.
pub(crate) async fn admit(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return answer::problem(Problem::new(Code::Internal, "the request has no id"));
    };
    if !ANY_HOST.contains(&request.uri().path()) && !is_own_host(&front.config, &arrival.host) {
        return answer::problem(Problem::new(
            Code::CrossSite,
            "this platform is not called by that name: its configuration names it in `public_url` or `allowed_hosts`",
        ));
    }
    if let Err(wait_s) = front.rate.take(arrival.remote, Instant::now()) {
        return answer::problem(Problem::new(Code::TooMany, "your address asks too often").retry_after(wait_s));
    }
    next.run(request).await
}

/// What a panic is answered with. Its message stays here.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request panicked");
    answer::problem(Problem::new(Code::Internal, "something failed; the log has this request's id"))
}

fn arrival(config: &Config, request: &Request) -> Arrival {
    if let Some(way) = request.extensions().get::<Way>() {
        let host = host(request.uri(), request.headers()).unwrap_or_default();
        let (request_id, remote) = (request_id(), way.neighbour);
        return Arrival { request_id, remote, way: Some(way.name), direct: false, secure: true, host };
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let headers = request.headers();
    let trusted = config.trusts(peer);
    let remote = if trusted { forwarded_for(headers, config).unwrap_or(peer) } else { peer };
    let forwarded = headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
    let by_tls = || {
        let mut protos = headers.get_all(FORWARDED_PROTO).iter().peekable();
        protos.peek().is_some() && protos.all(|proto| proto.as_bytes() == b"https")
    };
    let secure = config.secure || (trusted && by_tls());
    let host = host(request.uri(), headers).unwrap_or_default();
    Arrival { request_id: request_id(), remote, way: None, direct: !forwarded, secure, host }
}

/// The last address that no proxy of ours wrote for itself: what stands before it anyone could have written.
fn forwarded_for(headers: &HeaderMap, config: &Config) -> Option<IpAddr> {
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut addresses = values.iter().rev().flat_map(|value| value.rsplit(',')).map(|text| text.trim().parse::<IpAddr>());
    addresses.find(|address| !address.as_ref().is_ok_and(|address| config.trusts(*address)))?.ok()
}

/// Name and port that the caller wrote; nothing if there is none, or two that differ.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let header = hosts.next();
    if hosts.next().is_some() {
        return None;
    }
    let header = header.map(|value| value.to_str()).transpose().ok()?;
    match (uri.authority().map(http::uri::Authority::as_str), header) {
        (Some(authority), Some(header)) if !authority.eq_ignore_ascii_case(header) => None,
        (Some(authority), _) => Some(authority.to_owned()),
        (None, header) => header.map(str::to_owned),
    }
}

fn is_own_host(config: &Config, host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    config.hosts.iter().any(|own| own.eq_ignore_ascii_case(name)) || (config.any_address && is_address(name))
}

/// `192.0.2.7` or `[fd00::1]`.
fn is_address(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<Ipv4Addr>().is_ok(),
    }
}

fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness ids repeat; they are for finding lines in a log and protect nothing.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn secure_headers(headers: &mut HeaderMap, secure: bool) {
    let mut unless_set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    unless_set(header::CONTENT_SECURITY_POLICY, CSP_NOTHING);
    unless_set(header::CACHE_CONTROL, "no-store");
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(header::X_FRAME_OPTIONS, "DENY");
    unless_set(header::REFERRER_POLICY, "no-referrer");
    unless_set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    unless_set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    unless_set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if secure {
        unless_set(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ours_by_its_whole_name() {
        let mut own = Config::loopback(serde_json::Value::Null);
        for host in ["localhost", "LOCALHOST:8473", "[::1]:1", "[::1]"] {
            assert!(is_own_host(&own, host), "{host}");
        }
        for host in ["", "localhost.evil.example", "evil.example:8473", "localhost:", "localhost:x", "::1", "localhost@evil.example"] {
            assert!(!is_own_host(&own, host), "{host}");
        }
        assert!(!is_own_host(&own, "192.0.2.7:8473"));
        own.any_address = true;
        for host in ["192.0.2.7:8473", "192.0.2.7", "[fd00::1]:8473", "[fd00::1]", "localhost"] {
            assert!(is_own_host(&own, host), "{host}");
        }
        for host in ["evil.example", "192.0.2.7.evil.example", "fd00::1", "[192.0.2.7]", "192.0.2", "[fd00::1].evil.example", "3221225991"]
        {
            assert!(!is_own_host(&own, host), "{host}: a name, or none");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        let mut config = Config::loopback(serde_json::Value::Null);
        config.trusted_proxies.push("10.0.0.0/30".parse().expect("a network"));
        let remote = |peer: [u8; 4], forwarded: &str| {
            let mut request = Request::new(axum::body::Body::empty());
            request.headers_mut().insert(FORWARDED_FOR, forwarded.parse().expect("a header"));
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 1))));
            arrival(&config, &request).remote.to_string()
        };
        assert_eq!(remote([10, 0, 0, 1], "198.51.100.9, 192.0.2.7"), "192.0.2.7", "what the caller wrote itself stands before");
        assert_eq!(remote([10, 0, 0, 1], "192.0.2.7, 10.0.0.1"), "192.0.2.7");
        assert_eq!(remote([10, 0, 0, 1], "192.0.2.7, rubbish"), "10.0.0.1");
        assert_eq!(remote([10, 0, 0, 2], "192.0.2.7, 10.0.0.1"), "192.0.2.7", "one proxy behind another");
        assert_eq!(remote([10, 0, 0, 4], "192.0.2.7"), "10.0.0.4", "just outside the network");
        assert_eq!(remote([192, 0, 2, 5], "127.0.0.1"), "192.0.2.5");
    }

    #[test]
    fn only_a_trusted_proxy_says_that_a_request_came_by_tls() {
        let mut config = Config::loopback(serde_json::Value::Null);
        config.trusted_proxies.push("10.0.0.1/32".parse().expect("a network"));
        let secure = |peer: [u8; 4], proto: &[&str]| {
            let mut request = Request::new(axum::body::Body::empty());
            for value in proto {
                request.headers_mut().append(FORWARDED_PROTO, value.parse().expect("a header"));
            }
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 1))));
            arrival(&config, &request).secure
        };
        assert!(secure([10, 0, 0, 1], &["https"]));
        assert!(!secure([10, 0, 0, 1], &["http"]) && !secure([10, 0, 0, 1], &[]));
        assert!(!secure([10, 0, 0, 1], &["https", "http"]), "two that differ: what the caller wrote is among them");
        assert!(!secure([192, 0, 2, 5], &["https"]));
    }
}
