//! One caller at work in one tenant: what they may do, and the way every change takes.
//!
//! A change goes ask, record, keep: [`Desk::require`] asks policy, [`Desk::intend`] puts the intent on the ledger, and only an [`Intent`]
//! opens [`Desk::keep`]. So nothing is kept that was not permitted and recorded (I4), and no handler can forget it.

use std::sync::Arc;

use assent_api::{Action, Code, Problem};
use assent_base::Timestamp;
use assent_base::id::TenantId;
use assent_http::RequestMeta;
use assent_ledger::Outcome;
use assent_policy::{Ask, Engine, Judgement, Permit, Resource};
use assent_store::{Document, Expect, Kept, Query, StoreError, Tenant, Write};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::ReadAll;

/// A caller at work.
pub(crate) struct Desk<'a> {
    pub(crate) plane: &'a ControlPlane,
    pub(crate) tenant: Tenant,
    pub(crate) now: Timestamp,
    who: assent_policy::Caller,
    name: String,
    engine: Arc<Engine>,
}

/// What policy allowed, and what it was asked: the question goes on the ledger, so that it can be asked again of other policies.
#[derive(Debug)]
pub(crate) struct Leave {
    permit: Permit,
    ask: Ask,
}

/// The ledger holds that this is about to be done. It is spent by doing it.
#[derive(Debug)]
#[must_use = "an intent that nothing follows is a lie on the ledger"]
pub(crate) struct Intent {
    actor: String,
    action: String,
    subject: String,
}

impl<'a> Desk<'a> {
    /// Seats a person or a machine. Strangers and observers have no desk.
    pub(crate) async fn of(plane: &'a ControlPlane, caller: &Caller) -> Result<Desk<'a>, Problem> {
        let (who, name) = caller.member().ok_or_else(|| Problem::new(Code::NotSignedIn, "this needs a person or a machine key"))?;
        let tenant = plane.tenant(who.tenant).await?;
        let engine = plane.engine(&tenant).await?;
        Ok(Self { plane, now: plane.now(), tenant, who: who.clone(), name: name.to_owned(), engine })
    }

    /// The tenant's id.
    pub(crate) fn tenant_id(&self) -> TenantId {
        self.who.tenant
    }

    /// `account:acc_…` or `key:key_…`.
    pub(crate) fn actor(&self) -> String {
        self.who.principal.to_string()
    }

    /// Who calls.
    pub(crate) fn principal(&self) -> assent_policy::Principal {
        self.who.principal
    }

    /// What others call the caller.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the caller is granted, by name and by group.
    pub(crate) fn grants(&self) -> &[assent_api::accounts::Grant] {
        &self.who.grants
    }

    /// The policies of the tenant.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether the caller may: for the entries of a list, where a refusal is no event.
    pub(crate) fn may(&self, action: Action, resource: &Resource) -> bool {
        self.judge(action, resource.clone()).is_permit()
    }

    fn judge(&self, action: Action, resource: Resource) -> Judgement {
        self.engine.decide(&Ask { caller: self.who.clone(), action, resource })
    }

    /// Asks policy. A refusal goes on the ledger. Who may not even read the thing hears that there is none.
    pub(crate) async fn require(&self, action: Action, resource: Resource) -> Result<Leave, Problem> {
        let subject = resource.id.clone();
        let readable = action_to_read(action).is_none_or(|read| self.may(read, &resource));
        let ask = Ask { caller: self.who.clone(), action, resource };
        let judgement = self.engine.decide(&ask);
        let answer = judgement.answer();
        let Judgement::Permit(permit) = judgement else {
            let details = json!({ "ask": ask, "decision": answer });
            self.plane.record(&self.tenant, &self.actor(), action.as_str(), &subject, Outcome::Refused, details).await?;
            return Err(if readable { refused(action, &answer) } else { Problem::not_found() });
        };
        Ok(Leave { permit, ask })
    }

    /// A document of the tenant. Whether the caller may know of it is still to be asked.
    pub(crate) async fn get<D: Document>(&self, id: &str) -> Result<Kept<D>, Problem> {
        self.tenant.get::<D>(id).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)
    }

    /// How many documents a query finds.
    pub(crate) async fn count<D: Document>(&self, query: &Query) -> Result<u64, Problem> {
        self.tenant.count::<D>(query).await.map_err(Problem::from_store)
    }

