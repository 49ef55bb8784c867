//! `If-Match` is heeded: a change for another version is none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use serde_json::json;
use support::House;

#[tokio::test]
async fn a_change_for_the_version_that_is_there_is_done() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [] }))).await;
    let path = format!("/api/v1/keys/{}", made.json()["key"]["id"].as_str().unwrap());
    assert_eq!(house.call_if(&owner, "DELETE", &path, None, 2).await.status, 412);
    assert_eq!(house.call_if(&owner, "DELETE", &path, None, 1).await.status, 204);
}
