//! An object as it stands: what an API server printed of it, whole, as JSON.
//!
//! What a table or `kubectl describe` printed is enough to explain a fault and not enough to change an object. A value that an
//! observer redacted or cut is not the cluster's, so neither a test nor an inverse may be made of it.

use assent_base::Kind;
use assent_capture::set::Origin;
use assent_diagnosis::report::EntityName;
use assent_evidence::Entity;
use serde_json::Value;

use crate::domain::is_redacted;

/// Observers cut values of ConfigMaps at this many characters, so that one of this length may be a part.
const CONFIG_VALUE_CHARS_MAX: usize = 16 << 10;

/// Why a value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// An observer took something out.
    #[error("`{0}` is redacted in what Assent has seen")]
    Redacted(String),
    /// An observer may have cut it.
    #[error("`{0}` is too long to be known whole")]
    Cut(String),
}

/// One object with its fields.
#[derive(Debug, Clone)]
pub struct Object<'g> {
    /// Where it stands in the graph.
    pub entity: Entity<'g>,
    /// Its fields.
    pub json: Value,
}

impl<'g> Object<'g> {
    /// The object as an API server printed it last; none if it was only described, listed in a table, or named.
    #[must_use]
    pub fn of(entity: Entity<'g>) -> Option<Self> {
        let (_, root) = entity.views().find(|(origin, _)| *origin == Origin::Full)?;
        Some(Self { entity, json: root.json().filter(Value::is_object)? })
    }

    /// A field, as a JSON pointer.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.json.pointer(path)
    }

    /// A text field.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// Where the pod specification of its template stands; none for kinds that make no pods.
    #[must_use]
    pub fn pod_spec_path(&self) -> Option<&'static str> {
        match self.entity.kind() {
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => Some("/spec/template/spec"),
            Kind::CronJob => Some("/spec/jobTemplate/spec/template/spec"),
            _ => None,
        }
    }

    /// Where a container of the template stands, by name.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<String> {
        let spec = self.pod_spec_path()?;
        ["containers", "initContainers"].iter().find_map(|list| {
            let containers = self.at(&format!("{spec}/{list}"))?.as_array()?;
            let index = containers.iter().position(|container| container.get("name").and_then(Value::as_str) == Some(name))?;
            Some(format!("{spec}/{list}/{index}"))
        })
    }

    /// The names of the template's containers, init containers not among them.
    #[must_use]
    pub fn containers(&self) -> Vec<&str> {
        let list = self.pod_spec_path().and_then(|spec| self.at(&format!("{spec}/containers"))).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|container| container.get("name")?.as_str()).collect()
    }
}

/// Whether a value is the cluster's own: nothing in it was redacted or cut.
///
/// # Errors
/// When something was.
pub fn usable(path: &str, value: &Value, kind: &Kind) -> Result<(), Unusable> {
    match value {
        Value::String(text) if is_redacted(text) => Err(Unusable::Redacted(path.to_owned())),
        Value::String(text) if *kind == Kind::ConfigMap && text.chars().count() >= CONFIG_VALUE_CHARS_MAX => {
            Err(Unusable::Cut(path.to_owned()))
        }
        Value::Array(items) => items.iter().try_for_each(|item| usable(path, item, kind)),
        Value::Object(map) => map
            .iter()
            .try_for_each(|(key, item)| if is_redacted(key) { Err(Unusable::Redacted(path.to_owned())) } else { usable(path, item, kind) }),
        _ => Ok(()),
    }
}

/// The name of an entity, as reports write it.
#[must_use]
pub fn name(entity: Entity<'_>) -> EntityName {
    let reference = entity.reference();
    EntityName { kind: reference.kind.to_string(), namespace: reference.namespace().map(str::to_owned), name: reference.name.to_string() }
}

/// The entity that a report or a proposal names.
#[must_use]
pub fn entity<'g>(graph: &'g assent_evidence::Graph, name: &EntityName) -> Option<Entity<'g>> {
    graph.find(&assent_base::ObjectRef::new(Kind::named(&name.kind), name.namespace.as_deref(), &name.name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_redacted_or_cut_is_not_used() {
        assert!(usable("/a", &json!({"b": ["x", {"c": "[redacted:token:00aa]"}]}), &Kind::Pod).is_err());
        assert!(usable("/a", &json!({"b": "plain"}), &Kind::Pod).is_ok());
        let long = json!("x".repeat(CONFIG_VALUE_CHARS_MAX));
        assert!(usable("/data/a", &long, &Kind::ConfigMap).is_err() && usable("/data/a", &long, &Kind::Pod).is_ok());
    }
}
