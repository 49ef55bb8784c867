//! Trying a plan that nobody has approved yet: as the user who is pinned for that, and as a dry run alone.

use assent_api::plans::{DryRun, Rehearsal};
use assent_apply::{Cluster, NotDone, Tried, Whom};
use assent_base::{Digest, Timestamp};
use assent_execution::Impersonated;
use assent_plan::Plan;
use assent_plan::patch;
use assent_plan::plan::Inverse;

/// Bytes of what is told at most.
const MESSAGE_CHARS_MAX: usize = 400;

/// Tries the change, and the inverse on what that answered.
pub(crate) async fn rehearse(cluster: &Cluster, plan: &Plan, whom: &Impersonated, now: Timestamp) -> Rehearsal {
    let whom = Whom { user: &whom.user, groups: &whom.groups };
    let tried = cluster.try_out(&whom, &plan.target, &plan.request).await;
    let inverse = match &tried {
        Ok(tried) => inverse(plan, tried),
        Err(_) => DryRun::NotRun { why: "the change itself was not accepted".to_owned() },
    };
    Rehearsal { at: now, change: told(tried), inverse }
}

fn told(tried: Result<Tried, NotDone>) -> DryRun {
    match tried {
        Ok(tried) => DryRun::Accepted { result: tried.digest.to_string(), warnings: tried.warnings },
        Err(error) => match error.status() {
            None => DryRun::NotRun { why: error.to_string() },
            Some(status) => {
                let admission = match &error {
                    NotDone::Admission { by, .. } => Some(by.clone()),
                    _ => None,
                };
                DryRun::Refused { status, message: error.to_string().chars().take(MESSAGE_CHARS_MAX).collect(), admission }
            }
        },
    }
}

/// A dry run keeps nothing, so what takes the change back is tried on its answer, here.
fn inverse(plan: &Plan, tried: &Tried) -> DryRun {
    match &plan.inverse {
        Inverse::MadeAnew { by } => DryRun::NotRun { why: format!("{by} makes the object anew; there is nothing to try") },
        Inverse::Patch { patch: ops, preconditions } => {
            if let Some(drift) = preconditions.drift(&tried.object).first() {
                return DryRun::Refused { status: 409, message: format!("after the change, {drift}"), admission: None };
            }
            match patch::applied(&tried.object, ops) {
                Ok(object) => {
                    let result = Digest::of(object.to_string().as_bytes()).to_string();
                    DryRun::Accepted { result, warnings: Vec::new() }
                }
                Err(error) => DryRun::Refused { status: 422, message: error.to_string(), admission: None },
            }
        }
    }
}
