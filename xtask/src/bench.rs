//! Measures Assent, and Popeye beside it, on the same large cluster; and Assent on a dump of it and on a log of a gigabyte.
//!
//! A benchmark and no test: nothing here passes or fails by the clock, and CI does not run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command;
use crate::metadata::Workspace;

mod biglog;
mod faults;
mod measure;
mod page;
mod peer;
mod world;

use faults::Planted;
use page::{Page, Row};
use world::World;

const PODS: usize = 10_000;
const RUNS: usize = 3;
const LOG_BYTES: u64 = 1 << 30;
/// What the tables call a live cluster.
const LIVE: &str = "the cluster";
/// Healthy, causes found, inconclusive: all of them are answers.
const ANSWERS: [i32; 3] = [0, 1, 2];

/// What to measure.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    cluster: bool,
    dump: bool,
    logs: bool,
    pods: usize,
}

impl Plan {
    fn read(words: &[String]) -> Result<Self> {
        let mut plan = Self { cluster: false, dump: false, logs: false, pods: PODS };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "cluster" => plan.cluster = true,
                "dump" => plan.dump = true,
                "logs" => plan.logs = true,
                "--pods" => plan.pods = words.next().and_then(|count| count.parse().ok()).context("--pods needs a number")?,
                other => bail!("`{other}` is no part of the benchmark: it has cluster, dump and logs, and takes --pods N"),
            }
        }
        if !(plan.cluster || plan.dump || plan.logs) {
            (plan.cluster, plan.dump, plan.logs) = (true, true, true);
        }
        Ok(plan)
    }

    /// Only a run of everything at full size is worth a page.
    fn is_whole(&self) -> bool {
        self.cluster && self.dump && self.logs && self.pods == PODS
    }
}

/// Measures, prints the tables, and after a whole run writes them to `docs/one-shot.md`.
pub(crate) fn run(workspace: &Workspace, words: &[String]) -> Result<()> {
    let plan = Plan::read(words)?;
    let bench = Bench::prepare(workspace)?;
    let mut page = Page {
        machine: machine(),
        cluster: None,
        command: std::iter::once("cargo xtask bench").chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join(" "),
        date: today()?,
        runs: RUNS,
        rows: Vec::new(),
    };
    if plan.cluster || plan.dump {
        bench.on_a_cluster(&plan, &mut page)?;
    }
    if plan.logs {
        page.rows.push(bench.on_a_log()?);
    }
    println!("\n{}", page.tables());
    if plan.is_whole() {
        let path = workspace.root.join("docs").join("one-shot.md");
        fs::write(&path, page.markdown()).with_context(|| format!("cannot write `{}`", path.display()))?;
        println!("bench: written to docs/one-shot.md");
    }
    Ok(())
}

/// The program in release, and a folder to work in.
struct Bench<'w> {
    workspace: &'w Workspace,
    assent: PathBuf,
    folder: PathBuf,
}

impl<'w> Bench<'w> {
    fn prepare(workspace: &'w Workspace) -> Result<Self> {
        command::run(&workspace.root, "cargo", &["build", "--release", "--package", "assent"])?;
        let folder = workspace.target.join("xtask").join("bench");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(Self { workspace, assent: workspace.target.join("release").join("assent"), folder })
    }

