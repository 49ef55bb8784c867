//! Logs of containers, each bounded at both ends.

use std::time::Duration;

use assent_base::ObjectRef;
use assent_capture::set::{CaptureSet, LogLine, LogStream};
use assent_capture::source::{QUOTE_BYTES_MAX, Source};

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
        Self { lines_max: 2_000, bytes_max: 1 << 20, time_max: Duration::from_secs(20) }
    }
}

impl WantedLog {
    pub(crate) fn path(&self) -> Option<Path> {
        let path = Path::log(self.pod.namespace()?, &self.pod.name, &self.container)?;
        Some(if self.previous { path.with("previous", "true") } else { path })
    }
}

/// Puts a log into the set. The only place that knows how a log becomes lines.
pub(crate) fn admit(set: &mut CaptureSet, name: &str, text: Box<str>, wanted: &WantedLog) {
    let mut lines = Vec::new();
    let mut start = 0;
    for (line, words) in (1..).zip(text.split_inclusive('\n')) {
        let kept = words.trim_end_matches(['\n', '\r']);
        let len = u32::try_from(kept.floor_char_boundary(QUOTE_BYTES_MAX)).unwrap_or(0);
        if len > 0 {
            lines.push(LogLine { start, len, time: None, count: 1, line });
        }
        start += words.len() as u64;
    }
    let lines_total = text.split_inclusive('\n').count() as u64;
    let source = set.add_source(Source::whole(name, text));
    let (of, container) = (wanted.pod.clone(), Some(wanted.container.clone()));
    set.logs.push(LogStream { of, container, previous: wanted.previous, source, lines, lines_total });
}
