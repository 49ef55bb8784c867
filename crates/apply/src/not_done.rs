//! What an API server's answer means, when it is not the one that was hoped for.
//!
//! Source: the `Status` kind of meta/v1; the words of the admission chain of Kubernetes 1.34 to 1.36, which has no field for who refused.

use serde::Deserialize;

/// Foreign messages are cut here.
const MESSAGE_CHARS_MAX: usize = 400;
/// What the API server says of a JSON patch whose test does not hold.
const TEST_FAILED: &str = "the server rejected our request due to an error in our request";

/// Why something is not done, by who has to act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The object is not there.
    #[error("the object is not there: {0}")]
    Gone(String),
    /// The object is not as the patch tests it, or somebody else was quicker.
    #[error("the object has changed: {0}")]
    Changed(String),
    /// This user's rights do not reach there.
    #[error("{user} may not do that: {message}")]
    Forbidden {
        /// Whom it was asked as.
        user: String,
        /// The API server's words.
        message: String,
    },
    /// An admission webhook, a policy or a quota refuses it.
    #[error("refused by {by}: {message}")]
    Admission {
        /// Which.
        by: String,
        /// Its words.
        message: String,
    },
    /// The API server takes no such object.
    #[error("the API server takes no such change: {0}")]
    Invalid(String),
    /// The API server does not know us.
    #[error("the API server does not accept our credentials")]
    Unauthenticated,
    /// Nobody knows whether it is done: no answer, or one that says nothing.
    #[error("no answer from the API server: {0}")]
    Unknown(String),
}

impl NotDone {
    /// The status that the API server answered with, as far as it says anything.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            NotDone::Gone(_) => Some(404),
            NotDone::Changed(_) => Some(409),
            NotDone::Forbidden { .. } | NotDone::Admission { .. } => Some(403),
            NotDone::Invalid(_) => Some(422),
            NotDone::Unauthenticated => Some(401),
            NotDone::Unknown(_) => None,
        }
    }

    /// Reads an answer that is no success.
    pub(crate) fn read(status: u16, body: &[u8], user: &str) -> Self {
        #[derive(Default, Deserialize)]
        struct Status {
            #[serde(default)]
            message: String,
        }
        let said = serde_json::from_slice::<Status>(body).unwrap_or_default().message;
        let message = clipped(&said);
        if let Some(by) = admission(&said) {
            return NotDone::Admission { by, message };
        }
        match status {
            401 => NotDone::Unauthenticated,
            403 if said.contains("exceeded quota") => NotDone::Admission { by: "a quota".to_owned(), message },
            403 => NotDone::Forbidden { user: user.to_owned(), message },
            404 => NotDone::Gone(message),
            409 => NotDone::Changed(message),
            422 if said == TEST_FAILED => NotDone::Changed("a test of the patch does not hold".to_owned()),
            400 | 405 | 406 | 413 | 415 | 422 => NotDone::Invalid(message),
            _ => NotDone::Unknown(format!("status {status}: {message}")),
        }
    }
}

/// Who refused, where admission did.
fn admission(message: &str) -> Option<String> {
    let quoted = |before: &str, quote: char| {
        let (_, rest) = message.split_once(before)?;
        rest.split(quote).next().map(clipped)
    };
    if let Some(name) = quoted("ValidatingAdmissionPolicy '", '\'') {
        return Some(format!("policy {name}"));
    }
    if let Some(name) = quoted("admission webhook \"", '"') {
        return Some(format!("webhook {name}"));
    }
    quoted("failed calling webhook \"", '"').map(|name| format!("webhook {name}, which does not answer"))
}

pub(crate) fn clipped(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, message: &str) -> NotDone {
        NotDone::read(status, serde_json::json!({ "kind": "Status", "message": message }).to_string().as_bytes(), "ada")
    }

    #[test]
    fn refused_absent_and_failed_are_told_apart() {
        let forbidden = "deployments.apps \"web\" is forbidden: User \"ada\" cannot patch resource \"deployments\"";
        assert!(matches!(read(403, forbidden), NotDone::Forbidden { user, .. } if user == "ada"));
        let policy = "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: no";
        assert!(matches!(read(422, policy), NotDone::Admission { by, .. } if by == "policy no-latest"));
        let webhook = "admission webhook \"guard.example\" denied the request: no";
        assert!(matches!(read(400, webhook), NotDone::Admission { by, .. } if by == "webhook guard.example"));
        let silent = "Internal error occurred: failed calling webhook \"guard.example\": no route";
        assert!(matches!(read(500, silent), NotDone::Admission { .. }));
        assert!(matches!(read(403, "pods \"x\" is forbidden: exceeded quota: compute"), NotDone::Admission { .. }));
        assert!(matches!(read(404, "deployments.apps \"web\" not found"), NotDone::Gone(_)));
        assert!(matches!(read(409, "Precondition failed: UID in precondition"), NotDone::Changed(_)));
        assert!(matches!(read(422, TEST_FAILED), NotDone::Changed(_)));
        assert!(matches!(read(422, "Deployment.apps \"web\" is invalid: spec.replicas"), NotDone::Invalid(_)));
        for status in [302, 429, 500, 503, 504] {
            assert!(matches!(read(status, "etcdserver: request timed out"), NotDone::Unknown(_)), "{status}");
        }
        assert!(matches!(NotDone::read(502, b"<html>", "ada"), NotDone::Unknown(_)));
    }

    #[test]
    fn a_message_is_bounded_and_moves_no_cursor() {
        let NotDone::Invalid(message) = read(422, &format!("a\u{1b}[2J{}", "x".repeat(9_000))) else { panic!("invalid") };
        assert!(message.chars().count() <= MESSAGE_CHARS_MAX && !message.contains('\u{1b}'));
    }
}
