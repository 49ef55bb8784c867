//! An API server in this process that says on cue what a real one cannot be made to say.
//!
//! Time stands still in its tests and jumps to the next timer when nothing else is left to do, so waits cost nothing and are exact.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assent_api::clusters::Profile;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use kube::client::Body;
use serde_json::{Value, json};

use crate::access::{Access, NoAccess, Target};
use crate::cluster::Cluster;
use crate::profile;
use crate::server::ApiServer;

/// The date of every answer.
pub(crate) const DATE: &str = "Thu, 27 Feb 2025 06:30:28 GMT";

/// One scripted answer.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status with a body.
    Status(u16, String),
    /// Too busy; come back after so many seconds.
    Busy(&'static str),
    /// The connection breaks in the body.
    Cut,
    /// Nothing, ever.
    Hang,
    /// The same, later.
    After(Duration, Box<Reply>),
    /// Lines, and then the end of the answer.
    Lines(Vec<String>),
    /// Lines, and then silence on a connection that stays open.
    Open(Vec<String>),
}

/// The server. Checks when it goes that it was asked nothing but GETs and reviews of ourselves, and nothing of Secrets.
pub(crate) struct Fake {
    script: Arc<Mutex<BTreeMap<String, VecDeque<Reply>>>>,
    asked: Arc<Mutex<Vec<(String, String)>>>,
    /// Rules of RBAC, as a review shows them.
    granted: Arc<Mutex<Vec<Value>>>,
}

impl Fake {
    /// Serves the kinds that tests use, with nothing in them.
    pub(crate) fn new() -> Self {
        let fake = Self { script: Arc::default(), asked: Arc::default(), granted: Arc::default() };
        fake.on("/version", [ok(r#"{"major":"1","minor":"33","gitVersion":"v1.33.2"}"#)]);
        fake.on("/api/v1/namespaces/kube-system", [ok(r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"u-1"}}"#)]);
        fake.on("/readyz?verbose", [ok("[+]ping ok\nreadyz check passed\n")]);
        fake.on("/api", [aggregated(&[("", "v1", &["pods", "secrets", "nodes", "endpoints", "componentstatuses"])])]);
        fake.on("/apis", [aggregated(&[("apps", "v1", &["deployments"]), ("discovery.k8s.io", "v1", &["endpointslices"])])]);
        for (path, kind) in [
            ("/api/v1/pods", "PodList"),
            ("/api/v1/nodes", "NodeList"),
            ("/api/v1/endpoints", "EndpointsList"),
            ("/apis/apps/v1/deployments", "DeploymentList"),
            ("/apis/discovery.k8s.io/v1/endpointslices", "EndpointSliceList"),
        ] {
            fake.on(path, [list(kind, &[], None)]);
        }
        fake
    }

    /// Answers a path, its `limit` aside, with these in turn; the last again and again.
    pub(crate) fn on(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().insert(path.to_owned(), replies.into_iter().collect());
    }

    /// What was asked since the start, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(_, path)| path.clone()).collect()
    }

    /// How often a path was asked.
    pub(crate) fn times(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == path).count()
    }

    /// Grants what these profiles have, and nothing else.
    pub(crate) fn grant(&self, profiles: &[Profile]) {
        let rights = profile::rights(profiles).into_iter();
        *self.granted.lock().unwrap() =
            rights.map(|right| json!({"verbs": right.verbs, "apiGroups": [right.group], "resources": [right.resource]})).collect();
    }

    /// Grants one thing more.
    pub(crate) fn grant_more(&self, verb: &str, group: &str, resource: &str) {
        self.granted.lock().unwrap().push(json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]}));
    }

    /// Takes a resource away.
    pub(crate) fn revoke(&self, resource: &str) {
        self.granted.lock().unwrap().retain(|rule| rule["resources"][0] != resource);
    }

    /// Connects with these bounds.
    pub(crate) async fn connect(&self, access: &Access) -> Result<Cluster, NoAccess> {
        Cluster::at(self.target(), access).await
    }

    /// Connects as an observer does.
    pub(crate) async fn server(&self) -> ApiServer {
        ApiServer::at(self.target(), &access()).await.unwrap()
    }

    fn target(&self) -> Target {
        let (script, asked, granted) = (self.script.clone(), self.asked.clone(), self.granted.clone());
        let service = tower::service_fn(move |request: Request<Body>| {
            let path = without_limit(&request.uri().to_string());
            asked.lock().unwrap().push((request.method().to_string(), path.clone()));
            let (script, granted) = (script.clone(), granted.clone());
            async move {
                if request.method() == Method::POST {
                    let review = request.into_body().collect().await?.to_bytes();
                    let review = serde_json::from_slice(&review)?;
                    let answer = reviewed(&review, &granted.lock().unwrap());
                    return Ok(respond(ok(&answer.to_string())).await);
                }
                let reply = match script.lock().unwrap().get_mut(&path) {
                    Some(replies) if replies.len() > 1 => replies.pop_front(),
                    Some(replies) => replies.front().cloned(),
                    None => None,
                };
                Ok::<_, tower::BoxError>(respond(reply.unwrap_or_else(|| refusal(404, "not found"))).await)
            }
        });
        let client = kube::Client::new(service, "shop");
        let (context, server, namespace) = ("test".to_owned(), "https://api.test:6443".to_owned(), "shop".to_owned());
        Target { context, server, namespace, client }
    }

    /// Connects with bounds that do not matter.
    pub(crate) async fn cluster(&self) -> Cluster {
        self.connect(&access()).await.unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for (method, path) in self.asked.lock().unwrap().iter() {
            let is_review = path.starts_with("/apis/authorization.k8s.io/v1/selfsubject");
            assert_eq!(method, if is_review { "POST" } else { "GET" }, "{path}");
            assert!(!path.contains("secrets"), "{path}");
        }
    }
}

