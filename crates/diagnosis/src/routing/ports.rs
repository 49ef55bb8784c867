//! Ports: what a Service sends to, against what the containers behind it declare.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, edges};

use super::fault::Fault;
use super::service::{is_missed, pods, workloads};
use crate::candidate::Strength;
use crate::case::Case;
use crate::finding::{Severity, Symptom};

/// A port that a container declares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared<'g> {
    /// Who declares it.
    pub(crate) of: Entity<'g>,
    /// The container.
    pub(crate) container: At<'g>,
    /// The port.
    pub(crate) port: At<'g>,
}

impl Declared<'_> {
    /// The number.
    pub(crate) fn number(&self) -> Option<i64> {
        self.port.get("containerPort").int()
    }

    /// The protocol, TCP unless said otherwise.
    pub(crate) fn protocol(&self) -> &str {
        self.port.get("protocol").text().unwrap_or("TCP")
    }
}

/// What the containers behind a Service declare: of its pods, or where it has none, of the templates it selects.
pub(crate) fn declared(service: Entity<'_>) -> Vec<Declared<'_>> {
    let pods = pods(service);
    let behind = if pods.is_empty() { workloads(service) } else { pods };
    let mut found = Vec::new();
    for of in behind {
        for container in edges::containers(of.pod_spec()) {
            found.extend(container.get("ports").items().map(|port| Declared { of, container, port }));
        }
    }
    found
}

/// What is wrong with the ports of a Service.
pub(crate) fn faults<'g>(case: &Case<'g>, service: Entity<'g>) -> Vec<Fault<'g>> {
    if !super::service::selects_pods(service) {
        return Vec::new();
    }
    let declared = declared(service);
    if declared.is_empty() {
        return Vec::new();
    }
    let ports: Vec<At<'g>> = service.at("spec/ports").items().collect();
    ports.iter().filter_map(|port| one(case, service, *port, &ports, &declared)).collect()
}

fn one<'g>(case: &Case<'g>, service: Entity<'g>, port: At<'g>, ports: &[At<'g>], declared: &[Declared<'g>]) -> Option<Fault<'g>> {
    let target = if port.get("targetPort").exists() { port.get("targetPort") } else { port.get("port") };
    let protocol = port.get("protocol").text().unwrap_or("TCP");
    match target.int() {
        Some(number) => {
            let same: Vec<&Declared<'g>> = declared.iter().filter(|own| own.number() == Some(number)).collect();
            if same.is_empty() {
                return wrong_number(case, service, port, target, number, ports, declared);
            }
            let speaks = same.iter().any(|own| own.protocol() == protocol);
            // A Service may offer both protocols on one port, though the container declares one.
            let twin = ports.iter().any(|other| {
                other.get("targetPort").int().or(other.get("port").int()) == Some(number)
                    && same.iter().any(|own| Some(own.protocol()) == other.get("protocol").text().or(Some("TCP")))
            });
            match same.first() {
                Some(own) if !speaks && !twin => Some(wrong_protocol(case, service, port, protocol, own)),
                _ => None,
            }
        }
        None => unknown_name(case, service, port, target, protocol, declared),
    }
}

/// Ports beside the one that a container serves on.
fn is_side_port(name: &str) -> bool {
    ["metric", "prom", "health", "admin", "debug", "probe", "manage", "monitor", "profil"].iter().any(|word| name.contains(word))
}

