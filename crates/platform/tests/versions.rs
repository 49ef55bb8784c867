//! `If-Match` is heeded by every operation that takes it: a change for another version is none.
//!
//! The routes come from the table of operations, and all are tried on things that exist, by whoever may change them.

use crate::support::full::{Full, Route, fill, full, routes};
use crate::support::schema::smallest;
use crate::support::{Answer, House, Who};
use assent_api::{Access, Method, promises};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// A version that nothing has.
const NEVER: u64 = 999_999;
/// How many change the same thing at one time.
const AT_ONCE: usize = 12;

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

#[tokio::test]
async fn of_many_who_change_one_thing_at_one_time_those_who_name_a_version_are_told_and_all_others_are_done() {
    let house = House::open().await;
    let owner = house.owner().await;
    let environment = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "prod", "criticality": "prod" }))).await;
    // The last two are not there yet.
    let redaction = format!("/api/v1/environments/{}/redaction", environment.json()["id"].as_str().unwrap());
    let things = [("PATCH", "/api/v1/tenant"), ("PUT", redaction.as_str()), ("PUT", "/api/v1/groups")];
    for (method, path) in things {
        let body = |number: usize| match path {
            "/api/v1/tenant" => json!({ "name": format!("Orchard {number}") }),
            "/api/v1/groups" => json!({ "groups": [{ "group": format!("team-{number}"), "grants": [{ "role": "viewer" }] }] }),
            _ => {
                json!({ "deny": [{ "name": format!("rule-{number}"), "pattern": "canary[0-9]+" }], "allow": [], "addresses": false, "version": 0 })
            }
        };
        let before = version(&house.get(&owner, path).await);
        let changes = join_all((0..AT_ONCE).map(|number| house.call(&owner, method, path, Some(body(number))))).await;
        let mut versions: Vec<u64> = Vec::new();
        for answer in &changes {
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
            versions.push(version(answer));
        }
        versions.sort_unstable();
        assert_eq!(versions, (before + 1..=before + AT_ONCE as u64).collect::<Vec<_>>(), "{path}: each was done once, on the one before");

        let read = before + AT_ONCE as u64;
        let named = join_all((0..AT_ONCE).map(|number| house.call_if(&owner, method, path, Some(body(number)), read))).await;
        let done = named.iter().filter(|answer| answer.status == 200).count();
        let told = named.iter().filter(|answer| (answer.status.as_u16(), answer.code().as_str()) == (412, "stale")).count();
        assert_eq!((done, told), (1, AT_ONCE - 1), "{path}");
    }
}

fn version(answer: &Answer) -> u64 {
    answer.headers["etag"].to_str().unwrap().trim_matches('"').parse().unwrap()
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
