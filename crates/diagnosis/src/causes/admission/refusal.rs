//! What admission answered, read off the message that the refused controller passed on.
//!
//! `exceeded quota: compute, requested: limits.cpu=500m, used: limits.cpu=3800m, limited: limits.cpu=4` is [`Refusal::Quota`].
//! Wordings of API servers from 1.16 on; older ones differ in the list of what a quota wants specified.

/// Why an object was not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal<'t> {
    /// A quota has no room.
    Quota { quota: &'t str, requested: &'t str, used: &'t str, limited: &'t str },
    /// A quota counts something that the object does not state.
    QuotaUnset { quota: &'t str, what: &'t str },
    /// A limit range allows less, more, or a smaller ratio.
    Limit { cause: &'static str, resource: &'t str, per: &'t str, says: &'t str },
    /// The service account does not exist.
    ServiceAccount { name: &'t str },
    /// A webhook said no.
    WebhookDenied { hook: &'t str, why: &'t str },
    /// A validating admission policy said no.
    PolicyDenied { policy: &'t str, why: &'t str },
    /// A webhook could not be asked.
    WebhookUnavailable { hook: &'t str, service: Option<(&'t str, &'t str)>, why: &'t str },
    /// The pod is less secure than its namespace allows.
    PodSecurity { why: &'t str },
    /// The priority class does not exist.
    PriorityClass { name: &'t str },
    /// The runtime class does not exist.
    RuntimeClass { name: &'t str },
    /// The namespace is on its way out.
    Terminating { namespace: &'t str },
    /// The controller may not create it.
    Forbidden { user: &'t str, why: &'t str },
    /// The object itself is not valid.
    Invalid { why: &'t str },
    /// Anything else.
    Other { why: &'t str },
}

/// Reads a message. None for one that is no refusal: a retry after a conflict, a time-out of the store.
pub(super) fn read(text: &str) -> Option<Refusal<'_>> {
    quota(text)
        .or_else(|| webhook(text))
        .or_else(|| named(text))
        .or_else(|| limit(text))
        .or_else(|| forbidden(text))
        .or_else(|| invalid(text))
        .or_else(|| other(text))
}

fn quota(text: &str) -> Option<Refusal<'_>> {
    if let Some((_, rest)) = text.split_once("exceeded quota: ") {
        let quota = rest.split(", requested:").next()?.trim();
        let figure = |mark: &str| crate::wording::word_after(rest, mark);
        return Some(Refusal::Quota {
            quota,
            requested: figure("requested: ")?,
            used: figure("used: ").unwrap_or("unknown"),
            limited: figure("limited: ").unwrap_or("unknown"),
        });
    }
    let (_, rest) = text.split_once("failed quota: ")?;
    let (quota, what) = rest.split_once(": must specify ")?;
    Some(Refusal::QuotaUnset { quota: quota.trim(), what: what.trim().trim_end_matches(['.', '"']) })
}

fn webhook(text: &str) -> Option<Refusal<'_>> {
    if let Some((before, why)) = text.split_once("denied the request") {
        let hook = crate::wording::between(before, "admission webhook \"", "\"")?;
        let why = why.trim_start_matches(" without explanation").trim_start_matches([':', ' ']);
        return Some(Refusal::WebhookDenied { hook, why: if why.is_empty() { "it gave no reason" } else { why } });
    }
    if let Some((_, rest)) = text.split_once("ValidatingAdmissionPolicy '") {
        let (policy, rest) = rest.split_once('\'')?;
        let why = rest.split_once("denied request: ").map_or(rest, |(_, why)| why);
        return Some(Refusal::PolicyDenied { policy, why: why.trim() });
    }
    let (_, rest) = text.split_once("failed calling webhook \"").or_else(|| text.split_once("failed calling admission webhook \""))?;
    let (hook, why) = rest.split_once('"')?;
    let service = crate::wording::between(why, "https://", "/").and_then(|host| {
        let mut parts = host.split([':', '.']);
        let (name, namespace, svc) = (parts.next()?, parts.next()?, parts.next()?);
        (svc == "svc").then_some((name, namespace))
    });
    // The error comes after the URL; before it stands only what was tried.
    let why = why.split_once("s\": ").map_or(why, |(_, error)| error);
    Some(Refusal::WebhookUnavailable { hook, service, why: why.trim_start_matches([':', ' ']) })
}

fn named(text: &str) -> Option<Refusal<'_>> {
    if text.contains("because it is being terminated") {
        let namespace = crate::wording::word_after(text, "new content in namespace ").unwrap_or("");
        return Some(Refusal::Terminating { namespace });
    }
    if let Some((_, rest)) = text.split_once("error looking up service account ") {
        let name = crate::wording::between(rest, "serviceaccount \"", "\"").or_else(|| crate::wording::between(rest, "/", ":"))?;
        return Some(Refusal::ServiceAccount { name });
    }
    if let Some(name) = crate::wording::between(text, "no PriorityClass with name ", " was found") {
        return Some(Refusal::PriorityClass { name: name.trim_matches('"') });
    }
    for mark in ["RuntimeClass \"", "runtimeclasses.node.k8s.io \"", "runtimeclass.node.k8s.io \"", "runtimeclass \""] {
        if let (Some(name), true) = (crate::wording::between(text, mark, "\""), text.contains("not found")) {
            return Some(Refusal::RuntimeClass { name });
        }
    }
    let security = [
        "violates PodSecurity ",
        "unable to validate against any pod security policy",
        "unable to validate against any security context constraint",
    ];
    security.iter().find_map(|mark| text.find(mark)).and_then(|start| Some(Refusal::PodSecurity { why: text.get(start..)? }))
}

/// `maximum cpu usage per Container is 800m, but limit is 1500m`; several are joined in brackets, and the first counts.
fn limit(text: &str) -> Option<Refusal<'_>> {
    for (mark, cause) in [("maximum ", "admission.limit_range_max"), ("minimum ", "admission.limit_range_min")] {
        let Some((at, _)) = text.match_indices(mark).find(|(at, _)| text.get(*at..).is_some_and(|rest| rest.contains(" usage per ")))
        else {
            continue;
        };
        let rest = text.get(at..)?;
        let resource = crate::wording::between(rest, mark, " usage per ")?;
        let per = crate::wording::word_after(rest, " usage per ")?;
        return Some(Refusal::Limit { cause, resource, per, says: rest.trim_end_matches([']', '.', '"']) });
    }
    let (before, rest) = text.split_once(" max limit to request ratio per ")?;
    let resource = before.rsplit([' ', '[']).next()?;
    let start = before.len() - resource.len();
    let says = text.get(start..)?.trim_end_matches([']', '.', '"']);
    Some(Refusal::Limit { cause: "admission.limit_range_ratio", resource, per: rest.split_whitespace().next()?, says })
}

fn forbidden(text: &str) -> Option<Refusal<'_>> {
    let user = crate::wording::between(text, "User \"", "\"")?;
    let (_, why) = text.split_once(" cannot ")?;
    text.contains("forbidden").then_some(Refusal::Forbidden { user, why: why.trim() })
}

