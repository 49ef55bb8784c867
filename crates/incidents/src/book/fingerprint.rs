//! What makes two incidents the same: the cause and what it is about, never a pod's name or an instant.
//!
//! A container is no part of it, since one fault of one workload is one incident, whichever of its containers showed it first.

use assent_base::Digest;
use assent_base::Timestamp;
use assent_base::id::{ClusterId, IncidentId, RANDOM_BYTES};
use assent_diagnosis::report::EntityName;

/// Stands in for the cause while none is shown.
pub(crate) const UNEXPLAINED: &str = "unexplained";

/// The fingerprint of a cause, or of symptoms without one, on an object.
#[must_use]
pub fn of(cause: Option<&str>, on: &EntityName) -> String {
    let namespace = on.namespace.as_deref().unwrap_or_default();
    let parts = [cause.unwrap_or(UNEXPLAINED), &on.kind, namespace, &on.name];
    let digest = Digest::of_parts(&parts.map(str::as_bytes));
    digest.as_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The id of an incident: the same when the same facts are folded again.
pub(crate) fn incident_id(cluster: ClusterId, fingerprint: &str, at: Timestamp, serial: u64) -> IncidentId {
    let digest = Digest::of_parts(&[cluster.as_bytes(), fingerprint.as_bytes(), &at.as_nanosecond().to_be_bytes(), &serial.to_be_bytes()]);
    let mut random = [0; RANDOM_BYTES];
    for (to, from) in random.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    IncidentId::new(at, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_causes_and_objects_apart() {
        let on = |name: &str| EntityName { kind: "Deployment".to_owned(), namespace: Some("shop".to_owned()), name: name.to_owned() };
        assert_eq!(of(Some("image.not_found"), &on("web")), of(Some("image.not_found"), &on("web")));
        assert_ne!(of(Some("image.not_found"), &on("web")), of(Some("memory.limit_too_low"), &on("web")));
        assert_ne!(of(Some("image.not_found"), &on("web")), of(Some("image.not_found"), &on("api")));
        assert_ne!(of(None, &on("web")), of(Some("image.not_found"), &on("web")));
    }
}
