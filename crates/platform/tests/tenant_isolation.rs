//! A tenant sees only itself (I5), and who may not know of a thing hears that there is none.
//!
//! The routes come from the table of operations, so that a new one is tried without anybody thinking of it.

use crate::support;
use crate::support::executor::Executor;
use crate::support::full::{Full, Route, fill, full, routes};
use crate::support::observer::Observer;
use crate::support::schema::{Ids, smallest};
use crate::support::{House, Who};
use assent_api::{Access, Method};
use serde_json::{Value, json};

#[tokio::test]
async fn no_route_tells_another_tenants_things_from_none() {
    let house = House::open().await;
    let first = house.owner().await;
    let other = house.another(&first, "Other", "otto@example.org").await;
    try_every_route(&house, full(&house, first).await, other).await;
}

#[tokio::test]
async fn whoever_makes_tenants_sees_nothing_of_them() {
    let house = House::open().await;
    let first = house.owner().await;
    let made = house.another(&first, "Other", "otto@example.org").await;
    try_every_route(&house, full(&house, made).await, first).await;
}

/// Tries every route with what one tenant has, as the owner and as a machine of another.
async fn try_every_route(house: &House, full: Full, other: Who) {
    let key = key_of(house, &other).await;
    let before = everything(house, &full).await;
    let absent: Ids = full.ids.iter().map(|(prefix, id)| (prefix.clone(), turned(id))).collect();
    let beyond = full.index + 1_000_000;
    let mut tried = 0;
    let executor = executor_of(house, &other).await;
    for route in routes() {
        if !matches!(route.access, Access::Action(_) | Access::SignedIn | Access::Executor)
            || route.name == "DeleteTenant"
            || route.name == "SignOut"
        {
            continue;
        }
        let callers = if route.access == Access::Executor { vec![&executor] } else { vec![&other, &key] };
        for caller in callers {
            let theirs = (fill(route.path, &full.ids, full.index), smallest(&route.body, &full.ids));
            let nobodys = (fill(route.path, &absent, beyond), smallest(&route.body, &absent));
            if theirs == nobodys {
                continue;
            }
            tried += 1;
            let of_theirs = ask(house, caller, &route, theirs).await;
            let of_nobodys = ask(house, caller, &route, nobodys).await;
            assert!(of_theirs.status.is_client_error(), "{} answers {} {}", route.name, of_theirs.status, of_theirs.text());
            assert_eq!(of_theirs.but_for_its_id(), of_nobodys.but_for_its_id(), "{} tells them apart", route.name);
            assert!(!leaks(&of_theirs.text(), &full), "{} leaks: {}", route.name, of_theirs.text());
        }
    }
    assert!(tried >= 60, "only {tried} routes and callers had an id to try");
    assert_eq!(before, everything(house, &full).await, "another tenant changed something");
}

#[tokio::test]
async fn no_list_and_no_export_holds_anything_of_another_tenant() {
    let house = House::open().await;
    let first = house.owner().await;
    let full = full(&house, first).await;
    let other = house.another(&full.owner, "Other", "otto@example.org").await;
    for route in routes() {
        if route.method == Method::Get && !route.path.contains('{') {
            let answer = house.get(&other, route.path).await;
            assert!(!leaks(&answer.text(), &full), "{} leaks: {}", route.name, answer.text());
        }
    }
    for query in ["environment", "cluster"] {
        let prefix = if query == "environment" { "env" } else { "cls" };
        for path in ["/api/v1/clusters", "/api/v1/incidents", "/api/v1/plans"] {
            let answer = house.get(&other, &format!("{path}?{query}={}", full.ids[prefix])).await;
            assert!(answer.status.is_client_error() || answer.json()["items"] == json!([]), "{path}: {}", answer.text());
        }
    }
    for path in ["/api/v1/tenant/export", "/api/v1/ledger/export"] {
        let export = house.get(&other, path).await;
        assert_eq!(export.status, 200, "{}", export.text());
        assert!(!export.bytes.is_empty() && !leaks(&export.text(), &full), "{path} leaks");
    }
}

