//! Redaction of text that comes in pieces, such as a log that is followed.
//!
//! Pieces are gathered to windows of [`WINDOW_BYTES`]. What a window decides depends on its bytes alone, never on the pieces, so any
//! way of cutting the same text gives the same result. At most one window and its context are held.

use std::collections::BTreeMap;

use crate::cursor::{run, slice};
use crate::object::Counts;
use crate::screen::{CONTEXT_BYTES, Screen, WINDOW_BYTES, is_swallowed};

/// Redaction in progress.
#[derive(Debug)]
pub struct Stream {
    screen: Screen,
    held: Vec<u8>,
    /// How many of the held bytes are done, and held for what comes behind them.
    context: usize,
    /// Whether what comes next still belongs to what was redacted last.
    open: bool,
    counts: BTreeMap<String, u64>,
}

impl Stream {
    pub(crate) fn new(screen: Screen) -> Self {
        Self { screen, held: Vec::new(), context: 0, open: false, counts: BTreeMap::new() }
    }

    /// Takes a piece and gives what is done: often nothing, sometimes more than the piece.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            if self.open {
                bytes = slice(bytes, run(bytes, 0, is_swallowed), bytes.len());
                self.open = bytes.is_empty();
            }
            let space = WINDOW_BYTES - (self.held.len() - self.context);
            if bytes.len() < space {
                self.held.extend_from_slice(bytes);
                return out;
            }
            self.held.extend_from_slice(slice(bytes, 0, space));
            bytes = slice(bytes, space, bytes.len());
            self.step(false, &mut out);
        }
    }

    /// Gives the rest: the text has ended.
    #[must_use]
    pub fn finish(mut self) -> (Vec<u8>, Counts) {
        let mut out = Vec::new();
        if self.held.len() > self.context {
            self.step(true, &mut out);
        }
        (out, Counts::from(self.counts))
    }

    fn step(&mut self, last: bool, out: &mut Vec<u8>) {
        let step = self.screen.step(&self.held, self.context, last);
        self.screen.write(&self.held, self.context, &step, out);
        for span in &step.spans {
            *self.counts.entry(span.name.as_str().to_owned()).or_default() += 1;
        }
        self.context = if step.open { 0 } else { step.cut.min(CONTEXT_BYTES) };
        self.held.drain(..step.cut - self.context);
        self.open = step.open;
    }
}
