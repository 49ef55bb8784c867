//! Every scenario of the repository gets the report that it expects.

use crate::support;

#[test]
fn every_scenario_gets_its_report() {
    let scenarios = support::all();
    let mut wrong = Vec::new();
    for (name, text) in &scenarios {
        let scenario = match assent_scenarios::read(name, text) {
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
    assert!(wrong.is_empty(), "{} of {} scenarios are wrong:\n\n{}", wrong.len(), scenarios.len(), wrong.join("\n\n"));
}
