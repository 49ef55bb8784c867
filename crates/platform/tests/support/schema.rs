//! The smallest value that a schema takes, with ids of one's choice in it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Ids by their prefix: `env` to `env_…`.
pub(crate) type Ids = BTreeMap<String, String>;

/// A value of this schema: required fields alone, the first of all choices.
pub(crate) fn smallest(schema: &Value, ids: &Ids) -> Value {
    value(schema, schema, ids)
}

fn value(root: &Value, schema: &Value, ids: &Ids) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a definition");
        return value(root, target, ids);
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return value(root, first, ids);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "string" => text(schema, ids),
        "integer" | "number" => json!(3_600),
        "boolean" => json!(false),
        "array" => json!([]),
        _ => {
            let required: Vec<&str> =
                schema["required"].as_array().map_or(Vec::new(), |all| all.iter().filter_map(Value::as_str).collect());
            let fields: Map<String, Value> = required
                .into_iter()
                .map(|name| (name.to_owned(), value(root, schema.pointer(&format!("/properties/{name}")).unwrap_or(&Value::Null), ids)))
                .collect();
            Value::Object(fields)
        }
    }
}

fn text(schema: &Value, ids: &Ids) -> Value {
    if schema["format"] == "date-time" {
        return json!("2026-05-04T10:00:00Z");
    }
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    let prefix = pattern.trim_start_matches('^').split('_').next().unwrap_or_default();
    json!(ids.get(prefix).map_or("probe", String::as_str))
}
