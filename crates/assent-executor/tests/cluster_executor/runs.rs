//! A warrant that holds is run as those who signed it, told before it is done, watched, and taken back on a signed no.

use assent_api::plans::{DryRun, Outcome};
use assent_approval::statement::Statement;
use assent_approval::warrant::Warrant;
use assent_execution::pinned::PinnedFile;
use assent_plan::action::ActionKind;
use assent_plan::patch::Edit;
use serde_json::json;

use crate::plans::{self, Change, draft, plan_id, rejection, signed, to_rehearse};
use crate::world::{CLUSTER, World, deployment, is_rolled_out};

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn what_is_signed_is_applied_as_the_signer_verified_and_taken_back_on_a_signed_no() {
    let world = World::new("runs-end-to-end");
    let offer = world.signed(&world.set_level(&world.settings("app"), "debug"));
    world.plane.run(offer.clone());
    let (outcome, detail) = world.plane.end(offer.plan, 1);
    assert_eq!(outcome, Outcome::Verified, "{detail}");
    assert_eq!(world.plane.steps(offer.plan), ["intended", "rehearsed", "applied", "ended"]);
    assert_eq!(world.level("app"), "debug");
    let by_ada = ("ada-runs-end-to-end".to_owned(), "patch".to_owned(), "app".to_owned());
    assert_eq!(world.writes(), std::slice::from_ref(&by_ada));
    let live = world.get("configmap/app").unwrap();
    assert!(live["metadata"]["managedFields"].is_null() || live.to_string().contains("assent"));
    // Anybody who may vote may stop it, not only who approved.
    world.plane.stop(rejection(&offer, &world.people[2]));
    let (outcome, detail) = world.plane.end(offer.plan, 2);
    assert_eq!(outcome, Outcome::Reverted, "{detail}");
    assert_eq!(world.plane.steps(offer.plan), ["intended", "rehearsed", "applied", "ended", "undoing", "ended"]);
    assert_eq!(world.level("app"), "info");
    assert_eq!(world.writes(), [by_ada.clone(), by_ada]);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn the_rights_of_every_approver_decide() {
    let world = World::new("runs-rights");
    let settings = world.settings("app");
    for role in ["assent-approver", "assent-watcher"] {
        CLUSTER.kubectl(&["--namespace=runs-rights", "delete", "rolebinding", &format!("ben-runs-rights-{role}")]);
    }
    let plan = world.set_level(&settings, "debug");
    let statement = || Statement::new(draft(&plan, &world.pinned, &world.uid)).unwrap();
    for people in [vec![&world.people[1]], vec![&world.people[0], &world.people[1]]] {
        let offer = signed(&plan, &statement(), &people);
        world.plane.run(offer.clone());
        let (outcome, detail) = world.plane.end(offer.plan, 1);
        assert_eq!(outcome, Outcome::Refused);
        assert!(detail.contains("ben-runs-rights may not do that") && detail.contains("cannot get resource \"configmaps\""), "{detail}");
    }
    assert_eq!((world.level("app").as_str(), world.writes().len()), ("info", 0));
    let offer = signed(&plan, &statement(), &[&world.people[0], &world.people[2]]);
    world.plane.run(offer.clone());
    assert_eq!(world.plane.end(offer.plan, 1).0, Outcome::Verified);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn what_is_worse_than_before_is_taken_back() {
    let world = World::new("runs-worse");
    let mut app = deployment("app", 2);
    app["spec"]["strategy"] = json!({"type": "Recreate"});
    app["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "ssd"});
    world.apply(app);
    let live = world.until("deployment/app", is_rolled_out);
    let action = json!({"fix_selector": {"place": "node", "key": "disk", "value": "tape"}});
    let change = Change::new(action, vec![Edit::set("/spec/template/spec/nodeSelector/disk", "tape")]);
    let offer = world.signed(&plans::plan(&world.uid, &live, &change));
    world.plane.run(offer.clone());
    let (outcome, detail) = world.plane.end(offer.plan, 1);
    assert_eq!(outcome, Outcome::Reverted, "{detail}");
    let steps = world.plane.steps(offer.plan);
    assert!(steps.contains(&"progress") && steps.ends_with(&["undoing", "ended"]), "{steps:?}");
    let live = world.until("deployment/app", is_rolled_out);
    assert_eq!(live["spec"]["template"]["spec"]["nodeSelector"]["disk"], "ssd");
    assert_eq!(world.writes().len(), 2);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn a_plan_is_rehearsed_as_the_user_who_is_pinned_for_that_and_nothing_is_kept() {
    let world = World::new("runs-rehearsal");
    let settings = world.settings("app");
    let (good, other) = (to_rehearse(&world.set_level(&settings, "debug")), to_rehearse(&world.set_level(&settings, "trace")));
    world.plane.rehearse(good.clone());
    let rehearsal = world.plane.until(|kept| kept.rehearsed.get(&good.plan).cloned());
    assert!(matches!(rehearsal.change, DryRun::Accepted { .. }) && matches!(rehearsal.inverse, DryRun::Accepted { .. }), "{rehearsal:?}");
    CLUSTER.kubectl(&["--namespace=runs-rehearsal", "delete", "rolebinding", "rehearsal-runs-rehearsal-assent-approver"]);
    world.plane.rehearse(other.clone());
    let rehearsal = world.plane.until(|kept| kept.rehearsed.get(&other.plan).cloned());
    assert!(matches!(&rehearsal.change, DryRun::Refused { status: 403, .. }), "{rehearsal:?}");
    assert!(matches!(rehearsal.inverse, DryRun::NotRun { .. }));
    assert_eq!((world.level("app").as_str(), world.writes().len()), ("info", 0));
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn only_a_pinned_rule_lets_something_run_without_votes_and_only_so_often() {
    let world = World::stopped("runs-auto", |file: &mut PinnedFile| {
        file.rules.auto_approve[0].action = ActionKind::SetConfigKey;
        file.rules.auto_approve[0].namespaces = ["runs-*".parse().unwrap()].into();
    });
    world.executor.start();
    let unsigned = |name: &str| {
        let plan = world.set_level(&world.settings(name), "debug");
        let statement = Statement::new(draft(&plan, &world.pinned, &world.uid)).unwrap();
        let mut offer = signed(&plan, &statement, &[]);
        offer.warrant = serde_json::to_string(&Warrant { statement, votes: Vec::new() }).unwrap();
        offer.plan = plan_id();
        offer
    };
    let (first, second) = (unsigned("one"), unsigned("two"));
    world.plane.run(first.clone());
    assert_eq!(world.plane.end(first.plan, 1).0, Outcome::Verified);
    assert_eq!(world.writes(), [("lab-runs-auto".to_owned(), "patch".to_owned(), "one".to_owned())]);
    world.plane.run(second.clone());
    let (outcome, detail) = world.plane.end(second.plan, 1);
    assert_eq!(outcome, Outcome::Refused);
    assert!(detail.contains("within the hour"), "{detail}");
    assert_eq!(world.writes().len(), 1);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn what_the_control_plane_does_not_record_is_not_done() {
    let world = World::new("runs-unrecorded");
    for (name, refuse) in [("one", "intended"), ("two", "rehearsed")] {
        let offer = world.signed(&world.set_level(&world.settings(name), "debug"));
        world.plane.keep(|kept| {
            kept.refuse = Some(if refuse == "intended" {
                |step| crate::plane::word(step) == "intended"
            } else {
                |step| crate::plane::word(step) == "rehearsed"
            });
        });
        world.plane.run(offer);
        let asked = world.plane.keep(|kept| kept.asked);
        world.plane.until(|kept| (kept.asked > asked + 3).then_some(()));
        assert_eq!(world.level(name), "info");
    }
    assert_eq!(world.writes(), []);
}

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn an_account_that_may_do_more_than_impersonate_does_not_run() {
    let world = World::stopped("runs-rights-own", |_| {});
    let fit = world.executor.command("preflight").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&fit.stdout), "fit to run\n", "{fit:?}");
    for (role, named) in [("view", "get configmaps"), ("assent-approver", "patch deployments of apps"), ("cluster-admin", "* * of *")] {
        CLUSTER.bind_account(&world.account_name(), role);
        let refused = (0..50)
            .map(|_| world.executor.command("run").output().unwrap())
            .find(|output| String::from_utf8_lossy(&output.stderr).contains(named));
        let refused = refused.unwrap_or_else(|| panic!("{role} was let through"));
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
        CLUSTER.kubectl(&["delete", "clusterrolebinding", &format!("{}-{role}", world.account_name())]);
    }
    assert_eq!(world.plane.keep(|kept| kept.pinned.len()), 0, "nothing was said to the control plane");
}
