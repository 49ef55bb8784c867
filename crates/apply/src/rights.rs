//! What our own account may do, held against what it may.
//!
//! An executor may act as the people who are pinned, and read one namespace's UID. More than that refuses: an account that could itself patch,
//! delete or read Secrets would need nobody's assent, and one that could impersonate others would need only theirs who lent nothing.
//!
//! Rules are listed for the namespaces that are named, since the API server lists those of one namespace at a time; what must never be granted
//! is asked about by name besides, since an authorizer need not be able to list.
//! Source: authorization.k8s.io/v1, SelfSubjectRulesReview and SelfSubjectAccessReview; the API server's own default bindings.

use std::collections::BTreeSet;
use std::fmt;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::not_done::NotDone;
use crate::send::Ask;

const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Namespaces whose bindings are looked at, at most.
pub const NAMESPACES_MAX: usize = 256;
/// Excess rights that are named, at most.
const NAMED_MAX: usize = 20;
/// A user whom nobody has pinned: who may act as this one may act as anybody.
const NOBODY: &str = "assent:nobody-is-called-this";

/// What every authenticated client may do, by the API server's default bindings.
const BASIC: [(&str, &str, &str); 6] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
    ("authentication.k8s.io", "selfsubjectreviews", "create"),
    ("certificates.k8s.io", "clustertrustbundles", "get"),
    ("certificates.k8s.io", "clustertrustbundles", "list"),
    ("certificates.k8s.io", "clustertrustbundles", "watch"),
];

/// What every authenticated client may get, by how the path begins.
const PUBLIC: [&str; 9] = ["/.well-known/", "/api", "/apis", "/healthz", "/livez", "/openapi", "/openid/", "/readyz", "/version"];

/// What no executor may ever do, by name. Not the whole of it: the listed rules say the rest.
const NEVER: [(&str, &str, &str, &str); 21] = [
    ("*", "*", "*", ""),
    ("", "secrets", "get", ""),
    ("", "secrets", "list", ""),
    ("", "pods", "create", ""),
    ("", "pods", "patch", ""),
    ("", "pods", "delete", ""),
    ("", "pods/exec", "create", ""),
    ("", "nodes", "patch", ""),
    ("", "configmaps", "patch", ""),
    ("", "configmaps", "update", ""),
    ("", "services", "patch", ""),
    ("", "serviceaccounts/token", "create", ""),
    ("apps", "deployments", "patch", ""),
    ("apps", "deployments", "delete", ""),
    ("rbac.authorization.k8s.io", "clusterroles", "escalate", ""),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "create", ""),
    ("", "users", "impersonate", NOBODY),
    ("", "users", "impersonate", "system:admin"),
    ("", "groups", "impersonate", "system:masters"),
    ("", "serviceaccounts", "impersonate", ""),
    ("authentication.k8s.io", "uids", "impersonate", ""),
];

/// Whom we may act as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lent {
    /// The users.
    pub users: BTreeSet<String>,
    /// The groups.
    pub groups: BTreeSet<String>,
}

/// What came of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Rights that an executor must not have.
    pub excess: BTreeSet<String>,
    /// Users and groups that it cannot act as, though they are pinned.
    pub missing: BTreeSet<String>,
    /// Whether an authorizer could not list its rules.
    pub incomplete: bool,
}

/// Why an executor does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFit {
    /// It may do more than act as those who are pinned.
    #[error("this account may do more than act as those who are pinned: {}; take that away, or give the executor an account of its own", named(.0))]
    OverGranted(BTreeSet<String>),
    /// What it may do could not be learnt.
    #[error("what this account may do could not be learnt, so nothing is done: {0}")]
    Unknown(#[from] NotDone),
}

fn named(excess: &BTreeSet<String>) -> String {
    let more = excess.len().saturating_sub(NAMED_MAX);
    let words: Vec<&str> = excess.iter().take(NAMED_MAX).map(String::as_str).collect();
    if more == 0 { words.join(", ") } else { format!("{} and {more} more", words.join(", ")) }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    #[serde(default)]
    resource_rules: Vec<ResourceRule>,
    #[serde(default)]
    non_resource_rules: Vec<NonResourceRule>,
    #[serde(default)]
    incomplete: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceRule {
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    api_groups: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NonResourceRule {
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default, rename = "nonResourceURLs")]
    urls: Vec<String>,
}

/// Reviews our own rights.
///
/// # Errors
/// When they are more than may be, or cannot be learnt.
pub async fn review(cluster: &Cluster, lent: &Lent, namespaces: &BTreeSet<String>) -> Result<Found, NotFit> {
    let mut found = Found::default();
    let home = cluster.home().to_owned();
    let places: BTreeSet<String> =
        [home, "default".to_owned(), "kube-system".to_owned()].into_iter().chain(namespaces.iter().cloned()).collect();
    for namespace in places.iter().take(NAMESPACES_MAX) {
        let spec = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}});
        let rules: Rules = post(cluster, RULES, &spec).await?;
        found.incomplete |= rules.incomplete;
        found.excess.extend(excess(&rules, lent));
    }
    for (group, resource, verb, name) in NEVER {
        if !lent.users.contains(name) && may(cluster, group, resource, verb, name).await? {
            found.excess.insert(Right { verb, group, resource, names: name }.to_string());
        }
    }
    for (resource, names) in [("users", &lent.users), ("groups", &lent.groups)] {
        for name in names {
            if !may(cluster, "", resource, "impersonate", name).await? {
                found.missing.insert(format!("{resource} {name}"));
            }
        }
    }
    if found.excess.is_empty() { Ok(found) } else { Err(NotFit::OverGranted(found.excess)) }
}

