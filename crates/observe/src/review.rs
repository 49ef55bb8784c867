//! Asks the API server what we may do. These are the only requests that are no GET, and they change nothing.
//!
//! A review is created and never stored: the API server answers it at once. The two addresses are constants, and nothing that a caller
//! hands in can become part of one.
//! Source: authorization.k8s.io/v1, SelfSubjectRulesReview and SelfSubjectAccessReview.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde_json::json;

use crate::get::{AGENT, Fault, JSON, fault_of};

const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Rules that fill more than this are more than any observer was given.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Asks about ourselves.
pub(crate) struct Reviewer {
    client: Client,
    timeout: Duration,
}

/// One act, as RBAC sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act<'a> {
    pub(crate) group: &'a str,
    /// With its subresource: `pods/exec`.
    pub(crate) resource: &'a str,
    pub(crate) verb: &'a str,
    /// Nothing for all of them.
    pub(crate) namespace: Option<&'a str>,
}

/// What the API server says we may do in a namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rules {
    #[serde(default)]
    pub(crate) resource_rules: Vec<ResourceRule>,
    #[serde(default)]
    pub(crate) non_resource_rules: Vec<NonResourceRule>,
    /// Whether an authorizer could not list its rules.
    #[serde(default)]
    pub(crate) incomplete: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceRule {
    #[serde(default)]
    pub(crate) verbs: Vec<String>,
    #[serde(default)]
    pub(crate) api_groups: Vec<String>,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NonResourceRule {
    #[serde(default)]
    pub(crate) verbs: Vec<String>,
    #[serde(default, rename = "nonResourceURLs")]
    pub(crate) urls: Vec<String>,
}

#[derive(Deserialize)]
struct Review<S> {
    status: S,
}

#[derive(Deserialize)]
struct Access {
    allowed: bool,
}

impl Reviewer {
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        Self { client, timeout }
    }

    /// All that we may do in a namespace, and in the whole cluster.
    pub(crate) async fn rules(&self, namespace: &str) -> Result<Rules, Fault> {
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}});
        let review: Review<Rules> = self.review(RULES, &review).await?;
        Ok(review.status)
    }

    /// Whether we may do this.
    pub(crate) async fn may(&self, act: &Act<'_>) -> Result<bool, Fault> {
        let (resource, subresource) = act.resource.split_once('/').unwrap_or((act.resource, ""));
        let attributes = json!({
            "group": act.group, "resource": resource, "subresource": subresource, "verb": act.verb, "namespace": act.namespace.unwrap_or(""),
        });
        let review =
            json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
        let review: Review<Access> = self.review(ACCESS, &review).await?;
        Ok(review.status.allowed)
    }

    async fn review<S: for<'de> Deserialize<'de>>(&self, address: &'static str, review: &serde_json::Value) -> Result<S, Fault> {
        let silent = |_| Err(Fault::Silent(self.timeout.as_secs()));
        let text = tokio::time::timeout(self.timeout, self.post(address, review.to_string())).await.unwrap_or_else(silent)?;
        serde_json::from_slice(&text).map_err(|error| Fault::Broken(format!("the answer is no review: {error}")))
    }

    async fn post(&self, address: &'static str, review: String) -> Result<Vec<u8>, Fault> {
        let request = http::Request::post(address)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .header(USER_AGENT, AGENT)
            .body(Body::from(review.into_bytes()))
            .map_err(|error| Fault::Broken(error.to_string()))?;
        let response = self.client.send(request).await.map_err(|error| fault_of(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|_| Fault::TooLarge(ANSWER_BYTES_MAX as u64))?.to_bytes();
        if !status.is_success() {
            let message = String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(300).collect();
            return Err(Fault::Refused { status: status.as_u16(), message });
        }
        Ok(body.to_vec())
    }
}
