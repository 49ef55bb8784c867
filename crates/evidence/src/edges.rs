//! The typed ties between entities, read off their fields.
//!
//! Ties to objects that the input does not hold are left out, except owners: an owner is named by who it owns.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;

use crate::address;
use crate::entity::Entity;
use crate::graph::{EntityId, Graph, Relation};
use crate::labels;

type Ties = BTreeSet<(EntityId, Relation, EntityId)>;

/// Values of configuration longer than this are no addresses and are not searched for any.
const ADDRESS_VALUE_BYTES_MAX: usize = 8 * 1024;

/// The owners that an object names. A ReplicaSet that is named `web-7d9f8c` by a pod with that template hash, and that the
/// capture does not hold, is followed to its Deployment `web`.
pub(crate) fn owners(root: At<'_>, of: &ObjectRef) -> Vec<ObjectRef> {
    let mut owners: Vec<ObjectRef> = root
        .at("metadata/ownerReferences")
        .items()
        .filter(|owner| owner.get("controller").bool() != Some(false))
        .filter_map(|owner| Some(of.beside(Kind::named(owner.get("kind").text()?), owner.get("name").text()?)))
        .collect();
    let hash = root.at("metadata/labels/pod-template-hash").text();
    if of.kind == Kind::Pod {
        if owners.is_empty() {
            let job = ["batch.kubernetes.io/job-name", "job-name"];
            let labels = root.at("metadata/labels");
            owners.extend(job.iter().find_map(|key| labels.get(key).text()).map(|name| of.beside(Kind::Job, name)));
        }
        if owners.is_empty() {
            owners.extend(hash.and_then(|hash| replica_set_named(&of.name, hash)).map(|name| of.beside(Kind::ReplicaSet, name)));
        }
        let sets: Vec<ObjectRef> = owners.iter().filter(|owner| owner.kind == Kind::ReplicaSet).cloned().collect();
        owners.extend(sets.iter().filter_map(|set| Some(of.beside(Kind::Deployment, set.name.strip_suffix(hash?)?.strip_suffix('-')?))));
    }
    owners
}

/// `web-7d9f8c` of the pod `web-7d9f8c-x2x4z` with template hash `7d9f8c`.
fn replica_set_named<'n>(pod: &'n str, hash: &str) -> Option<&'n str> {
    let (name, _) = pod.rsplit_once('-')?;
    name.strip_suffix(hash)?.strip_suffix('-')?;
    Some(name)
}

/// Every tie of a graph.
pub(crate) fn all(graph: &Graph) -> Ties {
    let mut ties = Ties::new();
    let pods = PodIndex::new(graph);
    for entity in graph.entities() {
        own(graph, entity, &mut ties);
        own_by_name(graph, entity, &mut ties);
        refused_by(graph, entity, &mut ties);
        if *entity.kind() == Kind::Pod || entity.kind().is_workload() {
            use_of_pod_spec(graph, entity, &mut ties);
        }
        match entity.kind() {
            Kind::Service | Kind::PodDisruptionBudget | Kind::NetworkPolicy => select(graph, entity, &pods, &mut ties),
            Kind::Endpoints | Kind::EndpointSlice => serve(graph, entity, &mut ties),
            Kind::Ingress => route_ingress(graph, entity, &mut ties),
            Kind::HTTPRoute | Kind::GRPCRoute | Kind::TLSRoute | Kind::TCPRoute => route_gateway(graph, entity, &mut ties),
            Kind::PersistentVolumeClaim => bind(graph, entity, &mut ties),
            Kind::HorizontalPodAutoscaler => scale(graph, entity, &mut ties),
            Kind::ResourceQuota | Kind::LimitRange => limit(graph, entity, &mut ties),
            Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => webhook(graph, entity, &mut ties),
            _ => {}
        }
    }
    call(graph, &mut ties);
    turn_away(graph, &mut ties);
    crate::parts::add(graph, &mut ties);
    ties
}

/// Nodes that are tied to the pods they turn away. More would tie everything to everything.
const AVOIDED_NODES_MAX: usize = 16;

