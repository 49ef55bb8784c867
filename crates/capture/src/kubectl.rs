//! The seam to the readers of what kubectl prints for people: tables and `describe`.

use std::ops::Range;

use assent_base::Kind;

use crate::set::CaptureSet;
use crate::source::SourceId;

/// Whether a text begins as a table or a `describe` of kubectl.
pub(crate) fn looks_printed(text: &str) -> bool {
    let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
    let header = ["NAME ", "NAMESPACE ", "LAST SEEN "].iter().any(|start| first.starts_with(start))
        && !first.chars().any(|c| c.is_ascii_lowercase());
    header || (first.starts_with("Name:") && first.len() > "Name:".len())
}

/// Reads a part of a source as a table or a `describe`. Returns how many objects were in it.
pub(crate) fn read(_set: &mut CaptureSet, _source: SourceId, _part: Range<usize>, _kind: Option<Kind>, _namespace: Option<&str>) -> usize {
    0
}