async fn may(cluster: &Cluster, group: &str, resource: &str, verb: &str, name: &str) -> Result<bool, NotDone> {
    #[derive(Deserialize)]
    struct Access {
        allowed: bool,
    }
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let attributes = json!({"group": group, "resource": resource, "subresource": subresource, "verb": verb, "name": name});
    let spec =
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
    let access: Access = post(cluster, ACCESS, &spec).await?;
    Ok(access.allowed)
}

/// A review is created and never stored: the API server answers it at once. The two addresses are constants.
async fn post<S: for<'de> Deserialize<'de>>(cluster: &Cluster, path: &'static str, review: &Value) -> Result<S, NotDone> {
    let body = Some(("application/json", review.to_string().into_bytes()));
    let said = cluster.sender().send(Ask { method: Method::POST, path, whom: None, body }).await?;
    let status = said.body.get("status").cloned().unwrap_or_default();
    serde_json::from_value(status).map_err(|_| NotDone::Unknown("the answer is no review".to_owned()))
}

struct Right<'a> {
    verb: &'a str,
    group: &'a str,
    resource: &'a str,
    names: &'a str,
}

impl fmt::Display for Right<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(out, " of {}", self.group)?;
        }
        if self.names.is_empty() { Ok(()) } else { write!(out, " `{}`", self.names) }
    }
}

/// What these rules grant beyond what an executor may, and beyond the API server's defaults.
fn excess(rules: &Rules, lent: &Lent) -> BTreeSet<String> {
    let mut excess = BTreeSet::new();
    for rule in &rules.resource_rules {
        for (group, resource) in rule.api_groups.iter().flat_map(|group| rule.resources.iter().map(move |resource| (group, resource))) {
            for verb in rule.verbs.iter().filter(|verb| !is_due(rule, group, resource, verb, lent)) {
                excess.insert(Right { verb, group, resource, names: &rule.resource_names.join(", ") }.to_string());
            }
        }
    }
    for rule in &rules.non_resource_rules {
        for (url, verb) in rule.urls.iter().flat_map(|url| rule.verbs.iter().map(move |verb| (url, verb))) {
            let is_public = PUBLIC
                .iter()
                .any(|start| url.strip_prefix(start).is_some_and(|rest| start.ends_with('/') || rest.is_empty() || rest.starts_with('/')));
            if verb != "get" || !is_public {
                excess.insert(format!("{verb} {url}"));
            }
        }
    }
    excess
}

fn is_due(rule: &ResourceRule, group: &str, resource: &str, verb: &str, lent: &Lent) -> bool {
    let only = |known: &BTreeSet<String>| !rule.resource_names.is_empty() && rule.resource_names.iter().all(|name| known.contains(name));
    match (group, resource, verb) {
        ("", "users", "impersonate") => only(&lent.users),
        ("", "groups", "impersonate") => only(&lent.groups),
        ("", "namespaces", "get") => rule.resource_names == ["kube-system"],
        _ => BASIC.contains(&(group, resource, verb)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent() -> Lent {
        Lent { users: ["ada".to_owned()].into(), groups: ["sre".to_owned()].into() }
    }

    fn one(verbs: &[&str], group: &str, resource: &str, names: &[&str]) -> BTreeSet<String> {
        let rule = json!({"resourceRules": [{"verbs": verbs, "apiGroups": [group], "resources": [resource], "resourceNames": names}]});
        excess(&serde_json::from_value(rule).unwrap(), &lent())
    }

    #[test]
    fn an_executor_may_act_as_those_who_are_pinned_and_as_nobody_else() {
        assert!(one(&["impersonate"], "", "users", &["ada"]).is_empty());
        assert!(one(&["impersonate"], "", "groups", &["sre"]).is_empty());
        assert!(one(&["get"], "", "namespaces", &["kube-system"]).is_empty());
        for (verbs, group, resource, names) in [
            (&["impersonate"][..], "", "users", &[][..]),
            (&["impersonate"], "", "users", &["ada", "ben"]),
            (&["impersonate"], "", "groups", &["system:masters"]),
            (&["impersonate"], "", "serviceaccounts", &["ada"]),
            (&["*"], "", "users", &["ada"]),
            (&["get"], "", "namespaces", &[]),
            (&["get"], "", "secrets", &["one"]),
            (&["patch"], "apps", "deployments", &["web"]),
            (&["*"], "*", "*", &[]),
        ] {
            assert_eq!(one(verbs, group, resource, names).len(), 1, "{verbs:?} {resource} {names:?}");
        }
    }

    #[test]
    fn paths_beside_the_public_ones_are_named() {
        let rules = json!({"nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/version", "/api/*", "/openid/v1/jwks", "/apiary", "/metrics"]}]});
        let excess: Vec<String> = excess(&serde_json::from_value(rules).unwrap(), &lent()).into_iter().collect();
        assert_eq!(excess, ["get /apiary", "get /metrics"]);
    }
}
