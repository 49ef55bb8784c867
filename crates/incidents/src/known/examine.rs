//! From a slice to a checked report.
//!
//! A slice is examined with what it reaches. Only when something is wrong in it do the parts of the cluster come in that could be behind
//! it: nodes, `kube-system`, webhooks, those who serve ingresses, the outline of every Service. So most examinations are small, and what
//! is well stays apart from what happens elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Digest, Kind, ObjectRef, Timestamp};
use assent_capture::set::{CaptureSet, Hint, Listed, Loose, Origin};
use assent_capture::source::Source;
use assent_capture::tree::{Node, Value};
use assent_capture::{json, logs};
use assent_diagnosis::excerpt::{self, Excerpt};
use assent_diagnosis::report::{EntityName, Report, Verdict};
use assent_diagnosis::wanted::Wanted;
use assent_diagnosis::{Home, Options, examine, proof};
use assent_evidence::topology::{Health, Part};
use assent_evidence::{Graph, Relation};

use super::place::{Place, Slice};
use super::{Aftermath, Change, Known, Run, aftermath, due};
use crate::baseline::series::Unusual;

/// Root causes that a report of one slice names.
pub(crate) const CAUSES_MAX: usize = 100;

/// Whether a slice was examined with what it reaches alone, or with what could be behind its trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wide {
    /// Nothing was wrong in it.
    No,
    /// Something was wrong.
    Yes,
}

/// What an examination of one slice comes to.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Which.
    pub slice: Slice,
    /// When.
    pub at: Timestamp,
    /// What it says. Every citation was checked against the facts.
    pub report: Report,
    /// Logs that would help and are not known.
    pub wanted_logs: Vec<Wanted>,
    /// The digest of all that was looked at. The same digest at the same instant means the same report.
    pub digest: Digest,
    /// With how much of the cluster it was looked at.
    pub wide: Wide,
    /// Citations that were checked.
    pub citations: usize,
    /// Who owns, at the top, what the report names.
    pub owners: BTreeMap<EntityName, EntityName>,
    /// Who is worse off, for each root cause in order.
    pub aftermaths: Vec<Aftermath>,
    /// Changes to the slice's objects that are remembered, oldest first.
    pub changes: Vec<Change>,
    /// Metrics of the slice that are not as usual.
    pub unusual: Vec<Unusual>,
    /// The picture of the slice.
    pub drawn: Part,
    /// The text around what the report quotes, by the evidence's id.
    pub excerpts: BTreeMap<String, Excerpt>,
    /// Evidence whose words the proof checker did not find at their place.
    pub unproven: BTreeSet<String>,
}

impl Examined {
    /// An examination that came to this report, where nothing else is known.
    #[must_use]
    pub fn of_report(slice: Slice, at: Timestamp, report: Report) -> Self {
        let aftermaths =
            report.root_causes.iter().map(|cause| Aftermath { affected: [cause.entity.clone()].into(), downstream: 0 }).collect();
        Self {
            slice,
            at,
            report,
            wanted_logs: Vec::new(),
            digest: Digest::of(b""),
            wide: Wide::No,
            citations: 0,
            owners: BTreeMap::new(),
            aftermaths,
            changes: Vec::new(),
            unusual: Vec::new(),
            drawn: Part::default(),
            excerpts: BTreeMap::new(),
            unproven: BTreeSet::new(),
        }
    }
}

/// The set that is being put together, with what is in it already.
#[derive(Default)]
struct Gathering {
    set: CaptureSet,
    objects: BTreeSet<ObjectRef>,
    outlines: BTreeSet<ObjectRef>,
    namespaces: BTreeSet<Box<str>>,
    digests: Vec<Digest>,
}

impl Known {
    /// Examines a slice at the present instant, and takes it off the dirty ones.
    pub fn examine(&mut self, slice: &Slice, now: Timestamp) -> Examined {
        self.examine_with(slice, now, |_, _| ()).0
    }

