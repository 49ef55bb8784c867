//! What became of a change, from objects as they stand.
//!
//! A workload that was changed must roll out and serve no less than before; a Service must lead somewhere; of a pod that was deleted its
//! controller must have another one ready; of everything else the values that were written must stand. What cannot be seen is said to be
//! unseen, and never taken for good.
//!
//! Source: how `kubectl rollout status` decides for Deployments, StatefulSets and DaemonSets.

use assent_base::Kind;
use assent_plan::Action;
use assent_plan::plan::{Inverse, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Seconds after which a Service that leads nowhere counts as that: controllers take a moment.
pub const SETTLE_S: i64 = 30;

/// What serves must still do so after this part of the window: a program that fails at once was ready for a moment.
pub const HOLD_PART: i64 = 10;

/// What is read to judge a change, at one instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// The object; none if it is gone.
    pub target: Option<Value>,
    /// What follows from it: the slices of a Service's endpoints, or the controller of a pod.
    pub around: Around,
}

/// What stands around the object.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Around {
    /// Nothing has to be looked at.
    #[default]
    Nothing,
    /// Objects that were read.
    Objects(Vec<Value>),
    /// The approver may not read them.
    Unseen(String),
}

/// Where what has to be read around an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Surroundings {
    /// Nowhere.
    None,
    /// The endpoint slices of a Service.
    EndpointSlices {
        /// The namespace.
        namespace: String,
        /// The Service.
        service: String,
    },
    /// One object.
    Object {
        /// Its kind.
        kind: Kind,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

/// How things stood before, as far as "not worse" needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Pods that served; absent where nothing serves, or nobody saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<i64>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is under way, and this is how far.
    GoingOn(String),
    /// It did what it should.
    Verified(String),
    /// It is worse than before.
    Worse(String),
    /// Somebody else has written there since, so it cannot be taken back either.
    Overtaken(String),
    /// The time is over, and it did some of what it should.
    Partial(String),
}

/// What has to be read around the object of a plan.
#[must_use]
pub fn surroundings(plan: &Plan) -> Surroundings {
    let object = &plan.target.object;
    match (&plan.inverse, plan.kind(), &object.namespace) {
        (Inverse::MadeAnew { by }, _, _) => Surroundings::Object {
            kind: Kind::named(&by.kind),
            namespace: by.namespace.clone().or_else(|| object.namespace.clone()),
            name: by.name.clone(),
        },
        (_, Kind::Service, Some(namespace)) => Surroundings::EndpointSlices { namespace: namespace.clone(), service: object.name.clone() },
        _ => Surroundings::None,
    }
}

/// How things stand before the change.
#[must_use]
pub fn baseline(plan: &Plan, sample: &Sample) -> Baseline {
    Baseline { serving: serving(plan, sample) }
}

