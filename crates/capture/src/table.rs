//! `kubectl get` tables, as people paste them, to the trees that the API's JSON gives.
//!
//! With headers, without (`--no-headers`, `| grep x`), several in one text (`get all`). A row says less than the object: what is
//! a summary (`0/1`, `CrashLoopBackOff`, `2d`) stays at `status/printed` and `metadata/age` and invents no field of the API.
//! A row's root is cited as its whole line.

mod cells;
mod custom;
mod event;
mod layout;
mod rows;
mod values;

use assent_base::Kind;

use crate::piece::{Piece, lines, span};
use crate::tree::{Node, Value};
pub(crate) use cells::{Header, Row, chunks};
pub(crate) use event::{EventOf, event};

/// Lines of one text that are read. More is a mistake of the caller or an attack.
pub const ROWS_MAX: usize = 2_000_000;

/// A column of `-o custom-columns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomColumn {
    /// The title that heads it.
    pub title: Box<str>,
    /// Its JSON path as typed: `.spec.containers[*].image`.
    pub path: Box<str>,
}

/// What the command says about the table it printed.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The kind that was asked for, if it was one.
    pub kind: Option<Kind>,
    /// Whether `-A` was given.
    pub all_namespaces: bool,
    /// Whether `-o wide` was given.
    pub wide: bool,
    /// Whether `--show-labels` was given.
    pub show_labels: bool,
    /// The namespace of `-n`.
    pub namespace: Option<Box<str>>,
    /// The columns of `-o custom-columns`.
    pub columns: Option<Vec<CustomColumn>>,
    /// Whether `--no-headers` was given.
    pub no_headers: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Table {
    /// The objects, in reading order.
    pub rows: Vec<(Kind, Node)>,
    /// Whether every line was understood below its header, so that what is not listed is not there.
    pub complete: bool,
}

/// Reads the tables of one output. `base` is the offset of `text` in its source.
#[must_use]
pub fn read(text: &str, base: usize, ask: &Ask) -> Table {
    let mut reader = Reader { text, base, ask, header: None, kind: None, after_blank: false, last: None, table: Table::default() };
    reader.table.complete = true;
    let mut seen = false;
    for line in lines(text, base).into_iter().take(ROWS_MAX) {
        if line.is_empty() {
            reader.after_blank = true;
            continue;
        }
        seen |= reader.line(line);
    }
    let whole = seen || ask.no_headers;
    reader.table.complete &= whole;
    reader.table
}

struct Reader<'s, 'a> {
    text: &'s str,
    base: usize,
    ask: &'a Ask,
    header: Option<Header<'s>>,
    kind: Option<Kind>,
    after_blank: bool,
    /// The message of the last event, which the next line may continue: its row and first word.
    last: Option<Piece<'s>>,
    table: Table,
}

