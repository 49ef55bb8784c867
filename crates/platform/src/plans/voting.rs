//! Ballots and votes.

use assent_api::operations::{AskBallot, CastVote, ProposePlan};
use assent_api::{Action, Code, Problem};
use assent_http::{Handle, Input, Reply};

use crate::caller::Caller;
use crate::desk::Desk;
use crate::plane::ControlPlane;

impl Handle<AskBallot> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AskBallot>) -> Result<Reply<AskBallot>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let open = desk.plan(input.path.plan).await?;
        let _permit = desk.require(Action::PlanVote, open.resource).await?;
        Err(nobody_asked())
    }
}

impl Handle<CastVote> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CastVote>) -> Result<Reply<CastVote>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let open = desk.plan(input.path.plan).await?;
        let _permit = desk.require(Action::PlanVote, open.resource).await?;
        Err(nobody_asked())
    }
}

impl Handle<ProposePlan> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ProposePlan>) -> Result<Reply<ProposePlan>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (_, _, resource) = desk.incident(input.path.incident).await?;
        let _permit = desk.require(Action::PlanPropose, resource).await?;
        Err(Problem::new(Code::Conflict, "nothing is proposed for this incident"))
    }
}

fn nobody_asked() -> Problem {
    Problem::new(Code::Conflict, "nobody is asked about this plan")
}
