//! Whether the parts of a plan fit each other, whoever made it.
//!
//! Separate from what draws plans, and without the cluster, so that an executor can ask of bytes that came from anywhere: does this
//! request do what the action's words say, to the object that is named, and nothing else? A write that the action does not
//! account for, or another value, is refused.

use assent_base::Kind;
use serde_json::{Value, json};

use super::{custom, template};
use crate::action::{Action, BudgetBound, PortPlace, PortRef, SelectorPlace};
use crate::catalogue;
use crate::domain::text::{is_label, is_name};
use crate::patch::{self, Op, escape};
use crate::plan::{BadPlan, Inverse, Plan, Request};
use crate::precondition::{Preconditions, Unmoved};
use crate::resource;

/// The longest that a plan may last: a day.
pub const LIFETIME_S_MAX: i64 = 86_400;
/// Pieces of evidence that a plan may rest on.
const EVIDENCE_MAX: usize = 256;
/// Bytes of a UID, a resource version or the UID of a cluster.
const MARK_BYTES_MAX: usize = 128;

/// What an action may write at a place.
enum Expect {
    /// Exactly this.
    Is(Value),
    /// Nothing: the field goes.
    Gone,
    /// A pod template, which is the earlier revision's and cannot be known here.
    Template,
    /// An instant.
    Instant,
}

/// A place, with `*` for the position in a list.
struct Leaf {
    place: String,
    expect: Expect,
    /// Whether the plan must write there; one of several alternatives need not.
    must: bool,
    /// What the patch must test beside, so that a position in a list means the item that the action names.
    anchors: Vec<Anchor>,
}

/// So many parts of the written path, then a field, which must be tested to have a value.
struct Anchor {
    parts: usize,
    field: &'static str,
    value: Value,
}

impl Leaf {
    fn must(place: impl Into<String>, expect: Expect) -> Self {
        Self { place: place.into(), expect, must: true, anchors: Vec::new() }
    }

    fn may(place: impl Into<String>, expect: Expect) -> Self {
        Self { place: place.into(), expect, must: false, anchors: Vec::new() }
    }

    /// The item at the position with this number, counted from 1, must be the one with this field.
    fn at_item(mut self, number: usize, field: &'static str, value: Value) -> Self {
        let star = self.place.split('/').enumerate().filter(|(_, part)| *part == "*").nth(number - 1);
        // The text before the first slash is empty, so that the index counts the parts up to and with the position.
        let parts = star.map_or(usize::MAX, |(index, _)| index);
        self.anchors.push(Anchor { parts, field, value });
        self
    }

    /// The field beside the written one must have this value.
    fn beside(mut self, field: &'static str, value: Value) -> Self {
        let parts = self.place.split('/').count().saturating_sub(2);
        self.anchors.push(Anchor { parts, field, value });
        self
    }
}

/// Checks that the parts of a plan fit each other.
///
/// # Errors
/// When they do not, with what does not fit.
pub fn coherent(plan: &Plan) -> Result<(), BadPlan> {
    let wrong = |what: &str| Err(BadPlan::Incoherent(what.to_owned()));
    let object = &plan.target.object;
    let kind = plan.kind();
    let entry = catalogue::entry(plan.action.kind());
    if !entry.applies_to.contains(&kind) {
        return wrong("the action does nothing to objects of this kind");
    }
    let namespaced = object.namespace.as_deref().is_some_and(is_label) == kind.is_namespaced();
    if !is_name(&object.name) || !namespaced || (!kind.is_namespaced() && object.namespace.is_some()) {
        return wrong("the object has no name that Kubernetes admits");
    }
    if Some(&plan.target.api_version) != resource::api_version(&kind).as_ref() || plan.target.resource != kind.plural() {
        return wrong("the target is not where objects of this kind are");
    }
    if plan.risk < entry.risk || plan.confidence_percent > 100 || plan.grounds.evidence.len() > EVIDENCE_MAX {
        return wrong("risk, confidence or evidence is out of bounds");
    }
    if !plan.grounds.evidence.iter().any(|exhibit| exhibit.independent) {
        return wrong("nothing but the workload itself speaks for it");
    }
    let lasts = assent_base::time::seconds_between(plan.drawn_at, plan.expires_at);
    if !(1..=LIFETIME_S_MAX).contains(&lasts) {
        return wrong("it lasts for no time, or too long");
    }
    bound(&plan.preconditions, Unmoved::of(&kind))?;
    requested(plan, &kind)
}

