//! Documents: versions, what was expected, lists and their cursors, limits.

use assent_store::{Direction, Document, Expect, Index, Order, Query, StoreError, Write, Written};
use serde::{Deserialize, Serialize};

use crate::database::{BLUE, Note, RED, at, note, tenant_id, worlds};

#[tokio::test]
async fn a_document_reads_back_with_its_version_and_times() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        assert!(red.get::<Note>("a").await.unwrap().is_none());
        assert_eq!(red.put("a", &note("green", 1, "first"), Expect::Absent, at(1)).await.unwrap(), 1);
        assert_eq!(red.put("a", &note("green", 2, "second"), Expect::Version(1), at(2)).await.unwrap(), 2);
        let kept = red.get::<Note>("a").await.unwrap().unwrap();
        assert_eq!((kept.version, kept.created_at, kept.updated_at), (2, at(1), at(2)), "{}", world.name);
        assert_eq!(kept.doc, note("green", 2, "second"));
        assert!(red.delete::<Note>("a", Expect::Version(2), at(3)).await.unwrap());
        assert!(!red.delete::<Note>("a", Expect::Any, at(3)).await.unwrap());
        assert!(red.get::<Note>("a").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_is_not_as_expected_is_refused_in_three_ways() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        let doc = note("green", 1, "first");
        red.put("a", &doc, Expect::Absent, at(1)).await.unwrap();
        assert!(matches!(red.put("a", &doc, Expect::Absent, at(2)).await, Err(StoreError::Conflict { .. })));
        assert!(matches!(red.put("a", &doc, Expect::Version(2), at(2)).await, Err(StoreError::Stale { found: 1, .. })));
        assert!(matches!(red.put("b", &doc, Expect::Version(1), at(2)).await, Err(StoreError::Absent { .. })));
        assert!(matches!(red.delete::<Note>("a", Expect::Version(9), at(2)).await, Err(StoreError::Stale { found: 1, .. })));
    }
}

#[tokio::test]
async fn tenants_see_only_themselves() {
    for world in worlds().await {
        let (store, red, blue) = world.settled().await;
        red.put("a", &note("green", 1, "of red"), Expect::Absent, at(1)).await.unwrap();
        assert!(blue.get::<Note>("a").await.unwrap().is_none());
        assert!(blue.list::<Note>(&Query::default()).await.unwrap().items.is_empty());
        let sealed = red.seal("letter", b"to", b"text").unwrap();
        assert_eq!(red.open("letter", b"to", &sealed).unwrap(), b"text");
        for opened in [blue.open("letter", b"to", &sealed), red.open("other", b"to", &sealed), red.open("letter", b"from", &sealed)] {
            assert!(matches!(opened, Err(StoreError::Corrupt { .. })));
        }
        assert_ne!(red.derive("pseudonyms").unwrap(), blue.derive("pseudonyms").unwrap());
        assert_ne!(red.derive("pseudonyms").unwrap(), red.derive("others").unwrap());
        assert_eq!(store.tenants().await.unwrap(), [tenant_id(RED), tenant_id(BLUE)]);
    }
}

#[tokio::test]
async fn the_reserved_tenant_is_reached_by_its_own_name_alone() {
    for world in worlds().await {
        let store = world.open().await;
        let system = store.system().await.unwrap();
        system.put("a", &note("green", 1, "of all"), Expect::Absent, at(1)).await.unwrap();
        assert!(matches!(store.tenant(system.id()).await, Err(StoreError::TenantAbsent(_))));
        assert!(matches!(store.create_tenant(system.id(), at(1)).await, Err(StoreError::Refused { .. })));
        assert!(matches!(store.destroy_tenant(system.id()).await, Err(StoreError::Refused { .. })));
        assert!(matches!(store.tenant(tenant_id(RED)).await, Err(StoreError::TenantAbsent(_))));
        assert_eq!(store.health().await.unwrap().database, world.name);
    }
}

#[tokio::test]
async fn a_transaction_is_kept_whole_or_not_at_all() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        let steps = |expect| {
            vec![
                Write::put("a", &note("green", 1, "a"), Expect::Any).unwrap(),
                Write::append("s", (1, 5), b"signals".to_vec()).unwrap(),
                Write::publish(b"event".to_vec()),
                Write::put("b", &note("green", 2, "b"), expect).unwrap(),
            ]
        };
        assert!(matches!(red.write(steps(Expect::Version(1)), at(1)).await, Err(StoreError::Absent { .. })));
        assert!(red.get::<Note>("a").await.unwrap().is_none());
        assert_eq!(red.last_seq("s").await.unwrap(), 0);
        assert_eq!(red.events_after(0, 10).await.unwrap().last, 0);
        let written = red.write(steps(Expect::Absent), at(1)).await.unwrap();
        assert_eq!(written.first(), Some(&Written::Version(1)));
        assert_eq!(written.get(2), Some(&Written::Event(1)));
        assert_eq!(red.check().await.unwrap().documents, 2);
    }
}

