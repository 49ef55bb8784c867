//! Which of the kinds that rules read this API server serves, and in which version.
//!
//! Asked for in the aggregated form, two requests; a server that does not know it answers with the older lists of groups, and then
//! each group that matters is asked for its resources.
//! Errors: a group that cannot be discovered is noted, and asked for in the version that every supported server has.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::Kind;
use assent_capture::set::Problem;
use assent_capture::source::{Source, SourceId};
use assent_capture::tree::At;
use futures_util::future::join;

use crate::get::{Again, Extent, Fault, Reader};
use crate::path::{Path, Resource};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Groups whose version is not the server's to choose, since rules read the shape of this one.
const READ_AS: [(&str, &str); 1] = [("autoscaling", "v2")];

/// The versions that groups of every supported server have, for when discovery is refused.
const ASSUMED: [(&str, &str); 13] = [
    ("", "v1"),
    ("apps", "v1"),
    ("batch", "v1"),
    ("discovery.k8s.io", "v1"),
    ("networking.k8s.io", "v1"),
    ("storage.k8s.io", "v1"),
    ("autoscaling", "v2"),
    ("policy", "v1"),
    ("rbac.authorization.k8s.io", "v1"),
    ("admissionregistration.k8s.io", "v1"),
    ("scheduling.k8s.io", "v1"),
    ("node.k8s.io", "v1"),
    ("coordination.k8s.io", "v1"),
];

pub(crate) const METRICS_GROUP: &str = "metrics.k8s.io";

/// What is served.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// The kinds to list, in the order of [`Kind::KNOWN`].
    pub(crate) resources: Vec<Resource>,
    /// Kinds that no installed API serves, so that none of them exists.
    pub(crate) unserved: Vec<Kind>,
    /// Pods and nodes as metrics-server shows them, where it is installed.
    pub(crate) metrics: Vec<Resource>,
    pub(crate) problems: Vec<Problem>,
}

/// Versions by group and plural, best first.
#[derive(Default)]
struct Offers {
    versions: BTreeMap<(String, String), Vec<String>>,
    gaps: BTreeSet<Gap>,
    problems: Vec<Problem>,
}

/// What discovery could not tell about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// All groups but the core.
    Groups,
    /// This one.
    Group(String),
}

impl Catalog {
    /// Asks the server. Only a fault that says that no request can succeed is an error.
    pub(crate) async fn discover(reader: &Reader) -> Result<Self, Fault> {
        let mut offers = Offers::default();
        let (core, groups) = (Path::core(), Path::groups());
        let ask = |path| reader.get(path, AGGREGATED, Extent::Whole, Again::Failing);
        let (core_answer, groups_answer) = join(ask(&core), ask(&groups)).await;
        for (path, gap, answer) in [(core, Gap::Group(String::new()), core_answer), (groups, Gap::Groups, groups_answer)] {
            match answer {
                Ok(answer) => offers.read(reader, &path, gap, answer.text).await?,
                Err(fault) => offers.miss(&path, gap, fault)?,
            }
        }
        Ok(offers.into_catalog())
    }
}

impl Offers {
    async fn read(&mut self, reader: &Reader, path: &Path, gap: Gap, text: Box<str>) -> Result<(), Fault> {
        let root = match assent_capture::json::parse(&text, 0) {
            Ok(root) => root,
            Err(error) => return self.miss(path, gap, Fault::Broken(format!("the answer is no JSON: {error}"))),
        };
        let source = Source::whole("", text);
        let at = At::root(SourceId(0), &source, &root);
        match at.get("kind").text_or_empty() {
            "APIGroupDiscoveryList" => self.read_aggregated(at),
            "APIVersions" => {
                for version in at.get("versions").items().filter_map(|version| version.text()) {
                    self.read_resources(reader, "", version).await?;
                }
            }
            "APIGroupList" => {
                for (group, versions) in groups(at) {
                    for version in versions {
                        self.read_resources(reader, &group, &version).await?;
                    }
                }
            }
            _ => return self.miss(path, gap, Fault::Broken("the answer is no list of API groups".to_owned())),
        }
        Ok(())
    }

    fn read_aggregated(&mut self, at: At<'_>) {
        for group in at.get("items").items() {
            let name = group.at("metadata/name").text_or_empty();
            if !is_read(name) {
                continue;
            }
            for version in group.get("versions").items() {
                let word = version.get("version").text_or_empty();
                if version.get("freshness").is("Stale") {
                    self.stale(name, word);
                }
                for resource in version.get("resources").items().filter(|resource| lists(*resource)) {
                    self.offer(name, resource.get("resource").text_or_empty(), word);
                }
            }
        }
    }

