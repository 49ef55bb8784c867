//! `If-Match` is heeded by every operation that takes it: a change for another version is none.
//!
//! The routes come from the table of operations, and all are tried on things that exist, by whoever may change them.

use crate::support::full::{Full, Route, fill, full, routes};
use crate::support::schema::smallest;
use crate::support::{House, Who};
use assent_api::{Access, Method, promises};
use serde_json::{Value, json};

/// A version that nothing has.
const NEVER: u64 = 999_999;

#[tokio::test]
async fn a_change_for_another_version_is_refused_and_changes_nothing() {
    let house = House::open().await;
    let owner = house.owner().await;
    let full = full(&house, owner).await;
    let before = everything(&house, &full).await;
    let mut heeded = 0;
    for route in routes() {
        if route.method == Method::Get || !matches!(route.access, Access::Action(_) | Access::SignedIn) {
            continue;
        }
        let body = body_of(&route, &full);
        let path = fill(route.path, &full.ids, full.index);
        let got = house.call_if(&full.owner, route.method.as_str(), &path, body, NEVER).await;
        assert_eq!((got.status.as_u16(), got.code().as_str()), (412, "stale"), "{} answers {}", route.name, got.text());
        heeded += usize::from(promises::takes_if_match(route.name));
    }
    assert!(heeded > 20, "only {heeded} operations that go by a version were tried");
    assert_eq!(before, everything(&house, &full).await, "something was changed");
}

#[tokio::test]
async fn a_change_for_the_version_that_is_there_is_done() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [] }))).await;
    let path = format!("/api/v1/keys/{}", made.json()["key"]["id"].as_str().unwrap());
    assert_eq!(house.call_if(&owner, "DELETE", &path, None, 2).await.status, 412);
    assert_eq!(house.call_if(&owner, "DELETE", &path, None, 1).await.status, 204);
}

/// A body that the operation takes, so that nothing but the version is wrong.
fn body_of(route: &Route, full: &Full) -> Option<Value> {
    let body = match route.name {
        "PutPolicy" => json!({ "name": "canary-policy", "text": "permit (principal, action, resource);", "enabled": false }),
        "UpdateEnvironment" | "UpdateCluster" => json!({ "name": "another" }),
        "UpdateMember" | "UpdateTenant" | "UpdateChannel" => json!({ "name": "Another" }),
        _ => smallest(&route.body, &full.ids),
    };
    (body != json!({})).then_some(body)
}

/// What the tenant has, as it sees it itself.
async fn everything(house: &House, full: &Full) -> Vec<Value> {
    let mut seen = Vec::new();
    let incident = format!("incidents/{}", full.ids["inc"]);
    let executor = format!("clusters/{}/executor", full.ids["cls"]);
    let plan = format!("plans/{}", full.ids["pln"]);
    let lists = ["environments", "clusters", "members", "policies", "alert-sources", "channels", "groups", "tenant", "me/sessions"];
    let more = ["me/passkeys", "me/ssh-keys", incident.as_str(), &executor, &plan];
    for path in lists.into_iter().chain(more) {
        let answer = house.get(&full.owner, &format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        seen.push(answer.json());
    }
    assert!(matches!(full.key, Who::Bearer(_)) && house.get(&full.key, "/api/v1/me").await.status == 200, "the key still holds");
    seen
}
