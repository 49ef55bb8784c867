//! Parts of logs that the platform asks for: of containers with findings, bounded, redacted, and only under the profile `logs`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assent_api::observer::{Signal, WantedLog};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::filter::Filter;
use crate::get::{Again, Extent, Fault};
use crate::intake::{Closed, Intake};
use crate::path::Path;
use crate::server::ApiServer;

/// Logs that are remembered as asked for.
const REMEMBERED_MAX: usize = 1_000;

/// How much of logs is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcerptLimits {
    /// The last so many lines of each.
    pub lines_max: u32,
    /// So many bytes of each.
    pub bytes_max: u64,
    /// One log is not read again before this.
    pub again_after: Duration,
    /// How many may wait to be read. What is beyond that is not read.
    pub wanted_max: usize,
}

impl Default for ExcerptLimits {
    fn default() -> Self {
        Self { lines_max: 200, bytes_max: 64 << 10, again_after: Duration::from_secs(300), wanted_max: 64 }
    }
}

/// Reads logs one after the other.
pub(crate) struct Excerpts {
    server: ApiServer,
    intake: Arc<Intake>,
    filter: Filter,
    limits: ExcerptLimits,
    read_at: BTreeMap<(String, String, String, bool), Instant>,
}

impl Excerpts {
    pub(crate) fn new(server: ApiServer, intake: Arc<Intake>, filter: Filter, limits: ExcerptLimits) -> Self {
        Self { server, intake, filter, limits, read_at: BTreeMap::new() }
    }

    /// Reads what is wanted, until nobody can want anything any more.
    pub(crate) async fn run(mut self, mut wanted: mpsc::Receiver<WantedLog>) {
        while let Some(wanted) = wanted.recv().await {
            if self.is_due(&wanted) && self.read(wanted).await.is_err() {
                return;
            }
        }
    }

    /// Whether this log may be read and was not read lately.
    fn is_due(&mut self, wanted: &WantedLog) -> bool {
        if !self.filter.takes_namespace(&wanted.namespace) {
            return false;
        }
        let again_after = self.limits.again_after;
        self.read_at.retain(|_, at| at.elapsed() < again_after);
        let key = (wanted.namespace.clone(), wanted.pod.clone(), wanted.container.clone(), wanted.previous);
        if self.read_at.contains_key(&key) || self.read_at.len() >= REMEMBERED_MAX {
            return false;
        }
        self.read_at.insert(key, Instant::now());
        true
    }

    async fn read(&self, wanted: WantedLog) -> Result<(), Closed> {
        let text = match self.text(&wanted).await {
            Ok(text) => text,
            Err(fault) => {
                tracing::debug!(%fault, "a log could not be read");
                return Ok(());
            }
        };
        let at = self.intake.clock().now();
        let WantedLog { namespace, pod, container, previous } = wanted;
        self.intake.text(&text, |text| Signal::Log { at, namespace, pod, container, previous, text }).await
    }

    async fn text(&self, wanted: &WantedLog) -> Result<Box<str>, Fault> {
        let path = Path::log(&wanted.namespace, &wanted.pod, &wanted.container);
        let path = path.ok_or_else(|| Fault::Broken("no pod has this name".to_owned()))?;
        let path = if wanted.previous { path.with("previous", "true") } else { path };
        let path = path.with("tailLines", &self.limits.lines_max.to_string()).with("limitBytes", &self.limits.bytes_max.max(1).to_string());
        let answer = self.server.reader().get(&path, "text/plain, */*", Extent::First(self.limits.bytes_max), Again::Busy).await?;
        Ok(answer.text)
    }
}
