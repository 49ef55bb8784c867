//! A cluster that can be read, and the order of reading it.

use assent_base::Kind;
use assent_capture::set::{CaptureSet, Listed, Output};
use assent_capture::source::{Source, SourceId};
use assent_capture::tree::At;
use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::access::{Access, NoAccess, Target, target};
use crate::catalog::Catalog;
use crate::get::{Again, Answer, Extent, Fault, JSON, Reader};
use crate::listing::{Listing, Request};
use crate::log::{self, LogLimits, WantedLog};
use crate::path::{Path, Resource};

/// The control plane's checks fit in this.
const READY_BYTES_MAX: u64 = 64 << 10;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only these namespaces; none for all of them. Kinds without a namespace are read in either case.
    pub namespaces: Option<Vec<String>>,
    /// Only the pods that this label selector takes. It narrows nothing but pods.
    pub selector: Option<String>,
}

/// Hears how far reading has come. May be called often; `()` hears nothing.
pub trait Progress: Sync {
    /// So many objects of this kind have come.
    fn listing(&self, kind: &Kind, objects: usize);
    /// So many of all lists are done.
    fn done(&self, lists: usize, of: usize);
}

impl Progress for () {
    fn listing(&self, _: &Kind, _: usize) {}
    fn done(&self, _: usize, _: usize) {}
}

/// A cluster that answers and knows who we are. It can be read, and nothing else.
pub struct Cluster {
    name: String,
    server: String,
    home: String,
    version: Option<String>,
    uid: Option<String>,
    version_text: Option<Box<str>>,
    catalog: Catalog,
    reader: Reader,
    page_size: u32,
    concurrency: usize,
}

impl Cluster {
    /// Reaches the API server, and learns its version and which kinds it serves.
    ///
    /// # Errors
    /// When there is no usable configuration, no way to the server, no trust, or no Kubernetes there.
    pub async fn connect(access: &Access) -> Result<Self, NoAccess> {
        Self::at(target(access).await?, access).await
    }

    pub(crate) async fn at(target: Target, access: &Access) -> Result<Self, NoAccess> {
        let Target { context, server, namespace, client } = target;
        let reader = Reader::new(client, access.request_timeout, access.bytes_max);
        let no_access = |fault| NoAccess::from_fault(&server, fault);
        let version_text = match reader.get(&Path::version(), JSON, Extent::Whole, Again::Never).await {
            Ok(answer) => Some(answer.text),
            Err(Fault::Refused { status: 403, message }) if message.contains("cannot get path") => None,
            Err(fault) => return Err(no_access(fault)),
        };
        let version = match version_text.as_deref().map(|text| field(text, "gitVersion")) {
            Some(None) => {
                let why = "it answers /version without a version".to_owned();
                return Err(NoAccess::NotKubernetes { server, why });
            }
            version => version.flatten(),
        };
        let kube_system = Path::kube_system();
        let (kube_system, catalog) = join(reader.json(&kube_system), Catalog::discover(&reader)).await;
        let uid = match kube_system {
            Ok(answer) => field(&answer.text, "metadata/uid"),
            Err(fault @ Fault::Refused { status: 401, .. }) => return Err(no_access(fault)),
            Err(_) => None,
        };
        let catalog = catalog.map_err(no_access)?;
        Ok(Self {
            name: format!("{context} ({server})"),
            server,
            home: namespace,
            version,
            uid,
            version_text,
            catalog,
            reader,
            page_size: access.page_size,
            concurrency: access.concurrency.max(1),
        })
    }

