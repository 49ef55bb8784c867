//! A candidate is a cause that would explain some findings. Families offer them; the engine chooses.

use std::collections::BTreeSet;

use assent_evidence::EntityId;

use crate::finding::Quote;

/// Quotes that one candidate keeps. More add bulk and no proof.
pub const QUOTES_MAX: usize = 8;

/// How well a candidate is shown, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It fits, and other things would fit too.
    Suspected,
    /// A workload's own log says so, and nothing else does.
    Logged,
    /// Objects imply it: a selector that no pod's labels match.
    Shown,
    /// A part of Kubernetes says so: an event, a condition, a container state.
    Stated,
    /// A part of Kubernetes says so, and the objects (or a second source) agree.
    Proven,
}

/// One step between the cause and what the user sees.
#[derive(Debug, Clone)]
pub struct Step {
    /// The entity that the step is on.
    pub on: EntityId,
    /// What happens there, a sentence without a full stop.
    pub says: String,
    /// The words that show it.
    pub quotes: Vec<Quote>,
}

/// Another cause that was considered and does not hold.
#[derive(Debug, Clone)]
pub struct RuledOut {
    /// Its id.
    pub cause: &'static str,
    /// Why it does not hold.
    pub why: String,
    /// The words that show that.
    pub quotes: Vec<Quote>,
}

/// Something that was not in the input and would settle a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// What is missing: `the log of container web before its last restart`.
    pub what: String,
    /// What gets it: a command, or the grant that Assent would need.
    pub how: String,
}

/// A cause that would explain some findings.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Id of the catalogue.
    pub cause: &'static str,
    /// The faulty object: the owner, not a pod of it, where the fault is in the template.
    pub on: EntityId,
    /// One or two sentences that a person can act on, without the final full stop.
    pub says: String,
    /// The words that show it.
    pub quotes: Vec<Quote>,
    /// Indices of the findings that it explains.
    pub explains: BTreeSet<usize>,
    /// How well it is shown.
    pub strength: Strength,
    /// Entities whose own trouble, if they have any, is the deeper cause: the Service that refuses connections.
    pub blames: BTreeSet<EntityId>,
    /// Steps between the cause and the symptom that are worth telling.
    pub steps: Vec<Step>,
    /// What was considered and refuted.
    pub ruled_out: Vec<RuledOut>,
    /// What would settle it.
    pub missing: BTreeSet<Missing>,
    /// What to do, most useful first; text, with commands where they help.
    pub next_steps: Vec<String>,
}

impl Candidate {
    /// A candidate with its statement; the rest is added by the methods below.
    #[must_use]
    pub fn new(cause: &'static str, on: EntityId, strength: Strength, says: impl Into<String>) -> Self {
        Self {
            cause,
            on,
            says: says.into(),
            quotes: Vec::new(),
            explains: BTreeSet::new(),
            strength,
            blames: BTreeSet::new(),
            steps: Vec::new(),
            ruled_out: Vec::new(),
            missing: BTreeSet::new(),
            next_steps: Vec::new(),
        }
    }

    /// Adds words that show it. Takes what [`crate::case::Case::quote`] gives, which may be nothing.
    #[must_use]
    pub fn quote(mut self, quotes: impl IntoIterator<Item = Quote>) -> Self {
        for quote in quotes {
            if self.quotes.len() < QUOTES_MAX && !self.quotes.contains(&quote) {
                self.quotes.push(quote);
            }
        }
        self
    }

    /// Says which findings it explains.
    #[must_use]
    pub fn explain(mut self, findings: impl IntoIterator<Item = usize>) -> Self {
        self.explains.extend(findings);
        self
    }

    /// Names an entity whose own trouble is the deeper cause.
    #[must_use]
    pub fn blame(mut self, entity: EntityId) -> Self {
        self.blames.insert(entity);
        self
    }

    /// Adds a step between the cause and the symptom.
    #[must_use]
    pub fn step(mut self, on: EntityId, says: impl Into<String>, quotes: impl IntoIterator<Item = Quote>) -> Self {
        self.steps.push(Step { on, says: says.into(), quotes: quotes.into_iter().collect() });
        self
    }

    /// Adds a refuted alternative.
    #[must_use]
    pub fn not(mut self, cause: &'static str, why: impl Into<String>, quotes: impl IntoIterator<Item = Quote>) -> Self {
        self.ruled_out.push(RuledOut { cause, why: why.into(), quotes: quotes.into_iter().collect() });
        self
    }

    /// Adds something missing that would settle it.
    #[must_use]
    pub fn missing(mut self, what: impl Into<String>, how: impl Into<String>) -> Self {
        self.missing.insert(Missing { what: what.into(), how: how.into() });
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next_steps.push(step.into());
        self
    }
}
