//! An alert as a fact about its cluster.
//!
//! It takes the form of a Kubernetes event, since that is what it is: somebody says that something happened to an object. It is shown as
//! evidence beside the cluster's own events, and by its reporter everybody sees that it came from outside.

use assent_base::id::AlertSourceId;
use assent_base::{Digest, Timestamp};
use assent_diagnosis::symptoms::alerts::{REASON, REPORTER};
use assent_incidents::Fact;
use serde_json::json;

use super::Alert;

/// The namespace of events about things that have none, as Kubernetes has it.
const NAMESPACE_OF_OTHERS: &str = "default";
/// Digits of the digest in an event's name.
const NAME_DIGITS: usize = 24;

/// The fact; its texts are redacted already. None if the alert names no object: then there is nothing in the cluster it is about.
pub(crate) fn alert_fact(source: AlertSourceId, alert: &Alert, now: Timestamp) -> Option<Fact> {
    let about = alert.object.as_ref()?;
    let namespace = about.namespace.as_deref().unwrap_or(NAMESPACE_OF_OTHERS);
    let digest = Digest::of_parts(&[source.to_string().as_bytes(), alert.subject.to_string().as_bytes()]).to_string();
    let name = format!("alert-{}", digest.trim_start_matches("sha256:").get(..NAME_DIGITS)?);
    if alert.is_over {
        return Some(Fact::Gone { at: now, kind: "Event".to_owned(), namespace: Some(namespace.to_owned()), name, uid: None });
    }
    let mut involved = json!({ "kind": about.kind, "name": about.name });
    if let (Some(namespace), Some(fields)) = (&about.namespace, involved.as_object_mut()) {
        fields.insert("namespace".to_owned(), json!(namespace));
    }
    let body = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": name, "namespace": namespace },
        "involvedObject": involved,
        "type": if is_mere_information(alert) { "Normal" } else { "Warning" },
        "reason": REASON,
        "message": alert.title,
        "firstTimestamp": alert.starts_at,
        "lastTimestamp": now,
        "count": 1,
        "reportingComponent": REPORTER,
        "source": { "component": REPORTER },
    });
    let body = serde_json::value::to_raw_value(&body).ok()?;
    Some(Fact::Object { at: now, body })
}

/// Whether the sender says that nobody has to do anything.
fn is_mere_information(alert: &Alert) -> bool {
    let word = alert.severity.as_deref().unwrap_or_default().to_ascii_lowercase();
    matches!(word.as_str(), "info" | "none" | "debug")
}

#[cfg(test)]
mod tests {
    use super::super::formats::About;
    use super::*;

    #[test]
    fn an_alert_is_an_event_about_its_object_until_it_is_over() {
        let fact = alert_fact(source(), &alert(false), Timestamp::UNIX_EPOCH).expect("a fact");
        let Fact::Object { body, .. } = fact else { panic!("an object") };
        let event: serde_json::Value = serde_json::from_str(body.get()).expect("JSON");
        assert_eq!(event.pointer("/involvedObject/name"), Some(&json!("cart")));
        let Some(Fact::Gone { name, namespace, .. }) = alert_fact(source(), &alert(true), Timestamp::UNIX_EPOCH) else { panic!("gone") };
        assert_eq!(event.pointer("/metadata/name"), Some(&json!(name)));
        assert_eq!(event.pointer("/metadata/namespace"), Some(&json!(namespace)));
    }

    #[test]
    fn an_alert_about_nothing_is_no_fact() {
        let alert = Alert { object: None, ..alert(false) };
        assert!(alert_fact(source(), &alert, Timestamp::UNIX_EPOCH).is_none());
    }

    fn source() -> AlertSourceId {
        AlertSourceId::new(Timestamp::UNIX_EPOCH, [1; assent_base::id::RANDOM_BYTES])
    }

    fn alert(is_over: bool) -> Alert {
        Alert {
            title: "Cart is down".to_owned(),
            severity: None,
            object: Some(About { kind: "Deployment".to_owned(), namespace: Some("shop".to_owned()), name: "cart".to_owned() }),
            starts_at: Timestamp::UNIX_EPOCH,
            is_over,
            subject: Digest::of(b"one"),
        }
    }
}