/// A node that is cordoned or tainted turns away the pods of which the scheduler says so.
fn turn_away(graph: &Graph, ties: &mut Ties) {
    let avoided = graph.of_kind(&Kind::Node).filter_map(|node| {
        let mut words: Vec<&str> = node.at("spec/taints").items().filter_map(|taint| taint.get("key").text()).collect();
        words.extend((node.at("spec/unschedulable").bool() == Some(true)).then_some("were unschedulable"));
        words.retain(|word| !word.is_empty());
        (!words.is_empty()).then_some((node.id, words))
    });
    let avoided: Vec<(EntityId, Vec<&str>)> = avoided.take(AVOIDED_NODES_MAX).collect();
    if avoided.is_empty() {
        return;
    }
    for pod in graph.entities_of_kind(&Kind::Pod).filter(|pod| !pod.at("spec/nodeName").exists()) {
        let events = pod.events().iter().filter(|event| &*event.reason == "FailedScheduling").map(|event| &*event.message);
        let condition = pod.condition("PodScheduled").and_then(|condition| condition.get("message").text());
        for text in events.chain(condition) {
            let by = avoided.iter().filter(|(_, words)| words.iter().any(|word| text.contains(word)));
            ties.extend(by.map(|(node, _)| (*node, Relation::TurnsAway, pod.id)));
        }
    }
}

/// Adds a tie to an entity that exists in the graph.
fn tie(graph: &Graph, ties: &mut Ties, from: EntityId, relation: Relation, to: &ObjectRef) {
    if let Some(to) = graph.id(to).filter(|to| *to != from) {
        ties.insert((from, relation, to));
    }
}

fn own(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    for (_, root) in entity.views() {
        let owners = owners(root, entity.reference());
        // A captured ReplicaSet tells its own owner; the shortcut to the Deployment is for when it is not captured.
        let captured_set =
            owners.iter().any(|owner| owner.kind == Kind::ReplicaSet && graph.find(owner).is_some_and(|set| set.is_observed()));
        for owner in &owners {
            let shortcut = *entity.kind() == Kind::Pod && owner.kind == Kind::Deployment;
            match owners.iter().find(|other| other.kind == Kind::ReplicaSet) {
                Some(set) if shortcut && !captured_set => {
                    if let (Some(set), Some(deployment)) = (graph.id(set), graph.id(owner)) {
                        ties.insert((deployment, Relation::Owns, set));
                    }
                }
                _ if shortcut => {}
                _ => {
                    if let Some(owner) = graph.id(owner).filter(|owner| *owner != entity.id) {
                        ties.insert((owner, Relation::Owns, entity.id));
                    }
                }
            }
        }
    }
}

/// Letters of the suffixes that controllers generate.
const SUFFIX_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";

/// A table or an event names a ReplicaSet or Pod without its owner. Its name tells: `web-7d9f8c` of the Deployment `web`,
/// `web-7d9f8c-x2x4z` of that ReplicaSet, `db-0` of the StatefulSet `db`, if the graph has such an owner.
fn own_by_name(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    if !matches!(entity.kind(), Kind::ReplicaSet | Kind::Pod) {
        return;
    }
    let told = entity.is_full() || entity.views().any(|(_, root)| !owners(root, entity.reference()).is_empty());
    let Some((stem, suffix)) = entity.name().rsplit_once('-').filter(|_| !told) else { return };
    let generated = |suffix: &str, len: std::ops::RangeInclusive<usize>| {
        len.contains(&suffix.len()) && suffix.chars().all(|letter| SUFFIX_LETTERS.contains(letter))
    };
    let beside = |kind: Kind, name: &str| graph.id(&entity.reference().beside(kind, name));
    let owner = match entity.kind() {
        Kind::ReplicaSet if generated(suffix, 5..=10) => beside(Kind::Deployment, stem),
        Kind::Pod if generated(suffix, 5..=5) => {
            let direct = [Kind::ReplicaSet, Kind::DaemonSet, Kind::Job].into_iter().find_map(|kind| beside(kind, stem));
            let above = stem.rsplit_once('-').filter(|(_, hash)| generated(hash, 5..=10));
            direct.or_else(|| above.and_then(|(name, _)| beside(Kind::Deployment, name)))
        }
        Kind::Pod if suffix.bytes().all(|byte| byte.is_ascii_digit()) => beside(Kind::StatefulSet, stem),
        _ => None,
    };
    if let Some(owner) = owner {
        ties.insert((owner, Relation::Owns, entity.id));
    }
}

/// What an admission webhook refused, or was not there to admit, is guarded by its configuration.
fn refused_by(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    for event in entity.events() {
        let Some((_, rest)) = event.message.split_once("webhook \"") else { continue };
        let Some((hook, _)) = rest.split_once('"') else { continue };
        for kind in [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration] {
            for configuration in graph.of_kind(&kind) {
                if configuration.at("webhooks").items().any(|own| own.get("name").is(hook)) {
                    ties.insert((entity.id, Relation::GuardedBy, configuration.id));
                }
            }
        }
    }
}

