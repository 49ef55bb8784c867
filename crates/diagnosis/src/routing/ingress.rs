//! Ingresses and gateway routes: classes, backends, TLS secrets, and what the gateway's controller says of them.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::Entity;

use super::fault::Fault;
use super::service::{is_missed, short};
use crate::candidate::Strength;
use crate::case::Case;
use crate::finding::{Severity, Symptom};

/// A controller may need this long to serve an ingress.
pub(crate) const ADDRESS_PATIENCE_S: i64 = 300;
/// Controllers that run outside the cluster, by a word of their name.
const OUTSIDE_CONTROLLERS: [&str; 5] = ["gke", "gce", "azure", "openshift", "oci"];
/// The annotation that named a class before ingresses had a field for it.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// What is wrong with an ingress.
pub(crate) fn faults<'g>(case: &Case<'g>, ingress: Entity<'g>) -> Vec<Fault<'g>> {
    let mut found = Vec::new();
    let rules = ingress.at("spec/rules").items().flat_map(|rule| rule.at("http/paths").items()).map(|path| path.get("backend"));
    let mut told: Vec<(String, String)> = Vec::new();
    for backend in rules.chain([ingress.at("spec/defaultBackend"), ingress.at("spec/backend")]) {
        let name = if backend.at("service/name").exists() { backend.at("service/name") } else { backend.get("serviceName") };
        let port = [backend.at("service/port/number"), backend.at("service/port/name"), backend.get("servicePort")];
        let port = port.into_iter().find(At::exists).unwrap_or_else(assent_evidence::entity::nowhere);
        let key = (name.text_or_empty().to_owned(), port.scalar().unwrap_or_default());
        if !name.exists() || told.contains(&key) {
            continue;
        }
        told.push(key);
        found.extend(backend_fault(case, ingress, name, port));
    }
    found.extend(tls_secrets(case, ingress));
    found.extend(class(case, ingress));
    found
}

fn is_served(ingress: Entity<'_>) -> bool {
    ingress.at("status/loadBalancer/ingress").items().next().is_some()
}

fn backend_fault<'g>(case: &Case<'g>, ingress: Entity<'g>, name: At<'g>, port: At<'g>) -> Option<Fault<'g>> {
    let who = ingress.reference();
    let service = who.beside(Kind::Service, name.text()?);
    let Some(existing) = case.graph.find(&service).filter(Entity::is_captured) else {
        let printed = ingress.at("status/printedBackends").items().find(|own| own.get("service").text() == name.text());
        let printed = printed.map_or_else(assent_evidence::entity::nowhere, |own| own.get("text"));
        let refused = printed.text().is_some_and(|text| text.contains("not found"));
        let event = ingress.events().iter().find(|event| {
            let words = &event.message;
            event.warning && words.contains(&*service.name) && (words.contains("not found") || words.contains("does not exist"))
        });
        if !refused && event.is_none() && !case.graph.is_absent(&service) {
            return None;
        }
        let near = super::address::nearest(case, &service);
        let hint = near.map(|near| format!("; the nearest that exists is {}", near.reference())).unwrap_or_default();
        return Some(
            Fault::new(
                "ingress.backend_missing",
                Symptom::RouteBroken,
                ingress,
                format!("{who} routes to Service `{}`, which is not there", service.name),
                format!("{who} routes to {service}, which does not exist{hint}"),
            )
            .strength(Strength::Proven)
            .quote(case.quote(name, ingress))
            .quote(case.quote(printed, ingress))
            .quote(event.and_then(|event| case.quote_event(event, ingress)))
            .quote(near.and_then(|near| case.quote(near.at("metadata/name"), near)))
            .not("service.no_ready_endpoints", "there is no such Service at all")
            .next("Correct the backend's Service name in the ingress, or create the Service in the ingress's namespace"),
        );
    };
    let ports: Vec<At<'g>> = existing.at("spec/ports").items().collect();
    let fits = ports.iter().any(|own| match port.int() {
        Some(number) => own.get("port").int() == Some(number),
        None => own.get("name").text() == port.text(),
    });
    let named = ports.iter().any(|own| own.get("name").exists());
    if fits || ports.is_empty() || !port.exists() || (port.int().is_none() && !existing.is_full() && !named) {
        return None;
    }
    let wanted = port.scalar().unwrap_or_default();
    let has: Vec<String> = ports
        .iter()
        .map(|own| {
            let number = own.get("port").scalar().unwrap_or_default();
            own.get("name").text().map_or_else(|| number.clone(), |name| format!("{number} (`{name}`)"))
        })
        .collect();
    Some(
        Fault::new(
            "ingress.backend_port",
            Symptom::RouteBroken,
            ingress,
            format!("{who} routes to a port that Service `{}` does not have", service.name),
            format!("{who} routes to port `{wanted}` of {service}, which has only {}", has.join(", ")),
        )
        .strength(Strength::Proven)
        .quote(case.quote(port, ingress))
        .quote(ports.first().and_then(|own| case.quote(own.get("port"), existing)))
        .not("ingress.backend_missing", "the Service exists")
        .next(format!("Set the backend's port in the ingress to one of: {}", has.join(", "))),
    )
}

