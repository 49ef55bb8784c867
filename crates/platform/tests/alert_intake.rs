//! Alerts of other systems come in with a proof, count once, and lose their secrets on the way.

use crate::support::{Answer, House, Who};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// A way in, as its maker was shown it.
struct WayIn {
    id: String,
    path: String,
    secret: String,
}

#[tokio::test]
async fn an_alert_counts_once() {
    let house = House::open().await;
    let owner = house.owner().await;
    let way = way_in(&house, &owner, "alertmanager").await;
    let body = alertmanager("firing", "cart keeps crashing");
    let first = send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &body).await;
    assert_eq!((first.status.as_u16(), first.json()), (202, json!({ "taken": 1, "known": 0 })), "{}", first.text());
    let again = send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &body).await;
    assert_eq!(again.json(), json!({ "taken": 0, "known": 1 }));
    let over =
        send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &alertmanager("resolved", "cart keeps crashing")).await;
    assert_eq!(over.json(), json!({ "taken": 1, "known": 0 }), "its end is told too");
    let sources = house.get(&owner, "/api/v1/alert-sources").await.json();
    assert_eq!(sources["items"][0]["received"], 2);
}

#[tokio::test]
async fn without_its_secret_a_way_in_looks_like_none() {
    let house = House::open().await;
    let owner = house.owner().await;
    let way = way_in(&house, &owner, "alertmanager").await;
    let absent = WayIn { path: "/api/v1/alerts/als_0192f0c1d2e37a4b8c5d6e7f80912a3b".to_owned(), id: String::new(), secret: String::new() };
    let body = alertmanager("firing", "x");
    let none = send(&house, &absent, &[("authorization", "Bearer wrong")], &body).await;
    assert_eq!(none.status, 401);
    for headers in [("authorization", "Bearer wrong"), ("x-assent-signature", "v1=00"), ("x-pagerduty-signature", "v1=00")] {
        let refused = send(&house, &way, &[headers], &body).await;
        assert_eq!(refused.but_for_its_id(), none.but_for_its_id(), "{headers:?}");
    }
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/alert-sources/{}", way.id), None).await.status, 204);
    let closed = send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &body).await;
    assert_eq!(closed.but_for_its_id(), none.but_for_its_id(), "closed at once");
}

#[tokio::test]
async fn a_secret_in_an_alert_is_not_kept() {
    let house = House::open().await;
    let owner = house.owner().await;
    let way = way_in(&house, &owner, "generic").await;
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let title = format!("login failed with password={token}");
    let body = json!({ "title": title, "starts_at": "2026-05-04T11:59:00Z", "object": "Deployment/shop/cart" }).to_string();
    let taken = send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &body).await;
    assert_eq!(taken.status, 202, "{}", taken.text());
    let export = house.get(&owner, "/api/v1/tenant/export").await.text();
    assert!(export.contains("login failed with"), "the alert is kept");
    assert!(!export.contains(&token), "its secret is not");
}

#[tokio::test]
async fn what_was_signed_long_ago_is_not_taken_again() {
    let house = House::open().await;
    let owner = house.owner().await;
    let way = way_in(&house, &owner, "generic").await;
    for (starts_at, status) in [("2026-04-20T11:59:00Z", 400), ("2026-05-04T14:00:00Z", 400), ("2026-04-28T11:59:00Z", 202)] {
        let body = json!({ "title": "Cart is slow", "starts_at": starts_at }).to_string();
        let answer = send(&house, &way, &[("authorization", &format!("Bearer {}", way.secret))], &body).await;
        assert_eq!(answer.status, status, "{starts_at}: {}", answer.text());
    }
}

async fn way_in(house: &House, owner: &Who, format: &str) -> WayIn {
    let made = house.call(owner, "POST", "/api/v1/environments", Some(json!({ "name": "prod", "criticality": "prod" }))).await;
    let environment = made.json()["id"].clone();
    let body = json!({ "name": "cluster", "environment": environment, "endpoint": "https://assent.example.org" });
    let cluster = house.call(owner, "POST", "/api/v1/clusters", Some(body)).await.json()["cluster"]["id"].clone();
    let body = json!({ "name": "Alerts", "format": format, "cluster": cluster });
    let made = house.call(owner, "POST", "/api/v1/alert-sources", Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let path = text(&made["url"]).trim_start_matches("http://localhost").to_owned();
    WayIn { id: text(&made["source"]["id"]), path, secret: text(&made["secret"]) }
}

fn alertmanager(status: &str, summary: &str) -> String {
    json!({
        "version": "4",
        "alerts": [{
            "status": status,
            "labels": { "alertname": "CrashLooping", "namespace": "shop", "pod": "cart-1" },
            "annotations": { "summary": summary },
            "startsAt": "2026-05-04T11:59:00Z",
            "fingerprint": "f00",
        }],
    })
    .to_string()
}

async fn send(house: &House, way: &WayIn, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request =
        Request::builder().method("POST").uri(&way.path).header("host", "localhost").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}