/// Pods by namespace and label, so that a selector looks at few of them.
struct PodIndex<'g> {
    by_namespace: BTreeMap<Option<&'g str>, Vec<Entity<'g>>>,
    by_label: BTreeMap<(Option<&'g str>, &'g str, &'g str), Vec<Entity<'g>>>,
}

impl<'g> PodIndex<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut index = Self { by_namespace: BTreeMap::new(), by_label: BTreeMap::new() };
        for pod in graph.of_kind(&Kind::Pod) {
            index.by_namespace.entry(pod.namespace()).or_default().push(pod);
            for (key, value) in pod.at("metadata/labels").entries() {
                if let Some(value) = value.text() {
                    index.by_label.entry((pod.namespace(), key, value)).or_default().push(pod);
                }
            }
        }
        index
    }

    /// Pods that may match: those that carry the first label asked for, or all of the namespace.
    fn candidates(&self, namespace: Option<&'g str>, labels: At<'g>) -> &[Entity<'g>] {
        let first = labels.entries().next().and_then(|(key, value)| Some((namespace, key, value.text()?)));
        let found = match first {
            Some(key) => self.by_label.get(&key),
            None => self.by_namespace.get(&namespace),
        };
        found.map_or(&[], Vec::as_slice)
    }
}

fn select<'g>(graph: &'g Graph, entity: Entity<'g>, pods: &PodIndex<'g>, ties: &mut Ties) {
    let plain = *entity.kind() == Kind::Service;
    let selector = match entity.kind() {
        Kind::NetworkPolicy => entity.at("spec/podSelector"),
        _ => entity.at("spec/selector"),
    };
    if !selector.exists() && *entity.kind() != Kind::NetworkPolicy {
        return;
    }
    let wanted = if plain { selector } else { selector.get("matchLabels") };
    for pod in pods.candidates(entity.namespace(), wanted) {
        let labels = pod.at("metadata/labels");
        let selects = if plain { labels::map_selects(selector, labels) } else { labels::selector_selects(selector, labels) };
        if selects {
            ties.insert((entity.id, Relation::Selects, pod.id));
            if *entity.kind() == Kind::NetworkPolicy {
                ties.insert((pod.id, Relation::GuardedBy, entity.id));
            }
        }
    }
    // A workload whose pods do not exist is still what the Service is meant for.
    if plain {
        for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
            for workload in graph.entities_in(&kind, entity.namespace()).filter(Entity::is_captured) {
                if labels::map_selects(selector, workload.pod_labels()) {
                    ties.insert((entity.id, Relation::Selects, workload.id));
                }
            }
        }
    }
}

fn serve(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    let service = entity.label("kubernetes.io/service-name").unwrap_or(entity.name());
    let service = entity.reference().beside(Kind::Service, service);
    if let Some(service) = graph.id(&service) {
        ties.insert((service, Relation::RoutesTo, entity.id));
    }
}

fn route_ingress(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    let rules = entity.at("spec/rules");
    let paths = rules.items().flat_map(|rule| rule.at("http/paths").items()).map(|path| path.get("backend"));
    for backend in paths.chain([entity.at("spec/defaultBackend"), entity.at("spec/backend")]) {
        let name = backend.at("service/name").text().or_else(|| backend.get("serviceName").text());
        if let Some(name) = name {
            tie(graph, ties, entity.id, Relation::RoutesTo, &entity.reference().beside(Kind::Service, name));
        }
    }
    for secret in entity.at("spec/tls").items().filter_map(|tls| tls.get("secretName").text()) {
        tie(graph, ties, entity.id, Relation::References, &entity.reference().beside(Kind::Secret, secret));
    }
    if let Some(class) = entity.at("spec/ingressClassName").text() {
        tie(graph, ties, entity.id, Relation::References, &ObjectRef::new(Kind::IngressClass, None, class));
    }
}

fn route_gateway(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    for backend in entity.at("spec/rules").items().flat_map(|rule| rule.get("backendRefs").items()) {
        let namespace = backend.get("namespace").text().or(entity.namespace());
        if let Some(name) = backend.get("name").text() {
            tie(graph, ties, entity.id, Relation::RoutesTo, &ObjectRef::new(Kind::Service, namespace, name));
        }
    }
    for parent in entity.at("spec/parentRefs").items() {
        let namespace = parent.get("namespace").text().or(entity.namespace());
        if let Some(name) = parent.get("name").text() {
            tie(graph, ties, entity.id, Relation::References, &ObjectRef::new(Kind::Gateway, namespace, name));
        }
    }
}