#[tokio::test]
async fn writers_that_hurry_do_not_lose_an_update() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        red.put("a", &note("green", 0, ""), Expect::Absent, at(0)).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let red = red.clone();
                tokio::spawn(async move {
                    for _ in 0..5 {
                        loop {
                            let kept = red.get::<Note>("a").await.unwrap().unwrap();
                            let next = note("green", kept.doc.rank + 1, "");
                            match red.put("a", &next, Expect::Version(kept.version), at(1)).await {
                                Ok(_) => break,
                                Err(StoreError::Stale { .. }) => {}
                                Err(other) => panic!("{other}"),
                            }
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let kept = red.get::<Note>("a").await.unwrap().unwrap();
        assert_eq!((kept.doc.rank, kept.version), (40, 41));
        red.check().await.unwrap();
    }
}

#[tokio::test]
async fn a_cursor_fits_its_own_list_alone() {
    for world in worlds().await {
        let (_, red, blue) = world.settled().await;
        for number in 0..5 {
            for tenant in [&red, &blue] {
                tenant.put(&format!("n{number}"), &note("green", number / 2, ""), Expect::Absent, at(1)).await.unwrap();
            }
        }
        let newest = Query { order: Some(Order::all("rank", Direction::Descending)), limit: 2, ..Query::default() };
        let (mut query, mut ids) = (newest.clone(), Vec::new());
        loop {
            let page = red.list::<Note>(&query).await.unwrap();
            ids.extend(page.items.into_iter().map(|kept| kept.id));
            let Some(next) = page.next else { break };
            query.after = Some(next.to_string().parse().unwrap());
        }
        assert_eq!(ids, ["n4", "n3", "n2", "n1", "n0"]);
        let oldest = Query { order: Some(Order::all("rank", Direction::Ascending)), after: query.after.clone(), ..newest.clone() };
        assert!(matches!(red.list::<Note>(&oldest).await, Err(StoreError::Refused { .. })), "another order");
        assert!(matches!(blue.list::<Note>(&query).await, Err(StoreError::Refused { .. })), "another tenant");
        for bad in ["AAAA", "!", "n4"] {
            query.after = Some(bad.parse().unwrap());
            assert!(matches!(red.list::<Note>(&query).await, Err(StoreError::Refused { .. })));
        }
    }
}

#[tokio::test]
async fn pruning_takes_what_is_before_and_nothing_else() {
    for world in worlds().await {
        let (_, red, _) = world.settled().await;
        for number in 0..6 {
            red.put(&format!("n{number}"), &note("green", at(number).as_microsecond(), ""), Expect::Absent, at(number)).await.unwrap();
        }
        assert_eq!(red.prune::<Note>("rank", at(4), at(9)).await.unwrap(), 4);
        let left: Vec<String> = red.list::<Note>(&Query::default()).await.unwrap().items.into_iter().map(|kept| kept.id).collect();
        assert_eq!(left, ["n4", "n5"]);
        red.check().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_too_large_or_misnamed_is_refused_before_it_is_written() {
    let world = crate::database::World::lite();
    let (_, red, _) = world.settled().await;
    let large = note("green", 1, &"x".repeat(assent_store::DOCUMENT_BYTES_MAX));
    assert!(matches!(red.put("a", &large, Expect::Any, at(1)).await, Err(StoreError::TooLarge { .. })));
    for id in ["", "a b", "a\u{7f}", "ä", &"x".repeat(201)] {
        assert!(matches!(red.get::<Note>(id).await, Err(StoreError::Refused { .. })), "{id}");
        assert!(matches!(red.put(id, &note("green", 1, ""), Expect::Any, at(1)).await, Err(StoreError::Refused { .. })), "{id}");
    }
}

/// The same kind, two versions later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NewerNote {
    colours: Vec<String>,
}

impl Document for NewerNote {
    const KIND: &'static str = "note";
    const SCHEMA: u32 = 3;

    fn indexes(&self) -> Vec<Index> {
        self.colours.iter().map(|colour| Index::Equal("colour", colour.clone())).collect()
    }

    fn upgrade(_: u32, json: serde_json::Value) -> Result<serde_json::Value, String> {
        let colour = json.get("colour").cloned().ok_or("it has no colour")?;
        Ok(serde_json::json!({ "colours": [colour] }))
    }
}

#[tokio::test]
async fn an_older_document_is_upgraded_and_a_newer_one_refused() {
    let world = crate::database::World::lite();
    let (_, red, _) = world.settled().await;
    red.put("a", &note("green", 1, ""), Expect::Absent, at(1)).await.unwrap();
    let kept = red.get::<NewerNote>("a").await.unwrap().unwrap();
    assert_eq!(kept.doc.colours, ["green"]);
    red.put("a", &kept.doc, Expect::Version(1), at(2)).await.unwrap();
    assert!(matches!(red.get::<Note>("a").await, Err(StoreError::Newer { found: 3, known: 1, .. })));
}
