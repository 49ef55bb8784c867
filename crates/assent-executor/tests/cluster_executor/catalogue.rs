//! Every action of the catalogue on a real API server: rehearsed, signed, applied, verified, taken back.

use std::collections::BTreeSet;

use assent_api::plans::{DryRun, Outcome};
use assent_plan::action::ActionKind;
use assent_plan::patch::Edit;
use serde_json::{Value, json};

use crate::plans::{self, Change, plan_id, rejection, to_rehearse};
use crate::world::{CLUSTER, World, deployment, is_rolled_out};

/// An action, the object that it is done to, and what is to stand there after it.
struct Case {
    object: &'static str,
    change: Change,
    after: (&'static str, Value),
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn every_action_is_rehearsed_applied_verified_and_taken_back() {
    let world = World::stopped("catalogue", |file| file.rules.verify_s = 60);
    for user in ["ada-catalogue", "ben-catalogue", "rehearsal-catalogue"] {
        CLUSTER.let_in_everywhere(user);
    }
    CLUSTER.node("worker-2");
    objects(&world);
    world.executor.start();
    let mut done = BTreeSet::new();
    for Case { object, change, after: (path, value) } in cases(&world) {
        let live = world.until(object, |live| live["kind"] != "Deployment" || live["spec"]["paused"] == true || is_rolled_out(live));
        let plan = plans::plan(&world.uid, &live, &change);
        let action = plan.action.kind();
        let trial = to_rehearse(&plan);
        world.plane.rehearse(trial.clone());
        let rehearsal = world.plane.until(|kept| kept.rehearsed.get(&trial.plan).cloned());
        assert!(matches!(rehearsal.change, DryRun::Accepted { .. }), "{action:?}: {rehearsal:?}");
        let is_undone = action != ActionKind::DeletePod;
        assert_eq!(matches!(rehearsal.inverse, DryRun::Accepted { .. }), is_undone, "{action:?}: {rehearsal:?}");
        // What was tried is as it was: a dry run that is none would show here.
        let tried = world.get(object).unwrap_or_else(|| panic!("{action:?}: what was tried is gone"));
        assert_eq!((&tried["metadata"]["uid"], &tried["spec"]), (&live["metadata"]["uid"], &live["spec"]), "{action:?}");
        assert!(tried["metadata"]["deletionTimestamp"].is_null(), "{action:?}");
        let mut offer = world.signed(&plan);
        offer.plan = plan_id();
        world.plane.run(offer.clone());
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Verified, "{action:?}: {detail}");
        println!("{}: {detail}", action.as_str());
        let changed = world.get(object);
        if is_undone {
            assert_eq!(changed.unwrap().pointer(path).cloned().unwrap_or_default(), value, "{action:?}");
            world.plane.stop(rejection(&offer, &world.people[2]));
            let (outcome, detail) = world.plane.end(offer.plan, 2);
            assert_eq!(outcome, Outcome::Reverted, "{action:?}: {detail}");
            let restored = world.get(object).unwrap();
            for edit in &change.edits {
                assert_eq!(restored.pointer(&edit.path), live.pointer(&edit.path), "{action:?}");
            }
        } else {
            assert!(changed.is_none_or(|pod| pod["metadata"]["uid"] != live["metadata"]["uid"]));
        }
        done.insert(action);
        world.plane.keep(|kept| kept.work = assent_api::executor::Work::default());
    }
    assert_eq!(done.into_iter().collect::<Vec<_>>(), ActionKind::ALL, "each action has a case");
}

/// What the actions are done to.
fn objects(world: &World) {
    world.apply(deployment("web", 2));
    world.apply(deployment("paused", 1));
    world.apply(deployment("front", 1));
    world.settings("app");
    let template = deployment("job", 1)["spec"]["template"].clone();
    let mut once = json!({"spec": template["spec"]});
    once["spec"]["restartPolicy"] = json!("Never");
    world.apply(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"},
        "spec": {"schedule": "0 3 * * *", "suspend": false, "jobTemplate": {"spec": {"template": once}}},
    }));
    world.apply(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"},
        "spec": {"selector": {"app": "front"}, "ports": [{"port": 80, "targetPort": 80}]},
    }));
    world.apply(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "lost"},
        "spec": {"selector": {"app": "frnt"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }));
    world.apply(json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "front"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nothing"}, "minReplicas": 1, "maxReplicas": 2},
    }));
    world.apply(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "front"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "front"}}},
    }));
    world.until("deployment/web", is_rolled_out);
    // A second revision, so that there is one to go back to.
    let mut second = deployment("web", 2);
    second["spec"]["template"]["spec"]["containers"][0]["image"] = json!("registry.example/app:2.0");
    world.apply(second);
}

