//! Compares what we may do with what the profiles need.
//!
//! More than that refuses: an observer that could write, or read Secrets, is not the one that was promised. Less than that runs, and says
//! what it cannot see. Rights that every authenticated client has by the API server's own default bindings are neither.
//!
//! Rules are listed for the namespaces in which bindings could hide, since the API server lists those of one namespace at a time; what must
//! never be granted is asked about by name besides, since an authorizer need not be able to list.
//! Errors: rights that cannot be learnt refuse as well.

use std::collections::BTreeSet;
use std::fmt;

use assent_api::clusters::Profile;
use futures_util::future::join_all;

use crate::get::{Again, Extent, Fault, JSON};
use crate::path::Path;
use crate::profile::{self, Right};
use crate::review::{Act, Reviewer, Rules};
use crate::server::ApiServer;
use crate::watch::Page;

/// Namespaces whose bindings are looked at, at most. The cluster-wide ones come with each of them.
pub const NAMESPACES_MAX: usize = 256;
/// Excess rights that are named, at most.
const NAMED_MAX: usize = 50;
/// Reviews that are asked for at one time.
const CONCURRENCY: usize = 8;

/// What every authenticated client may do: `system:basic-user`.
const BASIC: [(&str, &str, &str); 3] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
    ("authentication.k8s.io", "selfsubjectreviews", "create"),
];

/// What service accounts may read where the API server has bundles of trust: `system:cluster-trust-bundle-discovery`.
const TRUST_BUNDLES: (&str, &str, [&str; 3]) = ("certificates.k8s.io", "clustertrustbundles", ["get", "list", "watch"]);

/// What every authenticated client may get: `system:discovery`, `system:public-info-viewer`, `system:service-account-issuer-discovery`.
const PUBLIC_URLS: [&str; 18] = [
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/openid/v1/jwks",
    "/openid/v1/jwks/",
    "/readyz",
    "/version",
    "/version/",
    "/healthz/*",
    "/livez/*",
    "/readyz/*",
];

/// What no observer may ever do, by name. Not the whole of it: the listed rules say the rest.
const NEVER: [(&str, &str, &str); 21] = [
    ("*", "*", "*"),
    ("", "secrets", "get"),
    ("", "secrets", "list"),
    ("", "secrets", "watch"),
    ("", "pods", "create"),
    ("", "pods", "patch"),
    ("", "pods", "delete"),
    ("", "pods/exec", "create"),
    ("", "pods/exec", "get"),
    ("", "pods/attach", "create"),
    ("", "pods/attach", "get"),
    ("", "pods/portforward", "create"),
    ("", "pods/portforward", "get"),
    ("", "nodes/proxy", "get"),
    ("", "serviceaccounts/token", "create"),
    ("", "users", "impersonate"),
    ("", "groups", "impersonate"),
    ("", "serviceaccounts", "impersonate"),
    ("apps", "deployments", "patch"),
    ("rbac.authorization.k8s.io", "clusterroles", "escalate"),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "create"),
];

/// What came of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preflight {
    /// Rights that the profiles do not have. Any of them refuses.
    pub excess: BTreeSet<Excess>,
    /// What the profiles have and we have not: `ingresses.networking.k8s.io`, `pods/log in shop`.
    pub missing: BTreeSet<String>,
    /// What could not be looked at, in words.
    pub unknown: Vec<String>,
}

/// A right that no profile has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// What may be done: `delete`, `*`.
    pub verb: String,
    /// To what: `secrets`, `pods.example.com/exec`, `/metrics`.
    pub what: String,
    /// Where, unless everywhere or as far as was asked.
    pub namespace: Option<String>,
}

impl fmt::Display for Excess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.verb, self.what)?;
        self.namespace.as_ref().map_or(Ok(()), |namespace| write!(out, " (seen in namespace {namespace})"))
    }
}

/// Why an observer does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFit {
    /// It may do more than its profiles say.
    #[error("this account may do more than an observer may: {}; take that away, or give the observer an account of its own", named(.0))]
    OverGranted(BTreeSet<Excess>),
    /// What it may do could not be learnt.
    #[error("what this account may do could not be learnt, so nothing is read: {0}")]
    Unknown(String),
}

fn named(excess: &BTreeSet<Excess>) -> String {
    let mut words: Vec<String> = excess.iter().take(NAMED_MAX).map(Excess::to_string).collect();
    if excess.len() > NAMED_MAX {
        words.push(format!("and {} more", excess.len() - NAMED_MAX));
    }
    words.join(", ")
}

