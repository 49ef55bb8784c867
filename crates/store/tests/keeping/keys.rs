//! Keys: rotation keeps everything readable, destruction keeps nothing, and foreign keys are refused.

use std::os::unix::fs::PermissionsExt as _;

use assent_base::Digest;
use assent_store::{Expect, KeyFolder, Limits, Query, Store, StoreError};

use crate::database::{Note, RED, World, at, note, tenant_id, worlds};

#[tokio::test]
async fn everything_stays_readable_while_keys_are_rotated() {
    for world in worlds().await {
        let (store, red, _) = world.settled().await;
        red.put("a", &note("green", 1, "old"), Expect::Absent, at(1)).await.unwrap();
        red.append_segment("s", (1, 2), at(1), b"old".to_vec()).await.unwrap();
        red.publish(at(1), b"old".to_vec()).await.unwrap();
        let (sealed, derived) = (red.seal("letter", b"", b"old").unwrap(), red.derive("pseudonyms").unwrap());

        // A second process, which does not know of any rotation.
        let other = world.open().await;
        let other_red = other.tenant(tenant_id(RED)).await.unwrap();

        store.rotate_root_key().await.unwrap();
        store.rotate_tenant_key(tenant_id(RED)).await.unwrap();
        assert_eq!(store.rotate_data_keys(tenant_id(RED)).await.unwrap(), 2);
        red.put("b", &note("green", 2, "new"), Expect::Absent, at(2)).await.unwrap();
        red.append_segment("s", (3, 4), at(2), b"new".to_vec()).await.unwrap();
        red.publish(at(2), b"new".to_vec()).await.unwrap();

        assert_eq!(other_red.get::<Note>("b").await.unwrap().unwrap().doc.text, "new", "{}", world.name);
        other_red.put("c", &note("green", 3, "other"), Expect::Absent, at(3)).await.unwrap();

        assert_eq!(store.finish_rotation(tenant_id(RED)).await.unwrap(), 3);
        assert_eq!(store.finish_rotation(tenant_id(RED)).await.unwrap(), 0);
        let generations = world.raw().await.numbers("SELECT DISTINCT generation FROM documents ORDER BY generation").await;
        assert_eq!(generations, [2]);

        for store in [&store, &other, &world.open().await] {
            let red = store.tenant(tenant_id(RED)).await.unwrap();
            let kept = red.get::<Note>("a").await.unwrap().unwrap();
            assert_eq!((kept.doc.text.as_str(), kept.version, kept.updated_at), ("old", 1, at(1)));
            let query = Query { equal: vec![("colour", "green".to_owned())], ..Query::default() };
            assert_eq!(red.count::<Note>(&query).await.unwrap(), 3);
            let mut segments = red.segments("s", 0).unwrap();
            assert_eq!(segments.next().await.unwrap().unwrap().bytes, b"old");
            assert_eq!(red.events_after(0, 10).await.unwrap().events.len(), 2);
            assert_eq!(red.open("letter", b"", &sealed).unwrap(), b"old");
            assert_eq!(red.derive("pseudonyms").unwrap(), derived);
            red.check().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_destroyed_tenant_is_gone_for_every_handle_and_cannot_come_back() {
    for world in worlds().await {
        let (store, red, blue) = world.settled().await;
        let other = world.open().await;
        let other_red = other.tenant(tenant_id(RED)).await.unwrap();
        for tenant in [&red, &blue] {
            tenant.put("a", &note("green", 1, "text"), Expect::Absent, at(1)).await.unwrap();
            tenant.append_segment("s", (1, 2), at(1), b"text".to_vec()).await.unwrap();
        }
        let digest: Digest = red.key_digest().await.unwrap();
        let destroyed = store.destroy_tenant(tenant_id(RED)).await.unwrap();
        assert_eq!(destroyed.digest, digest);
        assert_eq!(store.destroy_tenant(tenant_id(RED)).await.unwrap(), destroyed, "done twice");

        for red in [red, other_red] {
            assert!(matches!(red.get::<Note>("a").await, Err(StoreError::KeyDestroyed(_))), "{}", world.name);
            assert!(matches!(red.list::<Note>(&Query::default()).await, Err(StoreError::KeyDestroyed(_))));
            assert!(matches!(red.put("a", &note("green", 1, ""), Expect::Any, at(2)).await, Err(StoreError::KeyDestroyed(_))));
            assert!(matches!(red.last_seq("s").await, Err(StoreError::KeyDestroyed(_))));
            assert!(matches!(red.events_after(0, 1).await, Err(StoreError::KeyDestroyed(_))));
            assert!(matches!(red.check().await, Err(StoreError::KeyDestroyed(_))));
        }
        assert!(matches!(store.tenant(tenant_id(RED)).await, Err(StoreError::KeyDestroyed(_))));
        assert!(matches!(store.create_tenant(tenant_id(RED), at(3)).await, Err(StoreError::KeyDestroyed(_))));
        assert_eq!(store.tenants().await.unwrap().len(), 1);
        blue.check().await.unwrap();
        let mut raw = world.raw().await;
        for table in ["documents", "entries", "streams", "segments", "events", "data_keys"] {
            assert_eq!(raw.numbers(&format!("SELECT COUNT(*) FROM {table} WHERE tenant = '{RED}'")).await, [0], "{table}");
        }
    }
}

#[tokio::test]
async fn keys_of_another_installation_are_refused() {
    for world in worlds().await {
        let (store, _, _) = world.settled().await;
        store.close().await;
        let elsewhere = tempfile::tempdir().unwrap();
        let opened = Store::open(&world.url, KeyFolder::open(elsewhere.path()).unwrap(), Limits::default()).await;
        assert!(matches!(opened, Err(StoreError::Keys { .. })), "{}", world.name);
        let root = world.keys().join("root-1.key");
        std::fs::remove_file(&root).unwrap();
        assert!(matches!(world.try_open().await, Err(StoreError::Keys { .. })), "a new root key opens no old secret");
    }
}

#[test]
fn key_files_are_private_and_one_that_is_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    KeyFolder::open(&keys).unwrap();
    let root = keys.join("root-1.key");
    let metadata = std::fs::metadata(&root).unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (32, 0o600));
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(KeyFolder::open(&keys), Err(StoreError::Keys { .. })));
}

