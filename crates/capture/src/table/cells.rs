//! Lines of a table to cells.
//!
//! kubectl pads columns to the widest cell, so a cell begins under its title. Copies through chats and tickets lose that: then
//! runs of two or more spaces part the cells, and where even those were collapsed, single words do.

use crate::piece::{PARTS_MAX, Piece};

/// Titles of two words, for headers whose runs of spaces were collapsed.
const PAIRS: [(&str, &str); 13] = [
    ("LAST", "SEEN"),
    ("FIRST", "SEEN"),
    ("LAST", "SCHEDULE"),
    ("NOMINATED", "NODE"),
    ("READINESS", "GATES"),
    ("NODE", "SELECTOR"),
    ("ACCESS", "MODES"),
    ("RECLAIM", "POLICY"),
    ("MIN", "AVAILABLE"),
    ("MAX", "UNAVAILABLE"),
    ("ALLOWED", "DISRUPTIONS"),
    ("CREATED", "AT"),
    ("POD", "LABELS"),
];

/// A header: titles and the character column each begins at.
#[derive(Debug, Clone)]
pub(crate) struct Header<'s> {
    pub(crate) titles: Vec<&'s str>,
    starts: Vec<usize>,
    collapsed: bool,
}

/// The cells of one line, a title each.
pub(crate) type Row<'s> = Vec<(&'s str, Piece<'s>)>;

impl<'s> Header<'s> {
    /// Reads a header whose cells are divided as printed.
    pub(crate) fn new(line: Piece<'s>) -> Self {
        let chunks = chunks(line);
        let words = line.words();
        let collapsed = words.len() >= 3 && chunks.len() == 1;
        let cells = if collapsed { join_titles(line, &words) } else { chunks };
        let starts = cells.iter().map(|cell| column_of(line, *cell)).collect();
        Self { titles: cells.iter().map(|cell| cell.text).collect(), starts, collapsed }
    }

    /// Reads a header of titles that are known beforehand, whatever is below it.
    pub(crate) fn of(titles: Vec<&'s str>) -> Self {
        Self { titles, starts: Vec::new(), collapsed: true }
    }

    /// Cuts a line. Cells that cannot be told apart are left out rather than guessed.
    pub(crate) fn cut(&self, line: Piece<'s>) -> Row<'s> {
        let chunks = chunks(line);
        if !self.collapsed {
            if self.is_aligned(line, &chunks) {
                return self.by_column(line);
            }
            if let Some(row) = self.by_count(line, &chunks) {
                return row;
            }
            if chunks.len() > 1 {
                return self.by_nearest(line, &chunks);
            }
        } else if let Some(row) = self.by_count(line, &chunks) {
            return row;
        }
        let words = grouped(line);
        self.by_count(line, &words).unwrap_or_else(|| self.left_part(&words))
    }

    /// Whether every cell before the last column begins under a title, and none runs on into the next column.
    fn is_aligned(&self, line: Piece<'_>, chunks: &[Piece<'_>]) -> bool {
        let Some(last) = self.starts.last() else { return false };
        let own: Vec<usize> = chunks.iter().map(|chunk| column_of(line, *chunk)).collect();
        let parted = |start: &usize| *start == 0 || line.text.chars().nth(start - 1).is_none_or(char::is_whitespace);
        own.first() == Some(&0) && self.starts.iter().all(parted) && own.iter().all(|start| start > last || self.starts.contains(start))
    }

