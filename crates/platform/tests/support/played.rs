//! The demo's cluster, watched: what it shows, second by second.

use serde_json::Value;

use super::observer::Observer;
use super::{House, Who};

/// Looks at the API before a test gives up waiting. The watcher works on its own; each look lets it.
const LOOKS_MAX: usize = 20_000;

/// A cluster that plays the demo.
pub(crate) struct Played {
    pub(crate) observer: Observer,
    pub(crate) environment: String,
    start: assent_base::Timestamp,
    sent: u64,
    shown_s: i64,
}

impl Played {
    /// Lets an observer in, and shows nothing yet.
    pub(crate) async fn let_in(house: &House, owner: &Who) -> Self {
        let observer = Observer::of_new_cluster(house, owner).await;
        observer.hello(house, "a").await;
        let cluster = house.get(owner, &format!("/api/v1/clusters/{}", observer.cluster)).await.json();
        let environment = cluster["environment"].as_str().expect("an environment").to_owned();
        Self { observer, environment, start: house.now(), sent: 0, shown_s: -1 }
    }

    /// Shows everything up to this second that was not shown yet.
    pub(crate) async fn show(&mut self, house: &House, until_s: i64) {
        let new = |moment: &assent_scenarios::demo::Moment| moment.offset_s > self.shown_s && moment.offset_s <= until_s;
        let moments = assent_scenarios::demo::timeline(self.start).into_iter();
        let facts: Vec<Value> = moments.filter(new).flat_map(|moment| moment.facts).collect();
        let count = facts.len() as u64;
        let answer = self.observer.send(house, "a", self.sent + 1, facts).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.sent += count;
        self.shown_s = until_s;
    }

    /// `/api/v1/clusters/cls_…`, and what follows.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/clusters/{}{rest}", self.observer.cluster)
    }
}

/// Asks until the answer is so.
pub(crate) async fn wait_for(house: &House, who: &Who, path: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..LOOKS_MAX {
        last = house.get(who, path).await.json();
        if is(&last) {
            return last;
        }
        tokio::task::yield_now().await;
    }
    panic!("{path} never became so: {last}");
}

/// Everything that it shows up to this second, if it begins now.
pub(crate) fn until(house: &House, offset_s: i64) -> Vec<Value> {
    let moments = assent_scenarios::demo::timeline(house.now()).into_iter();
    moments.filter(|moment| moment.offset_s <= offset_s).flat_map(|moment| moment.facts).collect()
}

/// Lets incidents open in a new cluster, and gives one of them.
pub(crate) async fn fall_ill(house: &House, owner: &Who) -> String {
    let observer = Observer::of_new_cluster(house, owner).await;
    observer.hello(house, "a").await;
    let sent = observer.send(house, "a", 1, until(house, 60)).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    house.pass(1);
    let list = wait_for(house, owner, "/api/v1/incidents", |list| list["items"][0]["cause"].is_string()).await;
    list["items"][0]["id"].as_str().expect("an id").to_owned()
}