fn bind(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    if let Some(volume) = entity.at("spec/volumeName").text() {
        tie(graph, ties, entity.id, Relation::BoundTo, &ObjectRef::new(Kind::PersistentVolume, None, volume));
    }
    if let Some(class) = entity.at("spec/storageClassName").text() {
        tie(graph, ties, entity.id, Relation::References, &ObjectRef::new(Kind::StorageClass, None, class));
    }
}

fn scale(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    let target = entity.at("spec/scaleTargetRef");
    if let (Some(kind), Some(name)) = (target.get("kind").text(), target.get("name").text()) {
        tie(graph, ties, entity.id, Relation::Scales, &entity.reference().beside(Kind::named(kind), name));
    }
}

/// A quota limits what makes pods, and the claims, of its namespace.
fn limit(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    for kind in [
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
        Kind::PersistentVolumeClaim,
        Kind::Service,
    ] {
        for limited in graph.entities_in(&kind, entity.namespace()) {
            ties.insert((entity.id, Relation::Limits, limited.id));
        }
    }
}

fn webhook(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    for service in entity.at("webhooks").items().map(|hook| hook.at("clientConfig/service")) {
        if let (Some(name), Some(namespace)) = (service.get("name").text(), service.get("namespace").text()) {
            tie(graph, ties, entity.id, Relation::ServedBy, &ObjectRef::new(Kind::Service, Some(namespace), name));
        }
    }
}

/// What a pod, or a template, needs to run.
fn use_of_pod_spec(graph: &Graph, entity: Entity<'_>, ties: &mut Ties) {
    let spec = entity.pod_spec();
    let beside = |kind: Kind, name: &str| entity.reference().beside(kind, name);
    for (relation, reference) in needs(spec).into_iter().map(|need| (need.relation, beside(need.kind, need.name.text_or_empty()))) {
        tie(graph, ties, entity.id, relation, &reference);
    }
    if *entity.kind() == Kind::Pod
        && let Some(node) = spec.get("nodeName").text()
    {
        tie(graph, ties, entity.id, Relation::RunsOn, &ObjectRef::new(Kind::Node, None, node));
    }
    if *entity.kind() == Kind::StatefulSet {
        for template in entity.at("spec/volumeClaimTemplates").items().filter_map(|claim| claim.at("metadata/name").text()) {
            let prefix = format!("{template}-{}-", entity.name());
            for claim in graph.entities_in(&Kind::PersistentVolumeClaim, entity.namespace()).filter(Entity::is_captured) {
                if claim.name().starts_with(&prefix) {
                    ties.insert((entity.id, Relation::Mounts, claim.id));
                }
            }
        }
    }
}

/// Something that a pod specification names and cannot run without.
#[derive(Debug, Clone)]
pub struct Need<'g> {
    /// How it is used.
    pub relation: Relation,
    /// What kind it is.
    pub kind: Kind,
    /// Its name, where it is written.
    pub name: At<'g>,
    /// The key of a ConfigMap or Secret that is asked for.
    pub key: Option<At<'g>>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// What a pod specification names: claims, ConfigMaps, Secrets, service account, classes.
#[must_use]
pub fn needs(spec: At<'_>) -> Vec<Need<'_>> {
    let mut list: Vec<Need<'_>> = Vec::new();
    let mut need = |relation, kind, name, key, optional: bool| list.push(Need { relation, kind, name, key, optional });
    for volume in spec.get("volumes").items() {
        volume_needs(volume, &mut need);
        for source in volume.at("projected/sources").items() {
            volume_needs(source, &mut need);
        }
    }
    for container in containers(spec) {
        for variable in container.get("env").items() {
            for (field, kind) in [("configMapKeyRef", Kind::ConfigMap), ("secretKeyRef", Kind::Secret)] {
                let reference = variable.get("valueFrom").get(field);
                let optional = reference.get("optional").bool() == Some(true);
                need(Relation::References, kind, reference.get("name"), Some(reference.get("key")), optional);
            }
        }
        for source in container.get("envFrom").items() {
            for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
                let reference = source.get(field);
                need(Relation::References, kind, reference.get("name"), None, reference.get("optional").bool() == Some(true));
            }
        }
    }
    for secret in spec.get("imagePullSecrets").items() {
        need(Relation::References, Kind::Secret, secret.get("name"), None, true);
    }
    for (field, kind) in
        [("serviceAccountName", Kind::ServiceAccount), ("priorityClassName", Kind::PriorityClass), ("runtimeClassName", Kind::RuntimeClass)]
    {
        need(Relation::References, kind, spec.get(field), None, false);
    }
    list.retain(|need| need.name.text().is_some_and(|name| !name.is_empty()));
    list
}

