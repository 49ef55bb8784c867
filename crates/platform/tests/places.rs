//! Environments and clusters that many make, move and remove at one time stay what each alone would have left.

use crate::support::{Answer, House, Who};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// How many do the same at one time.
const AT_ONCE: usize = 12;

#[tokio::test]
async fn of_many_who_take_a_name_at_one_time_one_gets_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = join_all((0..AT_ONCE).map(|_| environment(&house, &owner, "prod"))).await;
    assert_eq!(statuses(&made), one_of(201, 409));
    let id = made.iter().find(|answer| answer.status == 201).expect("one").json()["id"].clone();
    assert_eq!(statuses(&join_all((0..AT_ONCE).map(|_| cluster(&house, &owner, "eu", &id))).await), one_of(201, 409));
    let names: Vec<String> = (0..AT_ONCE).map(|number| format!("eu-{number}")).collect();
    let all = join_all(names.iter().map(|name| cluster(&house, &owner, name, &id))).await;
    assert!(all.iter().all(|answer| answer.status == 201), "{:?}", statuses(&all));
}

#[tokio::test]
async fn no_cluster_is_left_in_an_environment_that_is_gone() {
    let house = House::open().await;
    let owner = house.owner().await;
    for round in 0..10 {
        let id = environment(&house, &owner, &format!("lab-{round}")).await.json()["id"].clone();
        let path = format!("/api/v1/environments/{}", id.as_str().expect("an id"));
        let names: Vec<String> = (0..3).map(|number| format!("c{number}")).collect();
        let adding = join_all(names.iter().map(|name| cluster(&house, &owner, name, &id)));
        let (removed, added) = futures_util::future::join(house.call(&owner, "DELETE", &path, None), adding).await;
        let left = added.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(removed.status == 204, left == 0, "{} beside {left} clusters", removed.text());
    }
    assert_eq!(house.get(&owner, "/api/v1/alert-sources").await.status, 200);
}

async fn environment(house: &House, who: &Who, name: &str) -> Answer {
    house.call(who, "POST", "/api/v1/environments", Some(json!({ "name": name, "criticality": "lab" }))).await
}

async fn cluster(house: &House, who: &Who, name: &str, environment: &Value) -> Answer {
    let body = json!({ "name": name, "environment": environment, "endpoint": "https://assent.example.org" });
    house.call(who, "POST", "/api/v1/clusters", Some(body)).await
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

fn one_of(first: u16, others: u16) -> Vec<u16> {
    std::iter::once(first).chain(std::iter::repeat_n(others, AT_ONCE - 1)).collect()
}
