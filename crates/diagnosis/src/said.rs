//! What was said of a finding, and by whom: the words that a family reads before it names a cause.
//!
//! The same fact reaches us as an event, as the message of a container state, or as an event that does not name its pod. What a
//! workload prints is kept apart from what Kubernetes says: anybody can print anything.

use assent_capture::source::Cite;
use assent_capture::tree::At;
use assent_evidence::{Entity, EventFact};

use crate::case::Case;
use crate::finding::{Finding, Quote};

/// Log lines that are looked at per container, from the end.
const LINES_MAX: usize = 400;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The workload itself: its log or its termination message.
    Workload,
    /// A status that Kubernetes wrote.
    Status,
    /// An event.
    Event,
}

/// Some words, who said them, and where they stand.
#[derive(Debug, Clone)]
pub struct Said {
    /// The words.
    pub text: String,
    /// Where they stand.
    pub quote: Quote,
    /// Who said them.
    pub by: By,
}

impl Said {
    /// Whether one of these stands in it, in any case.
    #[must_use]
    pub fn has(&self, words: &[&str]) -> bool {
        let low = self.text.to_ascii_lowercase();
        words.iter().any(|word| low.contains(word))
    }

    /// Whether Kubernetes said it, and no workload.
    #[must_use]
    pub fn is_official(&self) -> bool {
        self.by != By::Workload
    }
}

/// What Kubernetes said of a finding on a pod: events with these reasons (any if empty), and messages of container states.
#[must_use]
pub fn of(case: &Case<'_>, finding: &Finding, reasons: &[&str]) -> Vec<Said> {
    let entity = case.entity(finding.on);
    let mut found: Vec<Said> = Vec::new();
    let wanted = |event: &EventFact| reasons.is_empty() || reasons.contains(&&*event.reason);
    for event in entity.events().iter().filter(|event| wanted(event) && !case.is_old(event.last)) {
        let other = event.container().is_some_and(|own| finding.container.as_deref().is_some_and(|container| container != own));
        if !other {
            found.extend(case.quote_event(event, entity).map(|quote| Said { text: event.message.to_string(), quote, by: By::Event }));
        }
    }
    // An event that names nobody belongs to the finding that was made of it.
    for event in case.graph.loose_events() {
        if let Some(quote) = case.quote_event(event, entity)
            && finding.quotes.iter().any(|own| own.cite == quote.cite)
        {
            found.push(Said { text: event.message.to_string(), quote, by: By::Event });
        }
    }
    found.extend(in_states(case, finding));
    found
}

/// What stands in the states of a finding's container and of its pod.
#[must_use]
pub fn in_states(case: &Case<'_>, finding: &Finding) -> Vec<Said> {
    let entity = case.entity(finding.on);
    let mut found = Vec::new();
    for status in statuses(entity, finding.container.as_deref()) {
        for (path, by_runtime) in [("state/waiting", true), ("state/terminated", false), ("lastState/terminated", false)] {
            let state = status.at(path);
            // A message of a container that ran is its own; of one that could not start, the runtime's.
            let official = by_runtime || matches!(state.get("reason").text_or_empty(), "StartError" | "ContainerCannotRun");
            let at = state.get("message");
            if let (Some(text), Some(quote)) = (at.text(), case.quote(at, entity)) {
                found.push(Said { text: text.to_owned(), quote, by: if official { By::Status } else { By::Workload } });
            }
        }
    }
    for at in [entity.at("status/message"), entity.at("status/reason")] {
        if let (Some(text), Some(quote)) = (at.text(), case.quote(at, entity)) {
            found.push(Said { text: text.to_owned(), quote, by: By::Status });
        }
    }
    found
}

/// The last lines that a finding's container printed, the last first. A container that ended is best known by its previous log.
#[must_use]
pub fn printed(case: &Case<'_>, finding: &Finding) -> Vec<Said> {
    let entity = case.entity(finding.on);
    let mut streams: Vec<_> = entity.pods().into_iter().chain([entity]).flat_map(|of| of.logs()).collect();
    streams.dedup_by_key(|stream| stream.source);
    let mut found = Vec::new();
    for stream in streams {
        let other = stream.container.as_deref().is_some_and(|own| finding.container.as_deref().is_some_and(|wanted| wanted != own));
        let Some(source) = case.graph.set.source(stream.source).filter(|_| !other) else { continue };
        for line in stream.lines.iter().rev().take(LINES_MAX) {
            if let Some(text) = source.slice(line.start, line.len) {
                let cite = Cite { source: stream.source, start: line.start, len: line.len };
                let about = case.graph.id(&stream.of).unwrap_or(entity.id);
                found.push(Said { text: text.to_owned(), quote: Quote { cite, about, time: line.time }, by: By::Workload });
            }
        }
    }
    found
}

/// The statuses of a pod's containers, or of the one asked for; init containers first.
pub fn statuses<'g>(pod: Entity<'g>, container: Option<&str>) -> Vec<At<'g>> {
    let all = pod.at("status/initContainerStatuses").items().chain(pod.at("status/containerStatuses").items());
    all.filter(|status| container.is_none_or(|name| status.get("name").is(name))).collect()
}

/// The specification of a finding's container, from the pod or else from its owner's template; of the only one when none is named.
#[must_use]
pub fn container_of<'g>(case: &Case<'g>, finding: &Finding) -> Option<At<'g>> {
    let owner = case.owner(finding.on);
    [case.entity(finding.on), owner].into_iter().find_map(|holder| {
        let mut all = assent_evidence::edges::containers(holder.pod_spec());
        match finding.container.as_deref() {
            Some(name) => all.find(|container| container.get("name").is(name)),
            None => all.next().filter(|_| all.next().is_none()),
        }
    })
}

/// `container `web` of Deployment shop/checkout`, as far as known.
#[must_use]
pub fn who(case: &Case<'_>, finding: &Finding) -> String {
    let owner = case.owner(finding.on).reference();
    let name = finding.container.as_deref().or_else(|| container_of(case, finding)?.get("name").text());
    name.map_or_else(|| format!("a container of {owner}"), |name| format!("container `{name}` of {owner}"))
}

/// The words that show that the finding's image is on the node.
#[must_use]
pub fn pulled(case: &Case<'_>, finding: &Finding) -> Option<Quote> {
    let pod = case.entity(finding.on);
    let of_container = |event: &&EventFact| event.container().is_none() || event.container() == finding.container.as_deref();
    let event = pod.events().iter().filter(of_container).find(|event| &*event.reason == "Pulled")?;
    case.quote_event(event, pod)
}
