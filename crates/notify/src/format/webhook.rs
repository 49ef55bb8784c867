//! Our own JSON, signed. `docs/notifications.md` describes it for who receives it.
//!
//! A program reads it, so words are cleaned and cut as everywhere, and not disarmed: they stand in JSON, and whoever shows them escapes them.

use assent_base::{Secret, Timestamp};
use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::notice::{Item, Message, Subject, word};
use crate::site::Site;
use crate::text::{DETAIL_CHARS_MAX, NAME_CHARS_MAX, TITLE_CHARS_MAX, line};

/// The version of the form.
const FORM: u32 = 1;

/// The body of the request.
pub(crate) fn body(id: &str, message: Message<'_>, site: Option<&Site>) -> Value {
    match message {
        Message::Test { channel } => {
            json!({ "version": FORM, "id": id, "type": "test", "channel": line(channel, NAME_CHARS_MAX), "notices": [], "more": 0 })
        }
        Message::Batch(batch) => {
            let notices: Vec<Value> = batch.items.iter().map(|item| notice(item, site)).collect();
            json!({ "version": FORM, "id": id, "type": "notices", "notices": notices, "more": batch.more })
        }
    }
}

fn notice(item: &Item, site: Option<&Site>) -> Value {
    let notice = &item.notice;
    let (subject, id) = match notice.subject {
        Subject::Incident(id) => ("incident", id.to_string()),
        Subject::Plan(id) => ("plan", id.to_string()),
    };
    let name = |text: &String| line(text, NAME_CHARS_MAX);
    json!({
        "event": notice.kind,
        "subject": subject,
        "subject_id": id,
        "at": notice.at,
        "severity": word(notice.severity),
        "title": line(&notice.title, TITLE_CHARS_MAX),
        "detail": notice.detail.as_ref().map(|detail| line(detail, DETAIL_CHARS_MAX)),
        "environment": notice.environment,
        "environment_name": name(&notice.environment_name),
        "cluster_name": name(&notice.cluster_name),
        "namespaces": notice.namespaces.iter().map(name).collect::<Vec<_>>(),
        "earlier": item.earlier,
        "url": site.map(|site| site.page(notice.subject)),
    })
}

/// `t=1780000000,v1=6ab3…`: HMAC-SHA-256 over the instant in seconds, a full stop, and the body.
pub(crate) fn signature(key: &Secret, at: Timestamp, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()));
    context.update(format!("{}.", at.as_second()).as_bytes());
    context.update(body);
    format!("t={},v1={}", at.as_second(), hex::encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_instant_and_body() {
        let key = |text: &str| Secret::new(text.to_owned());
        let at = Timestamp::from_second(1_780_000_000).unwrap();
        // printf '1780000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signed = signature(&key("0123456789abcdef"), at, br#"{"a":1}"#);
        assert_eq!(signed, "t=1780000000,v1=bbc5da54367f5e39957fab1768fefa9cb855aa3b2717bef17cedda003c97c1bb");
        assert_ne!(signed, signature(&key("0123456789abcdeg"), at, br#"{"a":1}"#));
        assert_ne!(signed, signature(&key("0123456789abcdef"), at, br#"{"a":2}"#));
    }
}
