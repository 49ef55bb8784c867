//! A tenant that is deleted is gone, certified, and the ledger still verifies.

use std::os::unix::fs::PermissionsExt as _;

use crate::support;
use crate::support::{House, PASSWORD, Who};
use assent_journal::DirFiles;
use assent_ledger::{Trust, Verdict, VerifierKey};
use assent_platform::Settings;
use serde_json::{Value, json};

#[tokio::test]
async fn the_name_must_be_typed_and_only_an_owner_may() {
    let house = House::open().await;
    let owner = house.owner().await;
    let admin = house.join(&owner, "ben@example.org", json!([{ "role": "admin" }])).await;
    assert_eq!(delete(&house, &owner, "default").await.status, 422, "the name as it is");
    assert_eq!(delete(&house, &admin, "Default").await.status, 403);
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "k", "grants": [{ "role": "owner" }] }))).await;
    let key = Who::Bearer(made.json()["secret"].as_str().expect("a secret").to_owned());
    assert_eq!(delete(&house, &key, "Default").await.status, 403, "a tenant is deleted by a person");
    assert_eq!(house.get(&owner, "/api/v1/tenant").await.status, 200);
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_the_certificate_says_so() {
    let house = House::open().await;
    let staying = house.owner().await;
    let owner = house.another(&staying, "Leaving", "otto@example.org").await;
    let tenant = house.get(&owner, "/api/v1/tenant").await.json()["id"].as_str().expect("an id").to_owned();
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "k", "grants": [{ "role": "viewer" }] }))).await;
    let key = Who::Bearer(made.json()["secret"].as_str().expect("a secret").to_owned());
    let body = json!({ "name": "lab", "criticality": "lab" });
    let environment = house.call(&owner, "POST", "/api/v1/environments", Some(body)).await.json()["id"].clone();
    let body = json!({ "name": "cluster", "environment": environment, "endpoint": "https://assent.example.org" });
    assert_eq!(house.call(&owner, "POST", "/api/v1/clusters", Some(body)).await.status, 201);

    let deleted = delete(&house, &owner, "Leaving").await;
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    let certificate = deleted.json();
    let public: VerifierKey = certificate["public_key"].as_str().expect("a key").parse().expect("a verifier key");
    let checkpoint = house.get(&staying, "/api/v1/ledger/checkpoint").await.json();
    assert_eq!(checkpoint["public_key"], certificate["public_key"], "signed by the ledger's key");
    let (note, trust) = (certificate["note"].as_str().expect("a note").as_bytes(), Trust::log(public.clone()));
    assert_eq!(trust.deletion(note).expect("a certificate").tenant.to_string(), tenant);
    assert!(trust.checkpoint(note).is_err(), "no checkpoint");

    for who in [&owner, &key] {
        assert_eq!(house.get(who, "/api/v1/me").await.status, 401);
    }
    assert_eq!(house.sign_in("otto@example.org", PASSWORD).await.status, 401);
    assert_eq!(house.get(&staying, "/api/v1/me").await.status, 200, "others stay");
    house.plane.stop().await;
    let verdict = Trust::log(public).verify(&DirFiles::new(house.data.path().join("data/ledger")), None).expect("readable");
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
}

#[tokio::test]
async fn the_certificate_is_kept_for_whoever_runs_the_installation() {
    let house = House::open().await;
    let staying = house.owner().await;
    let owner = house.another(&staying, "Leaving", "otto@example.org").await;
    let tenant = house.get(&owner, "/api/v1/tenant").await.json()["id"].as_str().expect("an id").to_owned();
    let note = delete(&house, &owner, "Leaving").await.json()["note"].as_str().expect("a note").to_owned();
    let kept = house.data.path().join(format!("data/certificates/{tenant}.note"));
    assert_eq!(std::fs::read_to_string(&kept).expect("it lies there"), note);
    assert!(!note.contains("Leaving") && !note.contains("otto"), "it holds nothing of what the tenant had");
    for (path, expected) in [(kept.as_path(), 0o600), (kept.parent().expect("a folder"), 0o700)] {
        assert_eq!(std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777, expected, "{}", path.display());
    }
    // The file is a copy: the database has it, and so has every backup of it.
    std::fs::remove_dir_all(house.data.path().join("data/certificates")).expect("removed");
    house.plane.stop().await;
    let house = House::on(house.data, Settings::default()).await;
    assert_eq!(std::fs::read_to_string(&kept).expect("it lies there again"), note);
    house.plane.stop().await;
}

#[tokio::test]
async fn an_address_of_a_deleted_tenant_is_free_again() {
    let house = House::open().await;
    let staying = house.owner().await;
    let owner = house.another(&staying, "Leaving", "otto@example.org").await;
    assert_eq!(delete(&house, &owner, "Leaving").await.status, 200);
    let again = house.another(&staying, "Again", "otto@example.org").await;
    assert_eq!(house.get(&again, "/api/v1/tenant").await.json()["name"], "Again");
}

#[tokio::test]
async fn an_export_holds_everything_and_no_way_in() {
    let house = House::open().await;
    let owner = house.owner().await;
    let body = json!({ "name": "lab", "criticality": "lab" });
    assert_eq!(house.call(&owner, "POST", "/api/v1/environments", Some(body)).await.status, 201);
    house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "k", "grants": [] }))).await;
    let export = house.get(&owner, "/api/v1/tenant/export").await;
    assert_eq!(export.status, 200, "{}", export.text());
    let lines: Vec<Value> = export.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.first().map(|line| &line["type"]), Some(&json!("export")));
    let end = lines.last().expect("a last line");
    assert_eq!(end["type"], "end");
    for kind in ["document", "record"] {
        let count = lines.iter().filter(|line| line["type"] == kind).count();
        assert_eq!(end["lines"][kind].as_u64(), Some(count as u64), "{kind}");
        assert!(count > 0, "{kind}");
    }
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    for kind in ["account", "session", "api_key", "environment"] {
        assert!(kinds.contains(&kind), "{kind} is missing from {kinds:?}");
    }
    for line in &lines {
        assert!(line.pointer("/document/password").is_none_or(Value::is_null));
        assert!(line.pointer("/document/session/hash").is_none_or(Value::is_null));
        assert!(line.pointer("/document/record/hash").is_none_or(Value::is_null));
    }
    let records = house.records(&owner).await;
    let exported = lines.iter().filter(|line| line["type"] == "record").count();
    assert!(exported <= records.len() && exported + 3 > records.len(), "{exported} of {} records", records.len());
}

async fn delete(house: &House, who: &Who, name: &str) -> support::Answer {
    house.call(who, "POST", "/api/v1/tenant/delete", Some(json!({ "name": name }))).await
}
