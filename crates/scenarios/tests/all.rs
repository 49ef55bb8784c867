//! Every scenario of the repository gets the report that it expects.

use std::path::{Path, PathBuf};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

/// `ASSENT_SCENARIOS=image/` runs only those whose path holds that text.
#[test]
fn every_scenario_gets_its_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let only = std::env::var("ASSENT_SCENARIOS").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in paths.iter().filter(|path| path.to_string_lossy().contains(&only)) {
        count += 1;
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let scenario = match assent_scenarios::read(&name, &std::fs::read_to_string(path).unwrap()) {
            Ok(scenario) => scenario,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let (verdict, causes, never, others) = (scenario.verdict, scenario.causes.clone(), scenario.never.clone(), scenario.others_allowed);
        let title = scenario.title.clone();
        let (report, graph) = assent_scenarios::investigate(scenario);
        let faults = assent_scenarios::faults(verdict, &causes, &never, others, &report, &graph);
        if !faults.is_empty() {
            wrong.push(format!("{name}: {title}\n    {}", faults.join("\n    ")));
        }
    }
    assert!(count > 0, "no scenario was found");
    assert!(wrong.is_empty(), "{} of {count} scenarios are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
