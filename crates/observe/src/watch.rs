//! Follows one kind: lists it, then watches from there, for as long as the observer lives.
//!
//! The loop is our own and stands on the GETs of `get`: it keeps the promise that only this file's neighbour holds a client, takes objects
//! apart one at a time, and its waits, pages and refusals can be played by the fake API server under a stopped clock.
//!
//! ```text
//! list whole ──> watch ──> (connection ends) watch again from the last resourceVersion
//!                  │ 410 Gone: list again, but send only what differs, and what is gone
//!                  └ asked to list again: list whole
//! ```
//!
//! Of what was sent only the key, the UID and a fingerprint are kept. A whole list ends with `Listed`, dated when the list began.
//! Errors: nothing ends the loop but the end of the observer. What is refused or not served is noted in [`Sight`] and tried again later.
//! Source: the Kubernetes API concepts (efficient detection of changes, bookmarks, resource versions).

mod page;
mod prune;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_api::observer::Signal;
use assent_base::Timestamp;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

pub(crate) use self::page::Page;
use self::page::{Change, Line, Status};
use crate::backoff::{Backoff, jittered};
use crate::filter::Filter;
use crate::get::{Again, Extent, Fault, JSON};
use crate::intake::{Closed, Intake};
use crate::path::Path;
use crate::profile::Right;
use crate::server::ApiServer;

/// Objects of a page. Pods have some 8 KB each, so a page is read, taken apart and given back within a few megabytes.
const PAGE_OBJECTS: u32 = 250;
/// ConfigMaps may have a megabyte each.
const PAGE_CONFIG_MAPS: u32 = 20;
/// More pages than this, and the server is making them up.
const PAGES_MAX: usize = 100_000;
/// A watch is asked to end by itself after about this long, less than the client library waits for a byte.
const WATCH_S: u64 = 240;
/// How much longer than that it may stay silent.
const WATCH_GRACE: Duration = Duration::from_secs(30);
/// Waits between tries, first and last.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// What is refused or not served is tried again after this long: a grant or an installation may have come.
const REFUSED_RETRY: Duration = Duration::from_secs(300);

/// What cannot be seen at present, in words.
#[derive(Debug, Default)]
pub(crate) struct Sight(Mutex<BTreeSet<String>>);

impl Sight {
    pub(crate) fn lose(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what);
    }

    pub(crate) fn regain(&self, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }

    pub(crate) fn lost(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// What all followers share.
pub(crate) struct Shared {
    pub(crate) server: ApiServer,
    pub(crate) filter: Filter,
    pub(crate) sight: Arc<Sight>,
    /// Lists that run at one time.
    pub(crate) lists: Semaphore,
    /// Whether the buffer has room for lists. Changes are taken in without asking.
    pub(crate) has_room: watch::Receiver<bool>,
}

/// One kind, in one namespace or in all.
pub(crate) struct Follower {
    shared: Arc<Shared>,
    intake: Arc<Intake>,
    right: &'static Right,
    namespace: Option<String>,
    /// Counts the wishes for a whole list.
    again: watch::Receiver<u64>,
    known: BTreeMap<Box<str>, Known>,
    pass: u32,
    version: usize,
}

/// What is kept of an object.
struct Known {
    uid: Box<str>,
    substance: u64,
    /// The list that had it last.
    pass: u32,
}

/// Why a round ended.
enum End {
    Closed,
    Fault(Fault),
}

/// What a watch is ended by.
enum Ended {
    /// As agreed, or by a connection that broke.
    Connection,
    /// The server has forgotten where we are.
    Expired,
    /// The platform wants all of it.
    ListAgain,
}

/// How much a list sends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Every object.
    Whole,
    /// What differs from what was sent.
    Difference,
}

impl From<Closed> for End {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Follower {
    pub(crate) fn new(
        shared: Arc<Shared>,
        intake: Arc<Intake>,
        right: &'static Right,
        namespace: Option<String>,
        again: watch::Receiver<u64>,
    ) -> Self {
        Self { shared, intake, right, namespace, again, known: BTreeMap::new(), pass: 0, version: 0 }
    }

    /// Follows until the observer ends.
    pub(crate) async fn run(mut self) {
        let (first, last) = RETRY;
        let mut backoff = Backoff::new(first, last);
        let mut sent = Sent::Whole;
        if self.intake.opened().await.is_err() {
            return;
        }
        loop {
            let wait = match self.round(&mut sent, &mut backoff).await {
                End::Closed => return,
                End::Fault(fault) => self.wait_after(&fault, &mut backoff),
            };
            match self.rest(wait).await {
                Ok(false) => {}
                Ok(true) => sent = Sent::Whole,
                Err(Closed) => return,
            }
        }
    }

