//! Settings that a workload needs and does not have: ConfigMaps, Secrets, and their keys.
//!
//! The kubelet names what it misses: `configmap "checkout-settings" not found`. Where only a stuck pod is captured, a whole listing
//! that lacks the object says the same.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, EntityId, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Quote, Symptom};
use crate::said::{self, Said};

mod catalogue;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Something that a workload needs and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lack {
    object: ObjectRef,
    key: Option<String>,
}

/// Who lacks it, and how that is known.
#[derive(Debug, Default)]
struct Shown {
    findings: BTreeSet<usize>,
    owners: BTreeSet<EntityId>,
    quotes: Vec<Quote>,
    said: bool,
}

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    let mut lacks: BTreeMap<Lack, Shown> = BTreeMap::new();
    for (index, finding) in case.findings.iter().enumerate() {
        if !matches!(finding.symptom, Symptom::ContainerConfig | Symptom::PodStuckCreating | Symptom::ContainerStart) {
            continue;
        }
        let pod = case.entity(finding.on);
        let mut told = false;
        for said in said::of(case, finding, &[]).iter().filter(|said| said.is_official()) {
            for lack in read(&said.text, pod) {
                told = true;
                if !is_there(case, &lack) {
                    note(&mut lacks, lack, index, case.owner(finding.on).id, [said.quote.clone()], true);
                }
            }
        }
        if !told && finding.symptom != Symptom::ContainerStart {
            unlisted(case, index, pod, &mut lacks);
        }
    }
    for (lack, shown) in lacks {
        out.push(candidate(case, &lack, shown));
    }
}

fn note(
    lacks: &mut BTreeMap<Lack, Shown>,
    lack: Lack,
    finding: usize,
    owner: EntityId,
    quotes: impl IntoIterator<Item = Quote>,
    said: bool,
) {
    let shown = lacks.entry(lack).or_default();
    shown.findings.insert(finding);
    shown.owners.insert(owner);
    shown.quotes.extend(quotes);
    shown.said |= said;
}

/// What a message of the kubelet says is missing.
fn read(text: &str, pod: Entity<'_>) -> Vec<Lack> {
    let mut found = Vec::new();
    let beside = |kind: &Kind, name: &str| pod.reference().beside(kind.clone(), name);
    for (kind, words) in [(Kind::ConfigMap, ["configmap \"", "configmaps \""]), (Kind::Secret, ["secret \"", "secrets \""])] {
        for word in words {
            for (at, _) in text.match_indices(word) {
                let rest = text.get(at + word.len()..).unwrap_or("");
                let Some((name, after)) = rest.split_once('"') else { continue };
                let name = name.rsplit('/').next().unwrap_or(name);
                if (after.trim_start().starts_with("not found") || after.contains("no relationship found")) && !name.is_empty() {
                    found.push(Lack { object: beside(&kind, name), key: None });
                }
            }
        }
        let mark = format!("in {kind} ");
        if let (Some(key), Some((_, place))) = (crate::wording::between(text, "couldn't find key ", " in "), text.split_once(&mark)) {
            let name = place.split([' ', ',', '"', ':']).next().unwrap_or(place).trim_end_matches('.');
            let name = name.rsplit('/').next().unwrap_or(name);
            found.push(Lack { object: beside(&kind, name), key: Some(key.to_owned()) });
        }
        let mark = if kind == Kind::ConfigMap { "references non-existent config key: " } else { "references non-existent secret key: " };
        if let Some((_, key)) = text.split_once(mark) {
            let key = key.split([' ', ',', '"', ']']).next().unwrap_or(key);
            found.extend(holder(pod, &kind, key, text).map(|object| Lack { object, key: Some(key.to_owned()) }));
        }
    }
    found
}

/// The ConfigMap or Secret of the volume that a mount message is about.
fn holder(pod: Entity<'_>, kind: &Kind, key: &str, text: &str) -> Option<ObjectRef> {
    let volume = crate::wording::between(text, "volume \"", "\"");
    let own = pod.pod_spec().get("volumes").items().find(|item| volume.is_some_and(|name| item.get("name").is(name)));
    let field = if *kind == Kind::ConfigMap { "configMap" } else { "secret" };
    let direct = own.map(|item| item.get(field)).and_then(|source| source.get("name").text().or_else(|| source.get("secretName").text()));
    let name = direct.or_else(|| {
        let needs = edges::needs(pod.pod_spec());
        needs.into_iter().find(|need| need.kind == *kind && need.key.is_some_and(|own| own.is(key))).and_then(|need| need.name.text())
    });
    name.map(|name| pod.reference().beside(kind.clone(), name))
}