fn tls_secrets<'g>(case: &Case<'g>, ingress: Entity<'g>) -> Vec<Fault<'g>> {
    let mut found = Vec::new();
    let who = ingress.reference();
    for name in ingress.at("spec/tls").items().map(|tls| tls.get("secretName")) {
        let Some(secret) = name.text().map(|name| who.beside(Kind::Secret, name)) else { continue };
        let event = ingress.events().iter().find(|event| {
            event.warning
                && event.message.contains(&*secret.name)
                && (event.message.contains("not found") || event.message.contains("does not exist"))
        });
        let captured = case.graph.find(&secret).is_some_and(|secret| secret.is_captured());
        if captured || (event.is_none() && !case.graph.is_absent(&secret)) {
            continue;
        }
        found.push(
            Fault::new(
                "ingress.tls_secret_missing",
                Symptom::RouteBroken,
                ingress,
                format!("{who} has no certificate to serve with"),
                format!(
                    "{who} serves TLS from Secret `{}`, which does not exist in namespace `{}`",
                    secret.name,
                    who.namespace().unwrap_or("default")
                ),
            )
            .severity(Severity::Degraded)
            .strength(Strength::Proven)
            .quote(case.quote(name, ingress))
            .quote(event.and_then(|event| case.quote_event(event, ingress)))
            .next(format!("Create the TLS Secret `{}`, or see why what issues certificates has not", secret.name)),
        );
    }
    found
}

