//! Logs of containers, each bounded at both ends.

use std::time::Duration;

use assent_base::ObjectRef;
use assent_capture::logs;
use assent_capture::set::CaptureSet;

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

/// Puts a log into the set.
pub(crate) fn admit(set: &mut CaptureSet, name: &str, text: &str, wanted: &WantedLog) {
    logs::read(set, name, text.as_bytes(), &wanted.pod, Some(&wanted.container), wanted.previous);
}
