//! Settings that name a Service or a port that does not exist, where exactly one existing one can be meant.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::Entity;
use assent_evidence::address::Address;
use assent_evidence::edges::{NamedAddress, named_addresses};

use super::{Ctx, Found, beside, meant, proposal};
use crate::action::{Action, Origin};
use crate::domain::PortNumber;
use crate::draw::{has_port, number, replaced};
use crate::observed::Object;
use crate::proposal::Proposal;

/// Corrects addresses of a workload, or of a ConfigMap that workloads read.
pub(super) fn correct(ctx: &Ctx<'_, '_>) -> Found {
    let readers: Vec<Entity<'_>> = match ctx.entity.kind() {
        Kind::ConfigMap => [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::CronJob]
            .iter()
            .flat_map(|kind| beside(ctx.graph, kind, ctx.entity.namespace()))
            .collect(),
        _ => vec![ctx.entity.top_owner()],
    };
    let mut found: Vec<Proposal> = Vec::new();
    for reader in readers {
        for named in named_addresses(ctx.graph, reader) {
            let here = *ctx.entity.kind() != Kind::ConfigMap || named.holder == ctx.entity.id;
            let one = here
                .then(|| meant_service(ctx, reader, &named.address))
                .flatten()
                .and_then(|(service, port)| set(ctx, reader, &named, service, port));
            found.extend(one.filter(|one| !found.contains(one)));
        }
    }
    if found.is_empty() {
        Err("no setting of the workload names an address for which exactly one existing Service can be meant".to_owned())
    } else {
        Ok(found)
    }
}

/// The Service, and the port, that a dangling address can only mean. None for an address that leads somewhere.
fn meant_service<'g>(ctx: &Ctx<'_, 'g>, from: Entity<'g>, address: &Address) -> Option<(Entity<'g>, Option<PortNumber>)> {
    let (name, namespace) = address.service(from.namespace())?;
    if let Some(service) = ctx.graph.object(Kind::Service, namespace, name) {
        let asked = address.port?;
        let ports: BTreeSet<String> = service.at("spec/ports").items().filter_map(|port| port.get("port").scalar()).collect();
        let [only] = ports.iter().collect::<Vec<_>>().try_into().ok()?;
        let only = number(only).filter(|port| port.get() != asked)?;
        return Some((service, Some(only)));
    }
    // A dotted name that is not in the cluster's own domain may well be a host of the world outside.
    if address.host.contains('.')
        && !address.is_cluster_name()
        && !ctx.graph.entities_of_kind(&Kind::Namespace).any(|own| Some(own.name()) == namespace)
    {
        return None;
    }
    let near = beside(ctx.graph, &Kind::Service, namespace);
    let elsewhere: Vec<Entity<'g>> = ctx.graph.of_kind(&Kind::Service).filter(|service| service.name() == name).collect();
    let service = match (meant(name, near.iter().map(Entity::name)), elsewhere.as_slice()) {
        (Some(close), _) => near.iter().find(|service| service.name() == close).copied()?,
        (None, [only]) => *only,
        _ => return None,
    };
    let asked = address.port.and_then(|port| PortNumber::new(port).ok());
    asked.is_none_or(|port| has_port(service, port)).then_some((service, asked))
}

/// The action that puts the Service's address into the setting.
fn set(ctx: &Ctx<'_, '_>, reader: Entity<'_>, named: &NamedAddress<'_>, service: Entity<'_>, port: Option<PortNumber>) -> Option<Proposal> {
    let now = named.at.text()?;
    let value = replaced(now, &named.address, service, reader.namespace(), port)?.parse().ok()?;
    let origin = Origin::Service { namespace: service.namespace()?.to_owned(), name: service.name().to_owned(), port };
    let holder = ctx.graph.entity(named.holder);
    if *holder.kind() == Kind::ConfigMap {
        return Some(proposal(holder, Action::SetConfigKey { key: named.setting.parse().ok()?, value, origin }));
    }
    let workload = Object::of(reader)?;
    let spec = workload.pod_spec_path()?;
    let containers = workload.at(&format!("{spec}/containers"))?.as_array()?;
    let mut holders = containers.iter().filter(|container| {
        let variables = container.get("env").and_then(|env| env.as_array()).into_iter().flatten();
        variables.into_iter().any(|own| {
            own.get("name").and_then(|name| name.as_str()) == Some(named.setting)
                && own.get("value").and_then(|value| value.as_str()) == Some(now)
        })
    });
    let container = holders.next().filter(|_| holders.next().is_none())?.get("name")?.as_str()?.parse().ok()?;
    Some(proposal(workload.entity, Action::SetEnv { container, name: named.setting.parse().ok()?, value, origin }))
}