/// Whether the object, or the key in it, is there by now: then what was said is history.
fn is_there(case: &Case<'_>, lack: &Lack) -> bool {
    let Some(object) = case.graph.find(&lack.object).filter(Entity::is_observed) else { return false };
    match &lack.key {
        None => true,
        Some(key) => {
            ["data", "binaryData", "stringData"].iter().any(|part| object.at(part).get(key).exists() || has_key(object, part, key))
        }
    }
}

/// Of Secrets only the names of keys may be kept, whose values are then null.
fn has_key(object: Entity<'_>, part: &str, key: &str) -> bool {
    object.at(part).entries().any(|(own, _)| own == key)
}

/// Objects that a stuck pod needs and that a whole listing lacks.
fn unlisted(case: &Case<'_>, index: usize, pod: Entity<'_>, lacks: &mut BTreeMap<Lack, Shown>) {
    let spec = if pod.pod_spec().exists() { pod.pod_spec() } else { case.owner(pod.id).pod_spec() };
    for need in edges::needs(spec) {
        let (Some(name), false) = (need.name.text(), need.optional) else { continue };
        if !matches!(need.kind, Kind::ConfigMap | Kind::Secret) {
            continue;
        }
        let object = pod.reference().beside(need.kind.clone(), name);
        let Some(quote) = case.quote(need.name, pod) else { continue };
        if case.graph.is_absent(&object) {
            note(lacks, Lack { object, key: None }, index, case.owner(pod.id).id, [quote], false);
            continue;
        }
        let holds = case.graph.find(&object).filter(|object| object.is_full() && object.at("data").entries().next().is_some());
        if let (Some(key), Some(_)) = (need.key, holds) {
            let lack = Lack { object, key: key.text().map(str::to_owned) };
            if lack.key.is_some() && !is_there(case, &lack) {
                note(lacks, lack, index, case.owner(pod.id).id, case.quote(key, pod), false);
            }
        }
    }
}

fn candidate(case: &Case<'_>, lack: &Lack, shown: Shown) -> Candidate {
    let cause = match (&lack.object.kind, &lack.key) {
        (Kind::ConfigMap, None) => "config.config_map_missing",
        (Kind::ConfigMap, Some(_)) => "config.config_map_key_missing",
        (_, None) => "config.secret_missing",
        (_, Some(_)) => "config.secret_key_missing",
    };
    let absent = case.graph.is_absent(&lack.object);
    let strength = match (shown.said, absent || lack.key.is_some()) {
        (true, true) => Strength::Proven,
        (true, false) => Strength::Stated,
        (false, _) => Strength::Shown,
    };
    let owners: Vec<Entity<'_>> = shown.owners.iter().map(|id| case.entity(*id)).collect();
    let shared = case.graph.id(&lack.object).filter(|_| owners.len() > 1);
    let on = shared.or_else(|| shown.owners.first().copied()).unwrap_or(EntityId(u32::MAX));
    let who = names(&owners);
    let (kind, name) = (&lack.object.kind, &lack.object.name);
    let place = lack.object.namespace().map(|namespace| format!(" in namespace `{namespace}`")).unwrap_or_default();
    let verb = if owners.len() > 1 { "need" } else { "needs" };
    let says = match &lack.key {
        None => format!("{kind} `{name}` does not exist{place}, and {who} {verb} it{}", alike(case, lack)),
        Some(key) => format!("{kind} `{name}`{place} has no key `{key}`, and {who} {verb} it{}", alike(case, lack)),
    };
    let mut candidate = Candidate::new(cause, on, strength, says).quote(shown.quotes).explain(shown.findings.iter().copied());
    for owner in &owners {
        candidate = candidate.quote(named_where(case, *owner, lack));
    }
    candidate = rule_out(case, candidate, lack, &shown.findings);
    steps(candidate, lack, owners.first().copied())
}

/// Where the template names the object.
fn named_where(case: &Case<'_>, owner: Entity<'_>, lack: &Lack) -> Option<Quote> {
    let pod = owner.pods().into_iter().next();
    [Some(owner), pod].into_iter().flatten().find_map(|holder| {
        let needs = edges::needs(holder.pod_spec());
        let need = needs.into_iter().find(|need| {
            need.kind == lack.object.kind
                && need.name.is(&lack.object.name)
                && (lack.key.is_none() || need.key.is_some_and(|key| key.text() == lack.key.as_deref()))
        })?;
        case.quote(need.key.filter(|_| lack.key.is_some()).unwrap_or(need.name), holder)
    })
}

