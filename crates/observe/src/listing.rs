//! One kind in one scope: its pages, and what is missing of them.

use std::collections::BTreeSet;

use assent_base::{Kind, Timestamp};
use assent_capture::set::{CaptureSet, Hint, Origin, Problem};
use assent_capture::source::{Source, SourceId};
use assent_capture::tree::{At, Node};

use crate::cluster::Progress;
use crate::get::{Fault, Reader};
use crate::path::{Path, Resource};

/// ConfigMaps may have a megabyte each, so fewer of them make a page.
const CONFIG_MAPS_PER_PAGE_MAX: u32 = 100;
/// More pages than this, and the server is making them up.
const PAGES_MAX: usize = 10_000;

/// What to list.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) resource: Resource,
    pub(crate) namespace: Option<String>,
    pub(crate) selector: Option<String>,
}

/// What came of it.
pub(crate) struct Listing {
    pub(crate) request: Request,
    pub(crate) answered_at: Option<Timestamp>,
    /// Why it is not whole.
    pub(crate) fault: Option<Fault>,
    name: String,
    pages: Vec<Page>,
}

struct Page {
    source: Source,
    root: Node,
}

/// What a page says of the rest.
struct Head {
    is_list: bool,
    items: usize,
    next: Option<String>,
}

impl Request {
    /// Gets every page. A continue token that expires on the way starts the list over, once.
    pub(crate) async fn run(self, reader: &Reader, page_size: u32, progress: &dyn Progress) -> Listing {
        let Some(mut path) = Path::list(&self.resource, self.namespace.as_deref()) else {
            let what = "no request can be made of this name";
            let name = self.namespace.clone().unwrap_or_default();
            return Listing { request: self, answered_at: None, fault: Some(Fault::Broken(what.to_owned())), name, pages: Vec::new() };
        };
        if let Some(selector) = &self.selector {
            path = path.with("labelSelector", selector);
        }
        let mut listing = Listing { name: path.source_name(), request: self, answered_at: None, fault: None, pages: Vec::new() };
        let page_size = if listing.request.resource.kind == Kind::ConfigMap { page_size.min(CONFIG_MAPS_PER_PAGE_MAX) } else { page_size };
        let path = path.with("limit", &page_size.max(1).to_string());
        listing.fault = listing.fill(reader, &path, progress).await.err();
        if matches!(listing.fault, Some(Fault::Refused { status: 410, .. })) {
            for page in listing.pages.drain(..) {
                reader.forget(page.source.text());
            }
            listing.fault = listing.fill(reader, &path, progress).await.err();
        }
        listing
    }
}

impl Listing {
    /// Whether anything came, be it an empty list.
    pub(crate) fn has_come(&self) -> bool {
        self.fault.is_none() || !self.pages.is_empty()
    }

    async fn fill(&mut self, reader: &Reader, first: &Path, progress: &dyn Progress) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        let mut objects = 0;
        let mut path = first.clone();
        loop {
            let answer = reader.json(&path).await?;
            self.answered_at = self.answered_at.max(answer.date);
            let root = match assent_capture::json::parse(&answer.text, 0) {
                Ok(root) => root,
                Err(error) => {
                    reader.forget(&answer.text);
                    return Err(Fault::Broken(format!("the answer cannot be read: {error}")));
                }
            };
            let name = format!("{}#{}", self.name, self.pages.len() + 1);
            let page = Page { source: Source::whole(&name, answer.text), root };
            let head = page.head();
            if !head.is_list {
                reader.forget(page.source.text());
                return Err(Fault::Broken("the answer is no list".to_owned()));
            }
            objects += head.items;
            progress.listing(&self.request.resource.kind, objects);
            self.pages.push(page);
            let Some(token) = head.next else { return Ok(()) };
            path = first.clone().with("continue", &token);
            if self.pages.len() >= PAGES_MAX || !seen.insert(token) {
                return Err(Fault::Broken("the pages do not end".to_owned()));
            }
        }
    }

    /// Puts the pages into the set, and a problem for what is missing.
    pub(crate) fn admit_into(self, set: &mut CaptureSet) {
        let Resource { kind, .. } = &self.request.resource;
        let complete = self.fault.is_none() && self.request.selector.is_none();
        let namespace = self.request.namespace.as_deref().map(Into::into);
        let hint = Hint { kind: Some(kind.clone()), namespace, complete };
        if let Some(fault) = &self.fault {
            let what = explain(fault, &self.request, self.pages.len());
            set.problems.push(Problem { place: self.name.as_str().into(), what: what.into() });
        }
        for page in self.pages {
            let source = set.add_source(page.source);
            set.admit(source, Origin::Full, page.root, &hint);
        }
    }
}

impl Page {
    fn head(&self) -> Head {
        let at = At::root(SourceId(0), &self.source, &self.root);
        let next = at.at("metadata/continue").text().filter(|token| !token.is_empty()).map(str::to_owned);
        // An empty list of a Go server may be `null`, so the word of the kind decides.
        Head { is_list: at.get("kind").text_or_empty().ends_with("List"), items: at.get("items").items().count(), next }
    }
}

/// What is missing, and what would settle it.
fn explain(fault: &Fault, request: &Request, pages: usize) -> String {
    let Resource { group, plural, .. } = &request.resource;
    match fault {
        Fault::Refused { status: 403, message } => {
            let (scope, role) = match &request.namespace {
                Some(namespace) => (format!("in namespace {namespace}"), "Role"),
                None => ("in the whole cluster".to_owned(), "ClusterRole"),
            };
            format!(
                "not allowed to list {plural} {scope}; this rule in a {role} allows it: \
                 {{apiGroups: [\"{group}\"], resources: [\"{plural}\"], verbs: [\"list\"]}} (the API server: {message})"
            )
        }
        Fault::Refused { status: 410, .. } => {
            format!("the list of {plural} expired twice while it was read; {pages} of its pages are here")
        }
        _ if pages > 0 => format!("the list of {plural} is not whole, {pages} of its pages are here: {fault}"),
        _ => format!("no {plural} could be read: {fault}"),
    }
}
