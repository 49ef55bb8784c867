//! A report as one HTML page without scripts, images or links: it can be mailed and opened anywhere.

use std::fmt::Write;

use assent_diagnosis::Report;
use assent_diagnosis::report::{RootCause, Verdict};

use super::sureness;
use super::text::printable;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid #ddd;padding-top:1rem}h3{font-size:1rem}\
code{font:13px/1.4 ui-monospace,monospace;background:#f3f3f3;padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}\
.faint{color:#666;font-size:.875rem}.quote{display:block;margin:.2rem 0 .6rem;padding:.4rem .6rem;white-space:pre-wrap}\
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#151515}code{background:#262626}.faint{color:#9a9a9a}h2{border-color:#333}}";

/// Text that HTML takes for nothing else.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn list(out: &mut String, head: &str, items: impl IntoIterator<Item = String>) {
    let items: Vec<String> = items.into_iter().collect();
    if !items.is_empty() {
        let _ = write!(out, "<h3>{head}</h3><ul>");
        for item in items {
            let _ = write!(out, "<li>{item}</li>");
        }
        out.push_str("</ul>");
    }
}

/// Writes a report.
pub(super) fn write(report: &Report) -> String {
    let verdict = match report.verdict {
        Verdict::Healthy => "Healthy",
        Verdict::RootCause => "Root cause found",
        Verdict::Inconclusive => "Inconclusive",
    };
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{verdict}</title><style>{STYLE}</style></head><body><h1>{verdict}</h1><p>{}</p>",
        plain(&report.summary)
    );
    for cause in &report.root_causes {
        root_cause(&mut out, cause);
    }
    let open = report.findings.iter().filter(|finding| !finding.explained);
    list(
        &mut out,
        "Symptoms not explained",
        open.map(|finding| format!("{} <span class=\"faint\">{}</span>", plain(&finding.statement), finding.severity)),
    );
    list(
        &mut out,
        "Missing evidence",
        report.missing_evidence.iter().map(|item| format!("{}: <code>{}</code>", plain(&item.what), plain(&item.how))),
    );
    list(
        &mut out,
        "Could not be read",
        report.input.unread.iter().map(|item| format!("<code>{}</code>: {}", plain(&item.place), plain(&item.why))),
    );
    out.push_str("</body></html>\n");
    out
}

fn root_cause(out: &mut String, cause: &RootCause) {
    let _ = write!(
        out,
        "<h2>{}</h2><p class=\"faint\"><code>{}</code> on {}, confidence {:.2} ({})</p><p>{}</p>",
        plain(&cause.title),
        plain(&cause.cause),
        plain(&cause.entity.to_string()),
        cause.confidence,
        sureness(cause.confidence),
        plain(&cause.statement)
    );
    let links = cause.chain.iter().map(|link| {
        format!(
            "{} <span class=\"faint\">because {} ({})</span>",
            plain(&link.effect),
            plain(&link.because),
            plain(&link.evidence.join(", "))
        )
    });
    list(out, "What it brought about", links);
    let evidence = cause.evidence.iter().map(|item| {
        let section = item.section.as_ref().map(|title| format!(", {}", plain(title))).unwrap_or_default();
        format!(
            "<strong>{}</strong> <span class=\"faint\">{} {}{section}</span><code class=\"quote\">{}</code>",
            plain(&item.id),
            plain(&item.source),
            plain(&item.locator),
            plain(&item.quote)
        )
    });
    list(out, "Evidence", evidence);
    list(out, "Ruled out", cause.ruled_out.iter().map(|other| format!("<code>{}</code>: {}", plain(&other.cause), plain(&other.why))));
    list(out, "Next steps", cause.next_steps.iter().map(|step| plain(step)));
}
