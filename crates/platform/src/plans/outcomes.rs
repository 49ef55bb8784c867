//! What came of earlier proposals, and what that says about the next: what worked for a cause on an object is proposed before what did not.
//!
//! Kept of each action by cause and object, in one cluster. The same history gives the same order and the same words.

use assent_api::Problem;
use assent_api::plans::Outcome;
use assent_base::id::ClusterId;
use assent_base::{Digest, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_store::{Expect, Kept, Query, Tenant, Write};

use crate::documents::{OutcomeDoc, PlanDoc};
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::tenants::chunks;

/// What came of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// It ran, and ended so.
    Ran(Outcome),
    /// Somebody said no before it ran.
    Rejected,
}

/// Under what the history of an action is kept.
fn document_id(cluster: ClusterId, cause: &str, target: &EntityName, action: &str) -> String {
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let parts = [cause, &target.kind, namespace, &target.name, action];
    let parts: Vec<&[u8]> = std::iter::once(cluster.as_bytes().as_slice()).chain(parts.iter().map(|part| part.as_bytes())).collect();
    Digest::of_parts(&parts).to_string()
}

/// The history of an action for a cause on an object; none if there is none.
pub(crate) async fn history(
    tenant: &Tenant,
    cluster: ClusterId,
    cause: &str,
    target: &EntityName,
    action: &str,
) -> Result<Option<Kept<OutcomeDoc>>, Problem> {
    tenant.get::<OutcomeDoc>(&document_id(cluster, cause, target, action)).await.map_err(Problem::from_store)
}

/// Remembers what came of a plan, as a step of the transaction that says so.
pub(crate) async fn remember(tenant: &Tenant, plan: &PlanDoc, became: Became, now: Timestamp) -> Result<Write, Problem> {
    let kept = history(tenant, plan.cluster, &plan.cause, &plan.target, &plan.action).await?;
    let (mut doc, expect) = match kept {
        Some(kept) => (kept.doc, Expect::Version(kept.version)),
        None => (OutcomeDoc::new(plan, now), Expect::Absent),
    };
    doc.count(became, now);
    let id = document_id(plan.cluster, &plan.cause, &plan.target, &plan.action);
    Write::put(&id, &doc, expect).map_err(Problem::from_store)
}

/// Removes what is remembered of a cluster.
pub(crate) async fn forget(tenant: &Tenant, cluster: ClusterId, now: Timestamp) -> Result<(), Problem> {
    let of = Query::default().equal("cluster", &cluster.to_string());
    let all = tenant.all::<OutcomeDoc>(&of).await.map_err(Problem::from_store)?;
    let gone = all.iter().map(|kept| Write::delete::<OutcomeDoc>(&kept.id, Expect::Any).map_err(Problem::from_store));
    for chunk in chunks(gone.collect::<Result<_, _>>()?) {
        tenant.write(chunk, now).await.map_err(Problem::from_store)?;
    }
    Ok(())
}

impl OutcomeDoc {
    fn new(plan: &PlanDoc, at: Timestamp) -> Self {
        Self {
            cluster: plan.cluster,
            cause: plan.cause.clone(),
            target: plan.target.clone(),
            action: plan.action.clone(),
            verified: 0,
            partial: 0,
            reverted: 0,
            failed: 0,
            rejected: 0,
            latest: None,
            at,
        }
    }

    fn count(&mut self, became: Became, at: Timestamp) {
        let count = match became {
            Became::Ran(Outcome::Verified) => Some(&mut self.verified),
            Became::Ran(Outcome::Partial) => Some(&mut self.partial),
            Became::Ran(Outcome::Reverted) => Some(&mut self.reverted),
            Became::Ran(Outcome::Failed) => Some(&mut self.failed),
            // Nothing was changed: that an approver has no rights there says nothing about the fix.
            Became::Ran(Outcome::Refused) => None,
            Became::Rejected => Some(&mut self.rejected),
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
        if let Became::Ran(outcome) = became {
            self.latest = Some(outcome);
        }
        self.at = at;
    }

    /// How much its history speaks for it; 0 says nothing.
    pub(crate) fn weight(&self) -> i64 {
        let (for_it, against) = (i64::from(self.verified) * 2, i64::from(self.reverted) * 2 + i64::from(self.failed) * 2);
        for_it - against - i64::from(self.rejected) - i64::from(self.partial)
    }

    /// The same, in words: `worked 2 times, was taken back once for this cause on Deployment shop/checkout`.
    pub(crate) fn reason(&self) -> Option<String> {
        let counted = [
            (self.verified, "worked"),
            (self.partial, "worked in part"),
            (self.reverted, "was taken back"),
            (self.failed, "failed"),
            (self.rejected, "was rejected"),
        ];
        let said: Vec<String> =
            counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what} {}", times(count))).collect();
        (!said.is_empty()).then(|| format!("{} for this cause on {}", said.join(", "), self.target))
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;
    use crate::fixture::now;

    #[test]
    fn what_worked_weighs_more_than_what_was_rejected_and_says_why() {
        let after = |all: &[Became]| {
            let mut doc = empty();
            all.iter().for_each(|became| doc.count(*became, now()));
            (doc.weight(), doc.reason())
        };
        assert_eq!(after(&[]), (0, None));
        assert_eq!(after(&[Became::Ran(Outcome::Refused)]), (0, None), "nothing was tried");
        let worked = after(&[Became::Ran(Outcome::Verified), Became::Ran(Outcome::Verified)]);
        assert_eq!(worked.1.as_deref(), Some("worked twice for this cause on Deployment shop/web"));
        let mixed = after(&[Became::Ran(Outcome::Verified), Became::Ran(Outcome::Reverted), Became::Rejected]);
        assert_eq!(mixed.1.as_deref(), Some("worked once, was taken back once, was rejected once for this cause on Deployment shop/web"));
        assert!(worked.0 > mixed.0 && mixed.0 < 0);
    }

    fn empty() -> OutcomeDoc {
        let target = EntityName { kind: "Deployment".to_owned(), namespace: Some("shop".to_owned()), name: "web".to_owned() };
        OutcomeDoc {
            cluster: ClusterId::new(now(), [1; RANDOM_BYTES]),
            cause: "image.not_found".to_owned(),
            target,
            action: "roll_back".to_owned(),
            verified: 0,
            partial: 0,
            reverted: 0,
            failed: 0,
            rejected: 0,
            latest: None,
            at: now(),
        }
    }
}
