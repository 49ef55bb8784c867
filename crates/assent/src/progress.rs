//! Progress on standard error, for what takes longer than half a second.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use assent_base::Kind;

/// Nothing is said before this.
const SILENT: Duration = Duration::from_millis(500);
/// How often a line is renewed.
const EVERY: Duration = Duration::from_millis(200);

/// Says what is going on, to a person who waits.
pub(crate) struct Progress {
    begun: Instant,
    said: Mutex<Option<Instant>>,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), said: Mutex::new(None), terminal: std::io::stderr().is_terminal() }
    }

    /// Says that this is being done. On a terminal one line is renewed; elsewhere only the first is printed.
    pub(crate) fn say(&self, what: &str) {
        if self.begun.elapsed() < SILENT {
            return;
        }
        let Ok(mut said) = self.said.lock() else { return };
        let due = said.is_none_or(|last| self.terminal && last.elapsed() >= EVERY);
        if due {
            *said = Some(Instant::now());
            let mut out = std::io::stderr();
            let _ = if self.terminal { write!(out, "\r\x1b[2K{what} …") } else { writeln!(out, "{what} …") };
            let _ = out.flush();
        }
    }

    /// Clears the line.
    pub(crate) fn done(&self) {
        let said = self.said.lock().is_ok_and(|said| said.is_some());
        if said && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

impl assent_observe::Progress for Progress {
    fn listing(&self, kind: &Kind, objects: usize) {
        self.say(&format!("reading {}: {objects}", kind.plural()));
    }

    fn done(&self, lists: usize, of: usize) {
        self.say(&format!("reading the cluster: {lists} of {of} lists"));
    }
}