fn serving(plan: &Plan, sample: &Sample) -> Option<i64> {
    match (&sample.around, plan.kind()) {
        (Around::Objects(slices), Kind::Service) => Some(ready_endpoints(slices)),
        (Around::Objects(makers), Kind::Pod) => makers.first().map(|maker| Rollout::of(maker).ready),
        (_, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => sample.target.as_ref().map(|target| Rollout::of(target).ready),
        _ => None,
    }
}

/// Whether an object is as a plan's change leaves it.
#[must_use]
pub fn is_changed(plan: &Plan, live: Option<&Value>) -> bool {
    match (&plan.inverse, live) {
        (Inverse::Patch { preconditions, .. }, Some(live)) => preconditions.drift(live).is_empty(),
        (Inverse::Patch { .. }, None) => false,
        (Inverse::MadeAnew { .. }, None) => true,
        (Inverse::MadeAnew { .. }, Some(live)) => {
            let uid = live.pointer("/metadata/uid").and_then(Value::as_str);
            uid != plan.preconditions.uid.as_deref() || live.pointer("/metadata/deletionTimestamp").is_some()
        }
    }
}

/// Whether an object is as the plan found it.
#[must_use]
pub fn is_untouched(plan: &Plan, live: Option<&Value>) -> bool {
    live.is_some_and(|live| plan.preconditions.drift(live).is_empty()) && !is_changed(plan, live)
}

/// Whether every field that the plan touched has its former value again.
#[must_use]
pub fn is_restored(plan: &Plan, live: Option<&Value>) -> bool {
    live.is_some_and(|live| {
        let same_object = live.pointer("/metadata/uid").and_then(Value::as_str) == plan.preconditions.uid.as_deref();
        same_object && plan.preconditions.observed.iter().all(|seen| live.pointer(&seen.path) == seen.value.as_ref())
    })
}

/// Judges a change, so many seconds after it was made, with so many to go.
#[must_use]
pub fn judge(plan: &Plan, before: &Baseline, sample: &Sample, since_s: i64, window_s: i64) -> Verdict {
    let is_late = since_s >= window_s;
    let verdict = match &plan.inverse {
        Inverse::MadeAnew { by } => judge_deletion(plan, &by.to_string(), before, sample, is_late),
        Inverse::Patch { .. } => match &sample.target {
            None => Verdict::Overtaken("the object is gone".to_owned()),
            Some(live) if !is_changed(plan, Some(live)) => Verdict::Overtaken("somebody has changed what was written".to_owned()),
            Some(live) => judge_patch(plan, live, before, sample, (since_s, is_late)),
        },
    };
    match verdict {
        Verdict::Verified(words) if serves(plan) && since_s < window_s / HOLD_PART => Verdict::GoingOn(words),
        other => other,
    }
}

/// Whether what follows from a plan is that something serves, which takes time to show.
fn serves(plan: &Plan) -> bool {
    match plan.kind() {
        Kind::Deployment => !matches!(plan.action, Action::Suspend {}),
        kind => matches!(kind, Kind::StatefulSet | Kind::DaemonSet | Kind::Service | Kind::Pod),
    }
}

fn judge_patch(plan: &Plan, live: &Value, before: &Baseline, sample: &Sample, (since_s, is_late): (i64, bool)) -> Verdict {
    match plan.kind() {
        // What is paused does not roll out; that it is paused is all there is to see.
        Kind::Deployment if matches!(plan.action, Action::Suspend {}) => Verdict::Verified("the rollout is paused".to_owned()),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => judge_rollout(&Rollout::of(live), before, is_late),
        Kind::Service => judge_service(before, sample, since_s, is_late),
        _ => Verdict::Verified("the object has the values that were written".to_owned()),
    }
}

fn judge_rollout(now: &Rollout, before: &Baseline, is_late: bool) -> Verdict {
    let Rollout { wanted, updated, ready, .. } = *now;
    let words = format!("{updated} of {wanted} pods run the new template, {ready} are available");
    if now.is_complete() {
        return Verdict::Verified(words);
    }
    // Who asked for fewer pods has fewer that serve.
    let served = before.serving.unwrap_or(0).min(wanted);
    if ready < served && (now.has_failed || is_late) {
        return Verdict::Worse(format!("{words}; {served} were available before"));
    }
    if is_late { Verdict::Partial(words) } else { Verdict::GoingOn(words) }
}

fn judge_service(before: &Baseline, sample: &Sample, since_s: i64, is_late: bool) -> Verdict {
    let slices = match &sample.around {
        Around::Objects(slices) => slices,
        Around::Unseen(why) => {
            return Verdict::Partial(format!("it has the values that were written, and its endpoints were not seen: {why}"));
        }
        Around::Nothing => return Verdict::Partial("it has the values that were written, and its endpoints were not seen".to_owned()),
    };
    let ready = ready_endpoints(slices);
    let words = format!("the Service leads to {ready} ready endpoints");
    let led = before.serving.unwrap_or(0);
    if ready > 0 {
        return Verdict::Verified(words);
    }
    if led > 0 && (since_s >= SETTLE_S || is_late) {
        return Verdict::Worse(format!("{words}; it led to {led} before"));
    }
    if is_late { Verdict::Partial(words) } else { Verdict::GoingOn(words) }
}

fn judge_deletion(plan: &Plan, by: &str, before: &Baseline, sample: &Sample, is_late: bool) -> Verdict {
    let gone = sample
        .target
        .as_ref()
        .is_none_or(|live| live.pointer("/metadata/uid").and_then(Value::as_str) != plan.preconditions.uid.as_deref());
    if !gone {
        let words = "the pod is still terminating".to_owned();
        return if is_late { Verdict::Partial(words) } else { Verdict::GoingOn(words) };
    }
    let maker = match &sample.around {
        Around::Objects(makers) => makers.first(),
        Around::Unseen(why) => return Verdict::Partial(format!("the pod is gone, and {by} was not seen: {why}")),
        Around::Nothing => None,
    };
    let Some(maker) = maker else { return Verdict::Partial(format!("the pod is gone, and so is {by}")) };
    let Rollout { wanted, ready, .. } = Rollout::of(maker);
    let words = format!("the pod is gone, and {by} has {ready} of {wanted} pods ready");
    if ready >= wanted {
        Verdict::Verified(words)
    } else if !is_late {
        Verdict::GoingOn(words)
    } else if ready < before.serving.unwrap_or(0) {
        Verdict::Worse(words)
    } else {
        Verdict::Partial(words)
    }
}

fn ready_endpoints(slices: &[Value]) -> i64 {
    let endpoints = slices.iter().filter_map(|slice| slice.pointer("/endpoints")?.as_array()).flatten();
    // Absent means ready: discovery.k8s.io/v1.
    let ready = endpoints.filter(|endpoint| endpoint.pointer("/conditions/ready").and_then(Value::as_bool).unwrap_or(true));
    i64::try_from(ready.count()).unwrap_or(i64::MAX)
}

/// How far a workload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rollout {
    /// Whether its controller has seen the present specification.
    is_seen: bool,
    wanted: i64,
    /// Pods of the present template that there should be; fewer than wanted where the strategy holds some back.
    to_update: i64,
    updated: i64,
    /// All pods, of whatever template.
    all: i64,
    ready: i64,
    has_failed: bool,
}

