//! Service meshes: who may call whom, and whether both sides speak mutual TLS.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, labels};

use super::behind;
use crate::candidate::{Candidate, Strength};
use crate::case::{Case, SignalAt};
use crate::finding::{Quote, Symptom};
use crate::logs::Signal;
use crate::routing::address;
use crate::routing::check::{self, Outcome};
use crate::routing::service::suffering;

/// The namespace whose policies hold for the whole mesh, unless it was installed elsewhere.
const ROOT_NAMESPACE: &str = "istio-system";

/// A call that was refused or broken, with what shows it.
struct Call<'g> {
    caller: Entity<'g>,
    to: Entity<'g>,
    quote: Quote,
    suffers: BTreeSet<usize>,
}

/// Offers candidates.
pub(super) fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let meshed = [Kind::AuthorizationPolicy, Kind::PeerAuthentication, Kind::DestinationRule];
    if meshed.iter().all(|kind| case.graph.of_kind(kind).next().is_none()) {
        return;
    }
    for call in
        calls(case, |signal| signal.text.to_ascii_lowercase().replace('_', " ").contains("rbac") && denied(signal), &[Outcome::Forbidden])
    {
        out.extend(authorization(case, &call));
    }
    let broken = |signal: &SignalAt<'g>| {
        let of_tls = matches!(signal.found.rule.signal, Signal::TlsMismatch | Signal::ConnectionReset | Signal::CertificateUntrusted);
        of_tls || signal.text.contains(" 503 UF") || signal.text.contains("upstream connect error") || signal.text.contains("TLS error")
    };
    for call in calls(case, broken, &[Outcome::Reset, Outcome::Tls, Outcome::ServerError]) {
        out.extend(mutual_tls(case, &call));
    }
}

fn denied(signal: &SignalAt<'_>) -> bool {
    let text = signal.text.to_ascii_lowercase().replace('_', " ");
    text.contains("access denied") || text.contains("403")
}

