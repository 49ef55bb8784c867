//! Who follows the live stream hears what they may know now, and not what they once might.

use std::pin::pin;

use crate::support::observer::Observer;
use crate::support::{House, Who};
use assent_api::{Access, Action};
use assent_base::Secret;
use assent_http::{Credentials, Platform as _, RequestMeta};
use futures_util::StreamExt as _;
use serde_json::json;

#[tokio::test]
async fn a_stream_ends_when_the_grant_that_it_was_opened_with_is_taken_away() {
    let house = House::open().await;
    let owner = house.owner().await;
    let observer = Observer::of_new_cluster(&house, &owner).await;
    let guest = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let mut events = pin!(house.plane.events(caller(&house, &guest).await, None).await.expect("a viewer may follow"));
    observer.hello(&house, "a").await;
    assert!(events.next().await.is_some(), "a viewer hears of the cluster");

    let members = house.get(&owner, "/api/v1/members").await.json();
    let ben = members["items"].as_array().expect("a list").iter().find(|member| member["email"] == "ben@example.org").expect("Ben").clone();
    let path = format!("/api/v1/members/{}", ben["id"].as_str().expect("an id"));
    assert_eq!(house.call(&owner, "PATCH", &path, Some(json!({ "grants": [] }))).await.status, 200);
    observer.hello(&house, "b").await;
    assert_eq!(events.next().await, None, "nobody hears what they may no longer know");
}

async fn caller(house: &House, who: &Who) -> assent_platform::Caller {
    let Who::Session { cookie, .. } = who else { panic!("a session") };
    let cookie = Secret::new(cookie.split_once('=').expect("a pair").1.to_owned());
    let meta = RequestMeta {
        request_id: "1".to_owned(),
        remote: "192.0.2.1".parse().expect("an address"),
        if_match: None,
        idempotency_key: None,
        user_agent: None,
        base_url: "http://localhost".to_owned(),
        secure: false,
        session_cookie: None,
    };
    let given = Credentials::Session { cookie, csrf: None };
    house.plane.authenticate(given, Access::Action(Action::EventRead), &meta).await.expect("signed in")
}