    async fn read_resources(&mut self, reader: &Reader, group: &str, version: &str) -> Result<(), Fault> {
        let Some(path) = Path::resources(group, version) else { return Ok(()) };
        let gap = Gap::Group(group.to_owned());
        let text = match reader.json(&path).await {
            Ok(answer) => answer.text,
            Err(fault) => return self.miss(&path, gap, fault),
        };
        let root = match assent_capture::json::parse(&text, 0) {
            Ok(root) => root,
            Err(error) => return self.miss(&path, gap, Fault::Broken(format!("the answer is no JSON: {error}"))),
        };
        let source = Source::whole("", text);
        let at = At::root(SourceId(0), &source, &root);
        for resource in at.get("resources").items().filter(|resource| lists(*resource)) {
            self.offer(group, resource.get("name").text_or_empty(), version);
        }
        Ok(())
    }

    fn offer(&mut self, group: &str, plural: &str, version: &str) {
        let versions = self.versions.entry((group.to_owned(), plural.to_owned())).or_default();
        if READ_AS.contains(&(group, version)) { versions.insert(0, version.to_owned()) } else { versions.push(version.to_owned()) }
    }

    fn stale(&mut self, group: &str, version: &str) {
        let what = "the server behind this API group does not answer the API server; what it serves is not known";
        self.problems.push(Problem { place: format!("apis/{group}/{version}").into(), what: what.into() });
    }

    fn miss(&mut self, path: &Path, gap: Gap, fault: Fault) -> Result<(), Fault> {
        match fault {
            Fault::Refused { status: 401, .. } | Fault::Tls(_) | Fault::Credentials(_) => Err(fault),
            Fault::Refused { .. }
            | Fault::Silent(_)
            | Fault::Unconnected
            | Fault::Gone
            | Fault::Late
            | Fault::NodeSilent
            | Fault::Broken(_)
            | Fault::TooLarge(_) => {
                self.gaps.insert(gap);
                let what = format!("which kinds are served here could not be read: {fault}");
                self.problems.push(Problem { place: path.source_name().into(), what: what.into() });
                Ok(())
            }
        }
    }

    fn into_catalog(self) -> Catalog {
        let mut catalog = Catalog::default();
        for kind in Kind::KNOWN {
            let group = kind.group().unwrap_or_default();
            match self.version(group, &kind.plural()) {
                Some(version) => catalog.resources.push(Resource {
                    kind: kind.clone(),
                    group: group.into(),
                    version: version.into(),
                    plural: kind.plural().into(),
                    is_namespaced: kind.is_namespaced(),
                }),
                None if self.is_known(group) => catalog.unserved.push(kind.clone()),
                None => {}
            }
        }
        let has_slices = catalog.resources.iter().any(|resource| resource.kind == Kind::EndpointSlice);
        catalog.resources.retain(|resource| is_listed(&resource.kind, has_slices));
        for (kind, plural, is_namespaced) in [("PodMetrics", "pods", true), ("NodeMetrics", "nodes", false)] {
            if let Some(version) = self.version(METRICS_GROUP, plural) {
                let (group, version) = (METRICS_GROUP.into(), version.into());
                catalog.metrics.push(Resource { kind: Kind::Other(kind.into()), group, version, plural: plural.into(), is_namespaced });
            }
        }
        catalog.problems = self.problems;
        catalog
    }

    fn version(&self, group: &str, plural: &str) -> Option<&str> {
        let offered = self.versions.get(&(group.to_owned(), plural.to_owned())).and_then(|versions| versions.first());
        let assumed = || ASSUMED.iter().find(|(own, _)| *own == group && !self.is_known(group)).map(|(_, version)| *version);
        offered.map(String::as_str).or_else(assumed)
    }

    /// Whether everything that the group serves has been told.
    fn is_known(&self, group: &str) -> bool {
        !self.gaps.contains(&Gap::Group(group.to_owned())) && (group.is_empty() || !self.gaps.contains(&Gap::Groups))
    }
}

/// Whether a served kind is worth its bytes, and ours to read.
fn is_listed(kind: &Kind, has_slices: bool) -> bool {
    match kind {
        // Values are none of our business, and names cannot be had without them.
        Kind::Secret => false,
        // It asks the control plane at addresses that only some installs use, and calls the others broken; `/readyz` does not.
        Kind::ComponentStatus => false,
        // EndpointSlices say the same and more; Endpoints made by hand are mirrored into them.
        Kind::Endpoints => !has_slices,
        _ => true,
    }
}

fn is_read(group: &str) -> bool {
    group == METRICS_GROUP || Kind::KNOWN.iter().any(|kind| kind.group() == Some(group))
}

fn lists(resource: At<'_>) -> bool {
    resource.get("verbs").items().any(|verb| verb.is("list"))
}

/// The groups that matter with their versions, the preferred one first.
fn groups(at: At<'_>) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for group in at.get("groups").items() {
        let name = group.get("name").text_or_empty();
        if !is_read(name) {
            continue;
        }
        let preferred = group.at("preferredVersion/version").text();
        let others = group.get("versions").items().filter_map(|version| version.get("version").text());
        let others = others.filter(|version| Some(*version) != preferred);
        found.push((name.to_owned(), preferred.into_iter().chain(others).map(str::to_owned).collect()));
    }
    found
}
