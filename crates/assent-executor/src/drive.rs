//! Doing what a run needs, and handing in what came of it. All I/O of a run is here; what follows from it is decided in `execution`.

use assent_apply::{Cluster, NotDone, Whom};
use assent_approval::statement::{ClusterUid, Nonce};
use assent_base::Timestamp;
use assent_execution::Impersonated;
use assent_execution::order::Order;
use assent_execution::run::{Answer, Event, Need};
use assent_execution::verdict::{self, Around, Baseline, Sample, Surroundings};
use assent_plan::Plan;
use assent_plan::plan::{Inverse, Request};
use serde_json::Value;

use crate::link::{Heard, Link};
use crate::pinning::Pinning;
use crate::state::State;

/// Needs that are seen to in one go, at most: a run from end to end has fewer.
const NEEDS_MAX: usize = 100;

/// What a run is driven with.
pub(crate) struct Tools<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) link: &'a mut Link,
    pub(crate) cluster: &'a Cluster,
    pub(crate) pinning: &'a Pinning,
    pub(crate) cluster_uid: &'a ClusterUid,
    pub(crate) now: fn() -> Timestamp,
}

/// Drives a run as far as it goes now. Whether it went anywhere.
pub(crate) async fn drive(tools: &mut Tools<'_>, nonce: Nonce) -> anyhow::Result<bool> {
    let mut any = false;
    for _ in 0..NEEDS_MAX {
        let Some(run) = tools.state.run(nonce) else { return Ok(any) };
        let (need, order, steps) = (run.need(), run.order().clone(), run.steps().len());
        let Some(event) = happened(tools, &need, &order).await else { return Ok(any) };
        tracing::debug!(plan = %order.id(), ?need, "seen to");
        let now = (tools.now)();
        if tools.state.event(nonce, event, now)? {
            any = true;
            say(tools.state, nonce, steps);
        } else if !matches!(tools.state.run(nonce).map(|run| run.need()), Some(Need::Look) if need != Need::Look) {
            return Ok(any);
        }
    }
    Ok(any)
}

/// Says what came of it: the steps that are new.
fn say(state: &State, nonce: Nonce, known: usize) {
    let Some(run) = state.run(nonce) else { return };
    for step in run.steps().iter().skip(known) {
        tracing::info!(plan = %run.order().id(), number = step.number, step = ?step.step, "run");
    }
}

/// Sees to a need; nothing if it has to wait.
async fn happened(tools: &mut Tools<'_>, need: &Need, order: &Order) -> Option<Event> {
    let (cluster, plan) = (tools.cluster, order.plan());
    let users = &order.accepted().users;
    let first = users.first()?;
    match need {
        Need::Nothing => None,
        Need::Tell(step) => match tools.link.tell(order.id(), step.clone()).await {
            Heard::Recorded => Some(Event::Told),
            Heard::Refused(why) => Some(Event::NotTold(why)),
            Heard::NoAnswer(why) => {
                tracing::warn!(plan = %order.id(), number = step.number, why, "a step is not recorded yet");
                None
            }
        },
        Need::Check if order.is_over((tools.now)()) => Some(Event::Lapsed("its time was over before it could be applied".to_owned())),
        Need::Check => check(cluster, plan, users).await,
        Need::Confirm => Some(match order.still_holds(&tools.pinning.now, tools.cluster_uid, (tools.now)()) {
            Ok(()) => Event::Ready,
            Err(refusal) => Event::Lapsed(refusal.to_string()),
        }),
        Need::Prepare => Some(Event::Ready),
        Need::Apply => Some(Event::Answered(write(cluster, plan, first, &plan.request).await)),
        Need::Revert => match &plan.inverse {
            Inverse::Patch { patch, .. } => Some(Event::Answered(write(cluster, plan, first, &Request::Patch(patch.clone())).await)),
            Inverse::MadeAnew { .. } => Some(Event::Answered(Answer::Refused("nothing takes a deletion back".to_owned()))),
        },
        Need::Look => match cluster.get(&whom(first), &plan.target).await {
            Ok(live) => Some(Event::Looked(live)),
            Err(error) => blind(&error),
        },
        Need::Watch => match cluster.get(&whom(first), &plan.target).await {
            Ok(target) => around(cluster, plan, first).await.map(|around| Event::Sampled(Sample { target, around })),
            Err(error) => blind(&error),
        },
    }
}

fn whom(user: &Impersonated) -> Whom<'_> {
    Whom { user: &user.user, groups: &user.groups }
}

/// A refusal to let us read is final; anything else may go better.
fn blind(error: &NotDone) -> Option<Event> {
    match error {
        NotDone::Forbidden { .. } => Some(Event::Blind(error.to_string())),
        _ => None,
    }
}

/// Asks as each approver whether the object is as it was and whether the API server would take the change.
async fn check(cluster: &Cluster, plan: &Plan, users: &[Impersonated]) -> Option<Event> {
    let mut before = Baseline::default();
    for (place, user) in users.iter().enumerate() {
        let target = match cluster.get(&whom(user), &plan.target).await {
            Ok(Some(target)) => target,
            Ok(None) => return Some(Event::Objected("the object is gone".to_owned())),
            Err(error) => return objected(&error),
        };
        if let Some(drift) = plan.preconditions.drift(&target).first() {
            return Some(Event::Objected(drift.to_string()));
        }
        if let Err(error) = cluster.try_out(&whom(user), &plan.target, &plan.request).await {
            return objected(&error);
        }
        if place == 0 {
            let around = around(cluster, plan, user).await?;
            before = verdict::baseline(plan, &Sample { target: Some(target), around });
        }
    }
    Some(Event::Checked(before))
}

fn objected(error: &NotDone) -> Option<Event> {
    match error {
        NotDone::Unknown(_) | NotDone::Unauthenticated => {
            tracing::warn!(%error, "the API server does not say whether it would take a change");
            None
        }
        other => Some(Event::Objected(other.to_string())),
    }
}

/// What stands around the object; nothing if no answer came.
async fn around(cluster: &Cluster, plan: &Plan, user: &Impersonated) -> Option<Around> {
    let read: Result<Vec<Value>, NotDone> = match verdict::surroundings(plan) {
        Surroundings::None => return Some(Around::Nothing),
        Surroundings::EndpointSlices { namespace, service } => cluster.endpoint_slices(&whom(user), &namespace, &service).await,
        Surroundings::Object { kind, namespace, name } => {
            let read = cluster.get_maker(&whom(user), &kind, namespace.as_deref(), &name).await;
            read.map(|maker| maker.into_iter().collect())
        }
    };
    match read {
        Ok(objects) => Some(Around::Objects(objects)),
        Err(NotDone::Unknown(_) | NotDone::Unauthenticated) => None,
        Err(other) => Some(Around::Unseen(other.to_string())),
    }
}

async fn write(cluster: &Cluster, plan: &Plan, user: &Impersonated, request: &Request) -> Answer {
    match cluster.write(&whom(user), &plan.target, request).await {
        Ok(written) => Answer::Done { resource_version: written.resource_version },
        Err(NotDone::Unknown(why)) => Answer::Unknown(why),
        Err(other) => Answer::Refused(other.to_string()),
    }
}
