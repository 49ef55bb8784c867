//! From a proposal to a plan: the only way there is.
//!
//! The object is read as it stands, the action's values are looked up where they are said to come from, and everything that a plan holds is
//! computed here. What cannot be computed exactly is refused, with a reason for people.

use std::collections::BTreeSet;

use assent_base::{Kind, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_evidence::{Entity, Graph, Relation};
use serde_json::{Value, json};

use crate::action::{Action, ActionKind};
use crate::blast::{self, BlastRadius};
use crate::catalogue::{self, Risk};
use crate::checks::{self, Outcome};
use crate::domain::OutOfDomain;
use crate::grounds::Checked;
use crate::observed::{self, Object, Unusable};
use crate::patch::{self, BadEdit, Edit, Op};
use crate::plan::{BadPlan, Inverse, LIFETIME_S_DEFAULT, PLAN_VERSION, Plan, Request, Scope, Target};
use crate::precondition::{Observed, Preconditions, Unmoved};
use crate::proposal::{Author, Proposal};
use crate::resource;

mod address;
mod coherence;
mod count;
mod custom;
mod template;
mod wiring;

pub(crate) use address::{has_port, replaced};
pub use coherence::{LIFETIME_S_MAX, coherent};
pub(crate) use template::quantity_of;
pub(crate) use wiring::{declared_behind, declared_in, number};

/// What an installation permits beyond the catalogue.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Registries that an image may come from though it never ran here; none by default.
    pub registries_allowed: BTreeSet<String>,
    /// How long a plan may be approved and run.
    pub lifetime_s: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { registries_allowed: BTreeSet::new(), lifetime_s: LIFETIME_S_DEFAULT }
    }
}

/// Where and when plans are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Site<'g> {
    /// The cluster as it was captured.
    pub graph: &'g Graph,
    /// Which cluster that is.
    pub scope: &'g Scope,
    /// The present instant.
    pub now: Timestamp,
    /// What the installation permits.
    pub rules: &'g Rules,
}

