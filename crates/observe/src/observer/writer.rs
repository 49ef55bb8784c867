//! Takes what waits and puts it into the buffer: as much as is there, with one sync of the disk.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::buffer::Buffer;
use crate::intake::Waiting;

/// Signals that are written together at most.
const TOGETHER_MAX: usize = 512;
/// A buffer that is this full has no room for lists, only for changes: one part in so many.
const LISTS_SHARE: u64 = 2;

/// What others hear of the buffer.
pub(super) struct Room {
    /// The number that was written last.
    pub(super) news: watch::Receiver<u64>,
    pub(super) has_room: watch::Receiver<bool>,
    pub(super) has_room_sender: watch::Sender<bool>,
}

/// The one that writes.
pub(crate) struct Writer {
    buffer: Arc<Mutex<Buffer>>,
    waiting: mpsc::Receiver<Waiting>,
    news: watch::Sender<u64>,
    has_room: watch::Sender<bool>,
}

impl Writer {
    pub(super) fn new(buffer: Arc<Mutex<Buffer>>, waiting: mpsc::Receiver<Waiting>) -> (Self, Room) {
        let (news, news_seen) = watch::channel(0);
        let (has_room, has_room_seen) = watch::channel(true);
        let room = Room { news: news_seen, has_room: has_room_seen, has_room_sender: has_room.clone() };
        (Self { buffer, waiting, news, has_room }, room)
    }

    /// Writes until nobody is left who could send.
    pub(crate) async fn run(mut self) {
        let mut together = Vec::with_capacity(TOGETHER_MAX);
        while self.waiting.recv_many(&mut together, TOGETHER_MAX).await > 0 {
            let (signals, room): (Vec<Vec<u8>>, Vec<_>) = together.drain(..).map(Waiting::into_parts).unzip();
            let buffer = self.buffer.clone();
            let written = tokio::task::spawn_blocking(move || {
                let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
                let written = buffer.append(&signals);
                (written, buffer.last_seq(), has_room(&buffer))
            });
            let Ok((written, last_seq, has_room)) = written.await else { return };
            drop(room);
            if let Err(error) = written {
                tracing::error!(%error, "signals could not be kept; they are counted as dropped");
            }
            self.has_room.send_if_modified(|known| std::mem::replace(known, has_room) != has_room);
            self.news.send_replace(last_seq);
        }
    }
}

/// Whether lists may go on.
pub(super) fn has_room(buffer: &Buffer) -> bool {
    buffer.bytes() < buffer.bytes_max() / LISTS_SHARE
}
