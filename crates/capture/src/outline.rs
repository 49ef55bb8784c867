//! A tree as lines of `path = value`, for people and for comparisons.

use crate::tree::At;

/// Writes each scalar of a tree as one line, in the tree's order. Text is quoted, and an empty list or map is a line too.
#[must_use]
pub fn outline(at: At<'_>) -> String {
    let mut out = String::new();
    walk(at, &mut String::new(), &mut |path, at| {
        let value = match (at.text(), at.scalar()) {
            (Some(text), _) => format!("{text:?}"),
            (None, Some(scalar)) => scalar,
            (None, None) => if at.exists() { "(empty)" } else { "null" }.to_owned(),
        };
        out.push_str(path);
        out.push_str(" = ");
        out.push_str(&value);
        out.push('\n');
    });
    out
}

/// Visits each scalar, and each empty list or map, with its path.
pub(crate) fn walk<'a>(at: At<'a>, path: &mut String, visit: &mut impl FnMut(&str, At<'a>)) {
    let length = path.len();
    let mut below = false;
    let mut descend = |step: &str, child: At<'a>| {
        below = true;
        if length > 0 {
            path.push('/');
        }
        path.push_str(step);
        walk(child, path, visit);
        path.truncate(length);
    };
    for (key, child) in at.entries() {
        descend(key, child);
    }
    for (index, child) in at.items().enumerate() {
        descend(&index.to_string(), child);
    }
    if !below {
        visit(path, at);
    }
}