fn class<'g>(case: &Case<'g>, ingress: Entity<'g>) -> Option<Fault<'g>> {
    if is_served(ingress) {
        return None;
    }
    let who = ingress.reference();
    let name = ingress.at("spec/ingressClassName");
    let old = case.age_s(ingress.created()).is_none_or(|age| age > ADDRESS_PATIENCE_S);
    let listed = case.graph.is_listed(&Kind::IngressClass, None);
    let mut classes = case.graph.of_kind(&Kind::IngressClass);
    let Some(class_name) = name.text() else {
        let none_default =
            listed && !classes.any(|class| class.annotation("ingressclass.kubernetes.io/is-default-class").bool() == Some(true));
        let by_annotation = ingress.annotation(CLASS_ANNOTATION).exists();
        let known: Vec<String> = case.graph.of_kind(&Kind::IngressClass).map(|class| format!("`{}`", class.name())).collect();
        if by_annotation || !none_default || !ingress.is_full() || !old || known.is_empty() {
            return None;
        }
        return Some(
            Fault::new(
                "ingress.class_missing",
                Symptom::RouteBroken,
                ingress,
                format!("{who} is served by nobody"),
                format!(
                    "{who} names no ingress class and no class is the default, so no controller serves it; there are {}",
                    known.join(", ")
                ),
            )
            .severity(Severity::Degraded)
            .quote(case.quote(ingress.at("metadata/name"), ingress))
            .next("Set `ingressClassName` to the class that should serve it"),
        );
    };
    let reference = ObjectRef::new(Kind::IngressClass, None, class_name);
    if case.graph.is_absent(&reference) {
        let known: Vec<String> = classes.map(|class| format!("`{}`", class.name())).collect();
        let there = if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
        return Some(
            Fault::new(
                "ingress.class_missing",
                Symptom::RouteBroken,
                ingress,
                format!("{who} is served by nobody"),
                format!("{who} names the ingress class `{class_name}`, which does not exist, so no controller serves it; {there}"),
            )
            .strength(Strength::Proven)
            .quote(case.quote(name, ingress))
            .not("ingress.controller_missing", "the class itself is missing")
            .next("Correct `ingressClassName`, or create the IngressClass and install its controller"),
        );
    }
    let class = case.graph.find(&reference).filter(Entity::is_captured)?;
    let controller = class.at("spec/controller");
    let name = controller.text()?;
    let outside = OUTSIDE_CONTROLLERS.iter().any(|word| name.contains(word));
    if outside || !old || !case.graph.is_listed(&Kind::Pod, None) || !ingress.is_full() {
        return None;
    }
    let runs: Vec<Entity<'g>> = case.graph.of_kind(&Kind::Pod).filter(|pod| may_be_controller(*pod, name)).collect();
    if runs.iter().any(|pod| super::service::is_ready(*pod)) {
        return None;
    }
    let says = if runs.is_empty() {
        format!("No pod of the controller `{name}` runs in the cluster, so nobody serves the ingress class `{class_name}`")
    } else {
        format!("The controller `{name}` of the ingress class `{class_name}` is not ready")
    };
    let mut fault = Fault::new("ingress.controller_missing", Symptom::RouteBroken, ingress, format!("{who} is served by nobody"), says)
        .quote(case.quote(controller, class))
        .quote(case.quote(ingress.at("spec/ingressClassName"), ingress))
        .not("ingress.class_missing", "the class exists")
        .next(format!("Install the controller `{name}`, or let the ingress name a class whose controller runs"));
    fault.at_fault = class;
    fault.blames = runs.iter().map(|pod| pod.id).collect();
    Some(fault)
}

/// Whether a pod may be the controller of this name (`k8s.io/ingress-nginx`), by its image, name or labels.
fn may_be_controller(pod: Entity<'_>, controller: &str) -> bool {
    let words: Vec<&str> = controller
        .split(['/', '.', '-'])
        .filter(|word| word.len() > 3 && !matches!(*word, "k8s" | "ingress" | "controller" | "kubernetes" | "example"))
        .collect();
    let mut texts: Vec<&str> = vec![pod.name()];
    texts.extend(assent_evidence::edges::containers(pod.at("spec")).filter_map(|container| container.get("image").text()));
    texts.extend(pod.at("metadata/labels").entries().filter_map(|(_, value)| value.text()));
    let joined = texts.join(" ");
    // A controller of an unknown name may be any pod that speaks of ingress or gateways.
    words.iter().any(|word| joined.contains(word)) || joined.contains("ingress") && words.is_empty()
}