    /// The same, and lets somebody look at what the report was made of, while it is there: whoever proposes what to do about it.
    pub fn examine_with<T>(&mut self, slice: &Slice, now: Timestamp, look: impl FnOnce(&Graph, &Examined) -> T) -> (Examined, T) {
        let home = slice.home();
        let options = Options { causes_max: CAUSES_MAX, ..Options::default() };
        let mut places = self.reach.of(slice, false);
        let mut gathered = Gathering::default();
        self.gather(&mut gathered, &places);
        let mut graph = self.graph(&mut gathered, &places, now);
        let mut examination = examine(&graph, &home, &options);
        let ill = examination.report.findings.iter().any(|finding| finding.severity != "notice");
        if ill {
            places.extend(self.reach.of(slice, true));
            places.extend(ill_nodes(&examination.report).map(Place::PodsOf).filter(|_| *slice == Slice::Cluster));
            gathered.set = graph.set;
            self.gather(&mut gathered, &places);
            graph = self.graph(&mut gathered, &places, now);
            examination = examine(&graph, &home, &options);
        }
        let next_due = due::next(&graph, &home, now);
        let mut examined = self.conclude(slice, now, &graph, examination, &gathered.digests);
        examined.wide = if ill { Wide::Yes } else { Wide::No };
        let seen = look(&graph, &examined);
        self.settle(slice, places, next_due);
        (examined, seen)
    }

    /// Examines everything that is known at once, as a reader of the whole cluster would.
    #[must_use]
    pub fn examine_whole(&self, now: Timestamp) -> Examined {
        let mut places: BTreeSet<Place> = self.places.keys().cloned().collect();
        places.extend([Place::Nodes, Place::Volumes, Place::Namespaces, Place::Services, Place::Pods, Place::Common]);
        let mut gathered = Gathering::default();
        self.gather(&mut gathered, &places);
        let graph = self.graph(&mut gathered, &places, now);
        let options = Options { causes_max: CAUSES_MAX, ..Options::default() };
        let examination = examine(&graph, &Home::Everything, &options);
        self.conclude(&Slice::Cluster, now, &graph, examination, &gathered.digests)
    }

    fn settle(&mut self, slice: &Slice, places: BTreeSet<Place>, next_due: Option<Timestamp>) {
        self.dirty.remove(slice);
        self.due.remove(slice);
        let empty = matches!(slice, Slice::Namespace(name) if !self.places.contains_key(&Place::Namespace(name.clone())));
        if empty {
            self.reach.remember(slice, BTreeSet::new());
            return;
        }
        self.reach.remember(slice, places);
        self.due.extend(next_due.map(|at| (slice.clone(), at)));
    }