/// The ConfigMaps and Secrets that a pod or template cannot start without.
pub(crate) fn settings(root: At<'_>, of: &ObjectRef) -> Vec<ObjectRef> {
    let spec = match of.kind {
        Kind::Pod => root.get("spec"),
        Kind::CronJob => root.at("spec/jobTemplate/spec/template/spec"),
        _ if of.kind.is_workload() => root.at("spec/template/spec"),
        _ => return Vec::new(),
    };
    let wanted = |need: &Need<'_>| !need.optional && matches!(need.kind, Kind::ConfigMap | Kind::Secret);
    needs(spec).into_iter().filter(wanted).map(|need| of.beside(need.kind.clone(), need.name.text_or_empty())).collect()
}

fn volume_needs<'g>(volume: At<'g>, need: &mut impl FnMut(Relation, Kind, At<'g>, Option<At<'g>>, bool)) {
    need(Relation::Mounts, Kind::PersistentVolumeClaim, volume.at("persistentVolumeClaim/claimName"), None, false);
    for (field, kind) in [("configMap", Kind::ConfigMap), ("secret", Kind::Secret)] {
        let source = volume.get(field);
        let name = if source.get("name").exists() { source.get("name") } else { source.get("secretName") };
        let optional = source.get("optional").bool() == Some(true);
        need(Relation::Mounts, kind.clone(), name, None, optional);
        for item in source.get("items").items() {
            need(Relation::Mounts, kind.clone(), name, Some(item.get("key")), optional);
        }
    }
}

/// The containers of a pod specification, init and ephemeral ones too.
pub fn containers(spec: At<'_>) -> impl Iterator<Item = At<'_>> {
    spec.get("initContainers").items().chain(spec.get("containers").items()).chain(spec.get("ephemeralContainers").items())
}

/// An address that a workload's settings name, and where.
#[derive(Debug, Clone)]
pub struct NamedAddress<'g> {
    /// The address.
    pub address: address::Address,
    /// The setting's name: an environment variable or a ConfigMap key.
    pub setting: &'g str,
    /// Where it is written, for citing.
    pub at: At<'g>,
    /// The object that holds it: the workload itself or a ConfigMap.
    pub holder: EntityId,
}

/// The addresses that a pod's or template's environment names, through ConfigMaps too.
#[must_use]
pub fn named_addresses<'g>(graph: &'g Graph, entity: Entity<'g>) -> Vec<NamedAddress<'g>> {
    let mut found = Vec::new();
    let mut search = |setting: &'g str, at: At<'g>, holder: EntityId| {
        let Some(value) = at.text().filter(|value| value.len() <= ADDRESS_VALUE_BYTES_MAX) else { return };
        let addresses = address::in_value(value, address::key_names_host(setting));
        found.extend(addresses.into_iter().map(|address| NamedAddress { address, setting, at, holder }));
    };
    for container in containers(entity.pod_spec()) {
        for variable in container.get("env").items() {
            let setting = variable.get("name").text_or_empty();
            search(setting, variable.get("value"), entity.id);
            let reference = variable.at("valueFrom/configMapKeyRef");
            if let Some(map) = reference.get("name").text().and_then(|name| graph.find(&entity.reference().beside(Kind::ConfigMap, name))) {
                search(setting, map.at("data").get(reference.get("key").text_or_empty()), map.id);
            }
        }
        for source in container.get("envFrom").items() {
            let name = source.at("configMapRef/name").text_or_empty();
            if let Some(map) = graph.find(&entity.reference().beside(Kind::ConfigMap, name)) {
                for (setting, value) in map.at("data").entries() {
                    search(setting, value, map.id);
                }
            }
        }
    }
    found
}

/// Workloads call the Services that their settings name.
fn call(graph: &Graph, ties: &mut Ties) {
    let workloads = graph
        .entities()
        .filter(|entity| entity.kind().is_workload() || (*entity.kind() == Kind::Pod && entity.from(Relation::Owns).next().is_none()));
    for entity in workloads {
        for named in named_addresses(graph, entity) {
            if let Some((name, namespace)) = named.address.service(entity.namespace()) {
                tie(graph, ties, entity.id, Relation::Calls, &ObjectRef::new(Kind::Service, namespace, name));
            }
        }
    }
}
