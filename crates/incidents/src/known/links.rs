//! What an object reaches beyond its own place, read off its fields.
//!
//! Too much is found rather than too little: a name that looks like an address and is none costs a look at an empty namespace.

use std::collections::BTreeSet;

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{address, edges};

use super::place::Place;

/// Places that one object or log may reach beyond its own.
pub(crate) const LINKS_MAX: usize = 128;
/// Values longer than this are no addresses.
const VALUE_BYTES_MAX: usize = 8 << 10;
/// Lines of a log, from its end, that are searched for addresses.
const LOG_LINES_MAX: usize = 400;
/// The namespace of the cluster's own parts.
pub(crate) const SYSTEM: &str = "kube-system";

type Links = BTreeSet<Place>;

/// What an object reaches.
pub(crate) fn of(object: &ObjectRef, root: At<'_>) -> Vec<Place> {
    let mut links = Links::new();
    match object.kind {
        Kind::Pod => {
            of_pod_spec(object, root.get("spec"), &mut links);
            of_pod(root, &mut links);
        }
        Kind::CronJob => of_pod_spec(object, root.at("spec/jobTemplate/spec/template/spec"), &mut links),
        ref kind if kind.is_workload() => of_pod_spec(object, root.at("spec/template/spec"), &mut links),
        Kind::ConfigMap => {
            for (key, value) in root.get("data").entries() {
                value_names(object.namespace(), value.text_or_empty(), address::key_names_host(key), &mut links);
            }
        }
        Kind::Service => value_names(object.namespace(), root.at("spec/externalName").text_or_empty(), true, &mut links),
        Kind::DestinationRule => value_names(object.namespace(), root.at("spec/host").text_or_empty(), true, &mut links),
        Kind::PersistentVolumeClaim => match root.at("spec/volumeName").text() {
            Some(volume) => drop(links.insert(Place::Volume(volume.into()))),
            None => drop(links.insert(Place::Volumes)),
        },
        Kind::Ingress => of_ingress(root, &mut links),
        Kind::HTTPRoute | Kind::GRPCRoute | Kind::TLSRoute | Kind::TCPRoute => of_route(root, &mut links),
        Kind::NetworkPolicy => of_network_policy(root, &mut links),
        Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => {
            for hook in root.get("webhooks").items() {
                links.extend(hook.at("clientConfig/service/namespace").text().map(|name| Place::Namespace(name.into())));
            }
        }
        _ => {}
    }
    bounded(links)
}

/// What the words of a log reach: hosts and addresses that it names.
pub(crate) fn of_log(namespace: &str, text: &str) -> Vec<Place> {
    let mut links = Links::new();
    let lines: Vec<&str> = text.lines().rev().take(LOG_LINES_MAX).collect();
    for word in lines.iter().flat_map(|line| line.split([' ', '\t', '"', '\'', ',', '=', '(', ')', '<', '>'])) {
        let word = word.trim_matches(['.', ':', ';', '[', ']']);
        if word.len() > 4 && word.contains(['.', ':']) {
            value_names(Some(namespace), word, word.bytes().filter(|byte| *byte == b'.').count() > 0, &mut links);
        }
        if links.len() >= LINKS_MAX {
            break;
        }
    }
    bounded(links)
}

fn bounded(links: Links) -> Vec<Place> {
    links.into_iter().take(LINKS_MAX).collect()
}

fn of_pod(root: At<'_>, links: &mut Links) {
    match root.at("spec/nodeName").text() {
        Some(node) => drop(links.insert(Place::Node(node.into()))),
        // What the scheduler could not place is measured against every node and what runs there.
        None => {
            let mut conditions = root.at("status/conditions").items();
            if conditions.any(|own| own.get("type").is("PodScheduled") && own.get("status").is("False")) {
                links.extend([Place::Nodes, Place::Pods]);
            }
        }
    }
}

fn of_pod_spec(object: &ObjectRef, spec: At<'_>, links: &mut Links) {
    for variable in edges::containers(spec).flat_map(|container| container.get("env").items()) {
        let bare = address::key_names_host(variable.get("name").text_or_empty());
        value_names(object.namespace(), variable.get("value").text_or_empty(), bare, links);
    }
    for word in edges::containers(spec).flat_map(|container| container.get("args").items().chain(container.get("command").items())) {
        value_names(object.namespace(), word.text_or_empty(), false, links);
    }
}

fn of_ingress(root: At<'_>, links: &mut Links) {
    // Nobody serves it yet: whoever might is looked for everywhere.
    if root.at("status/loadBalancer/ingress").items().next().is_none() {
        links.insert(Place::Pods);
    }
}

fn of_route(root: At<'_>, links: &mut Links) {
    let backends = root.at("spec/rules").items().flat_map(|rule| rule.get("backendRefs").items());
    for reference in backends.chain(root.at("spec/parentRefs").items()) {
        links.extend(reference.get("namespace").text().map(|name| Place::Namespace(name.into())));
    }
}

fn of_network_policy(root: At<'_>, links: &mut Links) {
    let rules = root.at("spec/ingress").items().flat_map(|rule| rule.get("from").items());
    let mut peers = rules.chain(root.at("spec/egress").items().flat_map(|rule| rule.get("to").items()));
    if peers.any(|peer| peer.get("namespaceSelector").exists()) {
        links.insert(Place::Namespaces);
    }
}

/// The namespaces and addresses that a value names.
fn value_names(own: Option<&str>, value: &str, bare: bool, links: &mut Links) {
    if value.is_empty() || value.len() > VALUE_BYTES_MAX {
        return;
    }
    for named in address::in_value(value, bare) {
        if named.is_ip() {
            links.insert(Place::Address(named.host.as_str().into()));
        } else if let Some((_, Some(namespace))) = named.service(own) {
            let foreign = Some(namespace) != own && is_label(namespace);
            links.extend(foreign.then(|| Place::Namespace(namespace.into())));
        }
    }
}

/// Whether this can be the name of a namespace.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reaches_the_hosts_that_it_names() {
        let links = of_log("shop", "dial tcp: lookup redis.data.svc.cluster.local: no such host\nconnect 10.96.4.7:5432 refused");
        assert!(links.contains(&Place::Namespace("data".into())), "{links:?}");
        assert!(links.contains(&Place::Address("10.96.4.7".into())), "{links:?}");
    }

    #[test]
    fn hostile_text_reaches_only_so_much() {
        let text: String = (0..5000).map(|n| format!("a.ns{n} ")).collect();
        assert_eq!(of_log("shop", &text).len(), LINKS_MAX);
    }
}
