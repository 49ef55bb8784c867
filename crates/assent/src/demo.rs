//! `assent demo`: an incident that comes with the program, from capture to report.

use anyhow::Context;

use crate::cli::{Demo, Output};
use crate::{investigate, print, render};

/// The incident: a Service that selects nothing since a rename, and the workload that calls it.
const INCIDENT: &str = include_str!("../demo/incident.yaml");

/// Runs the command.
pub(crate) fn run(asked: &Demo) -> anyhow::Result<u8> {
    let scenario = assent_scenarios::read("incident.yaml", INCIDENT).context("the incident that comes with the program is damaged")?;
    if asked.shape.output == Output::Human {
        print(&format!("A bundled incident: {}.\nThis is what `assent investigate` says of it:\n\n", scenario.title))?;
    }
    let (report, _) = assent_scenarios::investigate(scenario);
    print(&render::report(&report, &asked.shape)?)?;
    Ok(investigate::exit_code(&report))
}