    fn conclude(
        &self,
        slice: &Slice,
        now: Timestamp,
        graph: &Graph,
        examination: assent_diagnosis::Examination,
        digests: &[Digest],
    ) -> Examined {
        let assent_diagnosis::Examination { mut report, mut wanted } = examination;
        let checked = proof::check(&report, graph);
        if !checked.failures.is_empty() {
            // I6: what does not prove is not told, whoever wrote it.
            report.root_causes.clear();
            report.not_proven.clear();
            report.verdict = Verdict::Inconclusive;
        }
        wanted.retain(|log| {
            let run = Run {
                namespace: log.pod.namespace().unwrap_or_default().into(),
                pod: log.pod.name.clone(),
                container: log.container.clone(),
                previous: log.previous,
            };
            let changed = self.objects.get(&log.pod).map(|entry| entry.changed_at);
            self.logs.get(&run).is_none_or(|known| changed.is_some_and(|changed| known.at < changed))
        });
        let namespace = match slice {
            Slice::Cluster => None,
            Slice::Namespace(name) => Some(&**name),
        };
        let drawn = draw(graph, &slice.home(), &report);
        let parts: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes().as_slice()).collect();
        Examined {
            slice: slice.clone(),
            at: now,
            excerpts: excerpt::of(&report, graph),
            unproven: checked.failures.into_iter().map(|failure| failure.claim).collect(),
            owners: aftermath::owners(&report, graph),
            aftermaths: aftermath::of(&report, graph),
            report,
            wanted_logs: wanted,
            digest: Digest::of_parts(&parts),
            wide: Wide::Yes,
            citations: checked.citations,
            changes: self.changes.of(namespace).cloned().collect(),
            unusual: namespace.map(|namespace| self.watch.unusual(namespace, now)).unwrap_or_default(),
            drawn,
        }
    }

    fn graph(&self, gathered: &mut Gathering, places: &BTreeSet<Place>, now: Timestamp) -> Graph {
        self.tell_listed(&mut gathered.set, places);
        gathered.set.taken_at = Some(now);
        let mut graph = Graph::build(std::mem::take(&mut gathered.set), Some(now));
        self.tie_calls(&mut graph, &gathered.namespaces);
        graph
    }

    /// Adds what is at these places and not in the set yet.
    fn gather(&self, into: &mut Gathering, places: &BTreeSet<Place>) {
        for place in places {
            match place {
                Place::Common | Place::Node(_) | Place::Volume(_) => self.gather_place(into, place),
                Place::Namespace(name) => {
                    self.gather_place(into, place);
                    if into.namespaces.insert(name.clone()) {
                        self.gather_logs(into, name);
                        self.gather_samples(into, name);
                    }
                }
                Place::Nodes => self.gather_places(into, |place| matches!(place, Place::Node(_))),
                Place::Volumes => self.gather_places(into, |place| matches!(place, Place::Volume(_))),
                Place::PodsOf(node) => {
                    for pod in self.on_node.get(node).into_iter().flatten() {
                        self.gather_object(into, pod, false);
                        self.said_of.get(pod).into_iter().flatten().for_each(|of| self.gather_object(into, of, false));
                    }
                }
                Place::Address(_) | Place::Namespaces | Place::Services | Place::Pods => {}
            }
        }
        // Outlines come last: of an object that is there whole, none is needed.
        for place in places {
            match place {
                Place::Namespaces => self.gather_kind(into, &Kind::Namespace, false),
                Place::Services => self.gather_kind(into, &Kind::Service, true),
                Place::Pods => self.gather_kind(into, &Kind::Pod, true),
                Place::Common
                | Place::Node(_)
                | Place::Volume(_)
                | Place::Namespace(_)
                | Place::Nodes
                | Place::Volumes
                | Place::Address(_)
                | Place::PodsOf(_) => {}
            }
        }
    }

    fn gather_places(&self, into: &mut Gathering, wanted: impl Fn(&Place) -> bool) {
        for place in self.places.keys().filter(|place| wanted(place)) {
            self.gather_place(into, place);
        }
    }

    fn gather_place(&self, into: &mut Gathering, place: &Place) {
        for of in self.places.get(place).into_iter().flatten() {
            self.gather_object(into, of, false);
        }
    }

    fn gather_kind(&self, into: &mut Gathering, kind: &Kind, outline: bool) {
        let first = ObjectRef { kind: kind.clone(), namespace: None, name: "".into() };
        for of in self.objects.range(first..).map(|(of, _)| of).take_while(|of| of.kind == *kind) {
            self.gather_object(into, of, outline);
        }
    }

    fn gather_object(&self, into: &mut Gathering, of: &ObjectRef, outline: bool) {
        // An object that was there in outline may still come whole; the graph believes what is richer.
        let known = into.objects.contains(of) || (outline && into.outlines.contains(of));
        let Some(entry) = self.objects.get(of).filter(|_| !known) else { return };
        let body = if outline { entry.sketch.as_deref() } else { Some(&*entry.body) };
        let Some((body, node)) = body.and_then(|body| Some((body, json::parse(body, 0).ok()?))) else { return };
        if outline { &mut into.outlines } else { &mut into.objects }.insert(of.clone());
        into.digests.push(if outline { Digest::of(body.as_bytes()) } else { entry.digest });
        let source = into.set.add_source(Source::whole(&locator(of), body.into()));
        let origin = if outline { Origin::Row } else { Origin::Full };
        into.set.admit(source, origin, node, &Hint::default());
    }

    fn gather_logs(&self, into: &mut Gathering, namespace: &str) {
        let first = Run { namespace: namespace.into(), pod: "".into(), container: "".into(), previous: false };
        for (run, log) in self.logs.range(first..).take_while(|(run, _)| &*run.namespace == namespace) {
            let pod = ObjectRef::new(Kind::Pod, Some(namespace), &run.pod);
            let suffix = if run.previous { "-previous" } else { "" };
            let name = format!("cluster/logs/{namespace}/{}/{}{suffix}", run.pod, run.container);
            into.digests.push(Digest::of_parts(&[name.as_bytes(), log.text.as_bytes()]));
            logs::read(&mut into.set, &name, log.text.as_bytes(), &pod, Some(&run.container), run.previous);
        }
    }

    fn gather_samples(&self, into: &mut Gathering, namespace: &str) {
        let first = (Box::from(namespace), Box::from(""));
        for ((_, query), answer) in self.metrics.0.range(first..).take_while(|((own, _), _)| &**own == namespace) {
            let name = format!("cluster/metrics/{namespace}/{query}");
            into.digests.push(Digest::of_parts(&[name.as_bytes(), answer.text.as_bytes()]));
            let (nodes, _) = json::parse_stream(&answer.text, 0);
            let source = into.set.add_source(Source::whole(&name, answer.text.clone()));
            for mut root in nodes {
                root.put(&["query"], Node::synthetic(Value::Text(query.clone())));
                into.set.samples.push(Loose { root, source });
            }
        }
    }

    /// Says of which kinds everything there is of these places is in the set.
    fn tell_listed(&self, set: &mut CaptureSet, places: &BTreeSet<Place>) {
        set.listed.clear();
        let namespaces: BTreeSet<&Box<str>> =
            places.iter().filter_map(|place| if let Place::Namespace(name) = place { Some(name) } else { None }).collect();
        let mut all = self.places.keys().filter_map(|place| if let Place::Namespace(name) = place { Some(name) } else { None });
        let everywhere = all.all(|name| namespaces.contains(name));
        for (kind, scope) in self.listed.keys() {
            let whole = match kind {
                Kind::Node | Kind::CSINode | Kind::VolumeAttachment => places.contains(&Place::Nodes),
                Kind::PersistentVolume => places.contains(&Place::Volumes),
                Kind::Namespace => places.contains(&Place::Namespaces),
                Kind::Pod => everywhere || places.contains(&Place::Pods),
                kind => !kind.is_namespaced() || everywhere,
            };
            let own = namespaces.iter().filter(|name| scope.as_ref().is_none_or(|scope| scope == **name));
            if kind.is_namespaced() {
                set.listed.extend(own.map(|name| Listed { kind: kind.clone(), namespace: Some((*name).clone()) }));
            }
            if whole && scope.is_none() {
                set.listed.insert(Listed { kind: kind.clone(), namespace: None });
            }
        }
        if self.dropped > 0 && set.problems.is_empty() {
            let what =
                format!("{} signals of the observer were lost; until it has listed everything again, absence proves nothing", self.dropped);
            set.problem("cluster", what);
        }
    }

    fn tie_calls(&self, graph: &mut Graph, namespaces: &BTreeSet<Box<str>>) {
        let end = |graph: &Graph, text: &str, kinds: &[Kind]| {
            let (namespace, name) = text.split_once('/')?;
            namespaces.contains(namespace).then_some(())?;
            kinds.iter().find_map(|kind| graph.id(&ObjectRef::new(kind.clone(), Some(namespace), name)))
        };
        let workloads = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
        let ties = self
            .calls
            .0
            .keys()
            .filter_map(|(from, to)| Some((end(graph, from, &workloads)?, Relation::Calls, end(graph, to, &[Kind::Service])?)));
        let ties: BTreeSet<_> = ties.filter(|(from, _, to)| from != to).collect();
        graph.add_ties(&ties);
    }
}

/// The picture of a slice. What has symptoms looks as bad as these are.
fn draw(graph: &Graph, home: &Home, report: &Report) -> Part {
    let mut drawn = Part::draw(graph, |of| home.holds(of));
    for finding in &report.findings {
        let health = match finding.severity.as_str() {
            "broken" => Health::Broken,
            "degraded" => Health::Degraded,
            _ => continue,
        };
        drawn.worsen(&aftermath::reference(&finding.entity), health);
    }
    drawn.settle();
    drawn
}

/// Nodes with symptoms.
fn ill_nodes(report: &Report) -> impl Iterator<Item = Box<str>> {
    let ill = report.findings.iter().filter(|finding| finding.severity != "notice" && finding.entity.kind == "Node");
    ill.map(|finding| finding.entity.name.as_str().into())
}

/// What an object's source is called in reports: `cluster/Pod/shop/web-0`.
fn locator(of: &ObjectRef) -> String {
    match of.namespace() {
        Some(namespace) => format!("cluster/{}/{namespace}/{}", of.kind, of.name),
        None => format!("cluster/{}/{}", of.kind, of.name),
    }
}
