//! Words for statements, and words cut out of messages.

use assent_evidence::Entity;

/// A sentence's first letter made large.
#[must_use]
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A message cut to what a statement can carry.
#[must_use]
pub(crate) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 240;
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    if line.chars().count() <= CHARS_MAX { line.to_owned() } else { line.chars().take(CHARS_MAX).collect::<String>() + "…" }
}

/// The text between two marks, the first pair of them; none if there is nothing between.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found).filter(|found| !found.is_empty())
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