fn calls<'g>(case: &Case<'g>, wanted: impl Fn(&SignalAt<'g>) -> bool, outcomes: &[Outcome]) -> Vec<Call<'g>> {
    let mut found = Vec::new();
    for (id, signals) in &case.signals {
        let caller = case.owner(*id);
        for signal in signals.iter().filter(|signal| wanted(signal)) {
            let inbound = signal.text.contains("inbound|");
            let host = outbound(signal.text).map(str::to_owned).or_else(|| address::target(signal).map(|target| target.host));
            let to = if inbound { Some(caller) } else { host.and_then(|host| address::resolve(case, &host, caller.namespace())) };
            // A line without a host is about the one Service that the caller is known to call.
            let only = || {
                let mut called = caller.to(assent_evidence::Relation::Calls);
                called.next().filter(|_| called.next().is_none())
            };
            let Some(to) = to.or_else(only) else { continue };
            found.push(Call { caller, to, quote: case.quote_line(signal, *id), suffers: suffering(case, caller) });
        }
    }
    for check in check::checks(case).into_iter().filter(|check| outcomes.contains(&check.outcome)) {
        let (Some(from), true) = (check.from, check.resolved) else { continue };
        let suffers = case.on_with(check.on, &[Symptom::CheckFailed]).into_iter().collect();
        found.push(Call { caller: from, to: case.entity(check.on), quote: check.quote, suffers });
    }
    found
}

/// The host of `outbound|80||orders.shop.svc.cluster.local` in a line of Envoy's access log.
fn outbound(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("outbound|")?;
    let host = rest.split('|').nth(2)?;
    host.split([' ', '"', '\'']).next().filter(|host| !host.is_empty())
}

/// Whether a policy of the mesh is about a pod: in its namespace or for the whole mesh, and selecting its labels.
fn is_about(policy: Entity<'_>, pod: Entity<'_>) -> bool {
    let here = policy.namespace() == pod.namespace() || policy.namespace() == Some(ROOT_NAMESPACE);
    here && labels::selector_selects(policy.at("spec/selector"), pod.pod_labels())
}

fn targets(to: Entity<'_>) -> Vec<Entity<'_>> {
    if to.kind().is_workload() { super::instances(to) } else { behind(to) }
}

fn authorization<'g>(case: &Case<'g>, call: &Call<'g>) -> Option<Candidate> {
    let pods = targets(call.to);
    let pod = *pods.first()?;
    let about: Vec<Entity<'g>> = case.graph.of_kind(&Kind::AuthorizationPolicy).filter(|policy| is_about(*policy, pod)).collect();
    let action = |policy: &Entity<'g>| policy.at("spec/action").text().unwrap_or("ALLOW").to_owned();
    let rules = |policy: &Entity<'g>| policy.at("spec/rules").items().count();
    let policy = about
        .iter()
        .find(|policy| action(policy) == "DENY")
        .or_else(|| about.iter().find(|policy| action(policy) == "ALLOW" && rules(policy) == 0))
        .or_else(|| about.iter().find(|policy| action(policy) == "ALLOW"))?;
    let allowed: Vec<String> = policy
        .at("spec/rules")
        .items()
        .flat_map(|rule| rule.get("from").items())
        .flat_map(|from| {
            ["principals", "namespaces", "serviceAccounts"].into_iter().flat_map(move |key| from.get("source").get(key).items())
        })
        .filter_map(|item| item.text().map(|text| format!("`{text}`")))
        .take(4)
        .collect();
    let (who, caller, to) = (policy.reference(), call.caller.top_owner(), call.to.reference());
    let how = match (action(policy).as_str(), allowed.is_empty()) {
        ("DENY", true) => "denies the call".to_owned(),
        ("DENY", false) => format!("denies calls from {}", allowed.join(", ")),
        (_, true) if rules(policy) == 0 => "has no rule, so it allows nobody".to_owned(),
        (_, true) => "allows no such call".to_owned(),
        (_, false) => format!("allows only {}", allowed.join(", ")),
    };
    let words = policy.at("spec/rules/0/from/0/source/principals/0");
    let words = [words, policy.at("spec/rules"), policy.at("spec/action"), policy.at("metadata/name")]
        .into_iter()
        .find(|at| at.cite().is_some())?;
    Some(
        Candidate::new(
            "mesh.policy_denies",
            policy.id,
            Strength::Proven,
            format!("{who} {how}: calls of {} to {to} are denied", caller.reference()),
        )
        .quote(case.quote(words, *policy))
        .quote([call.quote.clone()])
        .explain(call.suffers.iter().copied())
        .explain(case.on_with(call.to.id, &[Symptom::CheckFailed, Symptom::Alert]))
        .step(call.caller.id, format!("{} is denied by {to}", caller.reference()), [call.quote.clone()])
        .next(format!("Let the caller's service account in: add it to the principals of {who}")),
    )
}

/// The mode of the nearest peer authentication that is about a pod.
fn mode<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<(Entity<'g>, At<'g>)> {
    let mut about: Vec<Entity<'g>> = case.graph.of_kind(&Kind::PeerAuthentication).filter(|policy| is_about(*policy, pod)).collect();
    // One with a selector is nearer than one of the namespace, and that nearer than one of the mesh.
    about.sort_by_key(|policy| (policy.namespace() != pod.namespace(), !policy.at("spec/selector/matchLabels").exists(), policy.id));
    about.into_iter().map(|policy| (policy, policy.at("spec/mtls/mode"))).find(|(_, mode)| mode.exists())
}

fn has_sidecar(pod: Entity<'_>) -> bool {
    assent_evidence::edges::containers(pod.pod_spec()).any(|container| container.get("name").is("istio-proxy"))
}

fn mutual_tls<'g>(case: &Case<'g>, call: &Call<'g>) -> Option<Candidate> {
    let pods = targets(call.to);
    let pod = *pods.first()?;
    let mode = mode(case, pod);
    let strict = mode.filter(|(_, mode)| mode.is("STRICT"));
    let (caller, to) = (call.caller.top_owner(), call.to.reference());
    let rule = case.graph.of_kind(&Kind::DestinationRule).find(|rule| {
        let host = rule.at("spec/host").text_or_empty();
        address::resolve(case, host, rule.namespace()).is_some_and(|meant| meant.id == call.to.id) || host.starts_with("*.")
    });
    let rule_mode = rule.map(|rule| (rule, rule.at("spec/trafficPolicy/tls/mode")));
    let (on, says, quotes) = match (rule_mode, strict) {
        (Some((rule, tls)), Some((peer, mode))) if tls.is("DISABLE") || tls.is("SIMPLE") => (
            rule,
            format!(
                "{} sets the TLS mode `{}` for {to}, and {} demands mutual TLS (`STRICT`) there",
                rule.reference(),
                tls.text_or_empty(),
                peer.reference()
            ),
            vec![case.quote(tls, rule), case.quote(mode, peer)],
        ),
        (Some((rule, tls)), _) if tls.is("ISTIO_MUTUAL") && pod.pod_spec().exists() && !has_sidecar(pod) => (
            rule,
            format!("{} sets the TLS mode `ISTIO_MUTUAL` for {to}, and the pods behind it have no sidecar", rule.reference()),
            vec![case.quote(tls, rule)],
        ),
        (_, Some((peer, mode))) if !super::instances(call.caller).iter().any(|own| has_sidecar(*own)) => (
            peer,
            format!(
                "{} demands mutual TLS (`STRICT`) of who calls {to}, and {} has no sidecar to speak it",
                peer.reference(),
                caller.reference()
            ),
            vec![case.quote(mode, peer)],
        ),
        _ => return None,
    };
    Some(
        Candidate::new("mesh.mtls_mismatch", on.id, Strength::Proven, says)
            .quote(quotes.into_iter().flatten())
            .quote([call.quote.clone()])
            .explain(call.suffers.iter().copied())
            .explain(case.on_with(call.to.id, &[Symptom::CheckFailed, Symptom::Alert]))
            .step(call.caller.id, format!("{} does not get through to {to}", caller.reference()), [call.quote.clone()])
            .next("Let both sides speak mutual TLS: inject the sidecar, or set the mode to `PERMISSIVE` while callers move"),
    )
}
