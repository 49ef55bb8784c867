//! What a watcher starts with: facts and incidents as the store has them.

use std::collections::BTreeSet;

use assent_base::id::ClusterId;
use assent_base::{Kind, Timestamp};
use assent_incidents::{Book, Fact, Known};
use assent_store::{Query, StoreError, Tenant};

use super::aside::{Applied, Aside};
use crate::documents::{ClusterDoc, IncidentDoc};
use crate::intake::{kept_as, stream_of, told_as};
use crate::queries::{QueryWords, ReadAll};

/// Why a watcher cannot start.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadStart {
    /// The store does not give what it has.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The incidents do not fit together.
    #[error(transparent)]
    Book(#[from] assent_incidents::book::BadBook),
}

/// What a watcher starts with.
pub(super) struct Past {
    pub(super) known: Known,
    pub(super) book: Book,
    pub(super) stream: Option<String>,
    pub(super) last: u64,
    /// Segments that a snapshot could stand for.
    pub(super) segments: usize,
    /// Something of the facts could not be read back.
    pub(super) lost: bool,
}

/// Reads it.
pub(super) async fn past(tenant: &Tenant, cluster: ClusterId, now: Timestamp, aside: &mut Aside) -> Result<Past, BadStart> {
    let doc = tenant.get::<ClusterDoc>(&cluster.to_string()).await?;
    let stream = doc.and_then(|kept| kept.doc.stream);
    let mut past =
        Past { known: Known::new(), book: book(tenant, cluster).await?, stream: stream.clone(), last: 0, segments: 0, lost: false };
    // Streams that ended while the platform did are of no more use.
    forget_streams(tenant, cluster, stream.as_deref(), now).await?;
    let Some(stream) = stream else { return Ok(past) };
    let read = read(tenant, cluster, &stream, 0, &mut past.known, aside).await?;
    (past.last, past.segments, past.lost) = (read.last, read.segments, read.lost);
    Ok(past)
}

/// What was read of a stream.
pub(super) struct Read {
    pub(super) last: u64,
    pub(super) segments: usize,
    /// Something could not be read back.
    pub(super) lost: bool,
    /// Kinds that were listed in all namespaces.
    pub(super) listed: BTreeSet<Kind>,
}

/// Reads what is kept of a stream after a number, or all with 0: all again, if what is known was damaged.
pub(super) async fn read(
    tenant: &Tenant,
    cluster: ClusterId,
    stream: &str,
    after: u64,
    known: &mut Known,
    aside: &mut Aside,
) -> Result<Read, StoreError> {
    let mut after = after;
    loop {
        let read = read_once(tenant, cluster, stream, after, known, aside).await?;
        if let Some(read) = read {
            return Ok(read);
        }
        (*known, after) = (Known::new(), 0);
    }
}

/// Reads until a fact damages what is known: then none.
async fn read_once(
    tenant: &Tenant,
    cluster: ClusterId,
    stream: &str,
    after: u64,
    known: &mut Known,
    aside: &mut Aside,
) -> Result<Option<Read>, StoreError> {
    let mut read = Read { last: after, segments: 0, lost: false, listed: BTreeSet::new() };
    let begun = if after == 0 { 0 } else { kept_as(after) };
    let mut segments = tenant.segments(&stream_of(cluster, stream), begun)?;
    while let Some(segment) = segments.next().await? {
        read.last = told_as(segment.last);
        if segment.snapshot {
            match Known::restore(&segment.bytes) {
                Ok(restored) => *known = restored,
                Err(error) => {
                    tracing::error!(%cluster, %error, "a snapshot cannot be read; the observer will list again");
                    read.lost = true;
                }
            }
            continue;
        }
        read.segments += 1;
        for line in segment.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // What is unreadable was refused at the door; a line that is so now was written by another version.
            let Ok(fact) = serde_json::from_slice::<Fact>(line) else {
                read.lost = true;
                continue;
            };
            if aside.is_full() {
                continue;
            }
            read.listed.extend(listed(&fact));
            match aside.apply(known, fact) {
                Applied::Yes | Applied::Refused(_) => {}
                Applied::Damaged => return Ok(None),
            }
        }
    }
    Ok(Some(read))
}

/// The kind that a fact lists in all namespaces.
pub(super) fn listed(fact: &Fact) -> Option<Kind> {
    match fact {
        Fact::Listed { kind, namespace: None, .. } => Kind::from_word(kind),
        _ => None,
    }
}

/// Deletes all streams of a cluster but one.
pub(super) async fn forget_streams(tenant: &Tenant, cluster: ClusterId, but: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    let own = format!("{cluster}:");
    let kept = but.map(|stream| stream_of(cluster, stream));
    for stream in tenant.streams().await? {
        if stream.starts_with(&own) && Some(&stream) != kept.as_ref() {
            tenant.delete_stream(&stream, now).await?;
        }
    }
    Ok(())
}

async fn book(tenant: &Tenant, cluster: ClusterId) -> Result<Book, BadStart> {
    let mut incidents = tenant.all::<IncidentDoc>(&Query::default().equal("unresolved", &cluster.to_string())).await?;
    let recent = Query::newest_first().equal("cluster", &cluster.to_string()).limit(assent_store::PAGE_ENTRIES_MAX);
    let recent = tenant.list::<IncidentDoc>(&recent).await?.items;
    incidents.extend(recent.into_iter().filter(|kept| kept.doc.is_resolved()));
    Ok(Book::restore(cluster, incidents.into_iter().map(|kept| kept.doc.0))?)
}