impl<'s> Reader<'s, '_> {
    /// Reads one line. Says whether it showed what the whole of the table is: a header, or the word that there is nothing.
    fn line(&mut self, line: Piece<'s>) -> bool {
        if is_nothing(line.text) {
            return true;
        }
        if self.ask.columns.is_none() && is_header(line) || self.is_custom_header(line) {
            let header = Header::new(line);
            self.kind = self.ask.kind.clone().or_else(|| layout::recognise(&header.titles));
            self.header = Some(header);
            (self.after_blank, self.last) = (false, None);
            return true;
        }
        if let Some(row) = self.cut(line) {
            self.row(line, &row);
        } else if !self.continues(line) {
            self.table.complete = false;
        }
        self.after_blank = false;
        false
    }

    fn is_custom_header(&self, line: Piece<'_>) -> bool {
        let Some(columns) = &self.ask.columns else { return false };
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let titles: Vec<&str> = columns.iter().flat_map(|column| column.title.split_whitespace()).collect();
        !self.ask.no_headers && words == titles
    }

    fn cut(&mut self, line: Piece<'s>) -> Option<Row<'s>> {
        if line.text.starts_with("Error from server") || line.text.starts_with("error:") || line.text.starts_with("Warning:") {
            return None;
        }
        if let Some(columns) = &self.ask.columns {
            let own = self.header.clone();
            let titles: Vec<&str> = columns.iter().map(|column| &*column.title).collect();
            let header = own.unwrap_or_else(|| Header::of(vec![""; titles.len()]));
            let row = header.cut(line);
            return (row.len() == titles.len()).then_some(row);
        }
        if typed_name(line).is_some_and(|(_, name)| !name.text.contains([' ', '\t'])) {
            return Some(vec![("NAME", line)]);
        }
        let kind = self.kind_of(line)?;
        let row = match &self.header {
            Some(header) => {
                let row = header.cut(line);
                let fit = row.iter().filter(|(title, cell)| layout::fits(title, cell.text) || cell.is_empty()).count();
                if self.after_blank && (row.len() < header.titles.len() || fit < row.len()) {
                    return None;
                }
                row
            }
            None => headerless(line, &kind, self.ask)?,
        };
        let plausible = row.iter().all(|(title, cell)| !matches!(*title, "NAME" | "OBJECT" | "TYPE") || layout::fits(title, cell.text));
        (plausible && row.iter().any(|(title, _)| matches!(*title, "NAME" | "OBJECT"))).then_some(row)
    }

    /// The kind of a row: what its name spells (`deployment.apps/checkout`), what was asked, or what the header is of.
    fn kind_of(&self, line: Piece<'_>) -> Option<Kind> {
        if self.kind == Some(Kind::Event) || self.ask.kind == Some(Kind::Event) {
            return Some(Kind::Event);
        }
        // The second word is a name only after a namespace; else it is what a binding or autoscaler points to: `Role/look`.
        let behind_namespace = self.header.as_ref().map_or(self.ask.all_namespaces, |header| header.titles.first() == Some(&"NAMESPACE"));
        let typed =
            line.words().into_iter().take(if behind_namespace { 2 } else { 1 }).find_map(|word| typed_name(word).map(|(kind, _)| kind));
        typed.or_else(|| self.ask.kind.clone()).or_else(|| self.kind.clone())
    }

    fn row(&mut self, line: Piece<'s>, row: &Row<'s>) {
        let Some(kind) = (match &self.ask.columns {
            Some(_) => self.ask.kind.clone(),
            None => self.kind_of(line),
        }) else {
            self.table.complete = false;
            return;
        };
        let mut root = Node { value: Value::Map(Vec::new()), ..line.node() };
        root.put(&["kind"], Node::synthetic(Value::Text(kind.as_str().into())));
        match &self.ask.columns {
            Some(columns) => {
                for (column, (_, cell)) in columns.iter().zip(row) {
                    custom::put(&mut root, &column.path, *cell);
                }
            }
            None if kind == Kind::Event => {
                event(&mut root, row, &EventOf::default());
                self.last = row.iter().find(|(title, _)| *title == "MESSAGE").map(|(_, cell)| *cell);
            }
            None => rows::fill(&mut root, &kind, row),
        }
        if let Some(namespace) = self.ask.namespace.as_deref().filter(|_| kind.is_namespaced())
            && root.get_mut(&["metadata", "namespace"]).is_none()
        {
            root.put(&["metadata", "namespace"], Node::synthetic(Value::Text(namespace.into())));
            if kind == Kind::Event {
                root.put(&["involvedObject", "namespace"], Node::synthetic(Value::Text(namespace.into())));
            }
        }
        self.table.rows.push((kind, root));
    }

    /// Adds a line that is no row to the message of the event before it, as messages of several lines are printed.
    fn continues(&mut self, line: Piece<'s>) -> bool {
        let (Some(first), Some((Kind::Event, root))) = (self.last, self.table.rows.last_mut()) else { return false };
        root.put(&["message"], span(self.text, self.base, first, line).node());
        true
    }
}

fn is_nothing(line: &str) -> bool {
    line.starts_with("No resources found") || line.starts_with("No events found")
}

/// Whether a line heads a table: nothing but titles, one of which every table has.
fn is_header(line: Piece<'_>) -> bool {
    if !line.text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return false;
    }
    let shouts = |word: &str| word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_()/:".contains(&b));
    let words: Vec<&str> = line.text.split_whitespace().take_while(|word| shouts(word)).collect();
    words.iter().copied().eq(line.text.split_whitespace())
        && words.len() > 1
        && (words.contains(&"NAME") || (words.contains(&"SEEN") && words.contains(&"REASON")))
}

/// The kind and name in `deployment.apps/checkout`.
pub(crate) fn typed_name(word: Piece<'_>) -> Option<(Kind, Piece<'_>)> {
    let (kind, name) = word.split_once("/")?;
    let plain = !kind.is_empty() && !name.is_empty() && kind.text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if !plain || kind.number().is_some() {
        return None;
    }
    Kind::from_word(kind.text).map(|kind| (kind, name))
}

/// Cuts a line that has no header above it, by the layout of the kind whose columns its cells could all be in.
fn headerless<'s>(line: Piece<'s>, kind: &Kind, ask: &Ask) -> Option<Row<'s>> {
    let mut best: Option<(usize, Row<'s>)> = None;
    let yes_first = |asked: bool| if asked { [true, false] } else { [false, true] };
    for (plain, extra) in layout::layouts(kind) {
        for (namespaced, wide, labels) in yes_first(ask.all_namespaces)
            .into_iter()
            .flat_map(|n| yes_first(ask.wide).map(|w| (n, w)))
            .flat_map(|(n, w)| yes_first(ask.show_labels).map(|l| (n, w, l)))
        {
            let mut titles: Vec<&'static str> = if namespaced && kind.is_namespaced() { vec!["NAMESPACE"] } else { Vec::new() };
            titles.extend(plain.iter());
            if wide {
                titles.extend(extra.iter());
            }
            if labels {
                titles.push("LABELS");
            }
            let row = Header::of(titles.clone()).cut(line);
            if row.len() < titles.len() || !row.iter().all(|(title, cell)| layout::fits(title, cell.text)) {
                continue;
            }
            if best.as_ref().is_none_or(|(columns, _)| *columns < row.len()) {
                best = Some((row.len(), row));
            }
        }
    }
    best.map(|(_, row)| row)
}
