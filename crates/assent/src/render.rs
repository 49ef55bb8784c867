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
        Output::Json => format!("{}\n", text::escaped_json(&serde_json::to_string_pretty(report)?)),
        Output::Yaml => serde_saphyr::to_string(report)?,
        Output::Markdown => markdown::write(report),
        Output::Html => html::write(report),
    })
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
