//! A report in the form that the user asked for.

use assent_diagnosis::Report;

use crate::cli::{Output, Shape};

mod html;
mod human;
mod markdown;
pub(crate) mod text;

/// Writes a report.
pub(crate) fn report(report: &Report, shape: &Shape) -> anyhow::Result<String> {
    Ok(match shape.output {
        Output::Human => human::write(report, text::Paint::new(shape.color), text::width(shape.width)),
        Output::Json => format!("{}\n", json(report)?),
        Output::Yaml => yaml(report)?,
        Output::Markdown => markdown::write(report),
        Output::Html => html::write(report),
    })
}

fn json(report: &Report) -> anyhow::Result<String> {
    Ok(text::escaped_json(&serde_json::to_string_pretty(report)?))
}

/// YAML; in its JSON subset where a text must be escaped, since that subset can escape everything.
fn yaml(report: &Report) -> anyhow::Result<String> {
    let yaml = serde_saphyr::to_string(report)?;
    if text::is_obeyed_nowhere(&yaml) { Ok(yaml) } else { Ok(format!("{}\n", json(report)?)) }
}

/// How sure a number is, in a word.
fn sureness(confidence: f64) -> &'static str {
    match confidence {
        c if c >= 0.9 => "very sure",
        c if c >= 0.75 => "sure",
        c if c >= 0.5 => "likely",
        _ => "not proven",
    }
}
