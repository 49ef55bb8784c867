//! Indented `Key:  value` lines as a tree of blocks.

use crate::piece::{PARTS_MAX, Piece, span};

/// Nesting beyond this is read as if it were no deeper. kubectl prints 8 levels at most.
const DEPTH_MAX: usize = 32;
/// Lines that one termination message may take. The API keeps 4096 bytes of it.
const MESSAGE_LINES_MAX: usize = 400;

/// One line and what is indented below it.
#[derive(Debug, Clone)]
pub(super) struct Block<'s> {
    /// The whole line without its indentation.
    pub(super) line: Piece<'s>,
    pub(super) indent: usize,
    /// What stands before the first colon that space or nothing follows.
    pub(super) key: Option<Piece<'s>>,
    /// What follows it; the whole line where there is no key. A message may take several lines.
    pub(super) value: Piece<'s>,
    pub(super) below: Vec<Block<'s>>,
}

impl<'s> Block<'s> {
    fn new(line: Piece<'s>) -> Self {
        let text = line.trim();
        let colon = text.text.match_indices(':').map(|(at, _)| at).find(|at| {
            let rest = text.text.get(at + 1..).unwrap_or_default();
            rest.is_empty() || rest.starts_with([' ', '\t'])
        });
        let (key, value) = match colon {
            Some(at) if at > 0 => (Some(text.cut(0, at)), text.from(at + 1).trim()),
            _ => (None, text),
        };
        Self { line: text, indent: text.start - line.start, key, value, below: Vec::new() }
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.key.is_some_and(|own| own.text == key)
    }

    /// The first block below with this key.
    pub(super) fn get(&self, key: &str) -> Option<&Block<'s>> {
        find(&self.below, key)
    }

    /// The value, unless kubectl printed that there is none.
    pub(super) fn present(&self) -> Option<Piece<'s>> {
        self.value.present()
    }

    /// The value and every line below it, whole: labels, tolerations, arguments. At most [`PARTS_MAX`].
    pub(super) fn entries(&self) -> Vec<Piece<'s>> {
        let mut out: Vec<Piece<'s>> = self.present().into_iter().collect();
        collect(&self.below, &mut out);
        out
    }
}

fn collect<'s>(blocks: &[Block<'s>], out: &mut Vec<Piece<'s>>) {
    for block in blocks {
        if out.len() >= PARTS_MAX {
            return;
        }
        if !block.line.is_absent() {
            out.push(block.line);
        }
        collect(&block.below, out);
    }
}

/// The first block with this key.
pub(super) fn find<'b, 's>(blocks: &'b [Block<'s>], key: &str) -> Option<&'b Block<'s>> {
    blocks.iter().find(|block| block.is(key))
}

/// Makes a tree of lines. `text` at `base` is what they are cut from.
pub(super) fn tree<'s>(text: &'s str, base: usize, lines: &[Piece<'s>]) -> Vec<Block<'s>> {
    let mut roots = Vec::new();
    let mut open: Vec<Block<'s>> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if line.is_empty() {
            continue;
        }
        let mut block = Block::new(*line);
        if let Some(taken) = message_lines(&block, lines.get(at..).unwrap_or_default())
            && let Some(last) = lines.get(at..at + taken).and_then(|own| own.iter().rev().find(|line| !line.is_empty()))
        {
            block.value = span(text, base, block.value, *last);
            at += taken;
        }
        while open.last().is_some_and(|top| top.indent >= block.indent) || open.len() >= DEPTH_MAX {
            close(&mut open, &mut roots);
        }
        open.push(block);
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn close<'s>(open: &mut Vec<Block<'s>>, roots: &mut Vec<Block<'s>>) {
    if let Some(done) = open.pop() {
        match open.last_mut() {
            Some(parent) => parent.below.push(done),
            None => roots.push(done),
        }
    }
}

/// How many of the next lines belong to a message: a container's last words may hold line breaks, and are followed by its exit code.
fn message_lines(block: &Block<'_>, next: &[Piece<'_>]) -> Option<usize> {
    if !block.is("Message") || block.indent == 0 {
        return None;
    }
    let ends = |line: &Piece<'_>| {
        let own = line.trim();
        own.start - line.start == block.indent && own.text.starts_with("Exit Code:")
    };
    next.iter().take(MESSAGE_LINES_MAX).position(ends).filter(|taken| *taken > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::piece::lines;

    #[test]
    fn deeper_lines_hang_below_shallower_ones() {
        let text = "Labels:  a=b\n         c=d\nIPs:\n  IP:  10.1.0.4\nMore: x\n";
        let blocks = tree(text, 0, &lines(text, 0));
        assert_eq!(blocks.len(), 3);
        assert_eq!(find(&blocks, "Labels").unwrap().entries().iter().map(|line| line.text).collect::<Vec<_>>(), ["a=b", "c=d"]);
        assert_eq!(find(&blocks, "IPs").unwrap().get("IP").unwrap().value.text, "10.1.0.4");
    }

    #[test]
    fn a_message_keeps_its_lines_up_to_the_exit_code() {
        let text = "    State:  Terminated\n      Message:  panic: lost\n\ngoroutine 1 [running]:\n      Exit Code:  2\n";
        let blocks = tree(text, 0, &lines(text, 0));
        let state = blocks.first().unwrap();
        assert_eq!(state.get("Message").unwrap().value.text, "panic: lost\n\ngoroutine 1 [running]:");
        assert_eq!(state.get("Exit Code").unwrap().value.text, "2");
    }

    #[test]
    fn endless_nesting_stays_shallow() {
        let text: String = (0..3000).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
        assert_eq!(tree(&text, 0, &lines(&text, 0)).len(), 1);
    }
}
