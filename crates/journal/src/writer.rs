//! The one thread that writes.

use std::sync::{Arc, PoisonError, RwLock};

use assent_base::Digest;
use tokio::sync::{mpsc, oneshot, watch};

use crate::commit::Committer;
use crate::edge::{Edge, Ready};
use crate::journal::{AppendError, Appended, Limits, Status};
use crate::reader::Published;

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

    fn publish(&self, published: Published) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }

    fn stop(&self, why: String) {
        self.stopped.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

/// The state of the thread.
pub(crate) struct Writer {
    pub(crate) committer: Committer,
    pub(crate) edge: Edge,
    pub(crate) limits: Limits,
    pub(crate) shared: Arc<Shared>,
    /// Dropped when the thread has ended and the folder is given back.
    pub(crate) alive: watch::Sender<()>,
}

impl Writer {
    /// Works until it is told to end, until nobody can ask any more, or until a commit fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut closing = false;
        while !closing {
            let Some(first) = queue.blocking_recv() else { break };
            let batch = self.gather(first, &mut queue, &mut closing);
            if batch.is_empty() {
                continue;
            }
            if let Err(why) = self.commit(batch) {
                tracing::error!(%why, "the ledger is stopped");
                self.shared.stop(why);
                break;
            }
        }
        self.shared.stop("it was closed".to_owned());
        queue.close();
        while let Some(request) = queue.blocking_recv() {
            match request {
                Request::Append(waiting) => answer(waiting.answer, Err(self.shared.refusal())),
                Request::Close => {}
            }
        }
        // The name of the last checkpoint, which the next commit would have synced. If it fails, opening the journal finishes the commit.
        if let Err(cause) = self.committer.disk.sync() {
            tracing::warn!(%cause, "the name of the last checkpoint may not be on the disk");
        }
        self.committer.disk.release();
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
        let staged = self.edge.stage(batch.iter().map(|waiting| &waiting.ready));
        match self.committer.commit(&self.edge, staged) {
            Ok((note, edge)) => {
                self.shared.publish(Published::new(note, &edge));
                self.edge = edge;
                for (waiting, index) in batch.into_iter().zip(first..) {
                    let leaf: Digest = waiting.ready.leaf;
                    answer(waiting.answer, Ok(Appended { index, leaf }));
                }
                Ok(())
            }
            Err(cause) => {
                let why = cause.to_string();
                self.shared.stop(why.clone());
                batch.into_iter().for_each(|waiting| answer(waiting.answer, Err(self.shared.refusal())));
                Err(why)
            }
        }
    }
}

/// Answers; whoever asked may have gone away meanwhile.
fn answer(to: oneshot::Sender<Result<Appended, AppendError>>, result: Result<Appended, AppendError>) {
    let _ = to.send(result);
}