    /// All documents that a query finds.
    pub(crate) async fn all<D: Document>(&self, query: &Query) -> Result<Vec<Kept<D>>, Problem> {
        self.tenant.all::<D>(query).await.map_err(Problem::from_store)
    }

    /// What a write shall find: the version that was read here, which must be that of `If-Match` if there is one. If somebody else is faster, the
    /// write is [`Code::Stale`], and `http` has a change that names no version done again from its beginning.
    pub(crate) fn expect(&self, meta: &RequestMeta, version: u64) -> Result<Expect, Problem> {
        match meta.if_match {
            Some(wanted) if wanted != version => {
                Err(Problem::new(Code::Stale, format!("it is at version {version} now, and you read {wanted}")))
            }
            Some(_) | None => Ok(Expect::Version(version)),
        }
    }

    /// Puts on the ledger what is about to be done. `details` must hold no secret.
    pub(crate) async fn intend(&self, leave: Leave, details: Value) -> Result<Intent, Problem> {
        let subject = leave.permit.resource().to_owned();
        self.intend_on(leave, subject, details).await
    }

    /// The same, for something that is only now being made.
    pub(crate) async fn intend_on(&self, leave: Leave, subject: String, details: Value) -> Result<Intent, Problem> {
        let Leave { permit, ask } = leave;
        let decision = Judgement::Permit(permit);
        let answer = decision.answer();
        let details = json!({ "details": details, "ask": ask, "decision": answer, "policy_digest": self.engine.digest() });
        let (actor, action) = (self.actor(), ask.action.as_str().to_owned());
        self.plane.record(&self.tenant, &actor, &action, &subject, Outcome::Intended, details).await?;
        Ok(Intent { actor, action, subject })
    }

    /// Does what was intended, all of it or nothing. What does not work goes on the ledger too.
    pub(crate) async fn keep(&self, intent: Intent, writes: Vec<Write>) -> Result<(), Problem> {
        let done = self.tenant.write(writes, self.now).await.map(drop).map_err(|error| match error {
            // What is made gets an id of its own: something was not there when it was looked for, and somebody else has made it since.
            StoreError::Conflict { .. } => Problem::new(Code::Stale, "somebody else made it meanwhile: read it again"),
            other => Problem::from_store(other),
        });
        self.close(intent, done).await
    }

    /// Records how something ended that is done elsewhere.
    pub(crate) async fn close<T>(&self, intent: Intent, done: Result<T, Problem>) -> Result<T, Problem> {
        if let Err(problem) = &done {
            let details = json!({ "problem": problem.code });
            self.plane.record(&self.tenant, &intent.actor, &intent.action, &intent.subject, Outcome::Failed, details).await?;
        }
        done
    }
}

/// What one must be allowed to read to know that something exists.
fn action_to_read(action: Action) -> Option<Action> {
    let read = match action {
        Action::IncidentComment | Action::IncidentManage | Action::IncidentShare | Action::IncidentRead => Action::IncidentRead,
        Action::PlanRead | Action::PlanPropose | Action::PlanVote => Action::PlanRead,
        Action::ClusterManage | Action::ClusterRead | Action::ExecutorManage => Action::ClusterRead,
        Action::EnvironmentManage | Action::EnvironmentRead => Action::EnvironmentRead,
        Action::RedactionRead | Action::RedactionManage => Action::EnvironmentRead,
        // Things of the whole tenant: that there are members, keys and policies is no secret to a member.
        Action::TenantCreate
        | Action::TenantRead
        | Action::TenantUpdate
        | Action::TenantExport
        | Action::TenantDelete
        | Action::MemberRead
        | Action::MemberManage
        | Action::KeyRead
        | Action::KeyManage
        | Action::LedgerRead
        | Action::LedgerExport
        | Action::PolicyRead
        | Action::PolicyManage
        | Action::AlertSourceRead
        | Action::AlertSourceManage
        | Action::ChannelRead
        | Action::ChannelManage
        | Action::EventRead => return None,
    };
    Some(read)
}

fn refused(action: Action, answer: &assent_api::policies::Answer) -> Problem {
    let why = match (answer.reasons.as_slice(), answer.errors.len()) {
        ([], 0) => "none of your grants permits it".to_owned(),
        ([], _) => "a policy could not be evaluated, which refuses".to_owned(),
        (policies, _) => format!("forbidden by {}", policies.join(", ")),
    };
    Problem::new(Code::Refused, format!("you may not `{action}` here: {why}"))
}
