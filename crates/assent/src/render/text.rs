//! Text for terminals: colour, width, and nothing that a terminal would obey.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use crate::cli::When;

/// Columns, where nothing says how many there are.
const WIDTH_DEFAULT: usize = 100;
/// Lines wider than this are hard to read.
const WIDTH_MAX: usize = 120;

/// Text from a cluster with whatever a terminal would obey made visible.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '\n' | '\t' => " ".chars().collect::<Vec<_>>(),
            c if c.is_control() || is_invisible(c) => c.escape_unicode().collect(),
            c => vec![c],
        })
        .collect()
}

/// JSON that says the same with escapes for what a terminal would obey. Such characters stand only inside its strings.
pub(crate) fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_obeyed(c) {
            // All of them are below U+10000, so one escape is enough.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a text that we have laid out in lines holds nothing that a terminal would obey.
pub(crate) fn is_obeyed_nowhere(text: &str) -> bool {
    !text.chars().any(is_obeyed)
}

fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n') || is_invisible(c)
}

/// Marks that turn the direction of text or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The columns to fill.
pub(crate) fn width(asked: Option<usize>) -> usize {
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).min(WIDTH_MAX));
    asked.or_else(terminal).unwrap_or(WIDTH_DEFAULT).max(40)
}

/// A paragraph, wrapped.
pub(crate) fn paragraph(text: &str, first: &str, rest: &str, width: usize) -> String {
    let options = textwrap::Options::new(width).initial_indent(first).subsequent_indent(rest).break_words(false);
    textwrap::fill(&printable(text), options) + "\n"
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colours as asked; on its own, only for a terminal and not under `NO_COLOR`.
    pub(crate) fn new(when: When) -> Self {
        #[expect(clippy::disallowed_methods, reason = "NO_COLOR is a convention of terminals and no setting of ours")]
        let refused =
            || std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty()) || std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let on = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => std::io::stdout().is_terminal() && !refused(),
        };
        Self { on }
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    pub(crate) fn unsure(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(crate) fn quoted(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\nd"), "a\\u{1b}[31mb\\u{202e}c d");
    }
}
