//! Policy text that does not count, and where it is wrong.

use miette::Diagnostic;

/// Text that is no policy of ours. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy `{name}`, line {line}, column {column}: {message}")]
pub struct BadPolicy {
    /// The policy or pack, by the name it was given with.
    pub name: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What is wrong, and what would help.
    pub message: String,
}

impl BadPolicy {
    /// A fault of the text as a whole.
    pub(crate) fn whole(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), line: 1, column: 1, message: message.into() }
    }

    /// A fault at a byte of the text.
    pub(crate) fn at(name: &str, text: &str, offset: usize, message: String) -> Self {
        let (line, column) = position(text, offset);
        Self { name: name.to_owned(), line, column, message }
    }

    /// What Cedar complains about, in a text that starts at its first byte.
    pub(crate) fn from_cedar(name: &str, text: &str, fault: &dyn Diagnostic) -> Self {
        let offset = fault.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
        let message = match fault.help() {
            Some(help) => format!("{fault}; {help}"),
            None => fault.to_string(),
        };
        Self::at(name, text, offset, message)
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).map_or(0, |line| line.chars().count()) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_from_one_in_characters() {
        assert_eq!(position("a\nbé c", 0), (1, 1));
        assert_eq!(position("a\nbé c", 5), (2, 3));
        assert_eq!(position("a", 99), (1, 2), "an offset beyond the end is the end");
    }
}
