//! Backups restore into either database, and what was destroyed or altered does not come back.

use std::path::PathBuf;

use assent_store::{Backup, Expect, KeyFolder, Limits, Restored, Store, StoreError, Tenant};

use crate::database::{BLUE, Note, RED, World, at, note, tenant_id, worlds};

#[tokio::test]
async fn a_backup_of_one_database_restores_into_another() {
    let mut pairs = vec![(World::lite(), World::lite())];
    if let (Some(one), Some(other)) = (World::postgres().await, World::postgres().await) {
        pairs.extend([(World::lite(), one), (other, World::lite())]);
    }
    for (from, to) in pairs {
        let (store, red, blue) = from.settled().await;
        fill(&red).await;
        fill(&blue).await;
        let (folder, backup) = backed_up(&from, &store, "backup").await;
        red.put("later", &note("green", 1, ""), Expect::Absent, at(5)).await.unwrap();

        let (restored, what) = restore(&folder, &to, &from).await.unwrap();
        assert_eq!(what, Restored { rows: backup.rows, destroyed: Vec::new() });
        for id in [RED, BLUE] {
            let tenant = restored.tenant(tenant_id(id)).await.unwrap();
            let checked = tenant.check().await.unwrap();
            assert_eq!((checked.documents, checked.streams, checked.events), (40, 1, 1), "{} to {}", from.name, to.name);
            assert_eq!(tenant.get::<Note>("n7").await.unwrap().unwrap().doc.text, "7");
            assert!(tenant.get::<Note>("later").await.unwrap().is_none());
            let mut segments = tenant.segments("s", 0).unwrap();
            assert_eq!(segments.next().await.unwrap().unwrap().bytes, [1; 100]);
            tenant.put("new", &note("green", 1, ""), Expect::Absent, at(6)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_tenant_that_was_destroyed_stays_destroyed_in_older_backups() {
    for world in worlds().await {
        let (store, red, blue) = world.settled().await;
        fill(&red).await;
        fill(&blue).await;
        let (folder, _) = backed_up(&world, &store, "backup").await;
        store.destroy_tenant(tenant_id(RED)).await.unwrap();
        store.close().await;

        let elsewhere = World::lite();
        let (restored, what) = restore(&folder, &elsewhere, &world).await.unwrap();
        assert_eq!(what.destroyed, [tenant_id(RED)]);
        assert!(matches!(restored.tenant(tenant_id(RED)).await, Err(StoreError::KeyDestroyed(_) | StoreError::TenantAbsent(_))));
        restored.tenant(tenant_id(BLUE)).await.unwrap().check().await.unwrap();

        // With the stone removed the rows come back, and nothing opens them: the secret is gone.
        let stone = world.keys().join("tenants").join(format!("{RED}.destroyed"));
        std::fs::remove_file(stone).unwrap();
        let elsewhere = World::lite();
        let (restored, what) = restore(&folder, &elsewhere, &world).await.unwrap();
        assert!(what.destroyed.is_empty());
        assert!(matches!(restored.tenant(tenant_id(RED)).await, Err(StoreError::Keys { .. })));
    }
}

#[tokio::test]
async fn an_altered_backup_is_refused_and_restores_nothing() {
    let world = World::lite();
    let (store, red, _) = world.settled().await;
    fill(&red).await;
    let (folder, _) = backed_up(&world, &store, "backup").await;
    let rows = folder.join("rows.jsonl");
    let text = std::fs::read_to_string(&rows).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for altered in
        [lines[1..].join("\n"), lines.iter().rev().copied().collect::<Vec<_>>().join("\n"), text.replacen("n7", "n8", 1), String::new()]
    {
        std::fs::write(&rows, altered).unwrap();
        let elsewhere = World::lite();
        assert!(matches!(restore(&folder, &elsewhere, &world).await, Err(StoreError::Corrupt { .. })));
        assert!(!elsewhere.folder.path().join("assent.db").exists());
    }
    std::fs::write(&rows, text).unwrap();
    assert!(matches!(restore(&folder, &world, &world).await, Err(StoreError::Refused { .. })), "the database is not empty");
    let strangers = World::lite();
    strangers.open().await.close().await;
    let elsewhere = World::lite();
    assert!(matches!(restore(&folder, &elsewhere, &strangers).await, Err(StoreError::Corrupt { .. } | StoreError::Keys { .. })));
    assert!(store.backup(&folder, at(9)).await.is_err(), "a backup is never overwritten");
}

#[tokio::test]
async fn an_export_has_every_document_in_the_clear() {
    for world in worlds().await {
        let (_, red, blue) = world.settled().await;
        fill(&red).await;
        fill(&blue).await;
        let mut export = red.export();
        let mut exported = Vec::new();
        loop {
            let some = export.next().await.unwrap();
            if some.is_empty() {
                break;
            }
            exported.extend(some);
        }
        assert_eq!(exported.len(), 40);
        let first = exported.first().unwrap();
        assert_eq!((first.kind.as_str(), first.id.as_str(), first.version), ("note", "n0", 1));
        assert_eq!(first.json, r#"{"colour":"green","rank":0,"text":"0"}"#);
    }
}

async fn fill(tenant: &Tenant) {
    for number in 0..40 {
        let doc = note("green", number, &number.to_string());
        tenant.put(&format!("n{number}"), &doc, Expect::Absent, at(number)).await.unwrap();
    }
    tenant.append_segment("s", (1, 10), at(1), vec![1; 100]).await.unwrap();
    tenant.publish(at(1), b"event".to_vec()).await.unwrap();
}

async fn backed_up(world: &World, store: &Store, name: &str) -> (PathBuf, Backup) {
    let folder = world.folder.path().join(name);
    let backup = store.backup(&folder, at(4)).await.unwrap();
    (folder, backup)
}

async fn restore(folder: &std::path::Path, to: &World, keys_of: &World) -> Result<(Store, Restored), StoreError> {
    Store::restore(folder, &to.url, KeyFolder::open(&keys_of.keys())?, Limits::default()).await
}
