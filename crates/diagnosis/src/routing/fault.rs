//! A broken tie between two objects: the symptom it shows, and the field at fault.

use assent_evidence::{Entity, EntityId};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};

/// Something that leads nowhere, and why.
#[derive(Debug, Clone)]
pub(crate) struct Fault<'g> {
    /// Id of the catalogue.
    pub(crate) cause: &'static str,
    /// What is visible.
    pub(crate) symptom: Symptom,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Where it is visible.
    pub(crate) on: Entity<'g>,
    /// The object whose field is at fault.
    pub(crate) at_fault: Entity<'g>,
    /// The symptom in words.
    pub(crate) shows: String,
    /// The cause in words.
    pub(crate) says: String,
    /// The words that show it.
    pub(crate) quotes: Vec<Quote>,
    /// How well it is shown.
    pub(crate) strength: Strength,
    /// Whose own trouble would be deeper.
    pub(crate) blames: Vec<EntityId>,
    /// What to do.
    pub(crate) next: Vec<String>,
    /// What was checked and does not hold.
    pub(crate) not: Vec<(&'static str, String)>,
}

impl<'g> Fault<'g> {
    /// A fault whose field stands in the object that shows it.
    pub(crate) fn new(cause: &'static str, symptom: Symptom, on: Entity<'g>, shows: String, says: String) -> Self {
        Self {
            cause,
            symptom,
            severity: Severity::Broken,
            on,
            at_fault: on,
            shows,
            says,
            quotes: Vec::new(),
            strength: Strength::Shown,
            blames: Vec::new(),
            next: Vec::new(),
            not: Vec::new(),
        }
    }

    /// Adds words that show it.
    pub(crate) fn quote(mut self, quotes: impl IntoIterator<Item = Quote>) -> Self {
        self.quotes.extend(quotes);
        self
    }

    /// Says how well it is shown.
    pub(crate) fn strength(mut self, strength: Strength) -> Self {
        self.strength = strength;
        self
    }

    /// Says how bad it is.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds something to do.
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next.push(step.into());
        self
    }

    /// Adds a refuted alternative.
    pub(crate) fn not(mut self, cause: &'static str, why: impl Into<String>) -> Self {
        self.not.push((cause, why.into()));
        self
    }

    /// The finding that it is.
    pub(crate) fn finding(&self) -> Finding {
        Finding {
            symptom: self.symptom,
            on: self.on.id,
            container: None,
            says: self.shows.clone(),
            quotes: self.quotes.iter().take(3).cloned().collect(),
            severity: self.severity,
            since: None,
            reason: self.cause.into(),
        }
    }

    /// The candidate that it makes, if its finding is among those of the case.
    pub(crate) fn candidate(&self, case: &Case<'g>) -> Option<Candidate> {
        let findings: Vec<usize> = case
            .on_with(self.on.id, &[self.symptom])
            .into_iter()
            .filter(|index| case.findings.get(*index).is_some_and(|finding| finding.says == self.shows))
            .collect();
        if findings.is_empty() {
            return None;
        }
        let mut candidate = Candidate::new(self.cause, self.at_fault.id, self.strength, self.says.clone())
            .quote(self.quotes.iter().cloned())
            .explain(findings);
        for blamed in &self.blames {
            candidate = candidate.blame(*blamed);
        }
        for step in &self.next {
            candidate = candidate.next(step.clone());
        }
        for (cause, why) in &self.not {
            candidate = candidate.not(cause, why.clone(), self.quotes.first().cloned());
        }
        Some(candidate)
    }
}
