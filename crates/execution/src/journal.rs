//! The journal: lines that are only ever added, each with its length and a digest over itself and all before it.
//!
//! ```text
//! assent executor journal 1
//! 812 5d41402abc4b2a76b9719d911017c592 {"nonce":"…","at":"…","what":{"run":{"accepted":{…}}}}
//! ```
//!
//! A last line without its end was being written when the machine went down, and nothing was done about it: it is cut. Anything else that does
//! not fit refuses, since an executor that forgets what it has done may do it twice.

use std::collections::{BTreeMap, BTreeSet};

use assent_approval::statement::Nonce;
use assent_approval::warrant::SKEW_S_MAX;
use assent_base::{Digest, Timestamp, time};

use crate::entry::{Entry, Noted, Record};
use crate::order::{AUTO_WINDOW_S, Order};
use crate::run::Run;

/// The first line.
pub const HEAD: &str = "assent executor journal 1\n";
/// Bytes of one record at most: a plan and a warrant, written within JSON.
pub const RECORD_BYTES_MAX: usize = 4 << 20;
/// Bytes of a journal at most. What is over is left out of it at each start.
pub const JOURNAL_BYTES_MAX: usize = 64 << 20;
/// Runs that are kept at most.
pub const RUNS_MAX: usize = 10_000;
/// Hexadecimal digits of a line's digest.
const SUM_DIGITS: usize = 32;

/// Where the next line goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(Digest);

/// Everything that a journal comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Book {
    runs: BTreeMap<Nonce, Run>,
    repinned: BTreeMap<Nonce, Timestamp>,
}