    /// The context and the server's address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's version, `v1.33.2`, if it tells.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The UID of the namespace `kube-system`, which stands for the cluster, if we may read it.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    /// Lists every kind that rules read and the server serves.
    ///
    /// Without namespaces in the scope, a kind that may not be listed in the whole cluster is listed in the context's own namespace.
    ///
    /// # Errors
    /// When not one list came, because the server is gone or takes us for nobody.
    pub async fn list(&self, scope: &Scope, progress: &dyn Progress) -> Result<CaptureSet, NoAccess> {
        let mut set = CaptureSet { problems: self.catalog.problems.clone(), ..CaptureSet::default() };
        let (mut listings, ready) = join(self.run(requests(&self.catalog.resources, scope), progress), self.ready()).await;
        if scope.namespaces.is_none() {
            let at_home = listings.iter().filter(|listing| is_refused(listing) && listing.request.resource.is_namespaced);
            let at_home = at_home.map(|listing| Request { namespace: Some(self.home.clone()), ..listing.request.clone() }).collect();
            // Refused twice is said once, for the larger scope.
            listings.extend(self.run(at_home, progress).await.into_iter().filter(|listing| !is_refused(listing)));
        }
        self.fail_if_nothing_came(&listings)?;
        set.listed.extend(self.catalog.unserved.iter().map(|kind| Listed { kind: kind.clone(), namespace: None }));
        if let Some(text) = &self.version_text {
            add_output(&mut set, &Path::version(), text.clone());
        }
        let ready_at = ready.as_ref().ok().and_then(|answer| answer.date);
        set.taken_at = listings.iter().map(|listing| listing.answered_at).max().flatten().max(ready_at);
        add_readiness(&mut set, ready);
        for listing in listings {
            listing.admit_into(&mut set);
        }
        note_absent_namespaces(&mut set, scope);
        Ok(set)
    }

    /// Adds what metrics-server shows of pods and nodes, where it is installed.
    pub async fn metrics(&self, set: &mut CaptureSet, scope: &Scope) {
        for listing in self.run(requests(&self.catalog.metrics, scope), &()).await {
            listing.admit_into(set);
        }
    }

    /// Adds these logs, in this order. A log that cannot be had is a problem of the set. A node whose kubelet does not answer once is not
    /// asked again.
    pub async fn logs(&self, set: &mut CaptureSet, wanted: &[WantedLog], limits: LogLimits) {
        let deadline = Instant::now() + limits.time_max;
        let nodes = log::Nodes::of(set, wanted);
        let nodes = &nodes;
        let answers = wanted.iter().enumerate().map(|(index, wanted)| async move {
            if nodes.is_silent(wanted) {
                return (index, wanted, Err(Fault::NodeSilent));
            }
            let answer = timeout_at(deadline, self.log(wanted, limits)).await.unwrap_or(Err(Fault::Late));
            nodes.note(wanted, answer.as_ref().err());
            (index, wanted, answer)
        });
        let mut answers: Vec<_> = stream::iter(answers).buffer_unordered(self.concurrency).collect().await;
        answers.sort_by_key(|(index, ..)| *index);
        for (_, wanted, answer) in answers {
            let name = wanted.source_name();
            match answer {
                Ok(answer) => log::admit(set, &name, &answer.text, wanted),
                Err(Fault::Refused { status: 403, message }) => set.problem(
                    &name,
                    format!(
                        "not allowed to read logs; this rule in a Role allows it: \
                     {{apiGroups: [\"\"], resources: [\"pods/log\"], verbs: [\"get\"]}} (the API server: {message})"
                    ),
                ),
                Err(fault) => set.problem(&name, format!("this log could not be read: {fault}")),
            }
        }
    }

    async fn log(&self, wanted: &WantedLog, limits: LogLimits) -> Result<Answer, Fault> {
        let path = wanted.path().ok_or_else(|| Fault::Broken("no pod has this name".to_owned()))?;
        let path = path.with("tailLines", &limits.lines_max.to_string()).with("limitBytes", &limits.bytes_max.max(1).to_string());
        self.reader.get(&path, "text/plain, */*", Extent::First(limits.bytes_max), Again::Busy).await
    }

