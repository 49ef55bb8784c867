//! What a watcher starts with: facts and incidents as the store has them.

use assent_base::Timestamp;
use assent_base::id::ClusterId;
use assent_incidents::{Book, Fact, Known};
use assent_store::{Query, StoreError, Tenant};

use crate::documents::{ClusterDoc, IncidentDoc};
use crate::intake::{stream_of, told_as};
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
pub(super) async fn past(tenant: &Tenant, cluster: ClusterId, now: Timestamp) -> Result<Past, BadStart> {
    let doc = tenant.get::<ClusterDoc>(&cluster.to_string()).await?;
    let stream = doc.and_then(|kept| kept.doc.stream);
    let mut past =
        Past { known: Known::new(), book: book(tenant, cluster).await?, stream: stream.clone(), last: 0, segments: 0, lost: false };
    // Streams that ended while the platform did are of no more use.
    forget_streams(tenant, cluster, stream.as_deref(), now).await?;
    let Some(stream) = stream else { return Ok(past) };
    let mut segments = tenant.segments(&stream_of(cluster, &stream), 0)?;
    while let Some(segment) = segments.next().await? {
        past.last = told_as(segment.last);
        if segment.snapshot {
            match Known::restore(&segment.bytes) {
                Ok(known) => past.known = known,
                Err(error) => {
                    tracing::error!(%cluster, %error, "a snapshot cannot be read; the observer will list again");
                    past.lost = true;
                }
            }
            continue;
        }
        past.segments += 1;
        for line in segment.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // What is unreadable was refused at the door; a line that is so now was written by another version.
            match serde_json::from_slice::<Fact>(line) {
                Ok(fact) => drop(past.known.apply(fact)),
                Err(_) => past.lost = true,
            }
        }
    }
    Ok(past)
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
