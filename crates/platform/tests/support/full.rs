//! Every route of the table, and a tenant that has one of everything to try them with.

use assent_api::operations::{Visitor, visit_all};
use assent_api::{Access, Method, Operation};
use serde_json::{Value, json};

use super::authenticator::Authenticator;
use super::executor::Executor;
use super::played::{fall_ill, wait_for};
use super::schema::Ids;
use super::signer::Signer;
use super::{Answer, House, Who, passkey};

/// An operation without its types.
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) body: Value,
}

struct Routes(Vec<Route>);

impl Visitor for Routes {
    fn visit<O: Operation>(&mut self) {
        let body = schemars::schema_for!(O::Body).to_value();
        self.0.push(Route { name: O::NAME, method: O::METHOD, path: O::PATH, access: O::ACCESS, body });
    }
}

/// All of them, in the order of the table.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = Routes(Vec::new());
    visit_all(&mut routes);
    routes.0
}

/// One tenant with one of everything.
pub(crate) struct Full {
    pub(crate) owner: Who,
    pub(crate) key: Who,
    pub(crate) ids: Ids,
    pub(crate) index: u64,
}

/// Makes one of everything.
pub(crate) async fn full(house: &House, owner: Who) -> Full {
    let mut ids = Ids::new();
    let incident = fall_ill(house, &owner).await;
    let path = format!("/api/v1/incidents/{incident}");
    ids.insert("inc".to_owned(), incident);
    let shared = house.call(&owner, "POST", &format!("{path}/shares"), Some(json!({ "expires_in_s": 3600 }))).await;
    ids.insert("shr".to_owned(), shared.json()["share"]["id"].as_str().expect("an id").to_owned());
    let remark = house.call(&owner, "POST", &format!("{path}/comments"), Some(json!({ "text": "a canary sings" }))).await;
    ids.insert("cmt".to_owned(), remark.json()["id"].as_str().expect("an id").to_owned());
    ids.insert("pln".to_owned(), planned(house, &owner, &path).await);
    let mut keep = |made: &Answer, pointer: &str| {
        assert!(made.status.is_success(), "{}", made.text());
        let id = made.json().pointer(pointer).and_then(Value::as_str).expect("an id").to_owned();
        ids.insert(id.split('_').next().expect("a prefix").to_owned(), id.clone());
        id
    };
    house.call(&owner, "PATCH", "/api/v1/tenant", Some(json!({ "name": "Canary" }))).await;
    let made = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "canary-env", "criticality": "prod" }))).await;
    let environment = keep(&made, "/id");
    let body = json!({ "name": "canary-cluster", "environment": environment, "endpoint": "https://assent.example.org" });
    let cluster = keep(&house.call(&owner, "POST", "/api/v1/clusters", Some(body)).await, "/cluster/id");
    Executor::add(house, &owner, &cluster).await;
    let body = json!({ "email": "canary@example.org", "grants": [{ "role": "viewer" }] });
    keep(&house.call(&owner, "POST", "/api/v1/members", Some(body)).await, "/member/id");
    let body = json!({ "name": "canary key", "grants": [{ "role": "owner" }] });
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(body)).await;
    keep(&made, "/key/id");
    let key = Who::Bearer(made.json()["secret"].as_str().expect("a secret").to_owned());
    let text = r#"forbid (principal, action == Action::"incident.share", resource);"#;
    let body = json!({ "name": "canary-policy", "text": text, "enabled": true });
    keep(&house.call(&owner, "POST", "/api/v1/policies", Some(body)).await, "/id");
    let body = json!({ "name": "canary alerts", "format": "generic", "cluster": cluster });
    keep(&house.call(&owner, "POST", "/api/v1/alert-sources", Some(body)).await, "/source/id");
    let target = json!({ "type": "slack", "url": "https://hooks.slack.com/services/canary" });
    let body = json!({ "name": "canary channel", "target": target });
    keep(&house.call(&owner, "POST", "/api/v1/channels", Some(body)).await, "/id");
    keep(&house.get(&owner, "/api/v1/me/sessions").await, "/items/0/id");
    keep(&house.get(&owner, "/api/v1/tenant").await, "/id");
    keep(&passkey::add(house, &owner, &Authenticator::new(b"canary passkey"), "canary passkey").await, "/id");
    keep(&Signer::new().add(house, &owner, "canary SSH key").await, "/id");
    let index = house.records(&owner).await.first().expect("a record").index;
    Full { owner, key, ids, index }
}

/// The plan of an incident, once its timeline tells of it.
async fn planned(house: &House, owner: &Who, incident: &str) -> String {
    wait_for(house, owner, &format!("{incident}/timeline"), |timeline| timeline.to_string().contains("proposed a plan")).await;
    let list = wait_for(house, owner, "/api/v1/plans", |list| list["items"][0]["id"].is_string()).await;
    list["items"][0]["id"].as_str().expect("an id").to_owned()
}

/// The path with these ids in it.
pub(crate) fn fill(path: &str, ids: &Ids, index: u64) -> String {
    let part = |part: &str| match part {
        "{index}" => index.to_string(),
        "{environment}" => ids["env"].clone(),
        "{cluster}" => ids["cls"].clone(),
        "{account}" => ids["acc"].clone(),
        "{key}" => ids["key"].clone(),
        "{policy}" => ids["pol"].clone(),
        "{source}" => ids["als"].clone(),
        "{channel}" => ids["chn"].clone(),
        "{session}" => ids["ses"].clone(),
        "{passkey}" => ids["pky"].clone(),
        "{incident}" => ids["inc"].clone(),
        "{share}" => ids["shr"].clone(),
        "{plan}" => ids["pln"].clone(),
        "{ssh_key}" => ids["ssk"].clone(),
        "{evidence}" => "E1".to_owned(),
        plain => {
            assert!(!plain.starts_with('{'), "an id that this test does not know: {plain}");
            plain.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
