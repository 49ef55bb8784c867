//! The live stream, as server-sent events.
//!
//! A reader that comes back names the last number it saw in `Last-Event-ID` (browsers) or `after` (others), and misses nothing. With
//! each sign of life the reader's credentials are asked for again, so a stream ends with the session, a revoked key or an expired token.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_api::events::Event;
use assent_api::{Access, Action, Code, Method, Problem};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::credentials::{once, own_site};
use crate::front::LoggedPrincipal;
use crate::meta::{Credentials, RequestMeta};
use crate::mount::{Shared, meta, origins, within};
use crate::platform::{Platform, Principal};
use crate::{answer, credentials, text};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCESS: Access = Access::Action(Action::EventRead);

/// How many streams there are, of each principal and in all.
pub(crate) struct Seats {
    all_max: usize,
    each_max: usize,
    taken: Mutex<BTreeMap<String, usize>>,
}

/// One stream's place; it is free again when this goes.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    principal: String,
}

impl Seats {
    pub(crate) fn new(all_max: usize, each_max: usize) -> Self {
        Self { all_max, each_max, taken: Mutex::default() }
    }

    fn take(self: &Arc<Self>, principal: &str) -> Result<Seat, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.all_max {
            return Err(Problem::new(Code::Unavailable, "too many streams are open").retry_after(30));
        }
        let own = taken.entry(principal.to_owned()).or_insert(0);
        if *own >= self.each_max {
            return Err(Problem::new(Code::TooMany, format!("you have {own} streams open; close one")).retry_after(30));
        }
        *own += 1;
        Ok(Seat { seats: Arc::clone(self), principal: principal.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.principal) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.principal);
            }
        }
    }
}

/// The query of the stream.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    #[serde(default)]
    after: Option<u64>,
}

/// Serves the stream.
pub(crate) async fn stream<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let opened = open(&shared, &parts).await;
    opened.unwrap_or_else(answer::problem)
}

async fn open<P: Platform>(shared: &Arc<Shared<P>>, parts: &Parts) -> Result<Response, Problem> {
    let limits = &shared.config.limits;
    let meta = meta(&shared.config, parts)?;
    own_site(&parts.headers, &origins(&shared.config, parts))?;
    let given = credentials::read(&parts.headers, ACCESS, Method::Get, shared.config.session_cookie.of(meta.secure))?;
    let caller = within(limits, shared.platform.authenticate(given.clone(), ACCESS, &meta)).await?;
    let query: EventsQuery = text::query(parts.uri.query(), limits)?;
    let last = once(&parts.headers, &LAST_EVENT_ID)?.filter(|id| !id.is_empty());
    let last =
        last.map(|id| text::whole_number(id).ok_or_else(|| Problem::new(Code::BadRequest, "`Last-Event-ID` is no number of an event")));
    let after = last.transpose()?.or(query.after);
    let principal = caller.principal();
    let seat = shared.seats.take(&principal)?;
    let events = within(limits, shared.platform.events(caller, after)).await?;
    let feed =
        Feed { shared: Arc::clone(shared), given, meta, alive: alive(limits.stream_keep_alive_ms), _seat: seat, events: Box::pin(events) };

    let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"retry: 2000\n\n")) });
    let body = Body::from_stream(first.chain(stream::unfold(feed, Feed::next)));
    let mut response = answer::typed(StatusCode::OK, "text/event-stream", body);
    // For proxies that would hold events back until there are many.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.extensions_mut().insert(LoggedPrincipal(principal));
    Ok(response)
}

/// Waits until the platform is told to stop; for ever, if nobody can tell it.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn alive(every_ms: u64) -> Interval {
    let every = Duration::from_millis(every_ms.max(1));
    let mut alive = tokio::time::interval_at(Instant::now() + every, every);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    alive
}

/// One reader's stream.
struct Feed<P: Platform> {
    shared: Arc<Shared<P>>,
    given: Credentials,
    meta: RequestMeta,
    alive: Interval,
    _seat: Seat,
    events: Pin<Box<dyn Stream<Item = (u64, Event)> + Send>>,
}

impl<P: Platform> Feed<P> {
    /// The next bytes: an event, or a sign of life once the credentials have proven good again.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let bytes = tokio::select! {
            biased;
            () = stopped(self.shared.config.stopping.clone()) => return None,
            _ = self.alive.tick() => {
                let asked = self.shared.platform.authenticate(self.given.clone(), ACCESS, &self.meta);
                within(&self.shared.config.limits, asked).await.ok()?;
                // Named, and no comment: scripts are not told of comments, and a page has to notice a stream that has gone silent.
                Bytes::from_static(b"event: alive\ndata: {}\n\n")
            }
            event = self.events.next() => {
                let (number, event) = event?;
                // An event is ids and numbers, so it serializes, on one line.
                Bytes::from(format!("id: {number}\ndata: {}\n\n", serde_json::to_string(&event).ok()?))
            }
        };
        Some((Ok(bytes), self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_and_come_free_again() {
        let seats = Arc::new(Seats::new(3, 2));
        let (one, _two) = (seats.take("account:a").expect("free"), seats.take("account:a").expect("free"));
        assert_eq!(seats.take("account:a").err().map(|problem| problem.code), Some(Code::TooMany));
        let other = seats.take("account:b").expect("free");
        assert_eq!(seats.take("account:c").err().map(|problem| problem.code), Some(Code::Unavailable));
        drop((one, other));
        assert!(seats.take("account:a").is_ok());
    }
}
