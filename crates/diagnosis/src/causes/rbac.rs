//! Requests to the API server that the workload's identity may not make.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::Entity;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::complaint::{self, Said};
use crate::finding::Quote;
use crate::logs::Signal;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[Cause {
    id: "rbac.workload_forbidden",
    title: "The workload's service account lacks a permission",
    meaning: "The API server refused a request of the workload: no role that is bound to its service account allows the verb on the \
              resource.",
    proof: "The log carries the API server's `is forbidden: User … cannot …`, and the captured roles and bindings do not allow it.",
    refutation: "A role that is bound to the service account allows it; then it was granted since.",
    confused_with: &["dependency.credentials_refused"],
    fixes: &[
        "Allow the verb on the resource in a Role (or ClusterRole) that is bound to the service account",
        "Let the workload use the service account that was meant for it",
    ],
    depth: 90,
}];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for said in complaint::decisive(case) {
        if said.complaint.means == Signal::RbacForbidden {
            out.extend(of(case, &said));
        }
    }
}

/// What was asked for.
struct Request<'a> {
    verb: &'a str,
    resource: &'a str,
    group: String,
    namespace: Option<String>,
}

/// What the captured roles and bindings say of a request.
enum Ruling<'g> {
    Allowed,
    /// These roles are bound and do not allow it.
    NotAmong(Vec<Entity<'g>>),
    /// All bindings are known, and none names the service account.
    NothingBound,
    Unknown,
}

fn of(case: &Case<'_>, said: &Said<'_, '_>) -> Option<Candidate> {
    let one = &said.complaint;
    let text = one.signal.text;
    let subject = one.field("subject").unwrap_or_default();
    let request = Request {
        verb: one.field("verb").unwrap_or_default(),
        resource: one.field("resource").or_else(|| one.field("path")).unwrap_or_default(),
        group: after(text, "in API group").unwrap_or_default(),
        namespace: after(text, "in the namespace"),
    };
    let account = subject.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let ruling = account.map_or(Ruling::Unknown, |account| rule(case, account, &request));
    let (strength, known) = match &ruling {
        Ruling::Allowed => return None,
        Ruling::NotAmong(roles) => {
            let names: Vec<String> = roles.iter().map(|role| role.reference().to_string()).collect();
            (Strength::Proven, format!(". Bound to it: {}, which does not allow that", names.join(", ")))
        }
        Ruling::NothingBound => (Strength::Proven, ". No role is bound to it".to_owned()),
        Ruling::Unknown => (Strength::Logged, String::new()),
    };
    let who = said.owner.reference();
    let where_ =
        request.namespace.as_deref().map_or_else(|| " at the cluster scope".to_owned(), |namespace| format!(" in namespace `{namespace}`"));
    let says =
        format!("{who} runs as `{subject}`, which may not `{}` `{}`{where_}{known}: \"{}\"", request.verb, request.resource, one.words());
    let mut candidate = Candidate::new("rbac.workload_forbidden", said.owner.id, strength, says)
        .quote([one.quote(case)])
        .quote(case.quote(said.owner.pod_spec().get("serviceAccountName"), said.owner))
        .explain(said.explains.clone())
        .not("dependency.credentials_refused", "the API server knows the identity and refuses the request", [one.quote(case)]);
    if let Ruling::NotAmong(roles) = &ruling {
        candidate = candidate.quote(roles.iter().filter_map(|role| rules_quote(case, *role)));
    }
    if let Some((namespace, name)) = account {
        let scope = request.namespace.as_deref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        candidate = candidate.next(format!(
            "Check after the change: kubectl auth can-i {} {}{scope} --as=system:serviceaccount:{namespace}:{name}",
            request.verb, request.resource
        ));
    }
    Some(candidate)
}

fn rules_quote(case: &Case<'_>, role: Entity<'_>) -> Option<Quote> {
    case.quote(role.at("rules/0/verbs"), role)
}

/// The quoted word after a phrase, which a log may escape: `in API group "apps"`.
fn after(text: &str, phrase: &str) -> Option<String> {
    let (_, rest) = text.split_once(phrase)?;
    let rest = rest.trim_start_matches([' ', '\\', '"', ':']);
    let word: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).take(253).collect();
    (!word.is_empty() && word != "in").then_some(word)
}

fn rule<'g>(case: &Case<'g>, (namespace, name): (&str, &str), request: &Request<'_>) -> Ruling<'g> {
    let mut bound = Vec::new();
    let mut unknown_role = false;
    for kind in [Kind::RoleBinding, Kind::ClusterRoleBinding] {
        for binding in case.graph.of_kind(&kind) {
            // A RoleBinding grants within its own namespace only.
            if kind == Kind::RoleBinding && binding.namespace() != request.namespace.as_deref() {
                continue;
            }
            let subjects = || binding.at("subjects").items();
            let by_name = subjects().any(|subject| names(subject, binding.namespace(), namespace, name));
            if !by_name && !subjects().any(|subject| names_group(subject, namespace)) {
                continue;
            }
            let role = binding.at("roleRef");
            let role_kind = Kind::named(role.get("kind").text_or_empty());
            let scope = binding.namespace().filter(|_| role_kind == Kind::Role);
            match case.graph.find(&ObjectRef::new(role_kind, scope, role.get("name").text_or_empty())).filter(Entity::is_full) {
                Some(role) if role.at("rules").items().any(|rule| allows(rule, request)) => return Ruling::Allowed,
                Some(role) if by_name => bound.push(role),
                Some(_) => {}
                None => unknown_role = true,
            }
        }
    }
    let all_known = case.graph.is_listed(&Kind::ClusterRoleBinding, None)
        && request.namespace.as_deref().is_none_or(|namespace| case.graph.is_listed(&Kind::RoleBinding, Some(namespace)));
    match (bound.is_empty(), unknown_role) {
        (false, false) => Ruling::NotAmong(bound),
        (true, false) if all_known => Ruling::NothingBound,
        _ => Ruling::Unknown,
    }
}

/// Whether a subject of a binding is this service account.
fn names(subject: At<'_>, of: Option<&str>, namespace: &str, name: &str) -> bool {
    let own = subject.get("namespace").text().or(of) == Some(namespace);
    (subject.get("kind").is("ServiceAccount") && subject.get("name").is(name) && own)
        || subject.get("name").is(&format!("system:serviceaccount:{namespace}:{name}"))
}

/// Whether a subject of a binding is a group that every service account of the namespace is in.
fn names_group(subject: At<'_>, namespace: &str) -> bool {
    let group = subject.get("name").text_or_empty();
    let own = format!("system:serviceaccounts:{namespace}");
    subject.get("kind").is("Group") && (matches!(group, "system:serviceaccounts" | "system:authenticated") || group == own)
}

fn allows(rule: At<'_>, request: &Request<'_>) -> bool {
    let has = |field: &str, word: &str| rule.get(field).items().any(|item| item.is("*") || item.is(word));
    has("verbs", request.verb)
        && has("resources", request.resource)
        && (has("apiGroups", &request.group) || !rule.get("apiGroups").exists())
        && !rule.get("resourceNames").exists()
}
