//! Ports that lead nowhere, where only one port can be meant.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::{Entity, Relation, edges};
use serde_json::{Value, json};

use super::{Ctx, Found, beside, meant, proposal, propose};
use crate::action::{Action, PortPlace, PortRef, Probe};
use crate::domain::PortNumber;
use crate::draw::{declared_behind, declared_in, number};
use crate::patch::Edit;

/// The target port of a Service's port that nothing behind it declares.
pub(super) fn target(ctx: &Ctx<'_, '_>) -> Found {
    let service = ctx.object()?;
    let declared = declared_behind(ctx.entity);
    if declared.is_empty() {
        return Err("nothing behind the Service declares a port".to_owned());
    }
    let ports = service.at("/spec/ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut found = Vec::new();
    for port in ports {
        let Some(own) = port.get("port").and_then(Value::as_u64).and_then(|port| PortNumber::new(u16::try_from(port).ok()?).ok()) else {
            continue;
        };
        let target = port.get("targetPort").or_else(|| port.get("port")).map(word).unwrap_or_default();
        if declared.contains(&target) {
            continue;
        }
        let named = port.get("name").and_then(Value::as_str);
        // A container that declares the very number of the Service's port is asked by it.
        let same = declared.contains(&own.to_string()).then_some(PortRef::Number(own));
        if let Some(meant) = same.or_else(|| the_port(&declared, &target, named)) {
            found.push(proposal(ctx.entity, Action::FixPort { place: PortPlace::ServiceTarget(own), port: meant }));
        }
    }
    if found.is_empty() {
        Err("several ports are declared behind the Service, and which is meant only its owner knows".to_owned())
    } else {
        Ok(found)
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The port that is meant: one spelled like it, one named as the Service's port, or the only one.
fn the_port(declared: &BTreeSet<String>, wrong: &str, named: Option<&str>) -> Option<PortRef> {
    let names: Vec<&str> = declared.iter().map(String::as_str).filter(|port| number(port).is_none()).collect();
    let numbers: Vec<PortNumber> = declared.iter().filter_map(|port| number(port)).collect();
    let by_name = named.filter(|name| names.contains(name)).or_else(|| meant(wrong, names.iter().copied()));
    match (by_name, numbers.as_slice()) {
        (_, [only]) => Some(PortRef::Number(*only)),
        (Some(name), _) => Some(PortRef::Name(name.parse().ok()?)),
        _ => None,
    }
}

/// The Service port of an Ingress's backend that the Service does not have.
pub(super) fn ingress(ctx: &Ctx<'_, '_>) -> Found {
    let mut found = Vec::new();
    for (_, name, port) in backends(ctx.entity) {
        let Some(service) = ctx.graph.object(Kind::Service, ctx.entity.namespace(), &name) else { continue };
        let ports: Vec<(Option<String>, Option<String>)> =
            service.at("spec/ports").items().map(|own| (own.get("port").scalar(), own.get("name").scalar())).collect();
        let has = ports.iter().any(|(number, name)| port.is_some() && (*number == port || *name == port));
        if let ([(Some(only), _)], false) = (ports.as_slice(), has)
            && let Some(only) = number(only)
        {
            let action = Action::FixPort { place: PortPlace::IngressBackend(name), port: PortRef::Number(only) };
            let one = proposal(ctx.entity, action);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    if found.is_empty() { Err("the Service has several ports, and which is meant only its owner knows".to_owned()) } else { Ok(found) }
}

/// Backends of an Ingress: pointer, name of the Service, port.
fn backends(ingress: Entity<'_>) -> Vec<(String, String, Option<String>)> {
    let mut all = Vec::new();
    for (i, rule) in ingress.at("spec/rules").items().enumerate() {
        for (j, path) in rule.at("http/paths").items().enumerate() {
            let service = path.at("backend/service");
            let port = service.at("port/number").scalar().or_else(|| service.at("port/name").scalar());
            if let Some(name) = service.get("name").text() {
                all.push((format!("/spec/rules/{i}/http/paths/{j}/backend/service"), name.to_owned(), port));
            }
        }
    }
    all
}

/// The name of an Ingress's backend, where a Service of nearly that name exists and the named one does not.
pub(super) fn backend(ctx: &Ctx<'_, '_>) -> Found {
    let services: Vec<&str> = beside(ctx.graph, &Kind::Service, ctx.entity.namespace()).iter().map(Entity::name).collect();
    let edits: Vec<Edit> = backends(ctx.entity)
        .into_iter()
        .filter(|(_, name, _)| !services.contains(&name.as_str()))
        .filter_map(|(path, name, _)| Some(Edit::set(format!("{path}/name"), meant(&name, services.iter().copied())?)))
        .collect();
    if edits.is_empty() {
        return Err("no Service of nearly that name exists: whether it is to be made or renamed only its owner knows".to_owned());
    }
    propose(ctx.object()?.entity, Action::CustomPatch { edits })
}

/// The protocol of a Service's port, where the container declares the port under another.
pub(super) fn protocol(ctx: &Ctx<'_, '_>) -> Found {
    let service = ctx.object()?;
    let ports = service.at("/spec/ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut edits = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let target = port.get("targetPort").or_else(|| port.get("port")).map(word).unwrap_or_default();
        let own = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
        let declared: BTreeSet<String> = ctx
            .entity
            .to(Relation::Selects)
            .flat_map(|pod| edges::containers(pod.pod_spec()).flat_map(|own| own.get("ports").items()).collect::<Vec<_>>())
            .filter(|port| port.get("containerPort").scalar().as_ref() == Some(&target) || port.get("name").is(&target))
            .map(|port| port.get("protocol").text().unwrap_or("TCP").to_owned())
            .collect();
        if let [only] = declared.iter().collect::<Vec<_>>().as_slice()
            && only.as_str() != own
        {
            edits.push(Edit::set(format!("/spec/ports/{index}/protocol"), json!(only)));
        }
    }
    if edits.is_empty() {
        Err("no container declares the port under another protocol".to_owned())
    } else {
        propose(service.entity, Action::CustomPatch { edits })
    }
}

/// The port of a probe that its container does not declare, where the container declares one.
pub(super) fn probe(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let mut found = Vec::new();
    for container in workload.containers() {
        let declared = declared_in(workload.entity, container);
        let Some(path) = workload.container(container) else { continue };
        for kind in [Probe::Liveness, Probe::Readiness, Probe::Startup] {
            let handlers = ["httpGet", "tcpSocket", "grpc"];
            let port = handlers.iter().find_map(|handler| workload.at(&format!("{path}/{}/{handler}/port", kind.field()))).map(word);
            let Some(port) = port.filter(|port| !declared.contains(port)) else { continue };
            if let (Some(meant), Ok(container)) = (the_port(&declared, &port, None), container.parse()) {
                let place = PortPlace::Probe { container, probe: kind };
                found.push(proposal(workload.entity, Action::FixPort { place, port: meant }));
            }
        }
    }
    if found.is_empty() {
        Err("the container declares no port, or several: which one answers only its makers know".to_owned())
    } else {
        Ok(found)
    }
}
