//! The other side of a connection that a log names: which object it is, and which setting names it.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::address::{Address, in_value};
use assent_evidence::{Entity, EntityId, Relation, edges};

use crate::candidate::Candidate;
use crate::case::Case;
use crate::complaint::{Complaint, target_text};
use crate::finding::Quote;

/// Names that differ by at most this many letters are taken for a typing error.
const TYPO_LETTERS_MAX: usize = 2;
/// Settings longer than this are no names or addresses.
const SETTING_BYTES_MAX: usize = 8 * 1024;

/// A setting of a workload: an environment variable, or a key of a ConfigMap that it reads.
#[derive(Debug, Clone)]
pub struct Setting<'g> {
    /// The variable or key.
    pub name: &'g str,
    /// Its value, where it is written.
    pub at: At<'g>,
    /// The workload itself, or the ConfigMap.
    pub holder: EntityId,
}

/// The settings of a workload that the input holds in clear.
#[must_use]
pub fn settings<'g>(case: &Case<'g>, owner: Entity<'g>) -> Vec<Setting<'g>> {
    let graph = case.graph;
    let mut found = Vec::new();
    let carrier = if owner.pod_spec().exists() { owner } else { owner.pods().into_iter().next().unwrap_or(owner) };
    for container in edges::containers(carrier.pod_spec()) {
        for variable in container.get("env").items() {
            let name = variable.get("name").text_or_empty();
            if variable.get("value").exists() {
                found.push(Setting { name, at: variable.get("value"), holder: carrier.id });
            }
            let reference = variable.at("valueFrom/configMapKeyRef");
            let map = reference.get("name").text().and_then(|map| graph.find(&carrier.reference().beside(Kind::ConfigMap, map)));
            if let Some(map) = map {
                found.push(Setting { name, at: map.at("data").get(reference.get("key").text_or_empty()), holder: map.id });
            }
        }
        for source in container.get("envFrom").items() {
            let map = source.at("configMapRef/name").text().and_then(|map| graph.find(&carrier.reference().beside(Kind::ConfigMap, map)));
            if let Some(map) = map {
                found.extend(map.at("data").entries().map(|(name, at)| Setting { name, at, holder: map.id }));
            }
        }
    }
    for mounted in carrier.to(Relation::Mounts).filter(|mounted| *mounted.kind() == Kind::ConfigMap) {
        found.extend(mounted.at("data").entries().map(|(name, at)| Setting { name, at, holder: mounted.id }));
    }
    found.retain(|setting| setting.at.text().is_some_and(|text| text.len() <= SETTING_BYTES_MAX));
    found
}

/// The other side of a connection.
#[derive(Debug, Clone)]
pub struct Peer<'g> {
    /// `host:port`, as the log or the setting has it.
    pub text: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
    /// Whether the log names it; if not, it is the one address that the settings name.
    pub in_log: bool,
    /// The Service that it is.
    pub service: Option<Entity<'g>>,
    /// The pod that has this address.
    pub pod: Option<Entity<'g>>,
    /// The Service that it would be, and that is proven not to exist.
    pub absent: Option<ObjectRef>,
    /// Whether it can only be outside the cluster.
    pub is_outside: bool,
    /// The settings that name it.
    pub settings: Vec<Setting<'g>>,
    holders: Vec<(EntityId, String)>,
}

impl<'g> Peer<'g> {
    /// The other side that a complaint names, or the only one that the settings name.
    #[must_use]
    pub fn of(case: &Case<'g>, owner: Entity<'g>, complaint: &Complaint<'_, 'g>) -> Option<Self> {
        let settings = settings(case, owner);
        let (address, in_log) = match &complaint.target {
            Some(target) => (Address { host: target.host.clone(), port: target.port }, true),
            None => (only_address(case, owner)?, false),
        };
        let namespace = complaint.on.namespace();
        let mut peer = Self {
            text: target_text(&crate::logs::Target { host: address.host.clone(), port: address.port }),
            service: None,
            pod: None,
            absent: None,
            is_outside: false,
            settings: settings.into_iter().filter(|setting| names(setting, &address)).collect(),
            host: address.host.clone(),
            port: address.port,
            in_log,
            holders: Vec::new(),
        };
        peer.resolve(case, namespace, &address);
        peer.holders = peer.settings.iter().map(|setting| (setting.holder, case.entity(setting.holder).reference().to_string())).collect();
        Some(peer)
    }

