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

/// The text between two marks, the first pair of them.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// The text after a mark, up to the first blank or the end, without a closing full stop, comma or quotation mark.
pub(crate) fn word_after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',', ';', '"', ')', ']']);
    (!word.is_empty()).then_some(word)
}

/// A message shortened for a statement, at a character boundary.
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    let text = text.trim().trim_end_matches('.');
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// ` -n shop`, for a command about an entity; nothing for one without namespace.
pub(crate) fn in_namespace(entity: Entity<'_>) -> String {
    entity.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default()
}

/// `Deployment a/b`, `Deployment a/b and Job a/c`, `Deployment a/b, Job a/c and 3 more`.
pub(crate) fn listed(entities: &[Entity<'_>]) -> String {
    let mut names: Vec<String> = entities.iter().map(|entity| entity.reference().to_string()).collect();
    names.dedup();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_out_of_messages() {
        assert_eq!(between("quota: q, requested: cpu=1, used", "requested: ", ", used"), Some("cpu=1"));
        assert_eq!(between("no marks", "a", "b"), None);
        assert_eq!(word_after("class \"fast\" not found", "class \""), Some("fast"));
        assert_eq!(word_after("limited: cpu=4.", "limited: "), Some("cpu=4"));
        assert_eq!(word_after("limited: ", "limited: "), None);
    }

    #[test]
    fn long_messages_are_shortened_at_a_character() {
        assert_eq!(shortened("ünïcödé", 3), "ünï…");
        assert_eq!(shortened(" short. ", 10), "short");
    }
}
