//! What three kinds of senders say, in one form.
//!
//! The formats of Alertmanager and PagerDuty belong to others and grow: what is not known of them is not read. In our own, an unknown
//! field is an error.
//!
//! Source: Alertmanager's webhook, version 4; PagerDuty's webhooks, version 3.

use std::collections::BTreeMap;

use assent_api::alerts::AlertFormat;
use assent_api::{Code, Problem};
use assent_base::{Digest, Kind, Timestamp};
use serde::{Deserialize, Serialize};

use super::ALERTS_MAX;

/// Characters of a title at most; the rest is cut off.
const TITLE_CHARS_MAX: usize = 500;
/// Characters of what a sender calls an alert at most.
const SUBJECT_CHARS_MAX: usize = 1_000;
/// Characters of an object's name at most: that of a DNS subdomain, RFC 1123.
const OBJECT_CHARS_MAX: usize = 253;
/// Labels of an alert that name an object, and its kind; the first that is there counts.
const OBJECT_LABELS: &[(&str, Kind)] = &[
    ("pod", Kind::Pod),
    ("deployment", Kind::Deployment),
    ("statefulset", Kind::StatefulSet),
    ("daemonset", Kind::DaemonSet),
    ("job_name", Kind::Job),
    ("cronjob", Kind::CronJob),
    ("horizontalpodautoscaler", Kind::HorizontalPodAutoscaler),
    ("persistentvolumeclaim", Kind::PersistentVolumeClaim),
    ("service", Kind::Service),
    ("node", Kind::Node),
    ("namespace", Kind::Namespace),
];

/// An alert, whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    /// What it is, in a line.
    pub(crate) title: String,
    /// How bad, in the sender's words.
    pub(crate) severity: Option<String>,
    /// What it is about, if that is named.
    pub(crate) object: Option<About>,
    /// When it began.
    pub(crate) starts_at: Timestamp,
    /// Whether it is over.
    pub(crate) is_over: bool,
    /// What tells one alert from another whether or not it is over.
    pub(crate) subject: Digest,
}

/// An alert as it came: its texts are not redacted.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    /// What makes it one: a second one with the same key is the same alert.
    pub(crate) key: String,
    /// When the sender signed it, where a signature over old bytes would still hold.
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) alert: Alert,
}

/// An object that an alert names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl About {
    /// An object, if Kubernetes could have given it this name: what others send chooses no other text.
    fn read(kind: &Kind, namespace: Option<&str>, name: &str) -> Option<Self> {
        let namespace = namespace.filter(|_| kind.is_namespaced());
        let lacks = kind.is_namespaced() && namespace.is_none();
        let good = !lacks && is_name(name) && namespace.is_none_or(is_name);
        good.then(|| Self { kind: kind.to_string(), namespace: namespace.map(str::to_owned), name: name.to_owned() })
    }
}

/// A DNS subdomain, RFC 1123.
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= OBJECT_CHARS_MAX && text.split('.').all(label)
}

/// Reads what came.
pub(crate) fn read(format: AlertFormat, body: &[u8]) -> Result<Vec<Came>, Problem> {
    let alerts = match format {
        AlertFormat::Alertmanager => alertmanager(body)?,
        AlertFormat::Pagerduty => pagerduty(body)?,
        AlertFormat::Generic => vec![generic(body)?],
    };
    if alerts.len() > ALERTS_MAX {
        return Err(Problem::new(Code::TooLarge, format!("{} alerts came, and {ALERTS_MAX} is the most", alerts.len())));
    }
    if alerts.iter().any(|came| came.key.chars().count() > SUBJECT_CHARS_MAX) {
        return Err(Problem::new(Code::TooLarge, format!("an alert is told from others by {SUBJECT_CHARS_MAX} characters at most")));
    }
    Ok(alerts)
}

fn parse<'a, T: Deserialize<'a>>(what: &str, body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::BadRequest, format!("not an alert of {what}: line {}, column {}", error.line(), error.column()))
    })
}

