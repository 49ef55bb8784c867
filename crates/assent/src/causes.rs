//! `assent causes`: the catalogue.

use std::fmt::Write;

use anyhow::bail;
use assent_diagnosis::cause::{self, Cause};

use crate::cli::{Causes, Output};
use crate::print;
use crate::render::text::{Paint, paragraph, width};

/// Runs the command.
pub(crate) fn run(asked: &Causes) -> anyhow::Result<u8> {
    let all = cause::catalogue();
    let chosen: Vec<&Cause> = match &asked.id {
        None => all,
        Some(id) => match cause::find(id) {
            Some(one) => vec![one],
            None => all.into_iter().filter(|cause| cause.id.starts_with(id.as_str())).collect(),
        },
    };
    let Some(first) = chosen.first() else {
        bail!("the catalogue has no cause `{}`; `assent causes` lists them", asked.id.as_deref().unwrap_or_default());
    };
    let one = chosen.len() == 1 && asked.id.is_some();
    let text = match asked.shape.output {
        Output::Human if one => explain(first, &asked.shape),
        Output::Human => list(&chosen, &asked.shape),
        Output::Json => format!("{:#}\n", serde_json::Value::Array(chosen.iter().map(|cause| value(cause)).collect())),
        Output::Yaml => serde_saphyr::to_string(&chosen.iter().map(|cause| value(cause)).collect::<Vec<_>>())?,
        Output::Markdown => chosen.iter().map(|cause| crate::docs::page(cause)).collect::<Vec<_>>().join("\n"),
        Output::Html => bail!("the catalogue is not written as HTML; use -o markdown"),
    };
    print(&text)
}

fn value(cause: &Cause) -> serde_json::Value {
    serde_json::json!({
        "id": cause.id, "title": cause.title, "meaning": cause.meaning, "proof": cause.proof, "refutation": cause.refutation,
        "confused_with": cause.confused_with, "fixes": cause.fixes,
    })
}

fn list(causes: &[&Cause], shape: &crate::cli::Shape) -> String {
    let paint = Paint::new(shape.color);
    let wide = causes.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut family = "";
    for cause in causes {
        let own = cause.id.split('.').next().unwrap_or_default();
        if own != family {
            let _ = write!(out, "{}", if family.is_empty() { "" } else { "\n" });
            family = own;
        }
        let _ = writeln!(out, "{}{}  {}", paint.strong(cause.id), " ".repeat(wide - cause.id.len()), cause.title);
    }
    let _ = writeln!(out, "\n{} causes. `assent causes ID` explains one.", causes.len());
    out
}

fn explain(cause: &Cause, shape: &crate::cli::Shape) -> String {
    let paint = Paint::new(shape.color);
    let width = width(shape.width);
    let mut out = format!("{}\n{}\n", paint.strong(cause.id), cause.title);
    for (head, text) in [("Meaning", cause.meaning), ("What proves it", cause.proof), ("What refutes it", cause.refutation)] {
        let _ = write!(out, "\n{}\n{}", paint.strong(head), paragraph(text, "  ", "  ", width));
    }
    for (head, items) in [("Easily confused with", cause.confused_with), ("Usual fixes", cause.fixes)] {
        if !items.is_empty() {
            let _ = writeln!(out, "\n{}", paint.strong(head));
            for item in items {
                out.push_str(&paragraph(item, "  - ", "    ", width));
            }
        }
    }
    out
}
