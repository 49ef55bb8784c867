//! `assent demo`: the platform at work on a played cluster; or the report of one incident, with `--report`.

use anyhow::Context;
use assent_platform::{ControlPlane, Moment};
use clap::Args;

use crate::cli::{Output, Shape};
use crate::{investigate, print, render, up};

/// The incident of `--report`: a scenario of the repository, so that what the demo says is tested with all others.
const INCIDENT: &str = include_str!("../../../scenarios/mixed/label_renamed_under_a_service.yaml");

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Print the report of a bundled incident, and end.
    #[arg(long)]
    report: bool,
    #[command(flatten)]
    shape: Shape,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8473")]
    listen: std::net::SocketAddr,
    /// Begin this many minutes into the play: with 8, everything has happened already.
    #[arg(long, value_name = "MINUTES", default_value_t = 0, conflicts_with = "report",
        value_parser = clap::value_parser!(u8).range(0..=(assent_scenarios::demo::LENGTH_S / 60)))]
    from: u8,
}

impl Demo {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        if self.report { report(&self.shape) } else { play(self.listen, i64::from(self.from) * 60) }
    }
}

fn report(shape: &Shape) -> anyhow::Result<u8> {
    let scenario = assent_scenarios::read("incident.yaml", INCIDENT).context("the incident that comes with the program is damaged")?;
    if shape.output == Output::Human {
        print(&format!("A bundled incident: {}.\nThis is what `assent investigate` says of it:\n\n", scenario.title))?;
    }
    let (report, _) = assent_scenarios::investigate(scenario);
    print(&render::report(&report, shape)?)?;
    Ok(investigate::exit_code(&report))
}

/// Runs a platform of its own in a folder that goes with it, and plays a cluster into it.
fn play(listen: std::net::SocketAddr, from_s: i64) -> anyhow::Result<u8> {
    let folder = tempfile::tempdir().context("cannot make a folder for the demo")?;
    let data = folder.path().join("assent");
    up::with(data, listen, Box::new(move |plane, url| tokio::spawn(perform(plane, url, from_s))))
}

async fn perform(plane: ControlPlane, url: String, from_s: i64) {
    #[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
    let now = assent_base::Timestamp::now();
    let start = assent_base::time::earlier(now, from_s).unwrap_or(now);
    let moments: Vec<Moment> = assent_scenarios::demo::timeline(start)
        .into_iter()
        .map(|moment| (u64::try_from(moment.offset_s - from_s).unwrap_or(0), moment.facts))
        .collect();
    match plane.demo_key().await {
        Ok(key) => drop(print(&format!(
            "\nA cluster is played that develops incidents over {} minutes. In another terminal:\n  export ASSENT_SERVER={url} ASSENT_TOKEN={}\n  assent incidents --watch\n",
            (assent_scenarios::demo::LENGTH_S - from_s) / 60,
            key.expose()
        ))),
        Err(problem) => tracing::error!(%problem, "there is no key for the commands"),
    }
    if let Err(problem) = plane.play(moments).await {
        tracing::error!(%problem, "the demo ended");
    }
}
