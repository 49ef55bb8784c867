//! Selectors, ports and keys: how objects find each other.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, edges};
use serde_json::{Value, json};

use super::{Edits, Refused, Site, address};
use crate::action::{Origin, PortPlace, PortRef, SelectorPlace};
use crate::domain::{ConfigKey, LabelKey, LabelValue, PortNumber, SettingValue};
use crate::observed::Object;
use crate::patch::{Edit, escape};
use crate::proposal::Author;

pub(super) fn set_config_key(
    site: &Site<'_>,
    object: &Object<'_>,
    key: &ConfigKey,
    value: &SettingValue,
    origin: &Origin,
    author: Author,
) -> Result<Edits, Refused> {
    if object.at("/immutable").and_then(Value::as_bool) == Some(true) {
        return Err(Refused::Value("the ConfigMap is immutable".to_owned()));
    }
    let path = format!("/data/{}", escape(key.as_str()));
    match origin {
        Origin::Service { .. } => {
            let now = object.text(&path).ok_or_else(|| Refused::Value(format!("there is no key `{key}`")))?;
            address::check(site.graph, object.entity, (key.as_str(), now, value.as_str()), origin)?;
        }
        Origin::Stated {} if author == Author::Person => {}
        Origin::Stated {} => return Err(Refused::Author("only a person may state a value")),
        Origin::Revision(_) | Origin::AllowedRegistry {} => return Err(Refused::Value("a ConfigMap has no revisions".to_owned())),
    }
    Ok(Edits::of([Edit::set(path, value.as_str())]))
}

pub(super) fn fix_selector(
    site: &Site<'_>,
    object: &Object<'_>,
    place: SelectorPlace,
    (key, value): (&LabelKey, &LabelValue),
    drops: Option<&LabelKey>,
) -> Result<Edits, Refused> {
    let path = match (place, object.entity.kind(), object.pod_spec_path()) {
        (SelectorPlace::Service, Kind::Service, _) => "/spec/selector".to_owned(),
        (SelectorPlace::Node, _, Some(spec)) => format!("{spec}/nodeSelector"),
        _ => return Err(Refused::Value("there is no such selector".to_owned())),
    };
    let mut wanted: Vec<(String, String)> = object
        .at(&path)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .filter(|(own, _)| own != key.as_str() && Some(own.as_str()) != drops.map(LabelKey::as_str))
        .collect();
    if wanted.is_empty() && object.at(&path).is_none() {
        return Err(Refused::Value("there is no selector to correct".to_owned()));
    }
    wanted.push((key.as_str().to_owned(), value.as_str().to_owned()));
    let takes = |own: At<'_>| wanted.iter().all(|(key, value)| own.get(key).text() == Some(value));
    let met = match place {
        SelectorPlace::Node => site.graph.of_kind(&Kind::Node).any(|node| takes(node.at("metadata/labels"))),
        SelectorPlace::Service => carriers(site, object.entity).any(|own| takes(own.pod_labels())),
    };
    if !met {
        return Err(Refused::Value(format!("nothing would be selected by `{key}={value}`")));
    }
    let own = format!("{path}/{}", escape(key.as_str()));
    // Where a key only goes, what names the selector stays as it is.
    let set = (object.text(&own) != Some(value.as_str()) || drops.is_none()).then(|| Edit::set(own, value.as_str()));
    let gone = drops.map(|drops| Edit::remove(format!("{path}/{}", escape(drops.as_str()))));
    Ok(Edits::of(set.into_iter().chain(gone)))
}

/// What carries pod labels in an object's namespace: pods, and workloads whose pods may not exist.
fn carriers<'g>(site: &Site<'g>, of: Entity<'g>) -> impl Iterator<Item = Entity<'g>> + use<'g> {
    let graph = site.graph;
    [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet]
        .into_iter()
        .flat_map(move |kind| graph.entities_in(&kind, of.namespace()).collect::<Vec<_>>())
        .filter(Entity::is_captured)
}