fn wrong_number<'g>(
    case: &Case<'g>,
    service: Entity<'g>,
    port: At<'g>,
    target: At<'g>,
    number: i64,
    ports: &[At<'g>],
    declared: &[Declared<'g>],
) -> Option<Fault<'g>> {
    let first = declared.first()?;
    let who = service.reference();
    let mut listed: Vec<i64> = declared.iter().filter_map(Declared::number).collect();
    listed.sort_unstable();
    listed.dedup();
    let shown: Vec<String> = listed.iter().map(i64::to_string).collect();
    let container = first.container.get("name").text_or_empty();
    let of = first.of.top_owner();
    let says = format!(
        "Port {} of {who} sends to target port {number}, and the containers behind it listen on {} (container `{container}` of {})",
        port.get("port").scalar().unwrap_or_default(),
        shown.join(", "),
        of.reference()
    );
    // Declaring a port informs and binds nothing: alone it is an incident only where nothing else speaks for the number.
    let others_fit = ports.iter().any(|other| {
        let own = other.get("targetPort");
        own.int().or(other.get("port").int()).is_some_and(|number| listed.contains(&number))
            || declared.iter().any(|port| port.port.get("name").text().is_some() && port.port.get("name").text() == own.text())
    });
    let side_alone = declared.iter().all(|own| is_side_port(own.port.get("name").text_or_empty()))
        || is_side_port(port.get("name").text_or_empty())
        || service.at("spec/clusterIP").is("None")
        || served_by_another(case, service, &listed);
    let hosted = first.of.pod_spec().get("hostNetwork").bool() == Some(true);
    let listening = declared.iter().any(|own| mentions(own.of, number));
    let missed = is_missed(case, service) || checked_in_vain(case, service);
    let severity = if listening || hosted {
        return None;
    } else if missed || !(others_fit || side_alone) {
        Severity::Broken
    } else {
        Severity::Notice
    };
    Some(
        Fault::new(
            "service.target_port_mismatch",
            Symptom::ServiceMismatch,
            service,
            format!("{who} sends to a port that no container behind it declares"),
            says,
        )
        .severity(severity)
        .strength(if missed { Strength::Proven } else { Strength::Shown })
        .quote(case.quote(target, service))
        .quote(case.quote(first.port.get("containerPort"), first.of))
        .not("service.selector_matches_nothing", "the selector matches the pods whose ports these are")
        .next(format!("Set the target port to {}, or let the container listen on {number}", shown.join(" or ")))
        .next(patch_hint(service)),
    )
}

/// Whether another Service sends to the declared ports of the same pods: then this one is for something beside them.
fn served_by_another<'g>(case: &Case<'g>, service: Entity<'g>, declared: &[i64]) -> bool {
    let behind = pods(service);
    case.graph.of_kind(&Kind::Service).filter(|other| other.id != service.id && other.namespace() == service.namespace()).any(|other| {
        let fits = other.at("spec/ports").items().any(|own| {
            own.get("targetPort").text().is_some()
                || own.get("targetPort").int().or(own.get("port").int()).is_some_and(|number| declared.contains(&number))
        });
        fits && pods(other).iter().any(|pod| behind.contains(pod))
    })
}

/// Whether a check by hand got no answer from the Service.
fn checked_in_vain(case: &Case<'_>, service: Entity<'_>) -> bool {
    let words = [format!("{}:", service.name()), format!("{}.", service.name()), format!("{} ", service.name())];
    case.graph.set.outputs.iter().any(|output| words.iter().any(|word| output.command.contains(word.as_str())))
}

/// Whether a pod's own settings, probes or arguments speak of a port: then it most likely listens there, declared or not.
fn mentions(of: Entity<'_>, number: i64) -> bool {
    let digits = number.to_string();
    let whole_word = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|word| word == digits);
    edges::containers(of.pod_spec()).any(|container| {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
        let probed = probes.iter().any(|probe| {
            ["httpGet/port", "tcpSocket/port", "grpc/port"].iter().any(|path| container.get(probe).at(path).int() == Some(number))
        });
        let set = container.get("env").items().any(|variable| {
            let named = variable.get("name").text_or_empty().to_ascii_uppercase();
            ["PORT", "LISTEN", "ADDR", "BIND"].iter().any(|word| named.contains(word))
                && variable.get("value").scalar().is_some_and(|value| whole_word(&value))
                && !(named.contains("URL") || named.contains("HOST"))
        });
        let told = container.get("args").items().chain(container.get("command").items()).any(|word| word.text().is_some_and(whole_word));
        let bound = container.get("ports").items().any(|port| port.get("hostPort").int() == Some(number));
        probed || set || told || bound
    })
}

