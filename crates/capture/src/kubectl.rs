//! The seam to the readers of what kubectl prints for people: tables and `describe`.

use std::ops::Range;

use assent_base::Kind;

use crate::describe;
use crate::set::{CaptureSet, Hint, Origin};
use crate::source::{Source, SourceId};
use crate::table::{self, Ask};

/// Whether a text begins as a table or a `describe` of kubectl.
pub(crate) fn looks_printed(text: &str) -> bool {
    is_table(text) || is_describe(text)
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

fn is_table(text: &str) -> bool {
    let first = first_line(text);
    let begins = ["NAME ", "NAMESPACE ", "LAST SEEN "].iter().any(|start| first.starts_with(start));
    begins && !first.chars().any(|c| c.is_ascii_lowercase())
}

fn is_describe(text: &str) -> bool {
    first_line(text).strip_prefix("Name:").is_some_and(|name| name.starts_with(' ') && !name.trim().is_empty())
}

/// Reads a part of a source as a table or a `describe`, whichever it looks like. Returns how many objects were in it.
pub(crate) fn read(set: &mut CaptureSet, source: SourceId, part: Range<usize>, kind: Option<Kind>, namespace: Option<&str>) -> usize {
    let text = text(set, source, &part);
    if is_describe(text) {
        return describe(set, source, part, kind, namespace);
    }
    let all_namespaces = first_line(text).starts_with("NAMESPACE ");
    let ask = Ask { kind, all_namespaces, namespace: namespace.map(Into::into), ..Ask::default() };
    table(set, source, part, &ask).0
}

/// Reads a part of a source as tables. Returns how many objects were in it, and whether every line was understood.
pub(crate) fn table(set: &mut CaptureSet, source: SourceId, part: Range<usize>, ask: &Ask) -> (usize, bool) {
    let table = table::read(text(set, source, &part), part.start, ask);
    let hint = |kind| Hint { kind: Some(kind), namespace: ask.namespace.clone().filter(|_| !ask.all_namespaces), complete: false };
    let rows = table.rows.into_iter().map(|(kind, root)| set.admit(source, Origin::Row, root, &hint(kind))).sum();
    (rows, table.complete)
}

/// Reads a part of a source as the output of `describe`. Returns how many objects were in it.
pub(crate) fn describe(set: &mut CaptureSet, source: SourceId, part: Range<usize>, kind: Option<Kind>, namespace: Option<&str>) -> usize {
    let found = describe::read(text(set, source, &part), part.start, kind);
    let hint = |kind| Hint { kind: Some(kind), namespace: namespace.map(Into::into), complete: false };
    found.into_iter().map(|(kind, root)| set.admit(source, Origin::Describe, root, &hint(kind))).sum()
}

fn text<'s>(set: &'s CaptureSet, source: SourceId, part: &Range<usize>) -> &'s str {
    set.source(source).map(Source::text).and_then(|text| text.get(part.clone())).unwrap_or_default()
}
