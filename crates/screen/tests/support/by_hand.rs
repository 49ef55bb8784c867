//! Reads the text that was labelled by hand, and counts.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::fmt;
use std::ops::Range;

use assent_screen::Screen;

const TEXT: &str = include_str!("by_hand.txt");

/// What became of the labelled lines.
#[derive(Default)]
pub struct Tally {
    pub lines: usize,
    pub found: usize,
    pub missed: usize,
    /// Hits that touch no labelled secret.
    pub wrong_hits: usize,
    pub wrong: Vec<String>,
}

impl Tally {
    /// Redacts each line as text. A secret is found when each of its bytes but blanks has gone.
    pub fn of(screen: &Screen) -> Self {
        let mut tally = Self::default();
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            tally.lines += 1;
            tally.line(screen, line);
        }
        tally
    }

    fn line(&mut self, screen: &Screen, line: &str) {
        let (text, secrets) = labelled(line);
        let hits: Vec<Range<usize>> = screen.text(&text).hits.iter().map(|hit| hit.start..hit.start + hit.len).collect();
        for secret in &secrets {
            let gone = secret.clone().all(|place| hits.iter().any(|hit| hit.contains(&place)) || text.as_bytes()[place] == b' ');
            if gone {
                self.found += 1;
            } else {
                self.missed += 1;
                self.wrong.push(format!("missed {:?} of {text:?}", &text[secret.clone()]));
            }
        }
        for hit in hits {
            if !secrets.iter().any(|secret| hit.start < secret.end && secret.start < hit.end) {
                self.wrong_hits += 1;
                self.wrong.push(format!("wrong {:?} of {text:?}", &text[hit]));
            }
        }
    }

    pub fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.wrong_hits).max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed).max(1) as f64
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (precision, recall) = (self.precision(), self.recall());
        let f1 = 2.0 * precision * recall / (precision + recall);
        write!(out, "{} lines, {} found, {} missed, {} wrong hits: ", self.lines, self.found, self.missed, self.wrong_hits)?;
        write!(out, "precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}")
    }
}

/// The text of a line without its marks, and where its secrets stand.
fn labelled(line: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut secrets) = (String::new(), Vec::new());
    for (place, part) in line.replace('⏎', "\n").split('⟦').enumerate() {
        let (secret, rest) = if place == 0 { ("", part) } else { part.split_once('⟧').unwrap() };
        if !secret.is_empty() {
            secrets.push(text.len()..text.len() + secret.len());
        }
        text.push_str(secret);
        text.push_str(rest);
    }
    (text, secrets)
}
