//! `assent verify`: checks every claim of a saved report against the input again.

use std::fmt::Write;

use assent_diagnosis::proof;
use assent_evidence::Graph;

use crate::cli::Verify;
use crate::progress::Progress;
use crate::render::text::printable;
use crate::{input, print};

/// Runs the command. 0 when everything holds, 1 when something does not.
pub(crate) fn run(asked: &Verify) -> anyhow::Result<u8> {
    let report = input::report(&asked.report)?;
    let progress = Progress::new();
    let set = input::read(&asked.against, &input::limits(&asked.bounds), &progress)?;
    progress.done();
    let graph = Graph::build(set, None);
    let checked = proof::check(&report, &graph);
    let mut out = String::new();
    for failure in &checked.failures {
        let _ = writeln!(out, "FAILS  {}: {}", printable(&failure.claim), printable(&failure.fault.to_string()));
    }
    let holds = checked.failures.is_empty();
    let _ = writeln!(
        out,
        "{} of {} citations and steps hold.",
        (checked.citations + checked.steps).saturating_sub(checked.failures.len()),
        checked.citations + checked.steps
    );
    print(&out)?;
    Ok(u8::from(!holds))
}
