//! Streams of signals and events.

use assent_store::{Appended, Segment, StoreError, Tenant};

use crate::database::{at, worlds};

#[tokio::test]
async fn a_segment_is_kept_once_and_gaps_are_refused() {
    for world in worlds().await {
        let (_, red, blue) = world.settled().await;
        assert_eq!(red.append_segment("s", (1, 500), at(1), b"one".to_vec()).await.unwrap(), Appended::New);
        assert_eq!(red.append_segment("s", (1, 500), at(2), b"one".to_vec()).await.unwrap(), Appended::Known);
        assert_eq!(red.append_segment("s", (200, 300), at(2), b"part".to_vec()).await.unwrap(), Appended::Known);
        for range in [(502, 600), (400, 600)] {
            let refused = red.append_segment("s", range, at(2), b"two".to_vec()).await;
            assert!(matches!(refused, Err(StoreError::Gap { expected: 501, .. })), "{range:?}");
        }
        assert_eq!(red.append_segment("s", (501, 501), at(2), b"two".to_vec()).await.unwrap(), Appended::New);
        assert_eq!(red.last_seq("s").await.unwrap(), 501);
        assert_eq!(blue.last_seq("s").await.unwrap(), 0);
        let segments = read(&red, 0).await;
        assert_eq!(segments.iter().map(|segment| (segment.first, segment.last)).collect::<Vec<_>>(), [(1, 500), (501, 501)]);
        assert_eq!(segments.iter().map(|segment| segment.bytes.as_slice()).collect::<Vec<_>>(), [b"one", b"two"]);
        assert_eq!(read(&red, 500).await.len(), 1);
        assert_eq!(read(&red, 250).await.len(), 2, "the segment with 251 in it comes first");
        assert!(read(&red, 501).await.is_empty());
        red.check().await.unwrap();
    }
}

#[tokio::test]
async fn a_snapshot_stands_for_what_it_replaced() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        for number in 0..4 {
            red.append_segment("s", (number * 10 + 1, number * 10 + 10), at(1), vec![number as u8]).await.unwrap();
        }
        assert!(matches!(red.compact("s", 15, at(2), b"within").await, Err(StoreError::Refused { .. })));
        let large: Vec<u8> = (0..3 << 20).map(|at: u32| at as u8).collect();
        red.compact("s", 20, at(2), &large).await.unwrap();
        let segments = read(&red, 0).await;
        let first = segments.first().unwrap();
        assert_eq!((first.first, first.last, first.snapshot), (1, 20, true));
        assert!(first.bytes == large);
        assert_eq!(segments.len(), 3);
        red.compact("s", 40, at(3), b"small").await.unwrap();
        assert_eq!(read(&red, 0).await.len(), 1);
        assert_eq!(red.append_segment("s", (41, 42), at(4), b"more".to_vec()).await.unwrap(), Appended::New);
        assert_eq!(read(&red, 40).await.len(), 1);
        assert_eq!(red.check().await.unwrap().segments, 2);
        assert!(red.delete_stream("s", at(5)).await.unwrap());
        assert!(!red.delete_stream("s", at(5)).await.unwrap());
        assert!(read(&red, 0).await.is_empty());
        assert_eq!(red.check().await.unwrap().segments, 0);
    }
}

#[tokio::test]
async fn a_stream_may_begin_late() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        red.begin_stream("s", 5_000, at(1)).await.unwrap();
        assert!(red.begin_stream("s", 6_000, at(1)).await.is_err());
        assert_eq!(red.last_seq("s").await.unwrap(), 5_000);
        assert!(read(&red, 0).await.is_empty());
        red.append_segment("s", (5_001, 5_010), at(2), b"late".to_vec()).await.unwrap();
        red.append_segment("s", (5_011, 5_020), at(2), b"later".to_vec()).await.unwrap();
        assert_eq!(read(&red, 0).await.len(), 2);
        red.compact("s", 5_010, at(3), b"snapshot").await.unwrap();
        let segments = read(&red, 0).await;
        assert_eq!(segments.iter().map(|segment| (segment.first, segment.snapshot)).collect::<Vec<_>>(), [(5_001, true), (5_011, false)]);
        assert_eq!(red.streams().await.unwrap(), ["s"]);
        red.check().await.unwrap();
    }
}

#[tokio::test]
async fn events_follow_each_other_and_a_gap_is_said() {
    for world in worlds().await {
        let (_, red, blue) = world.settled().await;
        for number in 1..=10_u8 {
            assert_eq!(red.publish(at(1), vec![number]).await.unwrap(), u64::from(number));
        }
        let events = red.events_after(7, 2).await.unwrap();
        assert_eq!(events.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [8, 9]);
        assert!(!events.gap && events.last == 10);
        assert_eq!(red.trim_events(3, at(2)).await.unwrap(), 7);
        assert!(red.events_after(6, 10).await.unwrap().gap);
        assert_eq!(red.events_after(7, 10).await.unwrap().events.len(), 3);
        assert!(red.events_after(10, 10).await.unwrap().events.is_empty());
        assert!(red.events_after(11, 10).await.unwrap().gap, "a number that was never given");
        assert!(red.events_after(u64::MAX, 10).await.unwrap().gap);
        assert_eq!(red.trim_events(0, at(2)).await.unwrap(), 3);
        assert_eq!(red.publish(at(3), vec![11]).await.unwrap(), 11, "numbers are not given twice");
        assert_eq!(blue.events_after(0, 10).await.unwrap().last, 0);
        red.check().await.unwrap();
    }
}

async fn read(tenant: &Tenant, after: u64) -> Vec<Segment> {
    let mut segments = tenant.segments("s", after).unwrap();
    let mut read = Vec::new();
    while let Some(segment) = segments.next().await.unwrap() {
        read.push(segment);
    }
    read
}
