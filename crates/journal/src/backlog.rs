//! What is committed and waits to be written into the log's files, and the thread that does so.
//!
//! It lets commits gather for a moment: the more there are, the fewer files it has to write for each.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assent_ledger::HISTORY;
use tokio::sync::watch;

use crate::commit::settle;
use crate::disk::Disk;
use crate::edge::{Edge, Staged};
use crate::layer::Layer;
use crate::reader::Published;
use crate::writer::Shared;

/// Commits that may wait to be written into the log's files; then the next one waits.
pub const BACKLOG_COMMITS_MAX: usize = 1024;
/// Records that may wait so.
pub const BACKLOG_RECORDS_MAX: u64 = 65_536;

/// The commits that wait.
pub(crate) struct Backlog {
    state: Mutex<State>,
    changed: Condvar,
    /// Records in the log's files.
    settled: watch::Sender<u64>,
    gather_for: Duration,
}

struct State {
    /// What the log's files have.
    from: Edge,
    /// What is being written into them.
    under_way: Option<Layer>,
    /// What is to be written next, and where it leads.
    waiting: Layer,
    to: Edge,
    note: String,
    commits: usize,
    /// Somebody waits for the files.
    is_urgent: bool,
    end: Option<End>,
}

/// How the thread ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// When everything is in the log's files.
    Settled,
    /// At once: opening the journal does the rest.
    AsItIs,
}

impl Backlog {
    pub(crate) fn new(edge: &Edge, note: &str, gather_for: Duration) -> Self {
        let state = State {
            from: edge.clone(),
            under_way: None,
            waiting: Layer::above(edge.history_bytes),
            to: edge.clone(),
            note: note.to_owned(),
            commits: 0,
            is_urgent: false,
            end: None,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), settled: watch::Sender::new(edge.checkpoint.size), gather_for }
    }

    /// What lies over the files when these records are in the log, as far as the tree goes: for a witness, before anybody else sees it.
    pub(crate) fn tree_with(&self, staged: &Staged) -> Layer {
        let mut layer = self.lock().layer();
        let partials = staged.edge.partials();
        staged.writes.iter().chain(&partials).for_each(|(path, bytes)| layer.file(path.clone(), bytes.clone()));
        layer
    }

    /// Shows everybody a commit that has all its signatures, and has it written.
    pub(crate) fn publish(&self, staged: Staged, own_note: &str, note: String, shared: &Shared) -> Edge {
        let Staged { writes, appends, mut edge } = staged;
        let mut state = self.lock();
        let history_bytes = state.to.history_bytes;
        state.waiting.append(HISTORY, history_bytes, own_note.as_bytes());
        writes.into_iter().for_each(|(path, bytes)| state.waiting.file(path, bytes));
        appends.iter().for_each(|(path, at, bytes)| state.waiting.append(path, *at, bytes));
        edge.history_bytes = history_bytes + own_note.len() as u64;
        state.to = edge.clone();
        state.note.clone_from(&note);
        state.commits += 1;
        shared.publish(Published::new(note, &edge, state.layer()));
        drop(state);
        self.changed.notify_all();
        edge
    }

    /// Records in the log's files.
    pub(crate) fn settled(&self) -> u64 {
        *self.settled.borrow()
    }

    /// Tells when there are more records in the log's files. The sender is never gone before everybody who can wait for it.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }

    /// Has everything written soon that is committed now.
    pub(crate) fn hurry(&self) {
        let mut state = self.lock();
        state.is_urgent = state.commits > 0;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the log's files have this many records. False if they never will.
    pub(crate) fn wait_for(&self, size: u64) -> bool {
        self.hurry();
        let state = self.lock();
        let state = self.changed.wait_while(state, |state| state.from.checkpoint.size < size && state.end.is_none());
        state.unwrap_or_else(PoisonError::into_inner).from.checkpoint.size >= size
    }

    /// Waits until another commit may join those that wait. False if it never may.
    pub(crate) fn wait_for_room(&self) -> bool {
        let is_full =
            |state: &mut State| (state.commits >= BACKLOG_COMMITS_MAX || state.records() >= BACKLOG_RECORDS_MAX) && state.end.is_none();
        let mut state = self.lock();
        if is_full(&mut state) {
            state.is_urgent = true;
            self.changed.notify_all();
        }
        let state = self.changed.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        state.end.is_none()
    }

    /// Lets the thread end.
    pub(crate) fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.changed.notify_all();
        self.settled.send_modify(|_| {});
    }

    /// Writes commits into the log's files until it is told to end, or until that fails.
    pub(crate) fn run(&self, disk: &Arc<dyn Disk>, shared: &Shared) {
        while let Some((from, layer, to, note)) = self.next() {
            let settled = settle(disk, &from, &layer, &to, &note);
            let mut state = self.lock();
            match settled {
                Ok(()) => {
                    state.under_way = None;
                    if state.commits == 0 {
                        shared.publish(Published::new(note, &to, Layer::above(to.history_bytes)));
                    }
                    self.settled.send_replace(to.checkpoint.size);
                    state.from = to;
                }
                Err(cause) => {
                    tracing::error!(%cause, "the ledger is stopped");
                    shared.stop(cause.to_string());
                    state.end = Some(End::AsItIs);
                    // What was committed stays in memory, for whoever reads on.
                    self.settled.send_modify(|_| {});
                }
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// What is to be written now; none if that is all.
    fn next(&self) -> Option<(Edge, Layer, Edge, String)> {
        let idle = |state: &mut State| state.commits == 0 && state.end.is_none();
        let mut state = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let gathers = |state: &mut State| !state.is_urgent && state.end.is_none() && state.commits < BACKLOG_COMMITS_MAX / 2;
        let gathered = self.changed.wait_timeout_while(state, self.gather_for, gathers);
        state = gathered.unwrap_or_else(PoisonError::into_inner).0;
        state.is_urgent = false;
        if state.end == Some(End::AsItIs) || state.commits == 0 {
            return None;
        }
        let to = state.to.clone();
        let layer = std::mem::replace(&mut state.waiting, Layer::above(to.history_bytes));
        state.under_way = Some(layer.clone());
        state.commits = 0;
        Some((state.from.clone(), layer, to, state.note.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What the log's files do not have, but for the files at the edge.
    fn layer(&self) -> Layer {
        match &self.under_way {
            Some(below) => self.waiting.over(below),
            None => self.waiting.clone(),
        }
    }

    const fn records(&self) -> u64 {
        self.to.checkpoint.size - self.from.checkpoint.size
    }
}