fn wrong_protocol<'g>(case: &Case<'g>, service: Entity<'g>, port: At<'g>, protocol: &str, own: &Declared<'g>) -> Fault<'g> {
    let who = service.reference();
    let number = own.number().unwrap_or_default();
    let at = if port.get("protocol").exists() { port.get("protocol") } else { port.get("port") };
    Fault::new(
        "service.protocol_mismatch",
        Symptom::ServiceMismatch,
        service,
        format!("{who} speaks {protocol} to a port that is declared for {}", own.protocol()),
        format!(
            "Port {} of {who} is {protocol}, and container `{}` of {} declares {number} for {}",
            port.get("port").scalar().unwrap_or_default(),
            own.container.get("name").text_or_empty(),
            own.of.top_owner().reference(),
            own.protocol()
        ),
    )
    .quote(case.quote(at, service))
    .quote(case.quote(own.port.get("protocol"), own.of).or_else(|| case.quote(own.port.get("containerPort"), own.of)))
    .not("service.target_port_mismatch", "the port's number is the one that the container declares")
    .next(format!("Set the protocol of the Service's port to {}", own.protocol()))
}

fn unknown_name<'g>(
    case: &Case<'g>,
    service: Entity<'g>,
    port: At<'g>,
    target: At<'g>,
    protocol: &str,
    declared: &[Declared<'g>],
) -> Option<Fault<'g>> {
    let name = target.text()?;
    let named: Vec<&Declared<'g>> = declared.iter().filter(|own| own.port.get("name").is(name)).collect();
    if named.iter().any(|own| own.protocol() == protocol) {
        return None;
    }
    // Printed pods may leave the names of ports out; then only an empty list of endpoints tells.
    let told = declared.iter().any(|own| own.of.is_full() || own.port.get("name").exists());
    let number = port.get("port").int();
    let printed = service.at("status/printedEndpoints").items().find(|own| own.get("port").int() == number);
    let empty = printed.is_some_and(|own| own.get("addresses").items().next().is_none());
    if !told && !empty || printed.is_some_and(|own| own.get("addresses").items().next().is_some()) {
        return None;
    }
    let first = declared.first()?;
    let mut names: Vec<String> = declared
        .iter()
        .map(|own| {
            let number = own.number().unwrap_or_default();
            own.port.get("name").text().map_or_else(|| number.to_string(), |name| format!("`{name}` ({number})"))
        })
        .collect();
    names.sort();
    names.dedup();
    let who = service.reference();
    let of = first.of.top_owner();
    Some(
        Fault::new(
            "service.port_name_unknown",
            Symptom::ServiceMismatch,
            service,
            format!("{who} sends to a port name that no container behind it has"),
            format!(
                "Port {} of {who} sends to the port named `{name}`, and no container behind it has a port of that name: {} declares {}",
                port.get("port").scalar().unwrap_or_default(),
                of.reference(),
                names.join(", ")
            ),
        )
        .strength(if empty { Strength::Proven } else { Strength::Shown })
        .quote(case.quote(target, service))
        .quote(case.quote(first.port.get("name"), first.of).or_else(|| case.quote(first.port.get("containerPort"), first.of)))
        .not("service.selector_matches_nothing", "the selector matches the pods whose ports these are")
        .next("Name the container's port as the Service does, or set the target port to a name or number that the container has")
        .next(patch_hint(service)),
    )
}

fn patch_hint(service: Entity<'_>) -> String {
    let namespace = service.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    format!("kubectl edit {} {}{namespace}", Kind::Service.as_str().to_lowercase(), service.name())
}
