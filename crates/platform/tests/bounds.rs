//! A bound on how many there may be holds beside others who make one more at the same time.

use crate::support::{Answer, House};
use futures_util::future::join_all;
use serde_json::json;

/// How many ask at one time.
const AT_ONCE: usize = 12;
/// How many of them there is room for.
const ROOM: usize = 3;

#[tokio::test]
async fn of_many_who_take_the_last_places_as_many_get_one_as_there_are() {
    let house = House::open().await;
    let owner = house.owner().await;
    let environment = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "prod", "criticality": "prod" }))).await;
    let body = json!({ "name": "shop", "environment": environment.json()["id"], "endpoint": "https://assent.example.org" });
    let cluster = house.call(&owner, "POST", "/api/v1/clusters", Some(body)).await.json()["cluster"]["id"].clone();
    for (path, places) in [("/api/v1/alert-sources", 100), ("/api/v1/channels", 50)] {
        let make = |number: usize| {
            let name = format!("thing-{number}");
            let body = match path {
                "/api/v1/channels" => {
                    let target = json!({ "type": "slack", "url": "https://hooks.slack.com/services/canary" });
                    json!({ "name": name, "target": target })
                }
                _ => json!({ "name": name, "format": "alertmanager", "cluster": cluster }),
            };
            house.call(&owner, "POST", path, Some(body))
        };
        for number in 0..places - ROOM {
            let made = make(number).await;
            assert_eq!(made.status, 201, "{path}: {}", made.text());
        }
        let last = join_all((places..places + AT_ONCE).map(make)).await;
        assert_eq!((with(&last, 201), with(&last, 409)), (ROOM, AT_ONCE - ROOM), "{path}");
    }
}

fn with(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}
