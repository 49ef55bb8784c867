//! Logs of containers, each bounded at both ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assent_base::ObjectRef;
use assent_capture::logs;
use assent_capture::set::CaptureSet;

use crate::get::Fault;
use crate::path::Path;

/// A log to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedLog {
    /// The pod.
    pub pod: ObjectRef,
    /// The container.
    pub container: Box<str>,
    /// Whether the log of the container's previous run is meant.
    pub previous: bool,
}

/// How much of each log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// The last so many lines.
    pub lines_max: u32,
    /// So many bytes of them, from the first on.
    pub bytes_max: u64,
    /// How long all of them together may take: a node that is gone answers late or never.
    pub time_max: Duration,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { lines_max: 2_000, bytes_max: logs::LOG_WHOLE_BYTES_MAX as u64, time_max: Duration::from_secs(20) }
    }
}

impl WantedLog {
    /// The name of its source, which is also where a kept capture has it: `logs/shop/web-0/app-previous.log`.
    pub(crate) fn source_name(&self) -> String {
        let run = if self.previous { "-previous" } else { "" };
        format!("logs/{}/{}/{}{run}.log", self.pod.namespace().unwrap_or("-"), self.pod.name, self.container)
    }

    pub(crate) fn path(&self) -> Option<Path> {
        let path = Path::log(self.pod.namespace()?, &self.pod.name, &self.container)?;
        Some(if self.previous { path.with("previous", "true") } else { path })
    }
}

/// The nodes that logs come from, and which of them do not answer.
pub(crate) struct Nodes {
    of_pods: BTreeMap<ObjectRef, Box<str>>,
    silent: Mutex<BTreeSet<Box<str>>>,
}

impl Nodes {
    /// Finds the node of each pod in the set. A pod that is not there, or on no node, is asked for in any case.
    pub(crate) fn of(set: &CaptureSet, wanted: &[WantedLog]) -> Self {
        let pods: BTreeSet<&ObjectRef> = wanted.iter().map(|wanted| &wanted.pod).collect();
        let found = set.objects.iter().filter(|object| pods.contains(&object.reference));
        let of_pods = found
            .filter_map(|object| {
                let node = set.root(object)?.at("spec/nodeName").text()?;
                Some((object.reference.clone(), node.into()))
            })
            .collect();
        Self { of_pods, silent: Mutex::default() }
    }

    pub(crate) fn is_silent(&self, wanted: &WantedLog) -> bool {
        let node = self.of_pods.get(&wanted.pod);
        node.is_some_and(|node| self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(node))
    }

    /// Takes in how a request ended.
    pub(crate) fn note(&self, wanted: &WantedLog, fault: Option<&Fault>) {
        let is_silence = match fault {
            Some(Fault::Silent(_) | Fault::Unconnected) => true,
            // The API server's own words for a kubelet that it cannot reach.
            Some(Fault::Refused { status: 500 | 502 | 503 | 504, message }) => message.contains("dial tcp") || message.contains("timeout"),
            _ => false,
        };
        if let (true, Some(node)) = (is_silence, self.of_pods.get(&wanted.pod)) {
            self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(node.clone());
        }
    }
}

/// Puts a log into the set.
pub(crate) fn admit(set: &mut CaptureSet, name: &str, text: &str, wanted: &WantedLog) {
    logs::read(set, name, text.as_bytes(), &wanted.pod, Some(&wanted.container), wanted.previous);
}
