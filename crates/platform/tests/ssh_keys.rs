//! SSH keys of one's own: proven when they are added, one person's in a tenant, and on the ledger.

use crate::support;
use crate::support::House;
use crate::support::signer::Signer;
use serde_json::json;

#[tokio::test]
async fn a_key_is_added_by_whoever_proves_to_have_it_and_removed_at_once() {
    let house = House::open().await;
    let owner = house.owner().await;
    let signer = Signer::new();
    let added = signer.add(&house, &owner, "Laptop").await;
    assert_eq!(added.status, 201, "{}", added.text());
    let added = added.json();
    assert_eq!(added["public_key"], json!(signer.line()), "without its comment");
    assert!(added["fingerprint"].as_str().unwrap().starts_with("SHA256:"));
    let list = house.get(&owner, "/api/v1/me/ssh-keys").await.json();
    assert_eq!(list["items"], json!([added]));
    assert_eq!(signer.add(&house, &owner, "Again").await.status, 409);
    let path = format!("/api/v1/me/ssh-keys/{}", added["id"].as_str().unwrap());
    assert_eq!(house.call(&owner, "DELETE", &path, None).await.status, 204);
    assert_eq!(house.call(&owner, "DELETE", &path, None).await.status, 404);
    assert_eq!(house.get(&owner, "/api/v1/me/ssh-keys").await.json()["items"], json!([]));
    assert_eq!(signer.add(&house, &owner, "Back").await.status, 201);
    let records = house.records(&owner).await;
    for action in ["ssh_key.add", "ssh_key.remove"] {
        assert!(records.iter().any(|record| record.action == action), "{action}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_proven_is_not_added_and_the_ledger_knows() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (own, other) = (Signer::new(), Signer::new());
    let add = |key: &Signer, signature: String| json!({ "name": "Key", "public_key": key.line(), "signature": signature });
    let me = house.get(&owner, "/api/v1/me").await.json();
    let account = me["account"].as_str().unwrap();
    let text = format!("assent key {account}\n");
    for (what, body) in [
        ("by another key", add(&own, other.sign("assent.key", &text))),
        ("for another purpose", add(&own, own.sign("assent.ballot", &text))),
        ("for another account", add(&own, own.sign("assent.key", "assent key acc_0192f0c1d2e37a4b8c5d6e7f80912a3b\n"))),
        ("without its line break", add(&own, own.sign("assent.key", text.trim_end()))),
        ("no signature", add(&own, "AAAA".to_owned())),
    ] {
        let refused = house.call(&owner, "POST", "/api/v1/me/ssh-keys", Some(body)).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
    }
    assert_eq!(house.get(&owner, "/api/v1/me/ssh-keys").await.json()["items"], json!([]));
    let refused = house.records(&owner).await.into_iter().filter(|record| record.action == "ssh_key.add").count();
    assert_eq!(refused, 5);
}

#[tokio::test]
async fn a_key_is_one_persons_and_goes_with_them() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "approver" }])).await;
    let signer = Signer::new();
    assert_eq!(signer.add(&house, &ben, "Ben's").await.status, 201);
    let taken = signer.add(&house, &owner, "Mine too").await;
    assert_eq!(taken.status, 409, "{}", taken.text());
    let members = house.get(&owner, "/api/v1/members").await.json();
    let id = members["items"].as_array().unwrap().iter().find(|one| one["email"] == "ben@example.org").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/members/{id}"), None).await.status, 204);
    assert_eq!(signer.add(&house, &owner, "Mine now").await.status, 201, "nobody has it any more");
    let key = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [{ "role": "operator" }] }))).await.json();
    let machine = support::Who::Bearer(key["secret"].as_str().unwrap().to_owned());
    assert_eq!(house.get(&machine, "/api/v1/me/ssh-keys").await.status, 409, "machines sign nothing");
}