impl Preflight {
    /// Whether an observer may run with these rights.
    ///
    /// # Errors
    /// When there is any right that the profiles do not have.
    pub fn admit(self) -> Result<Self, NotFit> {
        if self.excess.is_empty() { Ok(self) } else { Err(NotFit::OverGranted(self.excess)) }
    }
}

/// Reviews our own rights. With `namespaces`, only those are to be read; otherwise the whole cluster.
///
/// # Errors
/// When the API server does not answer the reviews.
pub async fn preflight(server: &ApiServer, profiles: &[Profile], namespaces: &[String]) -> Result<Preflight, NotFit> {
    let unknown = |fault: Fault| NotFit::Unknown(fault.to_string());
    let reviewer = server.reviewer();
    let (mut looked_at, more) = hiding_places(server, namespaces).await;
    looked_at.truncate(NAMESPACES_MAX);
    let mut found = Preflight::default();
    if more {
        found.unknown.push(format!("rights given in namespaces other than {} of them", looked_at.len()));
    }
    let mut incomplete = false;
    for some in looked_at.chunks(CONCURRENCY) {
        let reviews: Vec<_> = some.iter().map(|namespace| reviewer.rules(namespace)).collect();
        for (namespace, rules) in some.iter().zip(join_all(reviews).await) {
            let rules = rules.map_err(unknown)?;
            incomplete |= rules.incomplete;
            // What is granted in the whole cluster comes with every namespace, and is named once.
            for excess in excess(&rules, profiles) {
                let is_known = found.excess.iter().any(|known| (&known.verb, &known.what) == (&excess.verb, &excess.what));
                if !is_known {
                    found.excess.insert(Excess { namespace: Some(namespace.clone()), ..excess });
                }
            }
        }
    }
    if incomplete {
        found
            .unknown
            .push("an authorizer of this API server cannot list its rules; what must never be granted was asked by name".to_owned());
    }
    for (group, resource, verb) in NEVER {
        if reviewer.may(&Act { group, resource, verb, namespace: None }).await.map_err(unknown)? {
            let what = in_words(group, resource);
            found.excess.retain(|known| known.verb != verb || known.what != what);
            found.excess.insert(Excess { verb: verb.to_owned(), what, namespace: None });
        }
    }
    found.missing = missing(reviewer, profiles, namespaces).await.map_err(unknown)?;
    Ok(found)
}

/// The namespaces whose bindings are looked at: those to be read, our own, and as many others as may be listed. And whether there are more.
async fn hiding_places(server: &ApiServer, namespaces: &[String]) -> (Vec<String>, bool) {
    let mut places: Vec<String> = [server.home(), "default", "kube-system"].into_iter().map(str::to_owned).collect();
    places.extend(namespaces.iter().cloned());
    let listed = listed_namespaces(server).await;
    let more = listed.as_ref().is_none_or(|(_, more)| *more);
    places.extend(listed.into_iter().flat_map(|(names, _)| names));
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(place.clone()));
    (places, more)
}