    fn resolve(&mut self, case: &Case<'g>, namespace: Option<&str>, address: &Address) {
        if address.is_ip() {
            let services = case.graph.of_kind(&Kind::Service);
            self.service = services.into_iter().find(|service| {
                service.at("spec/clusterIP").is(&address.host) || service.at("spec/clusterIPs").items().any(|ip| ip.is(&address.host))
            });
            self.pod = case.graph.of_kind(&Kind::Pod).find(|pod| pod.at("status/podIP").is(&address.host));
            return;
        }
        if matches!(address.host.as_str(), "localhost" | "kubernetes") || address.host.starts_with("localhost.") {
            return;
        }
        let named = |name: &str, within: Option<&str>| case.graph.object(Kind::Service, within, name);
        let parts: Vec<&str> = address.host.trim_end_matches('.').split('.').collect();
        // One pod of a headless Service: pg-0.pg, pg-0.pg.data.svc.cluster.local.
        let through = match parts.as_slice() {
            [_, service] => named(service, namespace),
            [_, service, within, "svc", ..] => named(service, Some(within)),
            [_, service, within] if *within != "svc" => named(service, Some(within)),
            _ => None,
        };
        match address.service(namespace) {
            Some((name, within)) => {
                self.service = named(name, within).or(through);
                let reference = ObjectRef::new(Kind::Service, within, name);
                // `db.example` may be a name outside; only a namespace that the input knows makes it a Service's.
                let inside = parts.len() == 1 || address.is_cluster_name() || within.is_some_and(|within| knows_namespace(case, within));
                self.is_outside = self.service.is_none() && !inside;
                if self.service.is_none() && inside && case.graph.is_absent(&reference) {
                    self.absent = Some(reference);
                }
            }
            None => {
                self.service = through;
                self.is_outside = through.is_none() && !address.is_cluster_name();
            }
        }
        if through.is_some() {
            self.pod = parts.first().and_then(|pod| case.graph.object(Kind::Pod, through.and_then(|service| service.namespace()), pod));
        }
    }

    /// Adds to a candidate who the other side is and where it is named.
    #[must_use]
    pub fn join(&self, mut candidate: Candidate) -> Candidate {
        for entity in self.service.iter().chain(&self.pod) {
            candidate = candidate.blame(entity.id);
        }
        for setting in self.settings.iter().take(2) {
            let cite = setting.at.cite().map(|cite| Quote { cite, about: setting.holder, time: None });
            candidate = candidate.quote(cite);
        }
        candidate
    }

    /// ` (from `DB_HOST` in ConfigMap shop/settings)`, or nothing.
    #[must_use]
    pub fn named_by(&self) -> String {
        let first = self.settings.first().zip(self.holders.first());
        first.map(|(setting, (_, holder))| format!(" (set as `{}` in {holder})", setting.name)).unwrap_or_default()
    }

    /// `` `DB_HOST` in ConfigMap shop/settings ``, if a setting names it.
    #[must_use]
    pub fn setting(&self) -> Option<String> {
        let (setting, (_, holder)) = self.settings.first().zip(self.holders.first())?;
        Some(format!("`{}` in {holder}", setting.name))
    }

    /// The ports of the Service, if the port asked for is not among them: where they are written.
    #[must_use]
    pub fn other_ports(&self) -> Option<Vec<At<'g>>> {
        let (service, port) = (self.service?, i64::from(self.port?));
        if service.at("spec/type").is("ExternalName") {
            return None;
        }
        let headless = service.at("spec/clusterIP").is("None") || self.pod.is_some();
        let ports: Vec<At<'g>> = service.at("spec/ports").items().collect();
        let has = |field: &str| ports.iter().any(|own| own.get(field).int() == Some(port));
        let named_target = ports.iter().any(|own| own.get("targetPort").exists() && own.get("targetPort").int().is_none());
        let answers =
            has("port") || (headless && (has("targetPort") || named_target)) || (service.at("spec/type").is("NodePort") && has("nodePort"));
        (!ports.is_empty() && !answers).then(|| ports.iter().map(|own| own.get("port")).collect())
    }
}