impl Rollout {
    fn of(workload: &Value) -> Self {
        let number = |path: &str| workload.pointer(path).and_then(Value::as_i64);
        let text = |path: &str| workload.pointer(path).and_then(Value::as_str);
        let status = |field: &str| number(&format!("/status/{field}")).unwrap_or(0);
        let is_daemon = text("/kind") == Some("DaemonSet") || number("/status/desiredNumberScheduled").is_some();
        let wanted = if is_daemon { status("desiredNumberScheduled") } else { number("/spec/replicas").unwrap_or(1) };
        let by_hand = text("/spec/updateStrategy/type") == Some("OnDelete");
        let held_back = number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
        let conditions = workload.pointer("/status/conditions").and_then(Value::as_array);
        let has_failed = conditions.into_iter().flatten().any(|condition| {
            let is = |field: &str, value: &str| condition.get(field).and_then(Value::as_str) == Some(value);
            is("type", "Progressing") && is("status", "False") && is("reason", "ProgressDeadlineExceeded")
        });
        let is_seen = status("observedGeneration") >= number("/metadata/generation").unwrap_or(0);
        let (updated, all, ready) = if is_daemon {
            (status("updatedNumberScheduled"), wanted, status("numberAvailable"))
        } else {
            let ready = number("/status/availableReplicas").unwrap_or_else(|| status("readyReplicas"));
            (status("updatedReplicas"), status("replicas"), ready)
        };
        let to_update = if by_hand { 0 } else { wanted.saturating_sub(held_back).max(0) };
        Self { is_seen, wanted, to_update, updated, all, ready, has_failed: has_failed && is_seen }
    }

