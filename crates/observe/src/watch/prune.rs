//! Drops what diagnosis never reads, before anything is kept or sent.

use std::hash::{BuildHasher as _, RandomState};

use serde_json::{Map, Value};

/// Values of a ConfigMap that are longer are cut here: a Corefile or an address fits.
const CONFIG_VALUE_CHARS_MAX: usize = 16 << 10;
/// Annotations that are longer are some tool's storage.
const ANNOTATION_CHARS_MAX: usize = 4 << 10;

/// Takes out what is not needed. What changed an object, and when, is read off the managed fields first; their contents go.
pub(super) fn prune(kind: &str, object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("selfLink");
        prune_annotations(metadata);
        for entry in metadata.get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.retain(|key, _| matches!(key.as_str(), "manager" | "operation" | "time" | "subresource"));
            }
        }
    }
    match kind {
        // Images that lie on a node: a long list that explains nothing.
        "Node" => {
            if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
                status.remove("images");
            }
        }
        "ConfigMap" => prune_config(object),
        _ => {}
    }
}

fn prune_annotations(metadata: &mut Map<String, Value>) {
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    annotations.retain(|_, value| value.as_str().is_some_and(|text| text.len() <= ANNOTATION_CHARS_MAX));
}

/// Keys stay, since references to them are checked; bytes that are no text go.
fn prune_config(object: &mut Value) {
    for value in object.get_mut("binaryData").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        *value = Value::from("");
    }
}

/// Cuts long text, after redaction: half a secret is not recognised as one.
pub(super) fn shorten(kind: &str, object: &mut Value) {
    if kind != "ConfigMap" {
        return;
    }
    for value in object.get_mut("data").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Value::String(text) = value
            && text.len() > CONFIG_VALUE_CHARS_MAX
        {
            *text = text.chars().take(CONFIG_VALUE_CHARS_MAX).collect();
        }
    }
}

/// What of a pruned object says that it changed: all but the marks of its last write.
pub(super) fn substance(object: &Value, fingerprints: &RandomState) -> u64 {
    let mut bare = object.clone();
    if let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            // A lock that is renewed every other second, and says nothing new by that.
            annotations.remove("control-plane.alpha.kubernetes.io/leader");
        }
    }
    fingerprints.hash_one(bare.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_changed_an_object_stays_and_what_they_own_goes() {
        let mut pod = json!({"metadata": {"name": "a", "managedFields": [
            {"manager": "kubectl", "operation": "Apply", "time": "2026-03-01T10:00:00Z", "apiVersion": "v1", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:spec": {}}, "subresource": "status"}]}});
        prune("Pod", &mut pod);
        let kept = json!([{"manager": "kubectl", "operation": "Apply", "time": "2026-03-01T10:00:00Z", "subresource": "status"}]);
        assert_eq!(pod["metadata"]["managedFields"], kept);
    }

    #[test]
    fn bulk_goes_and_what_is_read_stays() {
        let long = "x".repeat(ANNOTATION_CHARS_MAX + 1);
        let mut config = json!({
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "short", "blob": long}},
            "data": {"Corefile": ".:53 {}", "long": "é".repeat(CONFIG_VALUE_CHARS_MAX)},
            "binaryData": {"key.bin": "AAECAw=="},
        });
        prune("ConfigMap", &mut config);
        shorten("ConfigMap", &mut config);
        assert_eq!(config["metadata"]["annotations"], json!({"note": "short"}));
        assert_eq!((&config["data"]["Corefile"], &config["binaryData"]), (&json!(".:53 {}"), &json!({"key.bin": ""})));
        assert!(config["data"]["long"].as_str().unwrap().len() <= 2 * CONFIG_VALUE_CHARS_MAX);
        let mut node = json!({"status": {"images": [{"names": ["a"]}], "conditions": []}});
        prune("Node", &mut node);
        assert_eq!(node, json!({"status": {"conditions": []}}));
    }

    #[test]
    fn a_write_that_changes_nothing_has_the_same_substance() {
        let fingerprints = RandomState::new();
        let substance = |object: &Value| substance(object, &fingerprints);
        let one = json!({"metadata": {"name": "a", "resourceVersion": "7", "managedFields": []}, "status": {"phase": "Running"}});
        let mut other = one.clone();
        other["metadata"]["resourceVersion"] = json!("8");
        assert_eq!(substance(&one), substance(&other));
        other["status"]["phase"] = json!("Failed");
        assert_ne!(substance(&one), substance(&other));
    }
}