    /// Waits, unless all is to be listed again: then it is said at once.
    async fn rest(&mut self, wait: Duration) -> Result<bool, Closed> {
        tokio::select! {
            changed = self.again.changed() => changed.map(|()| true).map_err(|_| Closed),
            () = tokio::time::sleep(wait) => Ok(false),
        }
    }

    /// Lists and watches until something goes wrong.
    async fn round(&mut self, sent: &mut Sent, backoff: &mut Backoff) -> End {
        loop {
            self.again.mark_unchanged();
            let mut version = match self.list(*sent).await {
                Ok(version) => version,
                Err(end) => return end,
            };
            backoff.reset();
            *sent = Sent::Difference;
            self.shared.sight.regain(&self.what());
            loop {
                match self.watch(&mut version, backoff).await {
                    Ok(Ended::Connection) => {}
                    Ok(Ended::Expired) => break,
                    Ok(Ended::ListAgain) => {
                        *sent = Sent::Whole;
                        break;
                    }
                    Err(End::Fault(fault)) if !is_refusal(&fault) => {
                        // Where we are is still known: the watch goes on from there, after a while.
                        let wait = self.wait_after(&fault, backoff);
                        match self.rest(wait).await {
                            Ok(false) => {}
                            Ok(true) => {
                                *sent = Sent::Whole;
                                break;
                            }
                            Err(Closed) => return End::Closed,
                        }
                    }
                    Err(end) => return end,
                }
            }
        }
    }

    fn wait_after(&mut self, fault: &Fault, backoff: &mut Backoff) -> Duration {
        tracing::debug!(kind = self.right.kind, %fault, "not followed for now");
        match fault {
            Fault::Refused { status: 404, .. } => {
                self.version += 1;
                if self.version < self.right.versions.len() {
                    return Duration::ZERO;
                }
                self.version = 0;
                self.shared.sight.lose(self.what());
                jittered(REFUSED_RETRY)
            }
            Fault::Refused { status: 401 | 403, .. } => {
                self.shared.sight.lose(self.what());
                jittered(REFUSED_RETRY)
            }
            _ => backoff.wait(),
        }
    }

    /// What is not seen when this cannot be followed.
    fn what(&self) -> String {
        let place = self.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        format!("{}{place}", self.right.name())
    }

    fn path(&self) -> Result<Path, Fault> {
        let version = self.right.versions.get(self.version).copied().unwrap_or_default();
        let path = Path::rows(self.right, version, self.namespace.as_deref());
        path.ok_or_else(|| Fault::Broken("no request can be made of this name".to_owned()))
    }

    /// Lists, and gives the version from which to watch.
    async fn list(&mut self, sent: Sent) -> Result<String, End> {
        let shared = self.shared.clone();
        let _turn = shared.lists.acquire().await.map_err(|_| End::Closed)?;
        let began = self.intake.clock().now();
        self.pass = self.pass.wrapping_add(1);
        let page_objects = if self.right.kind == "ConfigMap" { PAGE_CONFIG_MAPS } else { PAGE_OBJECTS };
        let first = self.path()?.with("limit", &page_objects.to_string());
        let mut path = first.clone();
        let mut version = String::new();
        for _ in 0..PAGES_MAX {
            let mut has_room = shared.has_room.clone();
            has_room.wait_for(|has_room| *has_room).await.map_err(|_| End::Closed)?;
            let reader = shared.server.reader();
            let answer = reader.get(&path, JSON, Extent::Whole, Again::Busy).await?;
            let taken = self.page(&answer.text, sent).await;
            reader.forget(&answer.text);
            let (own_version, next) = taken?;
            version = own_version;
            if next.is_empty() {
                self.vanished().await?;
                if sent == Sent::Whole {
                    self.listed(began).await?;
                }
                return Ok(version);
            }
            path = first.clone().with("continue", &next);
        }
        let _ = version;
        Err(End::Fault(Fault::Broken("the pages do not end".to_owned())))
    }