    fn by_column(&self, line: Piece<'s>) -> Row<'s> {
        let offsets: Vec<usize> = self.starts.iter().map(|start| byte_of(line, *start)).collect();
        let ends = offsets.iter().skip(1).copied().chain([line.text.len()]);
        self.titles.iter().zip(offsets.iter().zip(ends)).map(|(title, (from, to))| (*title, line.cut(*from, to).trim())).collect()
    }

    /// One cell for each title; the last one takes what is left, since messages hold spaces.
    fn by_count(&self, line: Piece<'s>, cells: &[Piece<'s>]) -> Option<Row<'s>> {
        let open_ended = self.titles.last() == Some(&"MESSAGE") || self.titles.last() == Some(&"Message");
        if cells.len() < self.titles.len() || (cells.len() > self.titles.len() && !open_ended) {
            return None;
        }
        let last = self.titles.len().checked_sub(1)?;
        let cell = |index: usize, own: Piece<'s>| if index == last { line.from(own.start - line.start).trim_end() } else { own };
        Some(self.titles.iter().zip(cells).enumerate().map(|(index, (title, own))| (*title, cell(index, *own))).collect())
    }

    /// Each cell to the title that begins nearest to it, in order.
    fn by_nearest(&self, line: Piece<'s>, chunks: &[Piece<'s>]) -> Row<'s> {
        let mut row = Row::new();
        let mut next = 0;
        for (index, chunk) in chunks.iter().enumerate() {
            let own = column_of(line, *chunk);
            let left = chunks.len() - index;
            let room = self.titles.len().saturating_sub(left.min(self.titles.len()));
            let candidates = self.starts.iter().enumerate().skip(next).take_while(|(at, _)| *at <= room.max(next));
            let Some((at, _)) = candidates.min_by_key(|(_, start)| start.abs_diff(own)) else { break };
            if let Some(title) = self.titles.get(at) {
                row.push((*title, *chunk));
            }
            next = at + 1;
        }
        row
    }

    /// The cells that are certain when some are missing: the first ones, up to a state.
    fn left_part(&self, words: &[Piece<'s>]) -> Row<'s> {
        let known = self.titles.iter().position(|title| matches!(*title, "STATUS" | "READY" | "TYPE")).map_or(1, |at| at + 1);
        self.titles.iter().zip(words).take(known).map(|(title, word)| (*title, *word)).collect()
    }
}

/// The parts between tabs and runs of two or more spaces; at most [`PARTS_MAX`].
pub(crate) fn chunks(line: Piece<'_>) -> Vec<Piece<'_>> {
    let (mut parts, mut from, mut gap_from, mut gap) = (Vec::new(), None, 0, 0);
    for (at, c) in line.text.char_indices() {
        if c == ' ' || c == '\t' {
            if gap == 0 {
                gap_from = at;
            }
            gap += if c == '\t' { 2 } else { 1 };
            continue;
        }
        if gap >= 2
            && let Some(start) = from
        {
            parts.push(line.cut(start, gap_from));
            from = None;
            if parts.len() >= PARTS_MAX {
                return parts;
            }
        }
        from = from.or(Some(at));
        gap = 0;
    }
    parts.extend(from.map(|start| line.from(start).trim_end()));
    parts
}

/// Single words, with `56 (4h ago)` and `standard (default)` kept together.
pub(crate) fn grouped(line: Piece<'_>) -> Vec<Piece<'_>> {
    let mut parts: Vec<Piece<'_>> = Vec::new();
    let mut open = false;
    for word in line.words() {
        let joins = open || word.text.starts_with('(');
        match parts.last_mut() {
            Some(last) if joins => *last = line.cut(last.start - line.start, word.start - line.start + word.text.len()),
            _ => parts.push(word),
        }
        open = (open || word.text.starts_with('(')) && !word.text.ends_with(')');
    }
    parts
}

fn join_titles<'s>(line: Piece<'s>, words: &[Piece<'s>]) -> Vec<Piece<'s>> {
    let mut parts: Vec<Piece<'s>> = Vec::new();
    for word in words {
        match parts.last_mut() {
            Some(last) if PAIRS.contains(&(last.text, word.text)) => {
                *last = line.cut(last.start - line.start, word.start - line.start + word.text.len());
            }
            _ => parts.push(*word),
        }
    }
    parts
}

/// The character column of a piece in its line.
fn column_of(line: Piece<'_>, part: Piece<'_>) -> usize {
    line.text.get(..part.start - line.start).map_or(0, |head| head.chars().count())
}

/// The byte offset of a character column.
fn byte_of(line: Piece<'_>, column: usize) -> usize {
    line.text.char_indices().nth(column).map_or(line.text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(header: &str, line: &str) -> Vec<String> {
        let row = Header::new(Piece::new(header, 0)).cut(Piece::new(line, 0));
        row.iter().map(|(title, cell)| format!("{title}={}", cell.text)).collect()
    }

    #[test]
    fn cells_stand_under_their_titles() {
        let header = "NAME     STATUS    VOLUME   CAPACITY   AGE";
        assert_eq!(
            cut(header, "data-0   Pending                       5m"),
            ["NAME=data-0", "STATUS=Pending", "VOLUME=", "CAPACITY=", "AGE=5m"]
        );
    }

    #[test]
    fn a_cell_wider_than_its_column_shifts_the_rest() {
        let header = "NAME   READY   STATUS    RESTARTS   AGE";
        let row = cut(header, "checkout-7d9f   0/1     CrashLoopBackOff   56 (4h43m ago)   12s");
        assert_eq!(row, ["NAME=checkout-7d9f", "READY=0/1", "STATUS=CrashLoopBackOff", "RESTARTS=56 (4h43m ago)", "AGE=12s"]);
    }

    #[test]
    fn collapsed_spaces_still_give_cells() {
        let row = cut("NAME READY STATUS RESTARTS AGE NOMINATED NODE", "web 0/1 Running 5 (2m ago) 3h <none>");
        assert_eq!(row, ["NAME=web", "READY=0/1", "STATUS=Running", "RESTARTS=5 (2m ago)", "AGE=3h", "NOMINATED NODE=<none>"]);
        let damaged = cut("NAME   STATUS   VOLUME   CAPACITY   AGE", "data-0 Pending standard 5m");
        assert_eq!(damaged, ["NAME=data-0", "STATUS=Pending"]);
    }
}