pub(crate) fn access() -> Access {
    Access { request_timeout: Duration::from_secs(30), page_size: 2, ..Access::default() }
}

pub(crate) fn ok(body: &str) -> Reply {
    Reply::Status(200, body.to_owned())
}

pub(crate) fn refusal(status: u16, message: &str) -> Reply {
    Reply::Status(status, format!(r#"{{"kind":"Status","status":"Failure","message":"{message}","code":{status}}}"#))
}

/// A list with these names, in namespace `shop`.
pub(crate) fn list(kind: &str, names: &[&str], next: Option<&str>) -> Reply {
    let items: Vec<String> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}","namespace":"shop"}}}}"#)).collect();
    let next = next.map(|token| format!(r#","continue":"{token}""#)).unwrap_or_default();
    ok(&format!(r#"{{"kind":"{kind}","metadata":{{"resourceVersion":"7"{next}}},"items":[{}]}}"#, items.join(",")))
}

/// Aggregated discovery of these groups, in a version, with these resources.
pub(crate) fn aggregated(groups: &[(&str, &str, &[&str])]) -> Reply {
    let groups: Vec<String> = groups.iter().map(|(group, version, plurals)| {
        let resources: Vec<String> = plurals.iter().map(|plural| format!(r#"{{"resource":"{plural}","verbs":["get","list"]}}"#)).collect();
        let resources = resources.join(",");
        format!(r#"{{"metadata":{{"name":"{group}"}},"versions":[{{"version":"{version}","freshness":"Current","resources":[{resources}]}}]}}"#)
    }).collect();
    ok(&format!(r#"{{"kind":"APIGroupDiscoveryList","items":[{}]}}"#, groups.join(",")))
}

/// Without what a test does not care for, or cannot foresee.
fn without_limit(uri: &str) -> String {
    let Some((path, query)) = uri.split_once('?') else { return uri.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("limit=") && !pair.starts_with("timeoutSeconds=")).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// Answers a review as RBAC would.
fn reviewed(review: &Value, granted: &[Value]) -> Value {
    if review["kind"] == "SelfSubjectRulesReview" {
        return json!({"status": {"resourceRules": granted, "nonResourceRules": [], "incomplete": false}});
    }
    let asked = &review["spec"]["resourceAttributes"];
    let resource = [&asked["resource"], &asked["subresource"]].map(|part| part.as_str().unwrap());
    let resource = resource.join("/");
    let has =
        |rule: &Value, field: &str, word: &str| rule[field].as_array().unwrap().iter().any(|granted| granted == word || granted == "*");
    let allowed = granted.iter().any(|rule| {
        has(rule, "verbs", asked["verb"].as_str().unwrap())
            && has(rule, "apiGroups", asked["group"].as_str().unwrap())
            && has(rule, "resources", resource.trim_end_matches('/'))
    });
    json!({"status": {"allowed": allowed}})
}

type Answer = UnsyncBoxBody<Bytes, tower::BoxError>;

async fn respond(reply: Reply) -> Response<Answer> {
    let mut reply = reply;
    while let Reply::After(wait, later) = reply {
        tokio::time::sleep(wait).await;
        reply = *later;
    }
    let text = |body: String, body_bytes_max| Limited::new(Full::from(body), body_bytes_max).boxed_unsync();
    let lines = |lines: Vec<String>| stream::iter(lines).map(|line| Ok(Frame::data(Bytes::from(format!("{line}\n")))));
    let (status, body, retry_after): (u16, Answer, Option<&str>) = match reply {
        Reply::Status(status, body) => (status, text(body, usize::MAX), None),
        Reply::Busy(seconds) => (429, text(String::new(), usize::MAX), Some(seconds)),
        Reply::Cut => (200, text("{\"kind\":\"PodList\",".to_owned(), 1), None),
        Reply::Lines(all) => (200, StreamBody::new(lines(all)).boxed_unsync(), None),
        Reply::Open(all) => (200, StreamBody::new(lines(all).chain(stream::pending())).boxed_unsync(), None),
        Reply::Hang | Reply::After(..) => pending().await,
    };
    let mut response = Response::builder().status(status).header("date", DATE);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(body).unwrap()
}