    async fn page(&mut self, text: &str, sent: Sent) -> Result<(String, String), End> {
        let page = Page::read(text).map_err(Fault::Broken)?;
        for item in page.items() {
            let object = serde_json::from_str(item).map_err(|error| Fault::Broken(format!("an object cannot be read: {error}")))?;
            self.object(object, sent).await?;
        }
        Ok((page.metadata.resource_version, page.metadata.r#continue))
    }

    /// Sends what was there before this list and is not in it.
    async fn vanished(&mut self) -> Result<(), Closed> {
        let gone: Vec<Box<str>> = self.known.iter().filter(|(_, known)| known.pass != self.pass).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.gone(&key).await?;
        }
        Ok(())
    }

    async fn listed(&self, at: Timestamp) -> Result<(), Closed> {
        let listed = Signal::Listed { at, kind: self.right.kind.to_owned(), namespace: self.namespace.clone() };
        self.intake.put(&listed).await
    }

    /// Watches once. The version moves with what is seen.
    async fn watch(&mut self, version: &mut String, backoff: &mut Backoff) -> Result<Ended, End> {
        let seconds = jittered(Duration::from_secs(WATCH_S));
        let path = self.path()?.with("watch", "1").with("allowWatchBookmarks", "true").with("resourceVersion", version);
        let path = path.with("timeoutSeconds", &seconds.as_secs().to_string());
        let shared = self.shared.clone();
        let mut again = self.again.clone();
        let opened = shared.server.reader().follow(&path, seconds + WATCH_GRACE).await;
        let mut lines = match opened {
            Err(Fault::Refused { status: 410, .. }) => return Ok(Ended::Expired),
            opened => opened?,
        };
        let mut came = false;
        loop {
            let line = tokio::select! {
                biased;
                changed = again.changed() => {
                    changed.map_err(|_| End::Closed)?;
                    return Ok(Ended::ListAgain);
                }
                line = lines.next() => line,
            };
            match line {
                Ok(Some(line)) => {
                    if let Some(ended) = self.line(&line, version).await? {
                        return Ok(ended);
                    }
                    came = true;
                    backoff.reset();
                }
                // A server that ends every watch at once is not asked without end.
                Ok(None) if came => return Ok(Ended::Connection),
                Ok(None) => {
                    tokio::time::sleep(backoff.wait()).await;
                    return Ok(Ended::Connection);
                }
                Err(fault) => return Err(End::Fault(fault)),
            }
        }
    }

    async fn line(&mut self, line: &[u8], version: &mut String) -> Result<Option<Ended>, End> {
        let unreadable = |error: serde_json::Error| Fault::Broken(format!("a line of the watch cannot be read: {error}"));
        let text = std::str::from_utf8(line).map_err(|_| Fault::Broken("a line of the watch is no text".to_owned()))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let line: Line<'_> = serde_json::from_str(text).map_err(unreadable)?;
        if line.r#type == Change::Error {
            let status: Status = serde_json::from_str(line.object.get()).map_err(unreadable)?;
            return match status.code {
                410 => Ok(Some(Ended::Expired)),
                code => Err(End::Fault(Fault::Refused { status: code, message: status.message })),
            };
        }
        let object: Value = serde_json::from_str(line.object.get()).map_err(unreadable)?;
        let own_version = text_at(&object, "/metadata/resourceVersion").to_owned();
        match line.r#type {
            Change::Added | Change::Modified => self.object(object, Sent::Difference).await?,
            Change::Deleted => self.gone(&key(&object)).await?,
            Change::Bookmark | Change::Error => {}
        }
        if !own_version.is_empty() {
            *version = own_version;
        }
        Ok(None)
    }

    /// Sends an object, unless it is filtered out or was sent as it is.
    async fn object(&mut self, mut object: Value, sent: Sent) -> Result<(), Closed> {
        let kind = self.right.kind;
        let key = key(&object);
        if !self.shared.filter.takes(kind, &object) {
            return self.gone(&key).await;
        }
        let Some(fields) = object.as_object_mut() else { return Ok(()) };
        let version = self.right.versions.get(self.version).copied().unwrap_or_default();
        let api_version = if self.right.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.right.group) };
        fields.insert("apiVersion".to_owned(), Value::from(api_version));
        fields.insert("kind".to_owned(), Value::from(kind));
        prune::prune(kind, &mut object);
        let known = Known { uid: text_at(&object, "/metadata/uid").into(), substance: prune::substance(&object), pass: self.pass };
        let is_news =
            sent == Sent::Whole || self.known.get(&key).is_none_or(|before| before.uid != known.uid || before.substance != known.substance);
        self.known.insert(key, known);
        if is_news { self.intake.object(object, |object| prune::shorten(kind, object)).await } else { Ok(()) }
    }

    /// Tells that an object is gone, if it was ever sent.
    async fn gone(&mut self, key: &str) -> Result<(), Closed> {
        let Some(known) = self.known.remove(key) else { return Ok(()) };
        let (namespace, name) = key.split_once('/').unwrap_or(("", key));
        let gone = Signal::Gone {
            at: self.intake.clock().now(),
            kind: self.right.kind.to_owned(),
            namespace: Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty()),
            name: name.to_owned(),
            uid: Some(String::from(known.uid)).filter(|uid| !uid.is_empty()),
        };
        self.intake.put(&gone).await
    }
}

/// Whether the kind is not served, or not to us.
fn is_refusal(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { status: 401 | 403 | 404, .. })
}

/// `shop/web-0`, or `/worker-1` for an object of the whole cluster.
fn key(object: &Value) -> Box<str> {
    format!("{}/{}", text_at(object, "/metadata/namespace"), text_at(object, "/metadata/name")).into()
}

fn text_at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