/// Why a proposal becomes no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such object.
    #[error("the input has no {0}")]
    NoObject(String),
    /// The object is known, and not whole.
    #[error("{0} was not captured whole: `kubectl get -o yaml` of it would do")]
    Unseen(String),
    /// The action does not exist for this kind.
    #[error("`{action}` does nothing to a {kind}")]
    WrongKind {
        /// The action.
        action: &'static str,
        /// The kind.
        kind: String,
    },
    /// The cause has nothing to do with the object.
    #[error("{0} has no part in the cause")]
    Unconcerned(String),
    /// A value does not come from where it is said to come from, or may not come from there.
    #[error("{0}")]
    Value(String),
    /// The author may not propose this.
    #[error("{0}")]
    Author(&'static str),
    /// What stands there cannot be used.
    #[error("{0}")]
    Unusable(#[from] Unusable),
    /// The edit does not fit the object.
    #[error("{0}")]
    Edit(#[from] BadEdit),
    /// What the captured state says forbids it.
    #[error("{0}")]
    Check(String),
    /// The plan has no canonical form.
    #[error("{0}")]
    Plan(#[from] BadPlan),
}

impl From<OutOfDomain> for Refused {
    fn from(cause: OutOfDomain) -> Self {
        Refused::Value(cause.to_string())
    }
}

/// Edits of an object, and fields beside them that must be as they are: the name of the container at an index.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    pub(crate) edits: Vec<Edit>,
    pub(crate) held: Vec<(String, Value)>,
}

impl Edits {
    fn of(edits: impl IntoIterator<Item = Edit>) -> Self {
        Self { edits: edits.into_iter().collect(), held: Vec::new() }
    }
}

/// Draws a plan.
///
/// # Errors
/// When the proposal cannot become one, with the reason.
pub fn draw(site: &Site<'_>, proposal: &Proposal, author: Author, cause: &Checked<'_>) -> Result<Plan, Refused> {
    let entity = observed::entity(site.graph, &proposal.target).ok_or_else(|| Refused::NoObject(proposal.target.to_string()))?;
    let action = proposal.action.kind();
    if !catalogue::entry(action).applies_to.contains(entity.kind()) {
        return Err(Refused::WrongKind { action: action.as_str(), kind: entity.kind().to_string() });
    }
    if !concerned(site.graph, cause, entity) {
        return Err(Refused::Unconcerned(proposal.target.to_string()));
    }
    let object = Object::of(entity).ok_or_else(|| Refused::Unseen(proposal.target.to_string()))?;
    let radius = blast::radius(site.graph, action, entity);
    let checks = checks::all(site.graph, &object, &proposal.action);
    if let Some(failed) = checks.iter().find(|check| check.outcome == Outcome::Fails) {
        return Err(Refused::Check(failed.says.clone()));
    }
    let (request, preconditions, inverse) = match &proposal.action {
        Action::DeletePod {} => deletion(&object)?,
        _ => patched(site, &object, &proposal.action, author)?,
    };
    let target = target(&object)?;
    let expires_at = assent_base::time::earlier(site.now, -site.rules.lifetime_s)
        .filter(|end| *end > site.now)
        .ok_or_else(|| Refused::Value("the lifetime is out of range".to_owned()))?;
    let plan = Plan {
        version: PLAN_VERSION,
        scope: site.scope.clone(),
        target,
        risk: risk(action, &radius, &object),
        action: proposal.action.clone(),
        request,
        preconditions,
        inverse,
        blast_radius: radius,
        confidence_percent: cause.grounds().confidence_percent,
        grounds: cause.grounds().clone(),
        checks,
        proposed_by: author,
        drawn_at: site.now,
        expires_at,
    };
    plan.canonical()?;
    coherent(&plan)?;
    Ok(plan)
}

/// Whether the object is the faulty one, on the chain from it, or tied to it by one step. Nobody else's text leads elsewhere.
fn concerned(graph: &Graph, cause: &Checked<'_>, entity: Entity<'_>) -> bool {
    let named = cause.cause();
    let links = named.chain.iter().flat_map(|link| link.path.iter().chain([&link.from, &link.to]));
    let near = links.chain([&named.entity]).filter_map(|name: &EntityName| observed::entity(graph, name));
    near.into_iter().any(|own| {
        let tied = |from: Entity<'_>| {
            let ties = graph.edges_out(from.id).iter().chain(graph.edges_into(from.id));
            ties.filter(|edge| !matches!(edge.relation, Relation::Serves | Relation::Limits))
                .any(|edge| edge.to == entity.id || graph.entity(edge.to).top_owner().id == entity.id)
        };
        own.id == entity.id || own.top_owner().id == entity.id || tied(own) || tied(own.top_owner())
    })
}

fn target(object: &Object<'_>) -> Result<Target, Refused> {
    let object = observed::name(object.entity);
    let kind = Kind::named(&object.kind);
    let api_version = resource::api_version(&kind).ok_or_else(|| Refused::Unseen(object.to_string()))?;
    Ok(Target { api_version, resource: kind.plural(), object })
}

/// The namespaces whose workloads hold a cluster together.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

fn risk(action: ActionKind, radius: &BlastRadius, object: &Object<'_>) -> Risk {
    let base = catalogue::entry(action).risk;
    let system = object.entity.namespace().is_some_and(|namespace| SYSTEM_NAMESPACES.contains(&namespace));
    let wide = radius.direct.count > blast::MANY || radius.downstream.count > blast::MANY;
    if system || wide { base.raised() } else { base }
}

fn preconditions(object: &Object<'_>, observed: Vec<Observed>) -> Preconditions {
    let text = |path: &str| object.text(path).filter(|text| !text.is_empty()).map(str::to_owned);
    Preconditions {
        uid: text("/metadata/uid"),
        resource_version: text("/metadata/resourceVersion"),
        generation: object.at("/metadata/generation").and_then(Value::as_i64),
        unmoved: Unmoved::of(object.entity.kind()),
        observed,
    }
}

/// The tests that hold a patch to one object in one state, as far as the input tells them.
fn guards(preconditions: &Preconditions) -> Vec<Op> {
    let mut tests = Vec::new();
    let mut test = |path: &str, value: Value| tests.push(Op::Test { path: path.to_owned(), value });
    if let Some(uid) = &preconditions.uid {
        test("/metadata/uid", json!(uid));
    }
    match (preconditions.unmoved, &preconditions.resource_version, preconditions.generation) {
        (Unmoved::ResourceVersion, Some(version), _) => test("/metadata/resourceVersion", json!(version)),
        (Unmoved::Generation, _, Some(generation)) => test("/metadata/generation", json!(generation)),
        _ => {}
    }
    tests
}

type Decided = (Request, Preconditions, Inverse);

fn patched(site: &Site<'_>, object: &Object<'_>, action: &Action, author: Author) -> Result<Decided, Refused> {
    let Edits { edits, held } = edits(site, object, action, author)?;
    let both = patch::compile(&object.json, &edits)?;
    let touched: Vec<Observed> = edits
        .iter()
        .map(|edit| Observed { path: edit.path.clone(), value: object.at(&edit.path).cloned() })
        .chain(held.iter().map(|(path, value)| Observed { path: path.clone(), value: Some(value.clone()) }))
        .collect();
    for value in touched.iter().filter_map(|seen| Some((&seen.path, seen.value.as_ref()?))) {
        observed::usable(value.0, value.1, object.entity.kind())?;
    }
    let written = edits.iter().filter_map(|edit| Some((&edit.path, edit.value.as_ref()?)));
    for (path, value) in written {
        observed::usable(path, value, object.entity.kind())?;
    }
    let after: Vec<Observed> =
        touched.iter().map(|seen| Observed { path: seen.path.clone(), value: both.after.pointer(&seen.path).cloned() }).collect();
    let before = preconditions(object, touched);
    let holds: Vec<Op> = held.into_iter().map(|(path, value)| Op::Test { path, value }).collect();
    let mut change = guards(&before);
    change.extend(holds.iter().cloned());
    change.extend(both.change);
    // After the change the generation and the resource version are others, and what was written is what tells.
    let later = Preconditions { resource_version: None, generation: None, unmoved: Unmoved::Observed, observed: after, ..before.clone() };
    let mut inverse = guards(&later);
    inverse.extend(holds);
    inverse.extend(both.inverse);
    Ok((Request::Patch(change), before, Inverse::Patch { patch: inverse, preconditions: later }))
}

fn edits(site: &Site<'_>, object: &Object<'_>, action: &Action, author: Author) -> Result<Edits, Refused> {
    match action {
        Action::RollBack { to_revision } => template::roll_back(object, *to_revision),
        Action::Restart {} => Ok(template::restart(site.now)),
        Action::Scale { replicas } => count::scale(object, *replicas),
        Action::SetImage { container, image, origin } => template::set_image(site, object, container, image, origin, author),
        Action::SetResources { container, compute, request, limit } => {
            template::set_resources(object, container, *compute, *request, *limit)
        }
        Action::SetEnv { container, name, value, origin } => template::set_env(site, object, (container, name, value), origin, author),
        Action::SetConfigKey { key, value, origin } => wiring::set_config_key(site, object, key, value, origin, author),
        Action::FixSelector { place, key, value, drops } => wiring::fix_selector(site, object, *place, (key, value), drops.as_ref()),
        Action::FixPort { place, port } => wiring::fix_port(site, object, place, port),
        Action::Cordon {} => count::cordon(object, true),
        Action::Uncordon {} => count::cordon(object, false),
        Action::DeletePod {} => Err(Refused::Value("a deletion is no patch".to_owned())),
        Action::AdjustAutoscaler { min, max } => count::adjust_autoscaler(object, *min, *max),
        Action::AdjustBudget { bound } => count::adjust_budget(object, *bound),
        Action::Suspend {} => count::suspend(object, true),
        Action::Resume {} => count::suspend(object, false),
        Action::CustomPatch { edits } => custom::edits(object, edits, author),
    }
}

/// A pod is deleted only if something makes it anew.
fn deletion(object: &Object<'_>) -> Result<Decided, Refused> {
    let maker = object
        .entity
        .from(Relation::Owns)
        .find(|owner| matches!(owner.kind(), Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController));
    let maker = maker.ok_or_else(|| Refused::Value("nothing would make the pod anew".to_owned()))?;
    let preconditions = preconditions(object, Vec::new());
    let request = Request::Delete { uid: preconditions.uid.clone() };
    Ok((request, preconditions, Inverse::MadeAnew { by: observed::name(maker) }))
}
