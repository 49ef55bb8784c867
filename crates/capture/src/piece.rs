//! A piece of a text that knows where it stands: what the readers of printed text cut lines into.

use crate::tree::{Node, Value};

/// Parts that one piece is divided into. No object has as many labels, and hostile text could have millions.
pub(crate) const PARTS_MAX: usize = 4096;

/// Words of a text and the offset of their first byte in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'s> {
    pub(crate) text: &'s str,
    pub(crate) start: usize,
}

impl<'s> Piece<'s> {
    pub(crate) fn new(text: &'s str, start: usize) -> Self {
        Self { text, start }
    }

    /// The bytes from here to there, as far as they are characters.
    pub(crate) fn cut(self, from: usize, to: usize) -> Self {
        let to = to.min(self.text.len());
        match self.text.get(from..to) {
            Some(text) => Self { text, start: self.start + from },
            None => Self { text: "", start: self.start },
        }
    }

    pub(crate) fn from(self, from: usize) -> Self {
        self.cut(from, self.text.len())
    }

    pub(crate) fn trim(self) -> Self {
        let head = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), start: self.start + head }
    }

    pub(crate) fn trim_end(self) -> Self {
        Self { text: self.text.trim_end(), ..self }
    }

    pub(crate) fn split_once(self, mark: &str) -> Option<(Self, Self)> {
        let at = self.text.find(mark)?;
        Some((self.cut(0, at), self.from(at + mark.len())))
    }

    pub(crate) fn rsplit_once(self, mark: &str) -> Option<(Self, Self)> {
        let at = self.text.rfind(mark)?;
        Some((self.cut(0, at), self.from(at + mark.len())))
    }

    /// What stands between the first of one mark and the next of another: `'s'` of `in secret 's'`.
    pub(crate) fn between(self, open: &str, close: &str) -> Option<Self> {
        Some(self.split_once(open)?.1.split_once(close)?.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// Whether this is what kubectl prints for nothing.
    pub(crate) fn is_absent(self) -> bool {
        matches!(self.text, "" | "<none>" | "<unset>" | "<unknown>" | "<nil>" | "<default>")
    }

    pub(crate) fn present(self) -> Option<Self> {
        let trimmed = self.trim();
        (!trimmed.is_absent()).then_some(trimmed)
    }

    /// The parts between commas that are not inside parentheses or brackets, trimmed; at most [`PARTS_MAX`].
    pub(crate) fn commas(self) -> Vec<Piece<'s>> {
        let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
        for (at, c) in self.text.char_indices() {
            if parts.len() >= PARTS_MAX {
                return parts;
            }
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    parts.push(self.cut(from, at).trim());
                    from = at + 1;
                }
                _ => {}
            }
        }
        parts.push(self.from(from).trim());
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// The parts between white space; at most [`PARTS_MAX`].
    pub(crate) fn words(self) -> Vec<Piece<'s>> {
        let (mut parts, mut from) = (Vec::new(), None);
        for (at, c) in self.text.char_indices() {
            if parts.len() >= PARTS_MAX {
                return parts;
            }
            match (c.is_whitespace(), from) {
                (true, Some(start)) => {
                    parts.push(self.cut(start, at));
                    from = None;
                }
                (false, None) => from = Some(at),
                _ => {}
            }
        }
        parts.extend(from.map(|start| self.from(start)));
        parts
    }

    /// These very words.
    pub(crate) fn node(self) -> Node {
        Node::verbatim(self.start, self.text.len())
    }

    /// Something that these words imply.
    pub(crate) fn implies(self, value: Value) -> Node {
        Node::implied(self.start, self.text.len(), value)
    }

    /// A text that these words imply.
    pub(crate) fn says(self, text: impl Into<Box<str>>) -> Node {
        self.implies(Value::Text(text.into()))
    }

    /// The whole number that these words spell.
    pub(crate) fn number(self) -> Option<i64> {
        self.text.trim().parse().ok()
    }

    /// A number where these words spell one, else the words.
    pub(crate) fn number_or_text(self) -> Node {
        match self.number() {
            Some(number) => self.implies(Value::Int(number)),
            None => self.node(),
        }
    }

    /// The leading digits as a number, for instance 56 of `56 (4h ago)`, and 300 of `300s`.
    pub(crate) fn leading(self) -> Option<i64> {
        let text = self.text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    }

    /// True or false, if these words say so.
    pub(crate) fn truth(self) -> Option<Node> {
        match self.text {
            "true" | "True" | "Yes" => Some(self.implies(Value::Bool(true))),
            "false" | "False" | "No" => Some(self.implies(Value::Bool(false))),
            _ => None,
        }
    }
}