    /// Runs lists side by side, and gives them back in the order in which they were asked for.
    async fn run(&self, requests: Vec<Request>, progress: &dyn Progress) -> Vec<Listing> {
        let of = requests.len();
        let running = requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| async move { (index, request.run(&self.reader, self.page_size, progress).await) });
        let mut listings = Vec::with_capacity(of);
        let mut running = stream::iter(running).buffer_unordered(self.concurrency);
        while let Some(listing) = running.next().await {
            listings.push(listing);
            progress.done(listings.len(), of);
        }
        listings.sort_by_key(|(index, _)| *index);
        listings.into_iter().map(|(_, listing)| listing).collect()
    }

    fn fail_if_nothing_came(&self, listings: &[Listing]) -> Result<(), NoAccess> {
        if listings.iter().any(Listing::has_come) {
            return Ok(());
        }
        let says = |fault: &&&Fault| match fault {
            Fault::Refused { status: 401, .. }
            | Fault::Silent(_)
            | Fault::Unconnected
            | Fault::Broken(_)
            | Fault::Tls(_)
            | Fault::Credentials(_) => true,
            Fault::Refused { status: 403, message } => message.contains("system:anonymous"),
            Fault::Refused { .. } | Fault::Gone | Fault::Late | Fault::NodeSilent | Fault::TooLarge(_) => false,
        };
        let faults: Vec<&Fault> = listings.iter().filter_map(|listing| listing.fault.as_ref()).collect();
        let is_gone = |fault: &&&Fault| matches!(fault, Fault::Gone);
        match faults.iter().find(says).or_else(|| faults.iter().find(is_gone)) {
            Some(fault) => Err(NoAccess::from_fault(&self.server, (*fault).clone())),
            None => Ok(()),
        }
    }

    /// The control plane's own checks.
    async fn ready(&self) -> Result<Answer, Fault> {
        self.reader.ask(&Path::ready(), "text/plain, */*", Extent::First(READY_BYTES_MAX), Again::Busy).await
    }
}

/// A failing check is answered with status 500 and the same words.
fn add_readiness(set: &mut CaptureSet, ready: Result<Answer, Fault>) {
    let path = Path::ready();
    match ready {
        Ok(Answer { status: 200 | 500, text, .. }) => add_output(set, &path, text),
        Ok(answer) => set.problem(&path.source_name(), format!("the control plane's own checks are not shown: status {}", answer.status)),
        Err(fault) => set.problem(&path.source_name(), format!("the control plane's own checks could not be read: {fault}")),
    }
}

fn requests(resources: &[Resource], scope: &Scope) -> Vec<Request> {
    let mut requests = Vec::new();
    for resource in resources {
        let selector = scope.selector.clone().filter(|selector| resource.kind == Kind::Pod && !selector.is_empty());
        match scope.namespaces.as_ref().filter(|_| resource.is_namespaced) {
            None => requests.push(Request { resource: resource.clone(), namespace: None, selector }),
            Some(namespaces) => requests.extend(namespaces.iter().filter(|name| is_label(name)).map(|namespace| Request {
                resource: resource.clone(),
                namespace: Some(namespace.clone()),
                selector: selector.clone(),
            })),
        }
    }
    requests
}

/// Whether a namespace can be called so: an RFC 1123 label.
fn is_label(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len()) && name.bytes().all(|byte| plain(byte) || byte == b'-') && !name.starts_with('-') && !name.ends_with('-')
}

/// Says which namespaces of the scope are not there: a name mistyped reads like a healthy, empty namespace.
fn note_absent_namespaces(set: &mut CaptureSet, scope: &Scope) {
    let knows_all = set.listed.contains(&Listed { kind: Kind::Namespace, namespace: None });
    for name in scope.namespaces.iter().flatten() {
        let is_there = || set.objects.iter().any(|object| object.reference.kind == Kind::Namespace && *object.reference.name == **name);
        if !is_label(name) {
            set.problem(name, "this is no name of a namespace");
        } else if knows_all && !is_there() {
            set.problem(name, "the cluster has no namespace of this name");
        }
    }
}

fn is_refused(listing: &Listing) -> bool {
    matches!(listing.fault, Some(Fault::Refused { status: 403, .. }))
}

fn add_output(set: &mut CaptureSet, path: &Path, text: Box<str>) {
    let len = text.len() as u64;
    let uri = path.source_name();
    let source = set.add_source(Source::whole(&uri, text));
    set.outputs.push(Output { command: format!("kubectl get --raw '/{uri}'").into(), source, start: 0, len });
}

pub(crate) fn field(text: &str, path: &str) -> Option<String> {
    let root = assent_capture::json::parse(text, 0).ok()?;
    let source = Source::whole("", text.into());
    At::root(SourceId(0), &source, &root).at(path).text().filter(|text| !text.is_empty()).map(str::to_owned)
}
