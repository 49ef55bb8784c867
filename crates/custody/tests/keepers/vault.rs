//! Vault: how it lets us in, and what is told when it does not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assent_custody::{CustodyError, Keeper};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::doubles::{VaultDouble, keeper, serve};

struct World {
    vault: Arc<VaultDouble>,
    address: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (vault, address) = VaultDouble::start().await;
        Self { vault, address, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, text: &str) -> std::path::PathBuf {
        let path = self.folder.path().join("credential");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn keeper(&self, way: Value) -> Keeper {
        let mut config = json!({ "address": self.address, "key": "assent" });
        config.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
        keeper(json!({ "vault": config }))
    }

    fn by_token(&self, path: &Path) -> Keeper {
        self.keeper(json!({ "token_file": path }))
    }
}

#[tokio::test]
async fn a_token_is_read_from_its_file_whenever_it_is_used() {
    let world = World::new().await;
    let path = world.file("root\n");
    let keeper = world.by_token(&path);
    let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
    world.vault.tokens.lock().unwrap().remove("root");
    world.vault.tokens.lock().unwrap().insert("next".to_owned(), false);
    let denied = keeper.open(b"one", &wrapped).await.unwrap_err();
    assert!(matches!(denied, CustodyError::Denied { status: 403, .. }), "{denied}");
    world.file("next");
    assert_eq!(keeper.open(b"one", &wrapped).await.unwrap().as_slice(), b"secret");
    std::fs::remove_file(path).unwrap();
    assert!(matches!(keeper.open(b"one", &wrapped).await.unwrap_err(), CustodyError::Credentials { .. }));
}

#[tokio::test]
async fn signing_in_is_done_once_and_again_when_the_token_is_revoked() {
    for (way, secret) in [
        (json!({ "approle": { "role_id": "role-1", "secret_id_file": null } }), "secret-1"),
        (json!({ "kubernetes": { "role": "assent", "token_file": null } }), "service.account.token"),
    ] {
        let world = World::new().await;
        let path = world.file(secret);
        let mut way = way;
        for (_, inner) in way.as_object_mut().unwrap() {
            for (_, value) in inner.as_object_mut().unwrap().iter_mut().filter(|(_, value)| value.is_null()) {
                *value = json!(path);
            }
        }
        let keeper = world.keeper(way);
        let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
        keeper.open(b"one", &wrapped).await.unwrap();
        assert_eq!(*world.vault.sign_ins.lock().unwrap(), 1);
        world.vault.tokens.lock().unwrap().clear();
        keeper.open(b"one", &wrapped).await.unwrap();
        assert_eq!(*world.vault.sign_ins.lock().unwrap(), 2);
        world.file("something else");
        world.vault.tokens.lock().unwrap().clear();
        let denied = keeper.open(b"one", &wrapped).await.unwrap_err().to_string();
        assert!(denied.contains("denies signing in") && !denied.contains("something else"), "{denied}");
    }
}

#[tokio::test]
async fn a_lease_is_renewed_at_its_half_and_replaced_at_its_end() {
    let world = World::new().await;
    let path = world.file("secret-1");
    let keeper = world.keeper(json!({ "approle": { "role_id": "role-1", "secret_id_file": path } }));
    let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
    // Only the wait is skipped: a clock that stands while sockets are waited for would run ahead of them.
    for (seconds, renewals, sign_ins) in [(20, 0, 1), (15, 1, 1), (20, 1, 1), (15, 2, 1), (58, 2, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        keeper.open(b"one", &wrapped).await.unwrap();
        assert_eq!((*world.vault.renewals.lock().unwrap(), *world.vault.sign_ins.lock().unwrap()), (renewals, sign_ins), "after {seconds}");
    }
}

#[tokio::test]
async fn a_look_renews_a_token_from_a_file_and_comes_again_within_a_third_of_its_lease() {
    let world = World::new().await;
    let keeper = world.by_token(&world.file("root"));
    assert_eq!(keeper.look().await.unwrap(), Duration::from_secs(20));
    assert_eq!(*world.vault.renewals.lock().unwrap(), 1);
    *world.vault.lease_s.lock().unwrap() = 0;
    let forever = world.by_token(&world.file("root"));
    assert_eq!(forever.look().await.unwrap(), Duration::from_secs(assent_custody::LOOK_EVERY_S));
}

#[tokio::test]
async fn sealed_denied_and_absent_are_three_answers_that_say_what_to_do() {
    let world = World::new().await;
    let keeper = world.by_token(&world.file("root"));
    let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();

    *world.vault.is_sealed.lock().unwrap() = true;
    let sealed = keeper.open(b"one", &wrapped).await.unwrap_err();
    assert!(sealed.may_pass() && sealed.to_string().contains("unseal it") && sealed.to_string().contains(&world.address), "{sealed}");
    *world.vault.is_sealed.lock().unwrap() = false;

    world.vault.keys.lock().unwrap().remove("assent");
    let absent = keeper.open(b"one", &wrapped).await.unwrap_err();
    assert!(matches!(&absent, CustodyError::Absent { key, .. } if key == "transit/assent"), "{absent}");
    world.vault.keys.lock().unwrap().insert("assent".to_owned(), (1, 1));

    let elsewhere = world.keeper(json!({ "token_file": world.file("root"), "mount": "secrets/transit" }));
    let absent = elsewhere.open(b"one", &wrapped).await.unwrap_err();
    assert!(matches!(&absent, CustodyError::Absent { status: 404, .. }), "{absent}");

    let denied = world.by_token(&world.file("s.unknown")).open(b"one", &wrapped).await.unwrap_err();
    assert!(matches!(denied, CustodyError::Denied { status: 403, .. }) && !denied.to_string().contains("s.unknown"), "{denied}");
}

#[tokio::test]
async fn who_may_wrap_and_open_may_not_rotate() {
    let world = World::new().await;
    world.vault.tokens.lock().unwrap().insert("s.few".to_owned(), false);
    let keeper = world.by_token(&world.file("s.few"));
    keeper.wrap(b"one", b"secret").await.unwrap();
    for denied in [keeper.advance().await.unwrap_err(), keeper.retire().await.unwrap_err()] {
        assert!(matches!(denied, CustodyError::Denied { .. }), "{denied}");
    }
}

#[tokio::test]
async fn an_older_version_opens_nothing_once_it_is_retired() {
    let world = World::new().await;
    let keeper = world.by_token(&world.file("root"));
    let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
    keeper.advance().await.unwrap();
    keeper.open(b"one", &wrapped).await.unwrap();
    keeper.retire().await.unwrap();
    let refused = keeper.open(b"one", &wrapped).await.unwrap_err().to_string();
    assert!(refused.contains("min_decryption_version"), "{refused}");
}

#[tokio::test]
async fn the_namespace_goes_with_every_question_and_into_the_name() {
    let world = World::new().await;
    let keeper = world.keeper(json!({ "token_file": world.file("root"), "namespace": "team/platform/" }));
    keeper.wrap(b"one", b"secret").await.unwrap();
    assert_eq!(keeper.name(), "vault team/platform/transit/assent");
    assert!(world.vault.namespaces.lock().unwrap().iter().all(|namespace| namespace == "team/platform"));
}

#[tokio::test]
async fn one_that_stands_by_is_not_followed_elsewhere() {
    let (elsewhere, followed) = VaultDouble::start().await;
    let address = serve(move |_| (StatusCode::TEMPORARY_REDIRECT, followed.clone())).await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "root").unwrap();
    let keeper = keeper(json!({ "vault": { "address": address, "key": "assent", "token_file": token.path() } }));
    let told = keeper.wrap(b"one", b"secret").await.unwrap_err();
    assert!(told.may_pass() && told.to_string().contains("stands by"), "{told}");
    assert!(elsewhere.namespaces.lock().unwrap().is_empty());
}