/// Alertmanager's webhook.
#[derive(Debug, Deserialize)]
struct Webhook {
    version: String,
    #[serde(default)]
    alerts: Vec<WebhookAlert>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebhookAlert {
    status: WebhookStatus,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    fingerprint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WebhookStatus {
    Firing,
    Resolved,
}

fn alertmanager(body: &[u8]) -> Result<Vec<Came>, Problem> {
    let webhook: Webhook = parse("Alertmanager", body)?;
    if webhook.version != "4" {
        return Err(Problem::new(Code::BadRequest, "only version 4 of Alertmanager's webhook is known"));
    }
    Ok(webhook.alerts.into_iter().map(of_alertmanager).collect())
}

fn of_alertmanager(alert: WebhookAlert) -> Came {
    let is_over = alert.status == WebhookStatus::Resolved;
    let text = ["summary", "message", "description"].into_iter().find_map(|name| alert.annotations.get(name));
    let name = alert.labels.get("alertname").map_or("alert", String::as_str);
    let title = text.map_or_else(|| name.to_owned(), |text| format!("{name}: {text}"));
    let namespace = alert.labels.get("namespace").map(String::as_str);
    let object = OBJECT_LABELS.iter().find_map(|(label, kind)| About::read(kind, namespace, alert.labels.get(*label)?));
    let subject = format!("{} {}", alert.fingerprint, alert.starts_at);
    Came {
        key: format!("{subject} {is_over}"),
        // A token proves who sends now, and the same alert is sent again for as long as it is on.
        signed_at: None,
        alert: Alert {
            title,
            severity: alert.labels.get("severity").cloned(),
            object,
            starts_at: alert.starts_at,
            is_over,
            subject: Digest::of(subject.as_bytes()),
        },
    }
}

/// PagerDuty's webhook.
#[derive(Debug, Deserialize)]
struct Delivery {
    event: DeliveredEvent,
}

#[derive(Debug, Deserialize)]
struct DeliveredEvent {
    id: String,
    event_type: String,
    occurred_at: Timestamp,
    #[serde(default)]
    data: serde_json::Value,
}

fn pagerduty(body: &[u8]) -> Result<Vec<Came>, Problem> {
    let event = parse::<Delivery>("PagerDuty", body)?.event;
    let is_over = match event.event_type.as_str() {
        "incident.triggered" | "incident.reopened" => false,
        "incident.resolved" => true,
        // Acknowledgements, notes, pings: nothing about the cluster.
        _ => return Ok(Vec::new()),
    };
    let text = |pointer: &str| event.data.pointer(pointer).and_then(serde_json::Value::as_str);
    let title = text("/title").or_else(|| text("/summary")).unwrap_or("incident");
    let subject = Digest::of(text("/id").unwrap_or(&event.id).as_bytes());
    // Its incidents name a service of PagerDuty's and no object of a cluster.
    let alert = Alert {
        title: title.to_owned(),
        severity: text("/urgency").map(str::to_owned),
        object: None,
        starts_at: event.occurred_at,
        is_over,
        subject,
    };
    Ok(vec![Came { key: event.id, signed_at: Some(event.occurred_at), alert }])
}

/// Ours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    title: String,
    #[serde(default)]
    severity: Option<String>,
    /// `Deployment/shop/cart`, or `Node/worker-1`.
    #[serde(default)]
    object: Option<String>,
    starts_at: Timestamp,
    #[serde(default)]
    resolved: bool,
}

fn generic(body: &[u8]) -> Result<Came, Problem> {
    let own: Own = parse("this platform", body)?;
    let object = own.object.as_deref().map(about).transpose()?;
    let subject = format!("{} {} {}", own.starts_at, own.object.unwrap_or_default(), Digest::of(own.title.as_bytes()));
    Ok(Came {
        key: format!("{subject} {}", own.resolved),
        signed_at: Some(own.starts_at),
        alert: Alert {
            title: own.title,
            severity: own.severity,
            object,
            starts_at: own.starts_at,
            is_over: own.resolved,
            subject: Digest::of(subject.as_bytes()),
        },
    })
}

fn about(text: &str) -> Result<About, Problem> {
    let parts: Vec<&str> = text.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [kind, namespace, name] => (*kind, Some(*namespace), *name),
        [kind, name] => (*kind, None, *name),
        _ => return Err(Problem::invalid("/object", "`Kind/namespace/name`, or `Kind/name` for what is in no namespace")),
    };
    let kind =
        Kind::from_word(kind).ok_or_else(|| Problem::invalid("/object", "a kind of Kubernetes, such as `Deployment`, comes first"))?;
    About::read(&kind, namespace, name)
        .ok_or_else(|| Problem::invalid("/object", "a namespace, where the kind has one, and a name as Kubernetes gives them"))
}