/// What is wrong with a route of the Gateway API.
pub(crate) fn route_faults<'g>(case: &Case<'g>, route: Entity<'g>) -> Vec<Fault<'g>> {
    let who = route.reference();
    let generation = route.at("metadata/generation").int();
    let mut found = Vec::new();
    for parent in route.at("status/parents").items() {
        for condition in parent.get("conditions").items().filter(|condition| condition.get("status").is("False")) {
            let stale = condition.get("observedGeneration").int().is_some_and(|seen| generation.is_some_and(|now| seen < now));
            if stale {
                continue;
            }
            let (reason, message) = (condition.get("reason").text_or_empty(), condition.get("message").text_or_empty());
            let cause = match (condition.get("type").text_or_empty(), reason) {
                ("ResolvedRefs", "RefNotPermitted") => "gateway.reference_not_permitted",
                ("ResolvedRefs", _) => "gateway.backend_missing",
                ("Accepted" | "Programmed", _) => "gateway.route_not_accepted",
                _ => continue,
            };
            let gateway = parent.at("parentRef/name").text_or_empty();
            let backends = backend_names(route);
            let says = match cause {
                "gateway.reference_not_permitted" => {
                    format!(
                        "{who} refers to another namespace's object, and no ReferenceGrant there permits it ({reason}): {message}{backends}"
                    )
                }
                "gateway.backend_missing" => format!("A backend of {who} cannot be resolved ({reason}): {message}{backends}"),
                _ => format!("Gateway `{gateway}` does not accept {who} ({reason}): {message}"),
            };
            found.push(
                Fault::new(cause, Symptom::RouteBroken, route, format!("{who} is not served ({reason})"), short_owned(says))
                    .strength(Strength::Stated)
                    .quote(case.quote(condition.get("message"), route))
                    .quote(case.quote(condition.get("reason"), route))
                    .next(next_of(cause)),
            );
        }
    }
    let told = |found: &[Fault<'_>], cause: &str| found.iter().any(|fault| fault.cause == cause);
    for backend in route.at("spec/rules").items().flat_map(|rule| rule.get("backendRefs").items()) {
        let Some(name) = backend.get("name").text() else { continue };
        if backend.get("kind").text().is_some_and(|kind| kind != "Service") {
            continue;
        }
        let namespace = backend.get("namespace").text().or(route.namespace());
        let service = ObjectRef::new(Kind::Service, namespace, name);
        let gone = case.graph.is_absent(&service);
        if gone && !told(&found, "gateway.backend_missing") {
            found.push(
                Fault::new(
                    "gateway.backend_missing",
                    Symptom::RouteBroken,
                    route,
                    format!("{who} routes to Service `{name}`, which is not there"),
                    format!("{who} routes to {service}, which does not exist"),
                )
                .quote(case.quote(backend.get("name"), route))
                .next(next_of("gateway.backend_missing")),
            );
        }
        let port = backend.get("port");
        let ports = case.graph.find(&service).filter(Entity::is_captured).map(|own| (own, own.at("spec/ports")));
        if let (Some(number), Some((own, ports))) = (port.int(), ports)
            && ports.items().next().is_some()
            && !ports.items().any(|item| item.get("port").int() == Some(number))
            && !told(&found, "gateway.backend_missing")
        {
            let has: Vec<String> = ports.items().filter_map(|item| item.get("port").scalar()).collect();
            found.push(
                Fault::new(
                    "gateway.backend_missing",
                    Symptom::RouteBroken,
                    route,
                    format!("{who} routes to a port that Service `{name}` does not have"),
                    format!("{who} routes to port {number} of {service}, which has only {}", has.join(", ")),
                )
                .quote(case.quote(port, route))
                .quote(case.quote(ports.at("0/port"), own))
                .next("Set the backend's port to one that the Service has"),
            );
        }
        let abroad = backend.get("namespace").text().is_some_and(|own| Some(own) != route.namespace());
        if abroad && !gone && found.is_empty() && case.graph.is_listed(&Kind::ReferenceGrant, namespace) && !granted(case, route, &service)
        {
            found.push(
                Fault::new(
                    "gateway.reference_not_permitted",
                    Symptom::RouteBroken,
                    route,
                    format!("{who} refers to another namespace without leave"),
                    format!("{who} routes to {service} in another namespace, and no ReferenceGrant there permits it"),
                )
                .quote(case.quote(backend.get("namespace"), route))
                .next(next_of("gateway.reference_not_permitted")),
            );
        }
    }
    for parent in route.at("spec/parentRefs").items() {
        let Some(name) = parent.get("name").text() else { continue };
        let namespace = parent.get("namespace").text().or(route.namespace());
        let gateway = ObjectRef::new(Kind::Gateway, namespace, name);
        let is_gateway = parent.get("kind").text().is_none_or(|kind| kind == "Gateway");
        if is_gateway && case.graph.is_absent(&gateway) && !told(&found, "gateway.route_not_accepted") {
            found.push(
                Fault::new(
                    "gateway.route_not_accepted",
                    Symptom::RouteBroken,
                    route,
                    format!("{who} is attached to no gateway"),
                    format!("{who} names {gateway} as its parent, which does not exist"),
                )
                .strength(Strength::Proven)
                .quote(case.quote(parent.get("name"), route))
                .next(next_of("gateway.route_not_accepted")),
            );
        }
    }
    found
}

fn backend_names(route: Entity<'_>) -> String {
    let mut names: Vec<String> = route
        .at("spec/rules")
        .items()
        .flat_map(|rule| rule.get("backendRefs").items())
        .filter_map(|backend| {
            let name = backend.get("name").text()?;
            Some(backend.get("namespace").text().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}")))
        })
        .collect();
    names.sort();
    names.dedup();
    names.truncate(5);
    if names.is_empty() { String::new() } else { format!(" (its backends: {})", names.join(", ")) }
}

fn short_owned(text: String) -> String {
    const STATEMENT_BYTES_MAX: usize = 400;
    if text.len() <= STATEMENT_BYTES_MAX { text } else { short(&text).to_owned() }
}

fn granted(case: &Case<'_>, route: Entity<'_>, service: &ObjectRef) -> bool {
    case.graph.of_kind(&Kind::ReferenceGrant).filter(|grant| grant.namespace() == service.namespace()).any(|grant| {
        let from = grant
            .at("spec/from")
            .items()
            .any(|from| from.get("kind").is(route.kind().as_str()) && from.get("namespace").text() == route.namespace());
        let to = grant
            .at("spec/to")
            .items()
            .any(|to| to.get("kind").is("Service") && to.get("name").text().is_none_or(|name| name == &*service.name));
        from && to
    })
}

fn next_of(cause: &str) -> &'static str {
    match cause {
        "gateway.reference_not_permitted" => "Create a ReferenceGrant in the backend's namespace that permits this route's namespace",
        "gateway.backend_missing" => "Correct the backend's name, kind or port in the route, or create the Service",
        "gateway.class_missing" => "Correct `gatewayClassName`, or install the controller that provides the class",
        _ => "Make the route's parent, listener name, hostnames and namespace fit what the gateway's listeners allow",
    }
}

