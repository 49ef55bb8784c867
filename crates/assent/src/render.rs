//! A report in the form that the user asked for.

use assent_diagnosis::Report;
use assent_plan::Proposed;

use crate::cli::{Output, Shape};

mod html;
mod human;
mod markdown;
mod plans;
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

/// A report with the plans that are proposed for it.
#[derive(serde::Serialize)]
struct WithPlans<'r> {
    report: &'r Report,
    proposed: &'r Proposed,
}

/// Writes a report and the plans that are proposed for it.
pub(crate) fn with_plans(report: &Report, proposed: &Proposed, shape: &Shape) -> anyhow::Result<String> {
    let both = WithPlans { report, proposed };
    Ok(match shape.output {
        Output::Human => {
            let paint = text::Paint::new(shape.color);
            human::write(report, paint, text::width(shape.width)) + &plans::write(proposed, paint)
        }
        Output::Json => format!("{}\n", json(&both)?),
        Output::Yaml => yaml(&both)?,
        Output::Markdown | Output::Html => anyhow::bail!("plans are printed as text, JSON or YAML: choose one of them with `-o`"),
    })
}

fn json(report: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(text::escaped_json(&serde_json::to_string_pretty(report)?))
}

/// YAML; in its JSON subset where a text must be escaped, since that subset can escape everything.
fn yaml(report: &impl serde::Serialize) -> anyhow::Result<String> {
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
