//! Runs a program and measures it: wall time, processor time, peak memory.
//!
//! Units: seconds and MiB. Memory and processor time are read from `/proc` every [`POLL`] while the program runs: the kernel keeps
//! the peak (`VmHWM`), so only what happens within the last few milliseconds can be missed. The resource usage that `wait4` gives
//! would count our own memory in, since a child starts out with its parent's.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const POLL: Duration = Duration::from_millis(3);
/// Clock ticks of a second, as Linux reports processor time to programs on every platform that we build for.
const TICKS_PER_S: f64 = 100.0;

/// What one run cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_mib: f64,
}

/// Runs a command several times; its output stays in `out`, from the last run. Gives the medians.
pub(super) fn median_of(runs: usize, codes: &[i32], out: &Path, command: impl Fn() -> Command) -> Result<Cost> {
    let mut costs = Vec::new();
    for run in 1..=runs {
        let cost = once(command(), codes, out)?;
        // A program that gives up early is quick: the size of what it printed tells.
        let printed = fs::metadata(out).map_or(0, |file| file.len());
        println!("  run {run}: {:.2} s, {:.2} s of processor, {:.0} MiB, {printed} bytes printed", cost.wall_s, cost.cpu_s, cost.peak_mib);
        costs.push(cost);
    }
    let median = |of: fn(&Cost) -> f64| middle(costs.iter().map(of).collect()).context("no run was made");
    Ok(Cost { wall_s: median(|cost| cost.wall_s)?, cpu_s: median(|cost| cost.cpu_s)?, peak_mib: median(|cost| cost.peak_mib)? })
}

fn once(mut command: Command, codes: &[i32], out: &Path) -> Result<Cost> {
    let words = format!("{command:?}");
    let file = |path: &Path| File::create(path).with_context(|| format!("cannot write `{}`", path.display()));
    let errors = out.with_extension("stderr");
    command.stdin(Stdio::null()).stdout(file(out)?).stderr(file(&errors)?);
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{words} could not be started"))?;
    let folder = Path::new("/proc").join(child.id().to_string());
    let (mut cpu_s, mut peak_mib) = (0.0_f64, 0.0_f64);
    let status = loop {
        // A program that has just ended has no memory to report any more; what was seen before stands.
        cpu_s = fs::read_to_string(folder.join("stat")).ok().and_then(|text| cpu(&text)).unwrap_or(0.0).max(cpu_s);
        peak_mib = fs::read_to_string(folder.join("status")).ok().and_then(|text| peak(&text)).unwrap_or(0.0).max(peak_mib);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(POLL);
    };
    let wall_s = begun.elapsed().as_secs_f64();
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        let said = fs::read_to_string(&errors).unwrap_or_default();
        bail!("{words} failed: {status}\n{}", said.lines().rev().take(5).collect::<Vec<_>>().join("\n"));
    }
    Ok(Cost { wall_s, cpu_s, peak_mib })
}

/// User and system time of `/proc/PID/stat`. The program's name, in parentheses, may hold anything.
fn cpu(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_S)
}

/// The peak resident memory of `/proc/PID/status`.
fn peak(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_memory_are_read_from_what_the_kernel_prints() {
        let stat = "4242 (odd) name) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 99 1000 200";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(peak("Name:\tx\nVmPeak:\t 999 kB\nVmHWM:\t  2048 kB\n"), Some(2.0));
        assert_eq!(peak("Name:\tx\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        assert_eq!(middle(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(middle(Vec::new()), None);
    }

    #[test]
    fn a_run_is_measured_and_a_failing_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("version");
        let version = || {
            let mut command = Command::new("cargo");
            command.arg("--version");
            command
        };
        let cost = median_of(1, &[0], &out, version).unwrap();
        assert!(cost.peak_mib > 0.5, "{cost:?}");
        assert!(fs::read_to_string(&out).unwrap().starts_with("cargo "));
        assert!(median_of(1, &[7], &out, version).is_err());
    }
}
