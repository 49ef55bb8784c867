//! What machines ask: whether the process lives, whether it can serve, and what it counts.

use std::fmt::Write;
use std::sync::Arc;

use assent_api::{Code, Problem};
use assent_base::{Digest, Secret};
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;

use crate::front::Arrival;
use crate::mount::{Shared, within};
use crate::platform::Platform;
use crate::{answer, credentials};

const TEXT: &str = "text/plain; charset=utf-8";

/// The process lives.
pub(crate) async fn healthz() -> Response {
    answer::typed(StatusCode::OK, TEXT, "alive\n")
}

/// Each part and whether it is ready: 200 if all are, else 503.
pub(crate) async fn readyz<P: Platform>(shared: Arc<Shared<P>>, _: Request) -> Response {
    let asked = within(&shared.config.limits, async { Ok(shared.platform.readiness().await) });
    let Ok(readiness) = asked.await else {
        return answer::typed(StatusCode::SERVICE_UNAVAILABLE, TEXT, "platform: does not answer\n");
    };
    let mut text = String::new();
    for part in &readiness.parts {
        let _ = writeln!(text, "{}: {}", part.name, part.waits_for.or(part.notice).unwrap_or("ready"));
    }
    let ready = readiness.parts.iter().all(|part| part.waits_for.is_none());
    answer::typed(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, TEXT, text)
}

/// Numbers for Prometheus: to loopback, or to whoever has the token. To anyone else there is no such page.
pub(crate) async fn metrics<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let config = &shared.config;
    let arrival = request.extensions().get::<Arrival>();
    let token = match credentials::bearer(request.headers()) {
        Ok(token) => token,
        Err(problem) => return answer::problem(problem),
    };
    // A page of another site can be made to point to loopback, but only under its own name.
    let near = arrival.is_some_and(|arrival| arrival.direct && arrival.remote.is_loopback() && is_loopback_name(&arrival.host));
    let known = token.as_ref().zip(config.metrics_token.as_ref()).is_some_and(|(given, own)| same(given, own));
    match &config.metrics {
        Some(metrics) if known || (near && token.is_none()) => {
            answer::typed(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics.render())
        }
        Some(_) if token.is_some() => answer::problem(Problem::new(Code::NotSignedIn, "this is not the token for metrics")),
        Some(_) | None => answer::problem(Problem::not_found()),
    }
}

fn is_loopback_name(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

/// Digests are compared, so that time tells nothing about the token.
fn same(given: &Secret, own: &Secret) -> bool {
    Digest::of(given.expose().as_bytes()) == Digest::of(own.expose().as_bytes())
}
