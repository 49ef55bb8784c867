//! The one thread that commits.

use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use assent_base::Digest;
use assent_ledger::sign;
use tokio::sync::{mpsc, oneshot, watch};

use crate::backlog::{Backlog, End};
use crate::commit::{CommitError, Signers};
use crate::disk::Disk;
use crate::edge::{Edge, Ready, Staged};
use crate::frame::encode;
use crate::journal::{AppendError, Appended, Limits, Status};
use crate::layer::View;
use crate::reader::Published;
use crate::redo::{Redo, Room};

/// What the thread is asked to do.
pub(crate) enum Request {
    Append(Waiting),
    /// Finish what waits, give the folder back, and end.
    Close,
}

/// An append that waits for its answer.
pub(crate) struct Waiting {
    pub(crate) ready: Ready,
    pub(crate) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// What the thread tells everybody else.
#[derive(Debug)]
pub(crate) struct Shared {
    published: RwLock<Arc<Published>>,
    stopped: RwLock<Option<String>>,
}

impl Shared {
    pub(crate) const fn new(published: Arc<Published>) -> Self {
        Self { published: RwLock::new(published), stopped: RwLock::new(None) }
    }

    pub(crate) fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn status(&self) -> Status {
        match self.stopped.read().unwrap_or_else(PoisonError::into_inner).clone() {
            Some(why) => Status::Stopped { why },
            None => Status::Writing,
        }
    }

    /// The answer to whoever comes too late.
    pub(crate) fn refusal(&self) -> AppendError {
        match self.status() {
            Status::Stopped { why } => AppendError::Stopped { why },
            Status::Writing => AppendError::Stopped { why: "its thread has ended".to_owned() },
        }
    }

    pub(crate) fn publish(&self, published: Published) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }

    pub(crate) fn stop(&self, why: String) {
        self.stopped.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

/// The state of the thread.
pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) signers: Signers,
    pub(crate) redo: Redo,
    pub(crate) edge: Edge,
    pub(crate) limits: Limits,
    pub(crate) shared: Arc<Shared>,
    pub(crate) backlog: Arc<Backlog>,
    /// Writes the backlog into the log's files.
    pub(crate) settling: JoinHandle<()>,
    /// Dropped when the thread has ended and the folder is given back.
    pub(crate) alive: watch::Sender<()>,
}

impl Writer {
    /// Works until it is told to end, until nobody can ask any more, or until a commit fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut closing = false;
        let mut end = End::Settled;
        while !closing {
            let Some(first) = queue.blocking_recv() else { break };
            let batch = self.gather(first, &mut queue, &mut closing);
            if batch.is_empty() {
                continue;
            }
            if let Err(why) = self.commit(batch) {
                tracing::error!(%why, "the ledger is stopped");
                self.shared.stop(why);
                end = End::AsItIs;
                break;
            }
        }
        queue.close();
        self.backlog.end(end);
        if self.settling.join().is_err() {
            tracing::error!("the thread that writes the ledger's files ended early; opening the ledger does the rest");
        }
        self.shared.stop("it was closed".to_owned());
        while let Some(request) = queue.blocking_recv() {
            match request {
                Request::Append(waiting) => answer(waiting.answer, Err(self.shared.refusal())),
                Request::Close => {}
            }
        }
        self.disk.release();
        drop(self.alive);
    }

    /// Everything that waits now, up to the limits of a batch.
    fn gather(&self, first: Request, queue: &mut mpsc::Receiver<Request>, closing: &mut bool) -> Vec<Waiting> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut request = Some(first);
        while let Some(next) = request.take() {
            match next {
                Request::Append(waiting) => {
                    bytes += waiting.ready.record.len() + waiting.ready.sealed.len();
                    batch.push(waiting);
                }
                Request::Close => {
                    *closing = true;
                    return batch;
                }
            }
            if batch.len() < self.limits.batch_records && bytes < self.limits.batch_bytes {
                request = queue.try_recv().ok();
            }
        }
        batch
    }

    fn commit(&mut self, batch: Vec<Waiting>) -> Result<(), String> {
        let first = self.edge.frontier.size();
        match self.record(&batch) {
            Ok(edge) => {
                self.edge = edge;
                for (waiting, index) in batch.into_iter().zip(first..) {
                    let leaf: Digest = waiting.ready.leaf;
                    answer(waiting.answer, Ok(Appended { index, leaf }));
                }
                Ok(())
            }
            Err(why) => {
                self.shared.stop(why.clone());
                batch.into_iter().for_each(|waiting| answer(waiting.answer, Err(self.shared.refusal())));
                Err(why)
            }
        }
    }

    /// Signs the log with these records, brings them to the disk, and shows them. Gives the new edge.
    fn record(&mut self, batch: &[Waiting]) -> Result<Edge, String> {
        // A reader may have found that the log is not what was signed.
        if let Status::Stopped { why } = self.shared.status() {
            return Err(why);
        }
        if !self.backlog.wait_for_room() {
            return Err(self.shared.refusal().to_string());
        }
        let staged = self.edge.stage(batch.iter().map(|waiting| &waiting.ready));
        self.keep(batch, &staged).map_err(|cause| cause.to_string()).and_then(|own| {
            let own = own.ok_or_else(|| self.shared.refusal().to_string())?;
            // From here on the records are in the log: a crash leaves the redo, from which they are read again.
            let size = staged.edge.checkpoint.size;
            let note = match self.signers.witness {
                None => own.clone(),
                Some(_) => {
                    let layer = self.backlog.tree_with(&staged);
                    let files = View { disk: self.disk.as_ref(), layer: &layer };
                    self.signers.cosigned(files, size, &own).map_err(|cause| cause.to_string())?
                }
            };
            Ok(self.backlog.publish(staged, &own, note, &self.shared))
        })
    }

    /// Signs a checkpoint and writes it with its records into the redo. None if there will be no room any more.
    fn keep(&mut self, batch: &[Waiting], staged: &Staged) -> Result<Option<String>, CommitError> {
        let note = sign(&staged.edge.checkpoint, self.signers.log.as_ref())?;
        let frame = encode(&note, batch.iter().map(|waiting| &waiting.ready));
        let mut settled = self.backlog.settled();
        if let Room::Waits(size) = self.redo.room(frame.len(), settled) {
            if !self.backlog.wait_for(size) {
                return Ok(None);
            }
            settled = size;
        }
        self.redo.write(&frame, staged.edge.checkpoint.size, settled)?;
        Ok(Some(note))
    }
}

/// Answers; whoever asked may have gone away meanwhile.
fn answer(to: oneshot::Sender<Result<Appended, AppendError>>, result: Result<Appended, AppendError>) {
    let _ = to.send(result);
}