fn invalid(text: &str) -> Option<Refusal<'_>> {
    let (_, why) = text.split_once(" is invalid: ")?;
    Some(Refusal::Invalid { why: why.trim() })
}

fn other(text: &str) -> Option<Refusal<'_>> {
    let passing =
        ["already exists", "object has been modified", "request timed out", "timed out waiting", "default StorageClasses were found"];
    let (_, why) = text.split_once(" is forbidden: ")?;
    (!passing.iter().any(|word| text.contains(word))).then_some(Refusal::Other { why: why.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_with_their_figures() {
        let text = "Error creating: pods \"web-1\" is forbidden: exceeded quota: compute, requested: limits.cpu=500m,limits.memory=1Gi, used: \
                    limits.cpu=3800m,limits.memory=8Gi, limited: limits.cpu=4,limits.memory=8Gi";
        let wanted = Refusal::Quota {
            quota: "compute",
            requested: "limits.cpu=500m,limits.memory=1Gi",
            used: "limits.cpu=3800m,limits.memory=8Gi",
            limited: "limits.cpu=4,limits.memory=8Gi",
        };
        assert_eq!(read(text), Some(wanted));
        let unset = read("pods \"a\" is forbidden: failed quota: compute: must specify limits.cpu for: web; requests.cpu for: web");
        assert_eq!(unset, Some(Refusal::QuotaUnset { quota: "compute", what: "limits.cpu for: web; requests.cpu for: web" }));
    }

    #[test]
    fn limits_are_read_in_every_form() {
        let of = |text| match read(text) {
            Some(Refusal::Limit { cause, resource, per, says }) => (cause, resource, per, says),
            other => panic!("{other:?}"),
        };
        let text = "pods \"a\" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Pod is 1Gi, but limit is 2Gi]";
        let (cause, resource, per, says) = of(text);
        assert_eq!((cause, resource, per), ("admission.limit_range_max", "cpu", "Container"));
        assert!(says.ends_with("limit is 2Gi"));
        assert_eq!(of("is forbidden: minimum memory usage per Container is 64Mi.  No request is specified").0, "admission.limit_range_min");
        let ratio = of("is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000");
        assert_eq!((ratio.0, ratio.1, ratio.2), ("admission.limit_range_ratio", "cpu", "Container"));
    }

    #[test]
    fn webhooks_that_refuse_and_webhooks_that_are_away_are_told_apart() {
        let text = "Internal error occurred: failed calling webhook \"inject.mesh.example\": failed to call webhook: Post \
                    \"https://injector.mesh.svc:443/inject?timeout=10s\": dial tcp 10.0.0.9:443: connect: connection refused";
        let wanted = Refusal::WebhookUnavailable {
            hook: "inject.mesh.example",
            service: Some(("injector", "mesh")),
            why: "dial tcp 10.0.0.9:443: connect: connection refused",
        };
        assert_eq!(read(text), Some(wanted));
        assert!(matches!(
            read("admission webhook \"labels.example\" denied the request: label team is missing"),
            Some(Refusal::WebhookDenied { hook: "labels.example", why: "label team is missing" })
        ));
    }

    #[test]
    fn hostile_and_passing_messages_are_no_refusals() {
        for text in
            ["", "exceeded quota: ", "failed quota: :", "failed calling webhook \"", "pods \"a\" already exists", "User \"\" cannot "]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
