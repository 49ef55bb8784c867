//! The reliability curve of docs/confidence.md is what the scenarios give now.

use crate::support;
use std::fmt::Write;

/// Lower bounds of the bins of confidence.
const BINS: [f64; 6] = [0.50, 0.70, 0.80, 0.90, 0.95, 1.01];

#[test]
fn the_published_curve_is_the_measured_one() {
    let mut bins = [(0_u32, 0_u32, 0.0_f64); BINS.len() - 1];
    let (mut scenarios, mut named, mut healthy) = (0, 0, 0);
    for (name, text) in support::all() {
        let scenario = assent_scenarios::read(&name, &text).unwrap();
        if scenario.others_allowed {
            continue;
        }
        scenarios += 1;
        healthy += u32::from(scenario.causes.is_empty());
        let expected = scenario.causes.clone();
        let (report, _) = assent_scenarios::investigate(scenario);
        for cause in &report.root_causes {
            named += 1;
            let right = expected.iter().any(|one| one.cause == cause.cause && one.entity == cause.entity.to_string());
            let bin = BINS.windows(2).position(|pair| (pair[0]..pair[1]).contains(&cause.confidence)).unwrap();
            bins[bin].0 += 1;
            bins[bin].1 += u32::from(right);
            bins[bin].2 += cause.confidence;
        }
    }
    let mut table = format!("{scenarios} scenarios ({healthy} of them without a cause to find), {named} causes named.\n\n");
    table.push_str("| confidence | causes | mean confidence | right |\n|---|---|---|---|\n");
    for (pair, (count, right, sum)) in BINS.windows(2).zip(bins).filter(|(_, (count, ..))| *count > 0) {
        let share = f64::from(right) / f64::from(count);
        let upper = if pair[1] > 1.0 { 1.0 } else { pair[1] };
        writeln!(table, "| {:.2} to {upper:.2} | {count} | {:.2} | {:.2} |", pair[0], sum / f64::from(count), share).unwrap();
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/confidence.md")).unwrap();
    assert!(page.contains(&table), "docs/confidence.md should hold:\n\n{table}");
}
