//! Label selectors, as the API server evaluates them.

use assent_capture::tree::At;

/// Whether a plain map selector, such as a Service's, selects these labels. An empty one selects nothing.
#[must_use]
pub fn map_selects(selector: At<'_>, labels: At<'_>) -> bool {
    let mut any = false;
    let all = selector.entries().all(|(key, value)| {
        any = true;
        labels.get(key).scalar() == value.scalar()
    });
    any && all
}

/// Whether a `LabelSelector` (`matchLabels`, `matchExpressions`) selects these labels. An empty one selects everything.
#[must_use]
pub fn selector_selects(selector: At<'_>, labels: At<'_>) -> bool {
    let by_labels = selector.get("matchLabels").entries().all(|(key, value)| labels.get(key).scalar() == value.scalar());
    by_labels && selector.get("matchExpressions").items().all(|expression| expression_selects(expression, labels))
}

/// Whether one expression (`key`, `operator`, `values`) selects these labels. An unknown operator selects nothing.
#[must_use]
pub fn expression_selects(expression: At<'_>, labels: At<'_>) -> bool {
    let own = labels.get(expression.get("key").text_or_empty()).scalar();
    let listed = |own: &String| expression.get("values").items().any(|value| value.scalar().as_ref() == Some(own));
    let compared = |less: bool| {
        let own = own.as_ref().and_then(|text| text.parse::<i64>().ok());
        let bound = expression.get("values").at("0").int();
        matches!((own, bound), (Some(own), Some(bound)) if (less && own < bound) || (!less && own > bound))
    };
    match expression.get("operator").text_or_empty() {
        "In" => own.as_ref().is_some_and(listed),
        "NotIn" => !own.as_ref().is_some_and(listed),
        "Exists" => own.is_some(),
        "DoesNotExist" => own.is_none(),
        "Gt" => compared(false),
        "Lt" => compared(true),
        _ => false,
    }
}

/// `app=web,tier=front`, as kubectl prints a selector.
#[must_use]
pub fn printed(map: At<'_>) -> String {
    let pairs: Vec<String> = map.entries().map(|(key, value)| format!("{key}={}", value.scalar().unwrap_or_default())).collect();
    pairs.join(",")
}

/// One requirement of a selector as people type it: `app=web`, `tier!=cache`, `env in (a,b)`, `gpu`, `!gpu`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    negated: bool,
    /// None asks whether the label is there at all.
    values: Option<Vec<String>>,
}

impl Requirement {
    /// Whether these labels meet it. As in Kubernetes, a label that is not there meets every negation.
    #[must_use]
    pub fn takes(&self, labels: At<'_>) -> bool {
        let own = labels.get(&self.key).scalar();
        let meets = match &self.values {
            None => own.is_some(),
            Some(values) => own.is_some_and(|own| values.contains(&own)),
        };
        meets != self.negated
    }
}

/// The text is no selector.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSelector(String);

impl std::fmt::Display for BadSelector {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` is no requirement: write key=value, key!=value, key in (a,b), key notin (a,b), key or !key", self.0)
    }
}

impl std::error::Error for BadSelector {}

/// Reads a selector as people type it.
///
/// # Errors
/// When a requirement cannot be read; it is named.
pub fn parse(text: &str) -> Result<Vec<Requirement>, BadSelector> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(start..index).unwrap_or_default());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.into_iter().map(|part| requirement(part.trim())).collect()
}

fn requirement(text: &str) -> Result<Requirement, BadSelector> {
    let bad = || BadSelector(text.to_owned());
    let key = |word: &str| {
        let word = word.trim();
        let fits = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        fits.then(|| word.to_owned()).ok_or_else(bad)
    };
    let set = |list: &str| {
        let list = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')')).ok_or_else(bad)?;
        Ok(Some(list.split(',').map(|value| value.trim().to_owned()).collect()))
    };
    if let Some((left, right)) = text.split_once("!=") {
        return Ok(Requirement { key: key(left)?, negated: true, values: Some(vec![right.trim().to_owned()]) });
    }
    if let Some((left, right)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(Requirement { key: key(left)?, negated: false, values: Some(vec![right.trim().to_owned()]) });
    }
    if let Some((left, right)) = text.split_once(" notin ") {
        return Ok(Requirement { key: key(left)?, negated: true, values: set(right)? });
    }
    if let Some((left, right)) = text.split_once(" in ") {
        return Ok(Requirement { key: key(left)?, negated: false, values: set(right)? });
    }
    match text.strip_prefix('!') {
        Some(word) => Ok(Requirement { key: key(word)?, negated: true, values: None }),
        None => Ok(Requirement { key: key(text)?, negated: false, values: None }),
    }
}

#[cfg(test)]
mod tests {
    use assent_capture::source::{Source, SourceId};

    use super::*;

    #[test]
    fn typed_selectors_take_what_the_api_server_would_take() {
        let text = r#"{"app": "web", "tier": "front"}"#;
        let node = assent_capture::json::parse(text, 0).unwrap();
        let source = Source::whole("t", text.into());
        let labels = At::root(SourceId(0), &source, &node);
        let takes = |selector: &str| parse(selector).unwrap().iter().all(|one| one.takes(labels));
        for yes in ["app=web", "app==web,tier!=cache", "app in (api, web)", "tier notin (cache)", "app", "!gpu", "gpu!=yes"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["app=api", "gpu", "!app", "app notin (web)", "app in (api)"] {
            assert!(!takes(no), "{no}");
        }
        assert!(parse("app in web").is_err());
        assert!(parse("=web").is_err());
    }
}
