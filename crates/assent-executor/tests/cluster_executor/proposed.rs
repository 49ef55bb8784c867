//! From a fault in a real cluster to its end: captured, explained, proposed, rehearsed, signed, applied, verified.

use assent_api::plans::{DryRun, Outcome};
use assent_plan::action::ActionKind;
use assent_plan::draw::{Rules, Site};
use assent_plan::plan::{Scope, Standing};
use assent_plan::{Plan, propose};
use serde_json::{Value, json};

use crate::plans::{cluster_id, now, tenant, to_rehearse};
use crate::world::{CLUSTER, World, deployment, is_rolled_out};

/// Kinds that an observer would see.
const KINDS: &str = "pods,deployments,replicasets,services,endpointslices,events,configmaps";

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn a_fault_in_a_cluster_gets_a_plan_that_mends_it() {
    let world = World::stopped("proposed", |file| file.rules.verify_s = 60);
    world.executor.start();
    let mut done = Vec::new();
    for (name, wanted, plant) in FAULTS {
        plant(&world, name);
        let plan = proposed(&world, name).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!((plan.action.kind(), plan.standing()), (*wanted, Standing::Exact), "{name}");
        let trial = to_rehearse(&plan);
        world.plane.rehearse(trial.clone());
        let rehearsal = world.plane.until(|kept| kept.rehearsed.get(&trial.plan).cloned());
        assert!(matches!((&rehearsal.change, &rehearsal.inverse), (DryRun::Accepted { .. }, DryRun::Accepted { .. })), "{rehearsal:?}");
        let offer = world.signed(&plan);
        world.plane.run(offer.clone());
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Verified, "{name}: {detail}");
        let steps = world.plane.keep(|kept| kept.told[&offer.plan].clone());
        let took = steps.last().unwrap().at.as_millisecond() - steps[0].at.as_millisecond();
        println!("{name}: {} by {}, {took} ms from intended to verified: {detail}", plan.grounds.cause, plan.action.kind().as_str());
        done.push(name);
        world.plane.keep(|kept| kept.work = assent_api::executor::Work::default());
    }
    assert_eq!(world.writes().len(), done.len(), "one change for each");
}

type Fault = (&'static str, ActionKind, fn(&World, &str));

const FAULTS: &[Fault] = &[
    ("selector", ActionKind::FixSelector, |world, name| {
        world.apply(deployment(name, 1));
        world.until(&format!("deployment/{name}"), is_rolled_out);
        world.apply(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": "selectr"}, "ports": [{"port": 80, "targetPort": 8080}]},
        }));
        CLUSTER.until("proposed", &format!("service/{name}"), |_| slices(name).contains("EndpointSlice"));
    }),
    ("port", ActionKind::FixPort, |world, name| {
        world.apply(deployment(name, 1));
        world.until(&format!("deployment/{name}"), is_rolled_out);
        world.apply(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": "htpp"}]},
        }));
        CLUSTER.until("proposed", &format!("service/{name}"), |_| slices(name).contains("EndpointSlice"));
    }),
    ("node-selector", ActionKind::FixSelector, |world, name| {
        let mut app = deployment(name, 1);
        app["spec"]["template"]["spec"]["nodeSelector"] = json!({"pool": "genral"});
        world.apply(app);
        CLUSTER.until("proposed", "events", |events| events.to_string().contains("didn't match Pod's node affinity/selector"));
    }),
    ("too-large", ActionKind::RollBack, |world, name| {
        let mut app = deployment(name, 1);
        world.apply(app.clone());
        world.until(&format!("deployment/{name}"), is_rolled_out);
        app["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("640");
        world.apply(app);
        CLUSTER.until("proposed", "events", |events| events.to_string().contains("Insufficient cpu"));
    }),
];

fn slices(service: &str) -> String {
    let label = format!("--selector=kubernetes.io/service-name={service}");
    CLUSTER.kubectl(&["--namespace=proposed", "get", "endpointslices", &label, "--output=json"])
}

/// What is proposed for the object of that name, from a capture of now.
fn proposed(world: &World, name: &str) -> Result<Plan, String> {
    let mut text = "scenario: a live cluster\nverdict: root_cause\ncauses: []\nothers_allowed: true\nlisted: [Pod, Deployment, ReplicaSet, Service, EndpointSlice, Event, ConfigMap, Node, Namespace]\n".to_owned();
    let scope = "--namespace=proposed";
    for list in [CLUSTER.kubectl(&[scope, "get", KINDS, "--output=json"]), CLUSTER.kubectl(&["get", "nodes,namespaces", "--output=json"])] {
        let list: Value = serde_json::from_str(&list).unwrap();
        for item in list["items"].as_array().unwrap() {
            text.push_str(&format!("---\n{item}\n"));
        }
    }
    let mut scenario = assent_scenarios::read("live", &text).map_err(|error| error.to_string())?;
    scenario.at = Some(now());
    let (report, graph) = assent_scenarios::investigate(scenario);
    let scope = Scope::Cluster { tenant: tenant(), cluster: cluster_id(), cluster_uid: world.uid.clone() };
    let site = Site { graph: &graph, scope: &scope, now: now(), rules: &Rules::default() };
    let mut proposed = propose(&site, &report);
    let found = proposed.plans.iter().position(|plan| plan.target.object.name == name);
    let causes: Vec<&str> = report.root_causes.iter().map(|cause| cause.statement.as_str()).collect();
    found.map(|place| proposed.plans.swap_remove(place)).ok_or_else(|| format!("{causes:?}, without: {:?}", proposed.without))
}
