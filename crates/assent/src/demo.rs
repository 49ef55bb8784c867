//! `assent demo`: an incident that comes with the program, from capture to report.

use anyhow::Context;

use crate::cli::{Demo, Output};
use crate::{investigate, print, render};

/// The incident: a scenario of the repository, so that what the demo says is tested with all others.
const INCIDENT: &str = include_str!("../../../scenarios/mixed/label_renamed_under_a_service.yaml");

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