    const fn is_complete(&self) -> bool {
        self.is_seen && self.updated >= self.to_update && self.all <= self.wanted && self.ready >= self.wanted
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(updated: i64, all: i64, ready: i64, seen: i64) -> Value {
        json!({
            "kind": "Deployment", "metadata": {"generation": 4}, "spec": {"replicas": 3},
            "status": {"observedGeneration": seen, "updatedReplicas": updated, "replicas": all, "availableReplicas": ready},
        })
    }

    fn judged(live: &Value, before: i64, is_late: bool) -> Verdict {
        judge_rollout(&Rollout::of(live), &Baseline { serving: Some(before) }, is_late)
    }

    #[test]
    fn a_rollout_is_complete_when_its_controller_has_seen_it_and_nothing_old_is_left() {
        assert!(matches!(judged(&deployment(3, 3, 3, 4), 3, false), Verdict::Verified(_)));
        assert!(matches!(judged(&deployment(3, 3, 3, 3), 3, false), Verdict::GoingOn(_)), "of the former generation");
        assert!(matches!(judged(&deployment(3, 4, 3, 4), 3, false), Verdict::GoingOn(_)), "an old pod is left");
        assert!(matches!(judged(&deployment(1, 4, 3, 4), 3, false), Verdict::GoingOn(_)));
    }

    #[test]
    fn fewer_pods_than_before_are_worse_only_once_nothing_more_is_to_come() {
        let some = deployment(1, 3, 2, 4);
        assert!(matches!(judged(&some, 3, false), Verdict::GoingOn(_)));
        assert!(matches!(judged(&some, 3, true), Verdict::Worse(_)));
        assert!(matches!(judged(&some, 2, true), Verdict::Partial(_)), "no worse than it was");
        let mut failed = some.clone();
        failed["status"]["conditions"] = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        assert!(matches!(judged(&failed, 3, false), Verdict::Worse(_)), "the controller has given up");
        assert!(matches!(judged(&failed, 2, false), Verdict::GoingOn(_)));
        failed["status"]["observedGeneration"] = json!(3);
        assert!(matches!(judged(&failed, 3, false), Verdict::GoingOn(_)), "it gave up on what was before");
    }

    #[test]
    fn who_asks_for_fewer_pods_has_fewer_that_serve() {
        let mut small = deployment(0, 2, 0, 4);
        small["spec"]["replicas"] = json!(0);
        assert!(matches!(judged(&small, 3, true), Verdict::Partial(_)));
        assert!(matches!(
            judged(&json!({"metadata": {"generation": 2}, "spec": {"replicas": 0}, "status": {"observedGeneration": 2}}), 3, false),
            Verdict::Verified(_)
        ));
    }

    #[test]
    fn stateful_sets_keep_back_what_their_partition_says() {
        let set = |partition: i64, updated: i64| {
            json!({
                "kind": "StatefulSet", "metadata": {"generation": 2},
                "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}},
                "status": {"observedGeneration": 2, "updatedReplicas": updated, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3},
            })
        };
        assert!(Rollout::of(&set(2, 1)).is_complete() && !Rollout::of(&set(0, 1)).is_complete());
    }

    #[test]
    fn a_daemon_set_runs_on_every_node_it_should() {
        let set = |updated: i64, available: i64| {
            json!({
                "kind": "DaemonSet", "metadata": {"generation": 2}, "spec": {},
                "status": {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated, "numberAvailable": available},
            })
        };
        assert!(Rollout::of(&set(2, 2)).is_complete());
        assert!(!Rollout::of(&set(1, 2)).is_complete() && !Rollout::of(&set(2, 1)).is_complete());
    }

    #[test]
    fn a_service_leads_somewhere_or_it_is_said_that_nobody_saw() {
        let slices = |ready: Value| Sample { target: None, around: Around::Objects(vec![json!({"endpoints": [{"conditions": ready}]})]) };
        let judged = |sample: &Sample, before, since_s| judge_service(&Baseline { serving: Some(before) }, sample, since_s, since_s >= 300);
        assert!(matches!(judged(&slices(json!({"ready": true})), 0, 1), Verdict::Verified(_)));
        assert!(matches!(judged(&slices(json!({})), 0, 1), Verdict::Verified(_)));
        let none = slices(json!({"ready": false}));
        assert!(matches!(judged(&none, 0, 1), Verdict::GoingOn(_)) && matches!(judged(&none, 0, 300), Verdict::Partial(_)));
        assert!(matches!(judged(&none, 2, 1), Verdict::GoingOn(_)) && matches!(judged(&none, 2, SETTLE_S), Verdict::Worse(_)));
        let unseen = Sample { target: None, around: Around::Unseen("forbidden".to_owned()) };
        assert!(matches!(judged(&unseen, 0, 1), Verdict::Partial(_)));
    }
}
