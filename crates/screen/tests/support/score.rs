//! Counts what was found, missed and taken for a secret without being one.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::fmt;
use std::sync::{Arc, LazyLock};

use assent_screen::{PseudonymKey, Rules, Screen};

use super::corpus::Sample;

pub fn screen() -> Screen {
    static SCREEN: LazyLock<Screen> = LazyLock::new(|| Screen::new(Arc::new(Rules::builtin()), PseudonymKey::new(&[7; 32])));
    SCREEN.clone()
}

#[derive(Default)]
pub struct Score {
    pub found: usize,
    pub missed: usize,
    /// Hits that touch no labelled secret.
    pub wrong_hits: usize,
    pub samples: usize,
    pub wrong: Vec<String>,
}

impl Score {
    /// A secret is found when each of its bytes has gone; a hit that touches no secret is wrong.
    pub fn add(&mut self, screen: &Screen, sample: &Sample) {
        self.samples += 1;
        let hits = screen.text(&sample.text).hits;
        if let Some(secret) = &sample.secret {
            let gone = secret.clone().all(|place| {
                hits.iter().any(|hit| hit.start <= place && place < hit.start + hit.len)
                    || sample.text.as_bytes()[place].is_ascii_whitespace()
            });
            self.found += usize::from(gone);
            self.missed += usize::from(!gone);
            if !gone {
                self.wrong.push(format!(
                    "missed {} in {}: {:?} of {:?}",
                    sample.kind,
                    sample.encoding,
                    &sample.text[secret.clone()],
                    sample.text
                ));
            }
        }
        for hit in hits {
            let touches = sample.secret.as_ref().is_some_and(|secret| hit.start < secret.end && secret.start < hit.start + hit.len);
            if !touches {
                self.wrong_hits += 1;
                let text = &sample.text[hit.start..hit.start + hit.len];
                self.wrong.push(format!("wrong {} in {} {}: {text:?} of {:?}", hit.rule, sample.kind, sample.encoding, sample.text));
            }
        }
    }

    pub fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.wrong_hits).max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed).max(1) as f64
    }

    pub fn f1(&self) -> f64 {
        2.0 * self.precision() * self.recall() / (self.precision() + self.recall())
    }
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} samples, {} found, {} missed, {} wrong hits: ", self.samples, self.found, self.missed, self.wrong_hits)?;
        write!(out, "precision {:.4}, recall {:.4}, F1 {:.4}", self.precision(), self.recall(), self.f1())
    }
}
