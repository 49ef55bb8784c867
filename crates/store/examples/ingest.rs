//! Measures how many signals a second the store keeps, durable and encrypted.
//!
//! `cargo run --release -p assent-store --example ingest [-- URL [SECONDS]]`; without a URL it is SQLite in a folder below the present
//! one. Batches of 500 signals of 2 KB, from four streams at once; every batch is acknowledged before its stream goes on.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken ends the program")]
#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::time::{Duration, Instant};

use assent_base::Timestamp;
use assent_base::id::TenantId;
use assent_store::{KeyFolder, Limits, Store, Tenant};

const STREAMS: u64 = 4;
const SIGNALS: u64 = 500;
const SIGNAL_BYTES: usize = 2_048;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| format!("sqlite://{}/assent.db", folder.path().display()));
    let seconds = arguments.next().map_or(10, |text| text.parse().unwrap());
    let store = Store::open(&url, KeyFolder::open(&folder.path().join("keys")).unwrap(), Limits::default()).await.unwrap();
    let id = TenantId::new(Timestamp::UNIX_EPOCH, [7; 10]);
    store.create_tenant(id, Timestamp::UNIX_EPOCH).await.unwrap();
    let tenant = store.tenant(id).await.unwrap();
    let end = Instant::now() + Duration::from_secs(seconds);
    let streams: Vec<_> = (0..STREAMS).map(|number| tokio::spawn(fill(tenant.clone(), format!("s{number}"), end))).collect();
    let (mut batches, mut waits) = (0, Vec::new());
    for stream in streams {
        let took = stream.await.unwrap();
        batches += took.len() as u64;
        waits.extend(took);
    }
    waits.sort_unstable();
    let at = |part: usize| waits.get(waits.len() * part / 100).copied().unwrap_or_default().as_millis();
    let rate = batches * SIGNALS / seconds;
    println!("{}: {rate} signals/s durable, batch p50 {} ms, p99 {} ms", store.health().await.unwrap().database, at(50), at(99));
    tenant.check().await.unwrap();
}

/// Appends batches until the end, and says how long each waited.
async fn fill(tenant: Tenant, stream: String, end: Instant) -> Vec<Duration> {
    let (mut last, mut waits) = (0_u64, Vec::new());
    while Instant::now() < end {
        // Cheap bytes that do not repeat; nothing here compresses.
        let mut state = last | 1;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()
        });
        let bytes: Vec<u8> = bytes.take(500 * SIGNAL_BYTES / 8).flatten().collect();
        let begun = Instant::now();
        tenant.append_segment(&stream, (last + 1, last + SIGNALS), Timestamp::UNIX_EPOCH, bytes).await.unwrap();
        waits.push(begun.elapsed());
        last += SIGNALS;
    }
    waits
}