/// One line without control characters, of bounded length. To be made of redacted text: half a secret is not known as one.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TITLE_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRING: &str = r#"{"version":"4","status":"firing","truncatedAlerts":0,"alerts":[{"status":"firing",
        "labels":{"alertname":"CrashLooping","namespace":"shop","pod":"cart-1","severity":"critical"},
        "annotations":{"summary":"cart keeps\ncrashing"},"startsAt":"2026-05-04T10:00:00Z","endsAt":"0001-01-01T00:00:00Z",
        "generatorURL":"http://prometheus","fingerprint":"f00"}]}"#;

    #[test]
    fn an_alert_of_alertmanager_names_its_pod() {
        let alerts = read(AlertFormat::Alertmanager, FIRING.as_bytes()).expect("readable");
        let [Came { alert, .. }] = alerts.as_slice() else { panic!("one alert") };
        assert_eq!(line(&alert.title), "CrashLooping: cart keeps crashing");
        assert_eq!(alert.object, Some(About { kind: "Pod".to_owned(), namespace: Some("shop".to_owned()), name: "cart-1".to_owned() }));
        assert_eq!((alert.severity.as_deref(), alert.is_over), (Some("critical"), false));
    }

    #[test]
    fn the_end_of_an_alert_is_another_alert_about_the_same() {
        let firing = read(AlertFormat::Alertmanager, FIRING.as_bytes()).expect("readable");
        let over = read(AlertFormat::Alertmanager, FIRING.replace(r#"[{"status":"firing""#, r#"[{"status":"resolved""#).as_bytes())
            .expect("readable");
        let (Some(firing), Some(over)) = (firing.first(), over.first()) else { panic!("one alert each") };
        assert!(firing.key != over.key && firing.alert.subject == over.alert.subject && over.alert.is_over);
    }

    #[test]
    fn a_label_that_is_no_name_names_nothing() {
        let named = |from: &str, to: &str| {
            let alerts = read(AlertFormat::Alertmanager, FIRING.replace(from, to).as_bytes()).expect("readable");
            alerts.first().and_then(|came| came.alert.object.clone()).map(|about| format!("{}/{}", about.kind, about.name))
        };
        assert_eq!(named("cart-1", "Evil<script>").as_deref(), Some("Namespace/shop"), "what is left of it");
        assert_eq!(named(r#""pod":"cart-1","#, "").as_deref(), Some("Namespace/shop"));
        assert_eq!(named("\"shop\"", &format!("\"{}\"", "a".repeat(300))), None);
    }

    #[test]
    fn pagerduty_says_what_began_and_ended_and_the_rest_is_passed_over() {
        let event = |kind: &str| {
            format!(
                r#"{{"event":{{"id":"e-{kind}","event_type":"{kind}","occurred_at":"2026-05-04T10:00:00Z",
            "data":{{"id":"P1","type":"incident","title":"Cart is down","urgency":"high"}}}}}}"#
            )
        };
        let ends =
            |kind: &str| read(AlertFormat::Pagerduty, event(kind).as_bytes()).expect("readable").first().map(|came| came.alert.is_over);
        assert_eq!(ends("incident.triggered"), Some(false));
        assert_eq!(ends("incident.resolved"), Some(true));
        assert_eq!(ends("incident.acknowledged"), None);
        assert_eq!(ends("pagey.ping"), None);
    }

    #[test]
    fn our_own_form_refuses_what_it_does_not_know() {
        let good = r#"{"title":"Cart is slow","severity":"warning","object":"Deployment/shop/cart","starts_at":"2026-05-04T10:00:00Z"}"#;
        let alerts = read(AlertFormat::Generic, good.as_bytes()).expect("readable");
        assert_eq!(alerts.first().and_then(|came| came.alert.object.clone()).map(|about| about.name), Some("cart".to_owned()));
        for bad in [
            r#"{"title":"x"}"#,
            &good.replace("severity", "sev"),
            &good.replace("Deployment/shop/cart", "cart"),
            "[]",
            "",
            &good.replace("Deployment/shop", "Deploy<b>/shop"),
            &good.replace("/shop/", "/"),
            &good.replace("/cart", "/ghp_a1B2c3D4"),
        ] {
            assert!(read(AlertFormat::Generic, bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn foreign_text_never_panics_and_is_bounded() {
        for body in ["", "{", "null", r#"{"version":"5","alerts":[]}"#, r#"{"event":{}}"#] {
            for format in [AlertFormat::Alertmanager, AlertFormat::Pagerduty, AlertFormat::Generic] {
                assert!(read(format, body.as_bytes()).is_err(), "{body}");
            }
        }
        assert_eq!(line(&"a\u{7}".repeat(1_000)).chars().count(), TITLE_CHARS_MAX - 1);
    }
}
