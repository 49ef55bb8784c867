//! A report for people at a terminal: the verdict first, then the chain, then the proof.

use std::collections::BTreeSet;
use std::fmt::Write;

use assent_diagnosis::Report;
use assent_diagnosis::report::{Evidence, RootCause, Verdict};

use super::sureness;
use super::text::{Paint, paragraph, printable};

/// Findings that are listed one by one; the rest are counted.
const FINDINGS_MAX: usize = 12;

/// What could not be read is listed up to this; the rest is counted.
const UNREAD_MAX: usize = 5;

/// Writes a report.
pub(super) fn write(report: &Report, paint: Paint, width: usize) -> String {
    let mut out = String::new();
    let verdict = match report.verdict {
        Verdict::Healthy => paint.good("HEALTHY"),
        Verdict::RootCause => paint.bad(if report.root_causes.len() == 1 { "ROOT CAUSE" } else { "ROOT CAUSES" }),
        Verdict::Inconclusive => paint.unsure("INCONCLUSIVE"),
    };
    let _ = writeln!(out, "{verdict}  {}", printable(&report.summary));
    for (index, cause) in report.root_causes.iter().enumerate() {
        let number = if report.root_causes.len() > 1 { format!("{}. ", index + 1) } else { String::new() };
        root_cause(&mut out, cause, &number, paint, width);
    }
    if !report.not_proven.is_empty() {
        let _ = writeln!(out, "\n{}", paint.unsure("Not proven"));
        for cause in &report.not_proven {
            out.push_str(&paragraph(&format!("- {} ({}): {}", cause.cause, cause.entity, cause.statement), "  ", "    ", width));
        }
    }
    findings(&mut out, report, paint, width);
    missing(&mut out, report, paint, width);
    read(&mut out, report, paint, width);
    out
}

fn head(out: &mut String, paint: Paint, text: &str) {
    let _ = writeln!(out, "\n  {}", paint.strong(text));
}

fn root_cause(out: &mut String, cause: &RootCause, number: &str, paint: Paint, width: usize) {
    let sure = format!("{:.0}%, {}", cause.confidence * 100.0, sureness(cause.confidence));
    let _ = writeln!(out, "\n{number}{}  {}", paint.strong(&printable(&cause.title)), paint.faint(&format!("{} · {sure}", cause.cause)));
    let _ = writeln!(out, "   on {}", printable(&cause.entity.to_string()));
    out.push('\n');
    out.push_str(&paragraph(&cause.statement, "   ", "   ", width));
    if !cause.chain.is_empty() {
        head(out, paint, "What it brought about");
        for link in &cause.chain {
            out.push_str(&paragraph(&link.effect, "   ↓ ", "     ", width));
            let cited = link.evidence.iter().map(|id| format!("[{id}]")).collect::<Vec<_>>().join(" ");
            out.push_str(&paint.faint(&paragraph(&format!("because {} {cited}", link.because), "     ", "     ", width)));
        }
    }
    head(out, paint, "Evidence");
    for item in &cause.evidence {
        evidence(out, item, paint, width);
    }
    if !cause.ruled_out.is_empty() {
        head(out, paint, "Ruled out");
        for other in &cause.ruled_out {
            let cited = other.evidence.iter().map(|id| format!(" [{id}]")).collect::<String>();
            out.push_str(&paragraph(&format!("{}: {}{cited}", other.cause, other.why), "   - ", "     ", width));
        }
    }
    if !cause.next_steps.is_empty() {
        head(out, paint, "Next steps");
        for step in &cause.next_steps {
            out.push_str(&paragraph(step, "   - ", "     ", width));
        }
    }
}

fn evidence(out: &mut String, item: &Evidence, paint: Paint, width: usize) {
    let line = item.locator.split(' ').next().unwrap_or_default();
    let section = item.section.as_ref().map(|title| format!(" · {title}")).unwrap_or_default();
    let time = item.time.as_ref().map(|time| format!(" · {time}")).unwrap_or_default();
    let place = format!("{} {line}{section}{time}", item.source);
    let _ = writeln!(out, "   {} {}", paint.strong(&format!("[{}]", item.id)), paint.faint(&printable(&place)));
    let quote = paragraph(&item.quote, "        ", "        ", width);
    let _ = write!(out, "{}", paint.quoted(quote.trim_end_matches('\n')));
    out.push('\n');
}

/// Symptoms that no cause explains, and how many it does.
fn findings(out: &mut String, report: &Report, paint: Paint, width: usize) {
    let open: Vec<_> = report.findings.iter().filter(|finding| !finding.explained).collect();
    if open.is_empty() {
        return;
    }
    let _ =
        writeln!(out, "\n{}", paint.strong(if report.root_causes.is_empty() { "Symptoms" } else { "Symptoms that these do not explain" }));
    let mut said = BTreeSet::new();
    for finding in open.iter().filter(|finding| said.insert(&finding.statement)).take(FINDINGS_MAX) {
        out.push_str(&paragraph(&format!("{} ({})", finding.statement, finding.severity), "  - ", "    ", width));
        if let Some(item) = finding.evidence.first() {
            evidence(out, item, paint, width);
        }
    }
    let distinct = open.iter().map(|finding| &finding.statement).collect::<BTreeSet<_>>().len();
    if distinct > FINDINGS_MAX {
        let _ = writeln!(out, "  and {} more: see -o json", distinct - FINDINGS_MAX);
    }
}

fn missing(out: &mut String, report: &Report, paint: Paint, width: usize) {
    if !report.missing_evidence.is_empty() {
        let _ = writeln!(out, "\n{}", paint.strong("Missing, and what would get it"));
        for item in &report.missing_evidence {
            out.push_str(&paragraph(&item.what, "  - ", "    ", width));
            let _ = writeln!(out, "      {}", paint.quoted(&printable(&item.how)));
        }
    }
}

fn read(out: &mut String, report: &Report, paint: Paint, width: usize) {
    let input = &report.input;
    let objects: u64 = input.objects.values().sum();
    let as_of = input.as_of.as_ref().map(|instant| format!(", as of {instant}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "\n{}",
        paint.faint(&format!("Read {objects} objects and {} logs from {} sources{as_of}.", input.logs, input.sources))
    );
    if !input.unread.is_empty() {
        let _ = writeln!(out, "{}", paint.strong("Could not be read"));
        for item in input.unread.iter().take(UNREAD_MAX) {
            out.push_str(&paragraph(&format!("{}: {}", item.place, item.why), "  - ", "    ", width));
        }
        if input.unread.len() > UNREAD_MAX {
            let _ = writeln!(out, "  and {} more: see -o json", input.unread.len() - UNREAD_MAX);
        }
    }
}