fn bound(preconditions: &Preconditions, unmoved: Unmoved) -> Result<(), BadPlan> {
    let plain = |text: &String| {
        !text.is_empty() && text.len() <= MARK_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let marks = preconditions.uid.iter().chain(&preconditions.resource_version).all(plain);
    if marks && preconditions.unmoved == unmoved {
        Ok(())
    } else {
        Err(BadPlan::Incoherent("the preconditions are not those of this kind of object".to_owned()))
    }
}

fn requested(plan: &Plan, kind: &Kind) -> Result<(), BadPlan> {
    let wrong = |what: &str| Err(BadPlan::Incoherent(what.to_owned()));
    match (&plan.action, &plan.request, &plan.inverse) {
        (Action::DeletePod {}, Request::Delete { uid }, Inverse::MadeAnew { by }) => {
            if *uid != plan.preconditions.uid || !is_name(&by.name) {
                return wrong("the deletion is not of the object that was seen");
            }
            Ok(())
        }
        (Action::DeletePod {}, _, _) | (_, Request::Delete { .. }, _) | (_, _, Inverse::MadeAnew { .. }) => {
            wrong("the request is not of the action")
        }
        (action, Request::Patch(change), Inverse::Patch { patch: back, preconditions }) => {
            bound(preconditions, Unmoved::Observed)?;
            if preconditions.uid != plan.preconditions.uid {
                return wrong("the inverse is for another object");
            }
            if let Action::CustomPatch { edits } = action
                && let Some(why) = custom::objection(kind, edits)
            {
                return Err(BadPlan::Incoherent(why));
            }
            held(change, &plan.preconditions)?;
            held(back, preconditions)?;
            let leaves = leaves(action, kind);
            accounted(change, &leaves)?;
            undone(change, back)?;
            restores(back, &plan.preconditions)
        }
    }
}

/// Each test of UID, generation and resource version agrees with the preconditions, and is there if they have a value.
fn held(ops: &[Op], preconditions: &Preconditions) -> Result<(), BadPlan> {
    let tested = |path: &str| {
        ops.iter().find_map(|op| match op {
            Op::Test { path: own, value } if own == path => Some(value.clone()),
            _ => None,
        })
    };
    let generation = preconditions.generation.filter(|_| preconditions.unmoved == Unmoved::Generation);
    let version = preconditions.resource_version.as_ref().filter(|_| preconditions.unmoved == Unmoved::ResourceVersion);
    let fits = tested("/metadata/uid") == preconditions.uid.as_ref().map(|uid| json!(uid))
        && tested("/metadata/generation") == generation.map(|generation| json!(generation))
        && tested("/metadata/resourceVersion") == version.map(|version| json!(version));
    if fits { Ok(()) } else { Err(BadPlan::Incoherent("the patch is not held to the object that was seen".to_owned())) }
}

/// Every write is one that the action makes, with the action's value; and none is missing.
fn accounted(ops: &[Op], leaves: &[Leaf]) -> Result<(), BadPlan> {
    let writes = || ops.iter().filter(|op| op.writes());
    for op in writes() {
        if !leaves.iter().any(|leaf| makes(op, leaf) && leaf.anchors.iter().all(|anchor| anchored(ops, op, anchor))) {
            return Err(BadPlan::Incoherent(format!("the action does not write `{}`, or not so", op.path())));
        }
    }
    if writes().next().is_none() || leaves.iter().any(|leaf| leaf.must && !writes().any(|op| makes(op, leaf))) {
        return Err(BadPlan::Incoherent("the request does less than the action".to_owned()));
    }
    Ok(())
}

/// Whether the patch tests, beside what it writes, that the item is the one that is meant.
fn anchored(ops: &[Op], write: &Op, anchor: &Anchor) -> bool {
    let Ok(parts) = patch::parts(write.path()) else { return false };
    let Some(kept) = parts.get(..anchor.parts) else { return false };
    let path: String = kept.iter().map(|part| format!("/{}", escape(part))).chain([format!("/{}", anchor.field)]).collect();
    ops.iter().any(|op| matches!(op, Op::Test { path: own, value } if *own == path && *value == anchor.value))
}

/// Whether an operation writes at this place what is expected. One that adds the maps on the way counts, if they hold nothing else.
fn makes(op: &Op, leaf: &Leaf) -> bool {
    let (Ok(path), Ok(place)) = (patch::parts(op.path()), patch::parts(&leaf.place)) else { return false };
    let fits = |own: &String, wanted: &String| own == wanted || (wanted == "*" && own.bytes().all(|byte| byte.is_ascii_digit()));
    if path.len() > place.len() || !path.iter().zip(&place).all(|(own, wanted)| fits(own, wanted)) {
        return false;
    }
    let value = match op {
        Op::Test { .. } => return false,
        Op::Remove { .. } => return path.len() == place.len() && matches!(leaf.expect, Expect::Gone),
        Op::Add { value, .. } | Op::Replace { value, .. } => value,
    };
    if matches!(op, Op::Replace { .. }) && path.len() < place.len() {
        return false;
    }
    let inner = place.iter().skip(path.len()).try_fold(value, |here, key| match here {
        Value::Object(map) if map.len() == 1 => map.get(key),
        _ => None,
    });
    inner.is_some_and(|value| match &leaf.expect {
        Expect::Is(wanted) => value == wanted,
        Expect::Gone => false,
        Expect::Template => value.pointer("/spec/containers").is_some_and(Value::is_array),
        Expect::Instant => value.as_str().is_some_and(|text| text.parse::<assent_base::Timestamp>().is_ok()),
    })
}

/// The inverse writes exactly where the change writes.
fn undone(change: &[Op], back: &[Op]) -> Result<(), BadPlan> {
    let places = |ops: &[Op]| {
        let mut paths: Vec<String> = ops.iter().filter(|op| op.writes()).map(|op| op.path().to_owned()).collect();
        paths.sort();
        paths
    };
    if places(change) == places(back) { Ok(()) } else { Err(BadPlan::Incoherent("the inverse does not undo the change".to_owned())) }
}

/// The inverse writes what was observed, and takes away what was not there. Nobody reads an inverse as closely as a change.
fn restores(back: &[Op], before: &Preconditions) -> Result<(), BadPlan> {
    let was = |path: &str, value: &Value| before.observed.iter().any(|seen| seen.path == path && seen.value.as_ref() == Some(value));
    let was_not = |path: &str| {
        let below = |own: &str| own.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        before.observed.iter().any(|seen| seen.value.is_none() && below(&seen.path))
    };
    let fits = back.iter().all(|op| match op {
        Op::Test { .. } => true,
        Op::Add { path, value } | Op::Replace { path, value } => was(path, value),
        Op::Remove { path } => was_not(path),
    });
    if fits { Ok(()) } else { Err(BadPlan::Incoherent("the inverse does not restore what was observed".to_owned())) }
}

/// The containers of a template of this kind, ordinary ones and init ones, with `*` for the position.
fn containers(kind: &Kind) -> [String; 2] {
    let spec = if *kind == Kind::CronJob { "/spec/jobTemplate/spec/template/spec" } else { "/spec/template/spec" };
    [format!("{spec}/containers/*"), format!("{spec}/initContainers/*")]
}

/// Where an action writes, and what.
fn leaves(action: &Action, kind: &Kind) -> Vec<Leaf> {
    let must = |place: String, expect: Expect| Leaf::must(place, expect);
    let is = |value: Value| Expect::Is(value);
    match action {
        Action::RollBack { .. } => vec![must("/spec/template".into(), Expect::Template)],
        Action::Restart {} => {
            vec![must(format!("/spec/template/metadata/annotations/{}", escape(template::RESTARTED_AT)), Expect::Instant)]
        }
        Action::Scale { replicas } => vec![must("/spec/replicas".into(), is(json!(replicas.get())))],
        Action::SetImage { container, image, .. } => containers(kind)
            .into_iter()
            .map(|own| Leaf::may(format!("{own}/image"), is(json!(image.as_str()))).at_item(1, "name", json!(container.as_str())))
            .collect(),
        Action::SetResources { container, compute, request, limit } => {
            let mut leaves = Vec::new();
            for own in containers(kind) {
                for (part, amount) in [("requests", request), ("limits", limit)] {
                    let value = amount.map(|amount| json!(amount.to_string()));
                    let place = format!("{own}/resources/{part}/{}", compute.as_str());
                    leaves.extend(value.map(|value| Leaf::may(place, is(value)).at_item(1, "name", json!(container.as_str()))));
                }
            }
            leaves
        }
        Action::SetEnv { container, name, value, .. } => {
            let entry = json!({ "name": name.as_str(), "value": value.as_str() });
            let own = json!(container.as_str());
            containers(kind)
                .into_iter()
                .flat_map(|place| {
                    [
                        Leaf::may(format!("{place}/env/*/value"), is(json!(value.as_str()))).at_item(2, "name", json!(name.as_str())),
                        Leaf::may(format!("{place}/env/*"), is(entry.clone())),
                        Leaf::may(format!("{place}/env"), is(json!([entry]))),
                    ]
                })
                .map(|leaf| leaf.at_item(1, "name", own.clone()))
                .collect()
        }
        Action::SetConfigKey { key, value, .. } => vec![must(format!("/data/{}", escape(key.as_str())), is(json!(value.as_str())))],
        Action::FixSelector { place, key, value, drops } => {
            let path = match place {
                SelectorPlace::Service => "/spec/selector".to_owned(),
                SelectorPlace::Node => containers(kind)[0].replace("/containers/*", "/nodeSelector"),
            };
            let set = format!("{path}/{}", escape(key.as_str()));
            let value = is(json!(value.as_str()));
            let set = if drops.is_none() { Leaf::must(set, value) } else { Leaf::may(set, value) };
            let gone = drops.as_ref().map(|drops| must(format!("{path}/{}", escape(drops.as_str())), Expect::Gone));
            [set].into_iter().chain(gone).collect()
        }
        Action::FixPort { place, port } => port_leaves(place, port, kind),
        Action::Cordon {} => vec![must("/spec/unschedulable".into(), is(json!(true)))],
        Action::Uncordon {} => vec![must("/spec/unschedulable".into(), Expect::Gone)],
        Action::DeletePod {} => Vec::new(),
        Action::AdjustAutoscaler { min, max } => {
            let min = min.map(|min| must("/spec/minReplicas".into(), is(json!(min.get()))));
            min.into_iter().chain(max.map(|max| must("/spec/maxReplicas".into(), is(json!(max.get()))))).collect()
        }
        Action::AdjustBudget { bound } => match bound {
            BudgetBound::MinAvailable(number) => vec![must("/spec/minAvailable".into(), is(json!(number.get())))],
            BudgetBound::MaxUnavailable(number) => vec![must("/spec/maxUnavailable".into(), is(json!(number.get())))],
        },
        Action::Suspend {} | Action::Resume {} => {
            let field = if *kind == Kind::Deployment { "/spec/paused" } else { "/spec/suspend" };
            vec![must(field.to_owned(), is(json!(matches!(action, Action::Suspend {}))))]
        }
        Action::CustomPatch { edits } => {
            edits.iter().map(|edit| must(edit.path.clone(), edit.value.clone().map_or(Expect::Gone, Expect::Is))).collect()
        }
    }
}

fn port_leaves(place: &PortPlace, port: &PortRef, kind: &Kind) -> Vec<Leaf> {
    let value = match port {
        PortRef::Number(number) => json!(number.get()),
        PortRef::Name(name) => json!(name.as_str()),
    };
    let is = |value: &Value| Expect::Is(value.clone());
    match place {
        PortPlace::ServiceTarget(own) => {
            vec![Leaf::may("/spec/ports/*/targetPort", is(&value)).at_item(1, "port", json!(own.get()))]
        }
        PortPlace::IngressBackend(name) => {
            let field = if matches!(port, PortRef::Number(_)) { "number" } else { "name" };
            let value = json!({ field: value });
            ["/spec/rules/*/http/paths/*/backend/service/port", "/spec/defaultBackend/service/port"]
                .map(|place| Leaf::may(place, is(&value)).beside("name", json!(name)))
                .into()
        }
        PortPlace::Probe { container, probe } => containers(kind)
            .into_iter()
            .flat_map(|own| ["httpGet", "tcpSocket", "grpc"].map(|handler| format!("{own}/{}/{handler}/port", probe.field())))
            .map(|place| Leaf::may(place, is(&value)).at_item(1, "name", json!(container.as_str())))
            .collect(),
    }
}
