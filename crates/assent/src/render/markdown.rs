//! A report as Markdown, for an incident channel or a ticket. Text from clusters cannot become markup.

use std::fmt::Write;

use assent_diagnosis::Report;
use assent_diagnosis::report::{RootCause, Verdict};

use super::sureness;
use super::text::printable;

/// Text that Markdown takes for nothing else. Backticks of our own statements stay: they mark names.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | '&' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A code span that its own backticks cannot end.
fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A statement: what it marks as a name becomes code, the rest is plain.
fn statement(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(&text.replace('`', "'"));
    }
    parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 && !part.is_empty() { code(part) } else { plain(part) }).collect()
}

/// Writes a report.
pub(super) fn write(report: &Report) -> String {
    let verdict = match report.verdict {
        Verdict::Healthy => "Healthy",
        Verdict::RootCause => "Root cause found",
        Verdict::Inconclusive => "Inconclusive",
    };
    let mut out = format!("# {verdict}\n\n{}\n", statement(&report.summary));
    for cause in &report.root_causes {
        root_cause(&mut out, cause);
    }
    let open: Vec<_> = report.findings.iter().filter(|finding| !finding.explained).collect();
    if !open.is_empty() {
        out.push_str("\n## Symptoms not explained\n\n");
        for finding in open {
            let _ = writeln!(out, "- {} ({})", statement(&finding.statement), finding.severity);
        }
    }
    if !report.missing_evidence.is_empty() {
        out.push_str("\n## Missing evidence\n\n");
        for item in &report.missing_evidence {
            let _ = writeln!(out, "- {}: {}", statement(&item.what), code(&item.how));
        }
    }
    if !report.input.unread.is_empty() {
        out.push_str("\n## Could not be read\n\n");
        for item in &report.input.unread {
            let _ = writeln!(out, "- {}: {}", code(&item.place), plain(&item.why));
        }
    }
    out
}

fn root_cause(out: &mut String, cause: &RootCause) {
    let _ = write!(
        out,
        "\n## {}\n\n{} on **{}**, confidence {:.2} ({})\n\n{}\n",
        plain(&cause.title),
        code(&cause.cause),
        plain(&cause.entity.to_string()),
        cause.confidence,
        sureness(cause.confidence),
        statement(&cause.statement)
    );
    if !cause.chain.is_empty() {
        out.push_str("\n### What it brought about\n\n");
        for (index, link) in cause.chain.iter().enumerate() {
            let _ = writeln!(
                out,
                "{}. {}, because {} ({})",
                index + 1,
                statement(&link.effect),
                statement(&link.because),
                link.evidence.join(", ")
            );
        }
    }
    out.push_str("\n### Evidence\n\n");
    for item in &cause.evidence {
        let section = item.section.as_ref().map(|title| format!(", {}", code(title))).unwrap_or_default();
        let _ = writeln!(out, "- **{}** {} {}{section}: {}", item.id, code(&item.source), item.locator, code(&item.quote));
    }
    if !cause.ruled_out.is_empty() {
        out.push_str("\n### Ruled out\n\n");
        for other in &cause.ruled_out {
            let _ = writeln!(out, "- {}: {}", code(&other.cause), statement(&other.why));
        }
    }
    if !cause.next_steps.is_empty() {
        out.push_str("\n### Next steps\n\n");
        for step in &cause.next_steps {
            let _ = writeln!(out, "- {}", statement(step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(plain("[x](http://evil) <b>"), "\\[x\\](http://evil) \\<b\\>");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(statement("Pod `a_b` *fails*"), "Pod `a_b` \\*fails\\*");
    }
}