fn knows_namespace(case: &Case<'_>, name: &str) -> bool {
    case.graph.find(&ObjectRef::new(Kind::Namespace, None, name)).is_some()
}

/// Words of settings that name where data is kept or sent.
const STORE_WORDS: &[&str] = &[
    "DB", "DATABASE", "SQL", "PG", "MONGO", "REDIS", "CACHE", "STORE", "DSN", "AMQP", "RABBIT", "KAFKA", "BROKER", "QUEUE", "ELASTIC",
    "SEARCH",
];

/// The one store that a workload's settings name, if they name one only.
fn only_address(case: &Case<'_>, owner: Entity<'_>) -> Option<Address> {
    let stores = |named: &edges::NamedAddress<'_>| {
        let told = [named.setting, named.at.text_or_empty()].map(str::to_ascii_uppercase);
        STORE_WORDS.iter().any(|word| told.iter().any(|text| text.contains(word)))
    };
    let mut all: Vec<Address> = edges::named_addresses(case.graph, case.graph.find(owner.reference())?)
        .into_iter()
        .filter(stores)
        .map(|named| named.address)
        .filter(|address| address.host != "localhost" && !address.host.starts_with("127."))
        .collect();
    all.sort();
    all.dedup_by(|a, b| a.host == b.host);
    let only = all.pop();
    only.filter(|_| all.is_empty())
}

/// Whether a setting names an address: the host, and the port if both have one.
fn names(setting: &Setting<'_>, address: &Address) -> bool {
    let Some(text) = setting.at.text() else { return false };
    in_value(text, true).iter().any(|own| {
        let port = own.port.is_none() || address.port.is_none() || own.port == address.port;
        own.host == address.host && port
    })
}

/// A setting that is exactly this port, and whose name speaks of a port.
#[must_use]
pub fn port_setting<'g>(case: &Case<'g>, owner: Entity<'g>, port: u16) -> Option<Setting<'g>> {
    let text = port.to_string();
    settings(case, owner)
        .into_iter()
        .find(|setting| setting.name.to_ascii_uppercase().contains("PORT") && setting.at.text().is_some_and(|own| own.trim() == text))
}

/// A setting whose value has this word in it.
#[must_use]
pub fn setting_with<'g>(case: &Case<'g>, owner: Entity<'g>, word: &str) -> Option<Setting<'g>> {
    let holds = |text: &str| text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).any(|own| own == word);
    (word.len() >= 2).then(|| settings(case, owner).into_iter().find(|setting| setting.at.text().is_some_and(holds))).flatten()
}

/// A Service whose name is nearly this one, or the same in another namespace.
#[must_use]
pub fn nearest<'g>(case: &Case<'g>, wanted: &ObjectRef) -> Option<Entity<'g>> {
    let services = || case.graph.of_kind(&Kind::Service);
    let elsewhere = || services().find(|service| service.name() == &*wanted.name);
    let alike = |service: &Entity<'g>| {
        let (own, name) = (service.name(), &*wanted.name);
        service.namespace() == wanted.namespace()
            && (distance(own, name) <= TYPO_LETTERS_MAX
                || own.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
                || name.strip_prefix(own).is_some_and(|rest| rest.starts_with('-'))
                || own.strip_suffix(name).is_some_and(|rest| rest.ends_with('-'))
                || name.strip_suffix(own).is_some_and(|rest| rest.ends_with('-')))
    };
    services().filter(alike).min_by_key(|service| distance(service.name(), &wanted.name)).or_else(elsewhere)
}

/// How many letters must change to make one name the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(x != *y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        assert_eq!(distance("redis", "redis"), 0);
        assert_eq!(distance("postgre", "postgres"), 1);
        assert_eq!(distance("chace", "cache"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("ledger", "mailer"), 4);
    }
}
