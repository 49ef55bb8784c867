//! What parts of Kubernetes said of an object: messages of its conditions and events, with the words to quote.
//!
//! A controller's message is the best witness of what it was refused or could not do. Newest first, so that a reader who takes
//! the first that it understands takes what holds now.

use assent_evidence::Entity;

use crate::case::Case;
use crate::finding::{Finding, Quote};

/// A message, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Told<'g> {
    /// What was said.
    pub(crate) text: &'g str,
    /// The words to quote.
    pub(crate) quote: Quote,
}

/// What conditions and events said of the entity of a finding: conditions of these types whose status is `status`, then events
/// with these reasons, latest first, then events that name nobody and made this finding.
pub(crate) fn of<'g>(case: &Case<'g>, finding: &Finding, conditions: &[(&str, &str)], reasons: &[&str]) -> Vec<Told<'g>> {
    let entity = case.entity(finding.on);
    let mut told = Vec::new();
    for (kind, status) in conditions {
        let Some(condition) = entity.condition(kind).filter(|condition| condition.get("status").is(status)) else { continue };
        let message = condition.get("message");
        told.extend(message.text().and_then(|text| Some(Told { text, quote: case.quote(message, entity)? })));
    }
    told.extend(events(case, entity, reasons));
    for event in case.graph.loose_events().iter().filter(|event| reasons.contains(&&*event.reason)) {
        let Some(quote) = case.quote_event(event, entity) else { continue };
        if finding.quotes.contains(&quote) {
            told.push(Told { text: &event.message, quote });
        }
    }
    told
}

/// What events with these reasons said of an entity, latest first.
pub(crate) fn events<'g>(case: &Case<'g>, entity: Entity<'g>, reasons: &[&str]) -> Vec<Told<'g>> {
    let of_reason = |reason: &str| reasons.contains(&reason);
    let events = entity.events().iter().filter(|event| of_reason(&event.reason) && !case.is_old(event.last));
    events.filter_map(|event| Some(Told { text: &event.message, quote: case.quote_event(event, entity)? })).collect()
}
