//! A required setting that is missing: whether the template could bring it.

use assent_base::Kind;
use assent_evidence::{Entity, edges};

use super::Agreement;
use crate::candidate::Strength;
use crate::case::Case;
use crate::complaint::Said;
use crate::finding::Quote;

/// What the template says of the variable that a log misses.
pub(super) fn missing<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Agreement {
    let Some(variable) = said.complaint.field("variable") else { return Agreement::default() };
    let carrier = if said.owner.pod_spec().exists() { said.owner } else { said.complaint.on };
    let own = said.complaint.signal.stream.container.as_deref();
    let containers: Vec<_> =
        edges::containers(carrier.pod_spec()).filter(|container| own.is_none() || container.get("name").text() == own).collect();
    if containers.is_empty() {
        return Agreement::default();
    }
    let mut quotes = Vec::new();
    let mut sources = Vec::new();
    for container in &containers {
        if let Some(set) = container.get("env").items().find(|entry| entry.get("name").is(variable)) {
            let empty = set.get("value").text().is_some_and(|value| value.trim().is_empty());
            if !empty {
                // It is set by now: the log is of an older revision, or another name is meant.
                return Agreement {
                    strength: Some(Strength::Suspected),
                    says: ", says its log, though the template sets it".to_owned(),
                    quotes,
                };
            }
            return Agreement {
                strength: Some(Strength::Proven),
                says: format!(" to more than an empty value in container `{}`", container.get("name").text_or_empty()),
                quotes: case.quote(set.get("name"), carrier).into_iter().collect(),
            };
        }
        for source in container.get("envFrom").items() {
            match without(case, carrier, source, variable) {
                Some((name, quote)) => {
                    sources.push(name);
                    quotes.extend(quote);
                }
                None => return Agreement::default(),
            }
        }
        quotes.extend(case.quote(container.get("name"), carrier));
    }
    // Tables of workloads name containers and omit their environment.
    let complete = carrier.is_full() || containers.iter().any(|container| container.get("env").exists());
    if !complete {
        return Agreement::default();
    }
    let names: Vec<&str> = containers.iter().map(|container| container.get("name").text_or_empty()).collect();
    let says = match sources.as_slice() {
        [] => format!(" in container `{}` of the template", names.join("`, `")),
        sources => format!(" in container `{}` of the template, nor is it a key of {}", names.join("`, `"), sources.join(" or ")),
    };
    quotes.truncate(4);
    Agreement { strength: Some(Strength::Proven), says, quotes }
}

/// The source of variables, if it is known to lack this one.
fn without<'g>(
    case: &Case<'g>,
    carrier: Entity<'g>,
    source: assent_capture::tree::At<'g>,
    variable: &str,
) -> Option<(String, Option<Quote>)> {
    let prefix = source.get("prefix").text_or_empty();
    let key = variable.strip_prefix(prefix)?;
    for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
        let name = source.get(field).get("name");
        let Some(text) = name.text() else { continue };
        let object = case.graph.object(kind, carrier.namespace(), text).filter(Entity::is_full)?;
        let has = ["data", "stringData", "binaryData"].iter().any(|part| object.at(part).entries().any(|(own, _)| own == key));
        return (!has).then(|| (object.reference().to_string(), case.quote(name, carrier)));
    }
    None
}