    fn on_a_cluster(&self, plan: &Plan, page: &mut Page) -> Result<()> {
        let popeye = if plan.cluster { Some(peer::popeye(&self.workspace.root)?) } else { None };
        let world = World::start(&self.workspace.root, &self.folder.join("cluster"))?;
        let filled = world.fill(plan.pods)?;
        let planted = faults::planted(&filled)?;
        page.cluster = Some(describe(&world.version, &filled, &planted));
        if let Some(popeye) = popeye {
            let live = || {
                let mut command = self.investigate();
                command.arg("--kubeconfig").arg(&world.reader);
                command
            };
            let (report, cost) = self.measured("assent, live", "assent-live.json", &ANSWERS, live)?;
            page.rows.push(row("assent", LIVE, cost, Some(faults::of_assent(&planted, &report)?)));
            let log = self.folder.join("popeye.log");
            let (report, cost) = self.measured(&popeye.title, "popeye.json", &[0], || popeye.command(&world.reader, &log))?;
            page.rows.push(row(&popeye.title, LIVE, cost, Some(faults::of_popeye(&planted, &report)?)));
        }
        if plan.dump {
            let folder = self.folder.join("dump");
            let bytes = world.dump(&folder)?;
            drop(world);
            let offline = || {
                let mut command = self.investigate();
                command.arg(&folder);
                command
            };
            let (report, cost) = self.measured("assent, dump", "assent-dump.json", &ANSWERS, offline)?;
            let input = format!("its dump, {} MB", bytes / 1_000_000);
            page.rows.push(row("assent", &input, cost, Some(faults::of_assent(&planted, &report)?)));
        }
        Ok(())
    }

    fn on_a_log(&self) -> Result<Row> {
        let folder = self.folder.join("log");
        println!("bench: writing a log of {LOG_BYTES} bytes");
        biglog::write(&folder, LOG_BYTES)?;
        let read = || {
            let mut command = self.investigate();
            command.arg(&folder);
            command
        };
        let measured = self.measured("assent, log", "assent-log.json", &ANSWERS, read);
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
        Ok(row("assent", &format!("a log of {} MiB", LOG_BYTES >> 20), measured?.1, None))
    }

    fn investigate(&self) -> Command {
        let mut command = Command::new(&self.assent);
        command.args(["investigate", "--output", "json", "--max-causes", "1000"]);
        command
    }

    fn measured(&self, title: &str, file: &str, codes: &[i32], command: impl Fn() -> Command) -> Result<(Value, measure::Cost)> {
        println!("bench: {title}");
        let out = self.folder.join(file);
        let cost = measure::median_of(RUNS, codes, &out, command)?;
        let text = fs::read(&out).with_context(|| format!("cannot read `{}`", out.display()))?;
        Ok((serde_json::from_slice(&text).with_context(|| format!("{title} did not print JSON"))?, cost))
    }
}

fn row(program: &str, input: &str, cost: measure::Cost, score: Option<faults::Score>) -> Row {
    Row { program: program.to_owned(), input: input.to_owned(), cost, score }
}

fn describe(version: &str, filled: &Value, planted: &Planted) -> String {
    let count = |key: &str| filled.get(key).and_then(Value::as_u64).unwrap_or(0);
    let (pods, nodes, namespaces) = (count("pods"), count("nodes"), count("namespaces"));
    format!(
        "Kubernetes {version}, {pods} pods of {} deployments, {nodes} nodes, {namespaces} namespaces, {} faults",
        count("workloads"),
        planted.len()
    )
}

/// `2 x Some Processor, 23 GiB, Linux 6.1`.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(Path::new(path)).unwrap_or_default();
    let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map_or("unknown", |(_, name)| name.trim());
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    format!("{cores} x {model}, {} GiB, Linux {}", kib.unwrap_or(0) >> 20, read("/proc/sys/kernel/osrelease").trim())
}

/// The day, as `date` prints it.
fn today() -> Result<String> {
    let text = command::output("date", &["-u", "+%Y-%m-%d"])?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parts_everything_is_measured() {
        assert_eq!(plan(&[]), Plan { cluster: true, dump: true, logs: true, pods: PODS });
        assert!(plan(&[]).is_whole());
    }

    #[test]
    fn parts_and_sizes_are_chosen_by_name() {
        assert_eq!(plan(&["dump", "--pods", "500"]), Plan { cluster: false, dump: true, logs: false, pods: 500 });
        assert!(!plan(&["--pods", "500"]).is_whole());
        assert!(Plan::read(&["--pods".to_owned()]).is_err());
        assert!(Plan::read(&["speed".to_owned()]).is_err());
    }

    fn plan(words: &[&str]) -> Plan {
        Plan::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap()
    }
}
