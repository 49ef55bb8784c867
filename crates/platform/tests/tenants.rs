//! Tenants are made by owners of the one that runs the installation, and by nobody else.

use crate::support;
use crate::support::{Answer, House, Who};
use assent_platform::Settings;
use serde_json::json;

#[tokio::test]
async fn an_owner_of_the_first_tenant_makes_another_and_its_ledgers_know() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = create(&house, &owner, "Orchard").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["tenant"]["id"].as_str().expect("an id").to_owned();
    let link = made.json()["link"].as_str().expect("a link").to_owned();
    let otto = house.set_up(link.split_once('#').expect("a secret").1, "otto@example.org", "Otto").await;
    let own = house.get(&otto, "/api/v1/tenant").await.json();
    assert_eq!((own["id"].as_str(), own["name"].as_str()), (Some(id.as_str()), Some("Orchard")));
    for who in [&owner, &otto] {
        let records = house.records(who).await;
        assert!(records.iter().any(|record| record.action == "tenant.create" && record.subject == id), "{records:?}");
    }
    let again = json!({ "token": link.split_once('#').expect("a secret").1, "email": "eve@example.org", "name": "Eve", "password": support::PASSWORD });
    assert_eq!(house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(again)).await.status, 401, "the link works once");
}

#[tokio::test]
async fn nobody_else_makes_one_and_the_refusal_is_recorded() {
    let house = House::open().await;
    let owner = house.owner().await;
    let admin = house.join(&owner, "ben@example.org", json!([{ "role": "admin" }])).await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    for who in [&admin, &other] {
        assert_eq!(create(&house, who, "Mine").await.status, 403);
        let refused = |record: &assent_api::ledger::Record| record.action == "tenant.create" && json!(record.outcome) == "refused";
        let reader = if std::ptr::eq(who, &admin) { &owner } else { &other };
        assert!(house.records(reader).await.iter().any(refused));
    }
    assert_eq!(create(&house, &Who::Nobody, "Mine").await.status, 401);
    let allow = json!({ "name": "allow", "text": "permit (principal, action, resource);", "enabled": true });
    assert_eq!(house.call(&other, "POST", "/api/v1/policies", Some(allow)).await.status, 201);
    assert_eq!(create(&house, &other, "Mine").await.status, 403, "no policy of a tenant permits it");
}

#[tokio::test]
async fn the_right_to_make_tenants_passes_to_no_other_when_the_first_is_deleted() {
    let house = House::open().await;
    let owner = house.owner().await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    let deleted = house.call(&owner, "POST", "/api/v1/tenant/delete", Some(json!({ "name": "Default" }))).await;
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    assert_eq!(create(&house, &other, "Mine").await.status, 403);
    house.plane.stop().await;
    let house = House::on(house.data, Settings::default()).await;
    assert_eq!(create(&house, &other, "Mine").await.status, 403);
    let anew = house.owner().await;
    assert_eq!(create(&house, &anew, "Third").await.status, 201, "the installation has somebody to run it again");
}

#[tokio::test]
async fn a_tenant_without_a_name_is_not_made() {
    let house = House::open().await;
    let owner = house.owner().await;
    assert_eq!(create(&house, &owner, "").await.status, 422);
    assert_eq!(create(&house, &owner, &"x".repeat(1_000)).await.status, 422);
}

async fn create(house: &House, who: &Who, name: &str) -> Answer {
    house.call(who, "POST", "/api/v1/tenants", Some(json!({ "name": name }))).await
}
