//! Which step of a run can follow on which, and what a plan's state is after it.
//!
//! An executor is believed about what it did, since nobody else was there; but not about what cannot have been: something that was never
//! intended, applied twice, or verified without having been applied.

use assent_api::plans::{Outcome, PlanState, RunStep, Step};

/// Steps of one run at most. An executor tells no more than some thirty.
pub(crate) const STEPS_MAX: usize = 200;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Nothing was told of it.
    Unbegun,
    /// It is intended, and was not applied as far as is known.
    Intended,
    /// It was applied.
    Applied,
    /// It is being taken back.
    Undoing,
    /// It is over.
    Ended(Outcome),
}

/// Why a step cannot be the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadStep {
    #[error("nothing was intended")]
    NotIntended,
    #[error("it was intended before")]
    Again,
    #[error("nothing was applied")]
    NotApplied,
    #[error("it was applied before")]
    Applied,
    #[error("the run is over")]
    Over,
    #[error("a run has at most {STEPS_MAX} steps")]
    TooMany,
}

impl Course {
    /// Where these steps have led.
    pub(crate) fn of(steps: &[RunStep]) -> Self {
        steps.iter().fold(Course::Unbegun, |course, step| course.after(&step.step).unwrap_or(course))
    }

    /// Where one step more leads.
    pub(crate) fn after(self, step: &Step) -> Result<Self, BadStep> {
        use Course::{Applied, Ended, Intended, Unbegun, Undoing};
        match (self, step) {
            (Unbegun, Step::Intended { .. }) => Ok(Intended),
            (_, Step::Intended { .. }) => Err(BadStep::Again),
            // It was refused before anything was intended: the warrant, or the plan, did not hold.
            (Unbegun, Step::Ended { outcome: Outcome::Refused, .. }) => Ok(Ended(Outcome::Refused)),
            (Unbegun, _) => Err(BadStep::NotIntended),
            // What did well can be taken back while its time lasts; what went wrong was tried already, or cannot be.
            (Ended(Outcome::Verified | Outcome::Partial), Step::Undoing { .. }) => Ok(Undoing),
            (Ended(_), _) => Err(BadStep::Over),
            (Intended, Step::Rehearsed {} | Step::Progress { .. }) => Ok(Intended),
            (Applied | Undoing, Step::Rehearsed {}) => Err(BadStep::Applied),
            (Applied | Undoing, Step::Progress { .. }) => Ok(self),
            (Intended, Step::Applied { .. }) => Ok(Applied),
            (Applied | Undoing, Step::Applied { .. }) => Err(BadStep::Applied),
            (Intended, Step::Undoing { .. }) => Err(BadStep::NotApplied),
            (Applied | Undoing, Step::Undoing { .. }) => Ok(Undoing),
            (Intended, Step::Ended { outcome, .. }) => match outcome {
                Outcome::Refused | Outcome::Failed => Ok(Ended(*outcome)),
                Outcome::Verified | Outcome::Partial | Outcome::Reverted => Err(BadStep::NotApplied),
            },
            (Applied | Undoing, Step::Ended { outcome, .. }) => match outcome {
                Outcome::Refused => Err(BadStep::Applied),
                Outcome::Verified | Outcome::Partial | Outcome::Reverted | Outcome::Failed => Ok(Ended(*outcome)),
            },
        }
    }

    /// The state of a plan whose run has come so far.
    pub(crate) const fn state(self) -> Option<PlanState> {
        match self {
            Course::Unbegun => None,
            Course::Intended | Course::Applied | Course::Undoing => Some(PlanState::Running),
            Course::Ended(Outcome::Verified) => Some(PlanState::Verified),
            Course::Ended(Outcome::Partial) => Some(PlanState::Partial),
            Course::Ended(Outcome::Reverted) => Some(PlanState::Reverted),
            Course::Ended(Outcome::Failed) => Some(PlanState::Failed),
            Course::Ended(Outcome::Refused) => Some(PlanState::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;

    use super::*;

    #[test]
    fn runs_as_executors_tell_them_are_followed() {
        for (told, state) in [
            (vec![intended(), Step::Rehearsed {}, applied(), progress(), ended(Outcome::Verified)], PlanState::Verified),
            (vec![intended(), Step::Rehearsed {}, applied(), undoing(), ended(Outcome::Reverted)], PlanState::Reverted),
            (vec![intended(), ended(Outcome::Refused)], PlanState::Refused),
            (vec![intended(), Step::Rehearsed {}, ended(Outcome::Failed)], PlanState::Failed),
            (vec![ended(Outcome::Refused)], PlanState::Refused),
            (vec![intended(), applied(), ended(Outcome::Verified), undoing(), ended(Outcome::Reverted)], PlanState::Reverted),
            (vec![intended(), applied(), ended(Outcome::Partial), undoing()], PlanState::Running),
        ] {
            let end = told.iter().try_fold(Course::Unbegun, Course::after).expect("each follows on the one before");
            assert_eq!(end.state(), Some(state), "{told:?}");
            assert_eq!(Course::of(&numbered(told)), end);
        }
    }

    #[test]
    fn what_cannot_have_been_is_refused() {
        for (told, next, why) in [
            (vec![], applied(), BadStep::NotIntended),
            (vec![], ended(Outcome::Verified), BadStep::NotIntended),
            (vec![intended()], intended(), BadStep::Again),
            (vec![intended()], ended(Outcome::Verified), BadStep::NotApplied),
            (vec![intended()], undoing(), BadStep::NotApplied),
            (vec![intended(), applied()], applied(), BadStep::Applied),
            (vec![intended(), applied()], ended(Outcome::Refused), BadStep::Applied),
            (vec![intended(), applied(), ended(Outcome::Failed)], undoing(), BadStep::Over),
            (vec![intended(), applied(), ended(Outcome::Verified)], progress(), BadStep::Over),
            (vec![intended(), ended(Outcome::Refused)], applied(), BadStep::Over),
        ] {
            assert_eq!(Course::of(&numbered(told)).after(&next), Err(why));
        }
    }

    fn intended() -> Step {
        Step::Intended { statement: String::new(), approvers: Vec::new(), as_user: String::new() }
    }

    fn applied() -> Step {
        Step::Applied { resource_version: None }
    }

    fn progress() -> Step {
        Step::Progress { text: String::new() }
    }

    fn undoing() -> Step {
        Step::Undoing { why: String::new() }
    }

    fn ended(outcome: Outcome) -> Step {
        Step::Ended { outcome, detail: String::new() }
    }

    fn numbered(steps: Vec<Step>) -> Vec<RunStep> {
        (1..).zip(steps).map(|(number, step)| RunStep { number, at: Timestamp::UNIX_EPOCH, step }).collect()
    }
}