#[tokio::test]
async fn a_cursor_of_one_tenant_is_none_of_another() {
    let house = House::open().await;
    let first = house.owner().await;
    let full = full(&house, first).await;
    let other = house.another(&full.owner, "Other", "otto@example.org").await;
    for name in ["second", "third"] {
        for who in [&full.owner, &other] {
            let made = house.call(who, "POST", "/api/v1/environments", Some(json!({ "name": name, "criticality": "lab" }))).await;
            assert_eq!(made.status, 201, "{}", made.text());
        }
    }
    let next = house.get(&full.owner, "/api/v1/environments?limit=1").await.json()["next"].as_str().expect("a cursor").to_owned();
    let answer = house.get(&other, &format!("/api/v1/environments?limit=1&cursor={next}")).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert!(!leaks(&answer.text(), &full));
}

#[tokio::test]
async fn who_may_not_know_of_a_thing_hears_that_there_is_none() {
    let house = House::open().await;
    let first = house.owner().await;
    let full = full(&house, first).await;
    let made = house.call(&full.owner, "POST", "/api/v1/environments", Some(json!({ "name": "lab", "criticality": "lab" }))).await;
    let lab = made.json()["id"].as_str().expect("an id").to_owned();
    let guest = house.join(&full.owner, "gast@example.org", json!([{ "role": "operator", "environment": lab }])).await;
    assert_eq!(house.get(&guest, &format!("/api/v1/environments/{lab}")).await.status, 200);
    for path in ["/api/v1/environments/{environment}", "/api/v1/environments/{environment}/redaction", "/api/v1/clusters/{cluster}"] {
        let absent: Ids = full.ids.iter().map(|(prefix, id)| (prefix.clone(), turned(id))).collect();
        let forbidden = house.get(&guest, &fill(path, &full.ids, 0)).await;
        let none = house.get(&guest, &fill(path, &absent, 0)).await;
        assert_eq!(forbidden.status, 404, "{path}: {}", forbidden.text());
        assert_eq!(forbidden.but_for_its_id(), none.but_for_its_id(), "{path}");
    }
    let seen = house.get(&guest, "/api/v1/environments").await.json();
    assert_eq!(seen["items"].as_array().map(Vec::len), Some(1));
}

/// The token of an executor in a cluster of its own.
async fn executor_of(house: &House, owner: &Who) -> Who {
    let observer = Observer::of_new_cluster(house, owner).await;
    observer.hello(house, "b").await;
    let executor = Executor::add(house, owner, &observer.cluster).await;
    executor.starts(house).await;
    executor.token
}

async fn key_of(house: &House, owner: &Who) -> Who {
    let made = house.call(owner, "POST", "/api/v1/keys", Some(json!({ "name": "key", "grants": [{ "role": "owner" }] }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    Who::Bearer(made.json()["secret"].as_str().expect("a secret").to_owned())
}

/// What the tenant has, as it sees it itself.
async fn everything(house: &House, full: &Full) -> Vec<Value> {
    let mut seen = Vec::new();
    let incident = |part: &str| format!("incidents/{}/{part}", full.ids["inc"]);
    let (timeline, comments) = (incident("timeline"), incident("comments"));
    let own = ["environments", "clusters", "members", "policies", "alert-sources", "channels", "groups", "tenant", "incidents", "plans"];
    for path in own.into_iter().chain([timeline.as_str(), &comments]) {
        let answer = house.get(&full.owner, &format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        seen.push(answer.json());
    }
    assert_eq!(house.get(&full.key, "/api/v1/me").await.status, 200, "the key still holds");
    seen
}

async fn ask(house: &House, who: &Who, route: &Route, (path, body): (String, Value)) -> support::Answer {
    let body = if matches!(route.method, Method::Get) || body == json!({}) { None } else { Some(body) };
    house.call(who, route.method.as_str(), &path, body).await
}

/// An id of the same kind that nobody has.
fn turned(id: &str) -> String {
    let (head, tail) = id.split_at(id.len() - 4);
    format!("{head}{}", if tail == "0000" { "1111" } else { "0000" })
}

fn leaks(text: &str, full: &Full) -> bool {
    full.ids.values().any(|id| text.contains(id.as_str())) || text.to_lowercase().contains("canary")
}