/// What is wrong with a gateway itself.
pub(crate) fn gateway_faults<'g>(case: &Case<'g>, gateway: Entity<'g>) -> Vec<Fault<'g>> {
    let who = gateway.reference();
    let class_name = gateway.at("spec/gatewayClassName");
    let Some(name) = class_name.text() else { return Vec::new() };
    let reference = ObjectRef::new(Kind::GatewayClass, None, name);
    let shows = format!("{who} is served by nobody");
    if case.graph.is_absent(&reference) {
        return vec![
            Fault::new(
                "gateway.class_missing",
                Symptom::RouteBroken,
                gateway,
                shows,
                format!("{who} names the gateway class `{name}`, which does not exist, so no controller serves it"),
            )
            .strength(Strength::Proven)
            .quote(case.quote(class_name, gateway))
            .next(next_of("gateway.class_missing")),
        ];
    }
    let Some(class) = case.graph.find(&reference).filter(Entity::is_captured) else { return Vec::new() };
    let Some(condition) = class.condition("Accepted").filter(|condition| !condition.get("status").is("True")) else { return Vec::new() };
    let old = case.age_s(gateway.created()).is_none_or(|age| age > ADDRESS_PATIENCE_S);
    let served = gateway.condition("Programmed").is_some_and(|condition| condition.get("status").is("True"));
    if !old || served || (is_missed_nobody(case, gateway) && gateway.at("status/addresses").items().next().is_some()) {
        return Vec::new();
    }
    let controller = class.at("spec/controllerName").text_or_empty();
    let mut fault = Fault::new(
        "gateway.class_missing",
        Symptom::RouteBroken,
        gateway,
        shows,
        format!("No controller has taken the gateway class `{name}` of {who}: nothing runs as `{controller}`"),
    )
    .strength(Strength::Stated)
    .quote(case.quote(condition.get("message"), class).or_else(|| case.quote(condition.get("status"), class)))
    .quote(case.quote(class_name, gateway))
    .next(next_of("gateway.class_missing"));
    fault.at_fault = class;
    vec![fault]
}

fn is_missed_nobody<'g>(case: &Case<'g>, entity: Entity<'g>) -> bool {
    !is_missed(case, entity)
}