/// What is there and has a similar name, or the same name elsewhere.
fn alike(case: &Case<'_>, lack: &Lack) -> String {
    let (kind, name) = (&lack.object.kind, &*lack.object.name);
    if let Some(key) = &lack.key {
        let keys: Vec<&str> =
            case.graph.find(&lack.object).into_iter().flat_map(|object| object.at("data").entries()).map(|(k, _)| k).collect();
        return match keys.iter().find(|own| is_similar(own, key)) {
            Some(own) => format!("; it has a key `{own}`"),
            None if keys.is_empty() || keys.len() > 6 => String::new(),
            None => format!("; its keys are `{}`", keys.join("`, `")),
        };
    }
    let mut others = case.graph.of_kind(kind).filter(Entity::is_observed);
    let mut elsewhere = None;
    let near = others.find(|other| {
        if other.namespace() == lack.object.namespace() {
            return is_similar(other.name(), name);
        }
        if other.name() == name {
            elsewhere = elsewhere.or(other.namespace());
        }
        false
    });
    match (near, elsewhere) {
        (Some(near), _) => format!("; a {kind} `{}` exists there", near.name()),
        (None, Some(namespace)) => format!("; one of that name exists in namespace `{namespace}`"),
        (None, None) => String::new(),
    }
}

/// Whether two names differ so little that one may be meant for the other: by two letters, by case, or by a part added.
fn is_similar(a: &str, b: &str) -> bool {
    const CHARS_MAX: usize = 64;
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).take(CHARS_MAX).collect::<Vec<_>>();
    let (a, b) = (plain(a), plain(b));
    if a == b {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() >= 4 && (long.starts_with(short) || long.ends_with(short)) {
        return true;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let diagonal = row.get(j).copied().unwrap_or(0) + usize::from(x != y);
            let around = row.get(j + 1).copied().unwrap_or(0).min(next.get(j).copied().unwrap_or(0)) + 1;
            next.push(diagonal.min(around));
        }
        row = next;
    }
    short.len() >= 4 && row.last().is_some_and(|distance| *distance <= 2)
}

fn names(owners: &[Entity<'_>]) -> String {
    const TOLD_MAX: usize = 4;
    let mut told: Vec<String> = owners.iter().take(TOLD_MAX).map(|owner| owner.reference().to_string()).collect();
    if owners.len() > TOLD_MAX {
        told.push(format!("{} more", owners.len() - TOLD_MAX));
    }
    match told.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => told.concat(),
    }
}

fn rule_out(case: &Case<'_>, candidate: Candidate, lack: &Lack, findings: &BTreeSet<usize>) -> Candidate {
    let mut candidate = candidate;
    let finding = findings.first().and_then(|index| case.findings.get(*index));
    if let Some(pulled) = finding.and_then(|finding| said::pulled(case, finding)) {
        candidate = candidate.not("image.pull_failed", "the image is on the node", [pulled]);
    }
    let whole = if lack.object.kind == Kind::ConfigMap { "config.config_map_missing" } else { "config.secret_missing" };
    if let Some(object) = case.graph.find(&lack.object).filter(|object| lack.key.is_some() && object.is_observed()) {
        candidate = candidate.not(whole, format!("{} exists", object.reference()), case.quote(object.at("metadata/name"), object));
    }
    candidate
}

fn steps(candidate: Candidate, lack: &Lack, owner: Option<Entity<'_>>) -> Candidate {
    let word = if lack.object.kind == Kind::ConfigMap { "configmap" } else { "secret" };
    let namespace = lack.object.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let name = &lack.object.name;
    let candidate = match &lack.key {
        None if word == "secret" => {
            candidate.next(format!("Create it: kubectl create secret generic {name}{namespace} --from-literal=KEY=…"))
        }
        None => candidate.next(format!("Create it: kubectl create configmap {name}{namespace} --from-literal=KEY=VALUE")),
        Some(key) => candidate.next(format!("Add the key `{key}`: kubectl edit {word} {name}{namespace}")),
    };
    match owner {
        Some(owner) => candidate.next(format!("Or correct the reference in {}: kubectl get {word}{namespace}", owner.reference())),
        None => candidate,
    }
}

/// Whether words of Kubernetes say that a setting is missing. Families for failed starts leave these alone.
pub(super) fn is_about_settings(said: &Said) -> bool {
    said.has(&["configmap", "couldn't find key", "references non-existent"]) || (said.has(&["secret"]) && said.has(&["not found"]))
}