/// Why a journal is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJournal {
    /// Longer than any.
    #[error("it has more than {JOURNAL_BYTES_MAX} bytes")]
    TooLong,
    /// It does not begin as a journal does.
    #[error("it is no journal of this version")]
    NoHead,
    /// A line is not as it was written.
    #[error("line {line} is damaged: {why}")]
    Damaged {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// A record that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record does not follow on those before it")]
pub struct BadRecord;

impl Default for Chain {
    fn default() -> Self {
        Self(Digest::of(HEAD.as_bytes()))
    }
}

impl Chain {
    /// The line of a record, and where the next goes on. None when it cannot be written, or is too long.
    #[must_use]
    pub fn line(self, record: &Record) -> Option<(String, Self)> {
        let json = serde_json::to_string(record).ok().filter(|json| json.len() <= RECORD_BYTES_MAX)?;
        let next = self.with(&json);
        Some((format!("{} {} {json}\n", json.len(), next.sum()), next))
    }

    fn with(self, json: &str) -> Self {
        Self(Digest::of_parts(&[self.0.as_bytes(), json.as_bytes()]))
    }

    fn sum(self) -> String {
        self.0.as_bytes().iter().take(SUM_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What is read of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// What it comes to.
    pub book: Book,
    /// Where the next line goes on.
    pub chain: Chain,
    /// How many of its bytes are whole lines. What is behind them was never done.
    pub whole_bytes: usize,
}

impl Journal {
    /// Reads a journal.
    ///
    /// # Errors
    /// When anything but the end of its last line is missing or not as it was written.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadJournal> {
        if bytes.len() > JOURNAL_BYTES_MAX {
            return Err(BadJournal::TooLong);
        }
        let Some(mut rest) = bytes.strip_prefix(HEAD.as_bytes()) else {
            // The first line itself may have been cut.
            let torn = HEAD.as_bytes().starts_with(bytes);
            return if torn {
                Ok(Self { book: Book::default(), chain: Chain::default(), whole_bytes: 0 })
            } else {
                Err(BadJournal::NoHead)
            };
        };
        let (mut book, mut chain, mut line) = (Book::default(), Chain::default(), 1);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            line += 1;
            let damaged = |why| BadJournal::Damaged { line, why };
            let (own, later) = rest.split_at(end);
            let text = std::str::from_utf8(own).map_err(|_| damaged("it is no text"))?;
            let (length, text) = text.split_once(' ').ok_or_else(|| damaged("it has no length"))?;
            let (sum, json) = text.split_once(' ').ok_or_else(|| damaged("it has no digest"))?;
            if length != json.len().to_string() {
                return Err(damaged("it has another length"));
            }
            let next = chain.with(json);
            if sum != next.sum() {
                return Err(damaged("it has another digest"));
            }
            let record: Record = serde_json::from_str(json).map_err(|_| damaged("it is no record"))?;
            book.take(record).map_err(|_| damaged("it does not follow on those before it"))?;
            (chain, rest) = (next, later.get(1..).unwrap_or_default());
        }
        for run in book.runs.values_mut() {
            run.resume();
        }
        Ok(Self { book, chain, whole_bytes: bytes.len() - rest.len() })
    }
}

impl Book {
    /// Lets a record count that is on disk.
    ///
    /// # Errors
    /// When it does not follow on those before it.
    pub fn take(&mut self, record: Record) -> Result<(), BadRecord> {
        match &record.what {
            Noted::Run(Entry::Accepted(accepted)) => {
                let order = Order::recall((**accepted).clone()).map_err(|_| BadRecord)?;
                if order.nonce() != record.nonce || self.runs.contains_key(&record.nonce) {
                    return Err(BadRecord);
                }
                self.runs.insert(record.nonce, Run::open(order, record));
                Ok(())
            }
            Noted::Run(_) => self.runs.get_mut(&record.nonce).ok_or(BadRecord)?.take(record).map_err(|_| BadRecord),
            Noted::Repinned { expires_at } => {
                self.repinned.insert(record.nonce, *expires_at);
                Ok(())
            }
        }
    }

    /// What was used, and what is not over.
    #[must_use]
    pub fn used(&self) -> BTreeSet<Nonce> {
        self.runs.keys().chain(self.repinned.keys()).copied().collect()
    }

    /// The rules by which runs were opened without votes within the last hour, once for each run.
    #[must_use]
    pub fn opened_by_rule(&self, now: Timestamp) -> Vec<usize> {
        let recent = self.runs.values().filter(|run| time::seconds_between(run.opened_at(), now) < AUTO_WINDOW_S);
        recent.filter_map(|run| run.order().accepted().rule).collect()
    }

    /// A run.
    #[must_use]
    pub fn run(&self, nonce: Nonce) -> Option<&Run> {
        self.runs.get(&nonce)
    }

    /// A run, to hand in what happened.
    pub fn run_mut(&mut self, nonce: Nonce) -> Option<&mut Run> {
        self.runs.get_mut(&nonce)
    }

    /// Every run that is kept.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// Whether another run can be kept.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.runs.len() < RUNS_MAX
    }

    /// The journal without what nobody can come back to: runs that have ended and been told, whose statement is over by more than clocks
    /// differ, that cannot be undone any more, and that no rule counts.
    #[must_use]
    pub fn compacted(&self, now: Timestamp) -> Vec<Record> {
        let is_past = |instant: Timestamp, after_s: i64| time::seconds_between(instant, now) > after_s;
        let is_kept = |run: &&Run| {
            let order = run.order();
            let ended = run.ended_at().is_some_and(|ended| is_past(ended, i64::from(order.accepted().undo_s)));
            let told = matches!(run.need(), crate::run::Need::Nothing);
            let over = is_past(order.statement().fields().expires_at, SKEW_S_MAX);
            !(ended && told && over && is_past(run.opened_at(), AUTO_WINDOW_S))
        };
        let runs = self.runs.values().filter(is_kept).flat_map(|run| run.history().iter().cloned());
        let repinned = self.repinned.iter().filter(|(_, expires_at)| !is_past(**expires_at, SKEW_S_MAX));
        let note = |(nonce, expires_at): (&Nonce, &Timestamp)| Record {
            nonce: *nonce,
            at: now,
            what: Noted::Repinned { expires_at: *expires_at },
        };
        runs.chain(repinned.map(note)).collect()
    }
}