/// The first names, and whether there are more; nothing if they may not be listed.
async fn listed_namespaces(server: &ApiServer) -> Option<(Vec<String>, bool)> {
    #[derive(serde::Deserialize)]
    struct Named {
        metadata: Name,
    }
    #[derive(serde::Deserialize)]
    struct Name {
        name: String,
    }
    let namespaces = profile::rights(&[]).into_iter().find(|right| right.kind == "Namespace")?;
    let path = Path::rows(namespaces, "v1", None)?.with("limit", &NAMESPACES_MAX.to_string());
    let answer = server.reader().get(&path, JSON, Extent::Whole, Again::Busy).await.ok()?;
    server.reader().forget(&answer.text);
    let page = Page::read(&answer.text).ok()?;
    let names = page.items().map(|item| serde_json::from_str::<Named>(item).map(|named| named.metadata.name));
    Some((names.collect::<Result<_, _>>().ok()?, !page.metadata.r#continue.is_empty()))
}

/// What these rules grant beyond the profiles and the API server's defaults.
fn excess(rules: &Rules, profiles: &[Profile]) -> Vec<Excess> {
    let rights = profile::rights(profiles);
    let mut excess = Vec::new();
    for rule in &rules.resource_rules {
        for (group, resource) in rule.api_groups.iter().flat_map(|group| rule.resources.iter().map(move |resource| (group, resource))) {
            for verb in rule.verbs.iter().filter(|verb| !is_due(&rights, group, resource, verb)) {
                excess.push(Excess { verb: verb.clone(), what: in_words(group, resource), namespace: None });
            }
        }
    }
    for rule in &rules.non_resource_rules {
        for (url, verb) in rule.urls.iter().flat_map(|url| rule.verbs.iter().map(move |verb| (url, verb))) {
            if verb != "get" || !PUBLIC_URLS.contains(&url.as_str()) {
                excess.push(Excess { verb: verb.clone(), what: url.clone(), namespace: None });
            }
        }
    }
    excess
}

fn is_due(rights: &[&Right], group: &str, resource: &str, verb: &str) -> bool {
    let (bundle_group, bundles, bundle_verbs) = TRUST_BUNDLES;
    rights.iter().any(|right| right.group == group && right.resource == resource && right.verbs.contains(&verb))
        || BASIC.contains(&(group, resource, verb))
        || (group == bundle_group && resource == bundles && bundle_verbs.contains(&verb))
}

fn in_words(group: &str, resource: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource} of {group}") }
}

async fn missing(reviewer: &Reviewer, profiles: &[Profile], namespaces: &[String]) -> Result<BTreeSet<String>, Fault> {
    let mut acts = Vec::new();
    for right in profile::rights(profiles) {
        let everywhere = vec![None];
        let places: Vec<Option<&str>> = if right.is_namespaced && !namespaces.is_empty() {
            namespaces.iter().map(|name| Some(name.as_str())).collect()
        } else {
            everywhere
        };
        for namespace in places {
            acts.extend(right.verbs.iter().map(|verb| (right, Act { group: right.group, resource: right.resource, verb, namespace })));
        }
    }
    let mut missing = BTreeSet::new();
    for some in acts.chunks(CONCURRENCY) {
        let reviews: Vec<_> = some.iter().map(|(_, act)| reviewer.may(act)).collect();
        for ((right, act), may) in some.iter().zip(join_all(reviews).await) {
            if !may? {
                let place = act.namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
                missing.insert(format!("{}{place}", right.name()));
            }
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_shipped_role_with_the_defaults_of_an_api_server_is_neither_more_nor_less() {
        for profiles in [&[][..], &[Profile::Logs], &profile::PROFILES] {
            let mut rules = defaults();
            for right in profile::rights(profiles) {
                rules.resource_rules.push(rule(right.verbs, right.group, right.resource));
            }
            assert_eq!(excess(&rules, profiles), [], "{profiles:?}");
        }
    }

    #[test]
    fn each_right_beyond_is_named() {
        let cases = [
            (&["get"][..], "", "secrets", "get secrets"),
            (&["create"], "", "pods/exec", "create pods/exec"),
            (&["*"], "*", "*", "* * of *"),
            (&["impersonate"], "", "users", "impersonate users"),
            (&["get", "delete"], "", "pods", "delete pods"),
            (&["list"], "apps", "statefulsets", "list statefulsets of apps"),
            (&["get"], "", "pods/log", "get pods/log"),
            (&["list"], "example.com", "pods", "list pods of example.com"),
        ];
        for (verbs, group, resource, named) in cases {
            let mut rules = defaults();
            rules.resource_rules.push(rule(verbs, group, resource));
            let excess: Vec<String> = excess(&rules, &[]).iter().map(Excess::to_string).collect();
            assert_eq!(excess, [named]);
        }
    }

    #[test]
    fn paths_beside_the_public_ones_are_named() {
        let mut rules = defaults();
        rules
            .non_resource_rules
            .push(serde_json::from_value(json!({"verbs": ["get", "post"], "nonResourceURLs": ["/metrics", "/version"]})).unwrap());
        let excess: Vec<String> = excess(&rules, &[]).iter().map(Excess::to_string).collect();
        assert_eq!(excess, ["get /metrics", "post /metrics", "post /version"]);
    }

    #[test]
    fn any_excess_refuses_and_a_lack_does_not() {
        let lacking = Preflight { missing: BTreeSet::from(["pods".to_owned()]), ..Preflight::default() };
        assert_eq!(lacking.clone().admit(), Ok(lacking));
        let excess = Excess { verb: "get".to_owned(), what: "secrets".to_owned(), namespace: Some("shop".to_owned()) };
        let refused = Preflight { excess: BTreeSet::from([excess]), ..Preflight::default() }.admit().unwrap_err();
        assert!(refused.to_string().contains("may do more than an observer may: get secrets (seen in namespace shop); take that away"));
    }

    fn defaults() -> Rules {
        serde_json::from_value(json!({
            "resourceRules": [
                {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]},
                {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
            ],
            "nonResourceRules": [
                {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]},
                {"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]},
            ],
            "incomplete": false,
        }))
        .unwrap()
    }

    fn rule(verbs: &[&str], group: &str, resource: &str) -> crate::review::ResourceRule {
        serde_json::from_value(json!({"verbs": verbs, "apiGroups": [group], "resources": [resource]})).unwrap()
    }
}
