//! Group commit for SQLite, which has one writer: whatever waits while the disk syncs goes into the next transaction together.
//!
//! Each batch runs between savepoints, so one that is refused takes nothing of its neighbours with it. Nobody gets an answer before the
//! common commit is durable.

use std::error::Error as _;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::database::{Db, Tx};
use crate::error::StoreError;
use crate::keys::Keyring;
use crate::write::{Applied, Batch};

/// Batches that one transaction takes at most.
const GROUP_BATCHES_MAX: usize = 128;
/// Bytes after which a transaction takes no further batch.
const GROUP_BYTES_MAX: usize = 16 << 20;
/// Batches that wait at most; whoever comes after them waits for room.
const QUEUE_BATCHES_MAX: usize = 256;

/// A batch and who waits for it.
pub(crate) struct Job {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) batch: Arc<Batch>,
    pub(crate) answer: oneshot::Sender<Result<Applied, StoreError>>,
}

/// Starts the writer. It ends when nobody can give it work any more.
pub(crate) fn start(db: Db) -> mpsc::Sender<Job> {
    let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE_BATCHES_MAX);
    tokio::spawn(async move {
        while let Some(first) = queue.recv().await {
            let mut bytes = first.batch.bytes();
            let mut group = vec![first];
            while group.len() < GROUP_BATCHES_MAX && bytes < GROUP_BYTES_MAX {
                let Ok(job) = queue.try_recv() else { break };
                bytes = bytes.saturating_add(job.batch.bytes());
                group.push(job);
            }
            write(&db, group).await;
        }
    });
    jobs
}

/// Runs a group in one transaction and answers everyone.
async fn write(db: &Db, group: Vec<Job>) {
    let (answers, kept) = match run(db, &group).await {
        Ok(answers) => (answers, Ok(())),
        Err(error) => {
            tracing::error!(%error, cause = error.source().map(tracing::field::display), "the database did not keep a write");
            (Vec::new(), Err(error))
        }
    };
    db.wrote(kept.is_ok()).await;
    let mut answers = answers.into_iter();
    for job in group {
        let answer = match (&kept, answers.next()) {
            (Ok(()), Some(answer)) => answer,
            (Ok(()), None) => Err(lost("no answer")),
            (Err(error), _) => Err(lost(&error.to_string())),
        };
        // Whoever does not wait any more does not need the answer: what is kept is kept.
        drop(job.answer.send(answer));
    }
}

/// Gives an answer for each job once all of them are durable. If the database fails, nothing of the group is kept.
async fn run(db: &Db, group: &[Job]) -> Result<Vec<Result<Applied, StoreError>>, StoreError> {
    let mut tx = db.write().await?;
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        answers.push(guarded(&mut tx, job).await?);
    }
    tx.commit().await?;
    Ok(answers)
}

async fn guarded(tx: &mut Tx, job: &Job) -> Result<Result<Applied, StoreError>, StoreError> {
    tx.execute("SAVEPOINT batch", Vec::new()).await?;
    let answer = job.batch.apply(tx, &job.keyring).await;
    match &answer {
        Ok(Applied::Done(_)) => {}
        // A database that fails may have rolled back more than this batch.
        Err(StoreError::Unavailable { .. }) => return Err(answer.err().unwrap_or_else(|| lost("no answer"))),
        Ok(Applied::KeysChanged) | Err(_) => {
            tx.execute("ROLLBACK TO batch", Vec::new()).await?;
        }
    }
    tx.execute("RELEASE batch", Vec::new()).await?;
    Ok(answer)
}

fn lost(cause: &str) -> StoreError {
    StoreError::unavailable("the database did not keep the write", cause)
}