#[tokio::test]
async fn the_database_shows_no_content_and_no_indexed_value() {
    let world = crate::database::World::lite();
    let (store, red, _) = world.settled().await;
    red.put("a", &note("chartreuse", 1, "a canary sings"), Expect::Absent, at(1)).await.unwrap();
    red.append_segment("s", (1, 2), at(1), b"a canary sings".to_vec()).await.unwrap();
    red.publish(at(1), b"a canary sings".to_vec()).await.unwrap();
    store.close().await;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for word in [b"canary".as_slice(), b"chartreuse"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word), "{}", path.display());
            }
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    for world in worlds().await {
        world.open().await.close().await;
        let later = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
            SELECT 99, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations";
        world.raw().await.run(later).await;
        assert!(matches!(world.try_open().await, Err(StoreError::Newer { found: 99, known: 1, .. })), "{}", world.name);
    }
}

#[tokio::test]
async fn what_is_to_be_there_is_not_made() {
    for world in worlds().await {
        let keys = || KeyFolder::open(&world.keys()).unwrap();
        let absent = Store::open_existing(&world.url, keys(), Limits::default()).await.map(drop);
        assert!(matches!(absent, Err(StoreError::NoInstallation { .. })), "{}: {absent:?}", world.name);
        assert!(!world.folder.path().join("assent.db").exists());
        world.open().await.close().await;
        Store::open_existing(&world.url, keys(), Limits::default()).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_database_that_postgresql_does_not_have_is_named() {
    let Some(world) = World::postgres().await else { return };
    let url = world.url.replacen("/world", "/no_world", 1);
    let error = Store::open(&url, KeyFolder::open(&world.keys()).unwrap(), Limits::default()).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("has no such database") && error.to_string().contains("createdb"), "{error}");
}