/// The lines of a text without their ends, each trimmed on its right.
pub(crate) fn lines(text: &str, base: usize) -> Vec<Piece<'_>> {
    let mut at = base;
    let split = text.split_inclusive('\n').map(|line| {
        let piece = Piece::new(line, at);
        at += line.len();
        piece.trim_end()
    });
    split.collect()
}

/// Everything from the first piece to the end of the last, as one piece of the text at `base`.
pub(crate) fn span<'s>(text: &'s str, base: usize, first: Piece<'s>, last: Piece<'s>) -> Piece<'s> {
    let (from, to) = (first.start.saturating_sub(base), (last.start + last.text.len()).saturating_sub(base));
    Piece::new(text, base).cut(from, to.max(from))
}

/// Puts `key=value` pairs below a path. Each value is cited with its key.
pub(crate) fn put_pairs(root: &mut Node, path: &[&str], pairs: &[Piece<'_>]) {
    for pair in pairs {
        let Some((key, value)) = pair.split_once("=") else { continue };
        let mut full = path.to_vec();
        full.push(key.text);
        root.put(&full, pair.says(value.text));
    }
}

/// Puts a label selector as the API shapes it: `app=web,tier in (a,b),!old`.
pub(crate) fn put_selector(root: &mut Node, path: &[&str], text: Piece<'_>) {
    let Some(text) = text.present() else { return };
    for part in text.commas() {
        let requirement = |operator: &str, key: &str, values: &str| {
            let mut node = Node::map();
            node.put(&["key"], part.says(key.trim()));
            node.put(&["operator"], part.says(operator));
            for value in
                values.trim_matches(|c: char| c == '(' || c == ')' || c.is_whitespace()).split(',').filter(|value| !value.is_empty())
            {
                node.push(&["values"], part.says(value.trim()));
            }
            node
        };
        let expression = if let Some((key, values)) = part.text.split_once(" notin ") {
            Some(requirement("NotIn", key, values))
        } else if let Some((key, values)) = part.text.split_once(" in ") {
            Some(requirement("In", key, values))
        } else if let Some((key, value)) = part.text.split_once("!=") {
            Some(requirement("NotIn", key, value))
        } else if part.text.contains('=') {
            None
        } else if let Some(key) = part.text.strip_prefix('!') {
            Some(requirement("DoesNotExist", key, ""))
        } else {
            Some(requirement("Exists", part.text, ""))
        };
        let below = |field: &'static str| path.iter().copied().chain([field]).collect::<Vec<_>>();
        match expression {
            Some(node) => root.push(&below("matchExpressions"), node),
            None => put_pairs(root, &below("matchLabels"), &[part]),
        }
    }
}

/// Spells access modes out: `RWO,ROX`.
pub(crate) fn access_modes(text: Piece<'_>) -> Node {
    let inner = text.text.trim_matches(['[', ']']);
    let modes = inner.split([',', ' ']).filter(|mode| !mode.is_empty()).map(|mode| {
        text.says(match mode {
            "RWO" => "ReadWriteOnce",
            "ROX" => "ReadOnlyMany",
            "RWX" => "ReadWriteMany",
            "RWOP" => "ReadWriteOncePod",
            other => other,
        })
    });
    Node::synthetic(Value::List(modes.collect()))
}

/// A condition that a word states.
pub(crate) fn condition(kind: Node, status: Node) -> Node {
    let mut node = Node::map();
    node.put(&["type"], kind);
    node.put(&["status"], status);
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_place_through_every_cut() {
        let text = "  Labels:  app=web, tier in (a, b)  ";
        let (_, value) = Piece::new(text, 100).split_once(":").unwrap();
        let parts = value.trim().commas();
        assert_eq!(parts.iter().map(|part| part.text).collect::<Vec<_>>(), ["app=web", "tier in (a, b)"]);
        for part in parts.into_iter().chain(value.words()) {
            assert_eq!(text.get(part.start - 100..).unwrap().get(..part.text.len()), Some(part.text));
        }
    }

    #[test]
    fn hostile_text_has_only_so_many_parts() {
        let text = "a=b, ".repeat(PARTS_MAX * 2);
        assert_eq!(Piece::new(&text, 0).commas().len(), PARTS_MAX);
        assert_eq!(Piece::new(&text, 0).words().len(), PARTS_MAX);
    }

    #[test]
    fn a_cut_inside_a_character_is_empty() {
        assert!(Piece::new("é", 0).cut(1, 2).is_empty());
        assert!(Piece::new("ab", 0).cut(2, 1).is_empty());
    }
}