pub(super) fn fix_port(site: &Site<'_>, object: &Object<'_>, place: &PortPlace, port: &PortRef) -> Result<Edits, Refused> {
    let (value, number) = match port {
        PortRef::Number(number) => (json!(number.get()), Some(*number)),
        PortRef::Name(name) => (json!(name.as_str()), None),
    };
    let offered = |ports: &BTreeSet<String>, of: &str| {
        let word = number.map_or_else(|| value.as_str().unwrap_or_default().to_owned(), |number| number.to_string());
        if ports.contains(&word) { Ok(()) } else { Err(Refused::Value(format!("{of} has no port `{word}`"))) }
    };
    match place {
        PortPlace::ServiceTarget(own) => {
            let ports = object.at("/spec/ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let index = ports.iter().position(|port| port.get("port").and_then(Value::as_u64) == Some(u64::from(own.get())));
            let index = index.ok_or_else(|| Refused::Value(format!("the Service has no port {own}")))?;
            offered(&declared_behind(object.entity), "what the Service selects")?;
            let path = format!("/spec/ports/{index}");
            Ok(Edits {
                edits: vec![Edit::set(format!("{path}/targetPort"), value)],
                held: vec![(format!("{path}/port"), json!(own.get()))],
            })
        }
        PortPlace::IngressBackend(name) => {
            let service = site
                .graph
                .object(Kind::Service, object.entity.namespace(), name)
                .ok_or_else(|| Refused::Value(format!("there is no Service `{name}` beside the Ingress")))?;
            offered(&ports_of(service), "the Service")?;
            let field = if number.is_some() { "number" } else { "name" };
            let edits: Vec<Edit> = backends(&object.json, name)
                .into_iter()
                .filter(|path| object.at(&format!("{path}/port")) != Some(&json!({ field: value })))
                .map(|path| Edit::set(format!("{path}/port"), json!({ field: value })))
                .collect();
            let held = edits.iter().filter_map(|edit| Some((format!("{}/name", edit.path.strip_suffix("/port")?), json!(name)))).collect();
            if edits.is_empty() {
                Err(Refused::Value(format!("the Ingress routes nothing to `{name}` otherwise")))
            } else {
                Ok(Edits { edits, held })
            }
        }
        PortPlace::Probe { container, probe } => {
            let own = object.container(container.as_str()).ok_or_else(|| Refused::Value(format!("there is no container `{container}`")))?;
            let declared = declared_in(object.entity, container.as_str());
            offered(&declared, "the container")?;
            let handler = ["httpGet", "tcpSocket", "grpc"].into_iter().find(|handler| {
                object.at(&format!("{own}/{}/{handler}", probe.field())).is_some() && (*handler != "grpc" || number.is_some())
            });
            let handler = handler.ok_or_else(|| Refused::Value("the container has no such probe of a port".to_owned()))?;
            Ok(Edits {
                edits: vec![Edit::set(format!("{own}/{}/{handler}/port", probe.field()), value)],
                held: vec![(format!("{own}/name"), json!(container.as_str()))],
            })
        }
    }
}

/// The paths of the backends of an Ingress that route to a Service.
fn backends(ingress: &Value, service: &str) -> Vec<String> {
    let list = |path: &str| ingress.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
    let mut paths = vec!["/spec/defaultBackend/service".to_owned()];
    for rule in 0..list("/spec/rules") {
        let own = format!("/spec/rules/{rule}/http/paths");
        paths.extend((0..list(&own)).map(|path| format!("{own}/{path}/backend/service")));
    }
    paths.retain(|path| ingress.pointer(&format!("{path}/name")).and_then(Value::as_str) == Some(service));
    paths
}

/// Ports of a Service, by number and by name.
fn ports_of(service: Entity<'_>) -> BTreeSet<String> {
    let own = |port: At<'_>| [port.get("port").scalar(), port.get("name").scalar()];
    service.at("spec/ports").items().flat_map(own).flatten().collect()
}

/// Ports that the containers behind a Service declare, by number and by name.
pub(crate) fn declared_behind(service: Entity<'_>) -> BTreeSet<String> {
    service.to(Relation::Selects).flat_map(|own| declared(own, None)).collect()
}

/// Ports that a container of a workload declares.
pub(crate) fn declared_in(workload: Entity<'_>, container: &str) -> BTreeSet<String> {
    declared(workload, Some(container))
}

fn declared(of: Entity<'_>, container: Option<&str>) -> BTreeSet<String> {
    edges::containers(of.pod_spec())
        .filter(|own| container.is_none_or(|name| own.get("name").is(name)))
        .flat_map(|own| own.get("ports").items())
        .flat_map(|port| [port.get("containerPort").scalar(), port.get("name").scalar()])
        .flatten()
        .collect()
}

/// A declared port, if it is a number.
pub(crate) fn number(port: &str) -> Option<PortNumber> {
    port.parse().ok().and_then(|port| PortNumber::new(port).ok())
}