fn cases(world: &World) -> Vec<Case> {
    let live = world
        .until("deployment/web", |live| is_rolled_out(live) && live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2");
    // The former template is the same but for the image, with what the API server fills in.
    let mut former = live["spec"]["template"].clone();
    former["spec"]["containers"][0]["image"] = json!("registry.example/app:1.0");
    let main = "/spec/template/spec/containers/0";
    let named = "/spec/template/spec/containers/0/name";
    let case =
        |object, action: Value, edits: Vec<Edit>, after: (&'static str, Value)| Case { object, change: Change::new(action, edits), after };
    let held = |mut case: Case, path| {
        case.change = case.change.held(path);
        case
    };
    let web = "deployment/web";
    let set = |path: &str, value: Value| vec![Edit::set(path, value)];
    let restarted = plans::now().to_string();
    let pods =
        CLUSTER.kubectl(&["--namespace=catalogue", "get", "pods", "--selector=app=front", "--output=jsonpath={.items[0].metadata.name}"]);
    let pod: &'static str = Box::leak(format!("pod/{pods}").into_boxed_str());
    let image = "registry.example/app:3.0";
    vec![
        case(
            web,
            json!({"roll_back": {"to_revision": 1}}),
            set("/spec/template", former.clone()),
            ("/spec/template/spec/containers/0/image", json!("registry.example/app:1.0")),
        ),
        case(
            web,
            json!({"restart": {}}),
            set("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", json!(restarted)),
            ("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", json!(restarted)),
        ),
        case(web, json!({"scale": {"replicas": 3}}), set("/spec/replicas", json!(3)), ("/spec/replicas", json!(3))),
        held(
            case(
                web,
                json!({"set_image": {"container": "main", "image": image, "origin": {"allowed_registry": {}}}}),
                set(&format!("{main}/image"), json!(image)),
                ("/spec/template/spec/containers/0/image", json!(image)),
            ),
            named,
        ),
        held(
            case(
                web,
                json!({"set_resources": {"container": "main", "compute": "memory", "request": "128Mi", "limit": "256Mi"}}),
                vec![
                    Edit::set(format!("{main}/resources/requests/memory"), "128Mi"),
                    Edit::set(format!("{main}/resources/limits/memory"), "256Mi"),
                ],
                ("/spec/template/spec/containers/0/resources/limits/memory", json!("256Mi")),
            ),
            named,
        ),
        held(
            held(
                case(
                    web,
                    json!({"set_env": {"container": "main", "name": "LEVEL", "value": "debug", "origin": {"stated": {}}}}),
                    set(&format!("{main}/env/0/value"), json!("debug")),
                    ("/spec/template/spec/containers/0/env/0/value", json!("debug")),
                ),
                named,
            ),
            "/spec/template/spec/containers/0/env/0/name",
        ),
        Case { object: "configmap/app", change: crate::world::set_level("debug"), after: ("/data/level", json!("debug")) },
        case(
            "service/lost",
            json!({"fix_selector": {"place": "service", "key": "app", "value": "front"}}),
            set("/spec/selector/app", json!("front")),
            ("/spec/selector/app", json!("front")),
        ),
        held(
            case(
                "service/front",
                json!({"fix_port": {"place": {"service_target": 80}, "port": {"number": 8080}}}),
                set("/spec/ports/0/targetPort", json!(8080)),
                ("/spec/ports/0/targetPort", json!(8080)),
            ),
            "/spec/ports/0/port",
        ),
        case("node/worker-2", json!({"cordon": {}}), set("/spec/unschedulable", json!(true)), ("/spec/unschedulable", json!(true))),
        case("pod", json!({"delete_pod": {}}), Vec::new(), ("", Value::Null)).on(pod),
        case("hpa/front", json!({"adjust_autoscaler": {"max": 5}}), set("/spec/maxReplicas", json!(5)), ("/spec/maxReplicas", json!(5))),
        case(
            "pdb/front",
            json!({"adjust_budget": {"bound": {"min_available": 1}}}),
            set("/spec/minAvailable", json!(1)),
            ("/spec/minAvailable", json!(1)),
        ),
        case("cronjob/nightly", json!({"suspend": {}}), set("/spec/suspend", json!(true)), ("/spec/suspend", json!(true))),
        case("deployment/paused", json!({"suspend": {}}), set("/spec/paused", json!(true)), ("/spec/paused", json!(true))),
        case("cronjob/held", json!({"resume": {}}), set("/spec/suspend", json!(false)), ("/spec/suspend", json!(false)))
            .on(held_job(world)),
        case("node/worker-3", json!({"uncordon": {}}), vec![Edit::remove("/spec/unschedulable")], ("/spec/unschedulable", Value::Null))
            .on(cordoned()),
        case(
            "deployment/front",
            json!({"custom_patch": {"edits": [{"path": "/spec/progressDeadlineSeconds", "value": 300}]}}),
            set("/spec/progressDeadlineSeconds", json!(300)),
            ("/spec/progressDeadlineSeconds", json!(300)),
        ),
    ]
}

impl Case {
    fn on(self, object: &'static str) -> Self {
        Self { object, ..self }
    }
}

fn held_job(world: &World) -> &'static str {
    let mut job = world.get("cronjob/nightly").unwrap();
    job["metadata"] = json!({"name": "held"});
    job["spec"]["suspend"] = json!(true);
    job.as_object_mut().unwrap().remove("status");
    world.apply(job);
    "cronjob/held"
}

fn cordoned() -> &'static str {
    CLUSTER.node("worker-3");
    CLUSTER.kubectl(&["cordon", "worker-3"]);
    "node/worker-3"
}
