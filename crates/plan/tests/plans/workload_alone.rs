//! What a workload writes of itself explains, and never alone feeds a plan; a report that does not hold feeds none either.

use assent_plan::grounds::{self, Groundless};
use assent_plan::propose;

use crate::support;

/// A crash that nothing but the program's own log explains, beside an earlier revision to which one could go back.
const LOGGED: &str = r#"
scenario: The log alone blames a module, and an earlier revision is there
verdict: root_cause
at: 2026-05-04T12:00:00Z
---
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {deployment.kubernetes.io/revision: "2"}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "registry.example/web:2"}]}}
status: {replicas: 1, unavailableReplicas: 1}
---
kind: ReplicaSet
metadata:
  name: web-aaaaaaaaa
  namespace: shop
  annotations: {deployment.kubernetes.io/revision: "1"}
  ownerReferences: [{kind: Deployment, name: web, controller: true}]
spec:
  replicas: 0
  template: {metadata: {labels: {app: web, pod-template-hash: aaaaaaaaa}}, spec: {containers: [{name: web, image: "registry.example/web:1"}]}}
---
kind: ReplicaSet
metadata:
  name: web-bbbbbbbbb
  namespace: shop
  annotations: {deployment.kubernetes.io/revision: "2"}
  ownerReferences: [{kind: Deployment, name: web, controller: true}]
spec:
  replicas: 1
  template: {metadata: {labels: {app: web, pod-template-hash: bbbbbbbbb}}, spec: {containers: [{name: web, image: "registry.example/web:2"}]}}
---
kind: Pod
metadata:
  name: web-bbbbbbbbb-x1
  namespace: shop
  labels: {app: web, pod-template-hash: bbbbbbbbb}
  ownerReferences: [{kind: ReplicaSet, name: web-bbbbbbbbb, controller: true}]
spec: {nodeName: n1, containers: [{name: web, image: "registry.example/web:2"}]}
status:
  phase: Running
  containerStatuses:
  - name: web
    ready: false
    restartCount: 5
    state: {waiting: {reason: CrashLoopBackOff}}
    lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: "2026-05-04T11:59:00Z"}}
---
kind: Log
of: pod/shop/web-bbbbbbbbb-x1
container: web
previous: true
text: |
  Traceback (most recent call last):
  ModuleNotFoundError: No module named 'requests'
"#;

#[test]
fn a_cause_that_only_a_log_shows_feeds_no_plan() {
    let cluster = support::cluster("logged", LOGGED, false);
    let cause = cluster.report.root_causes.first().unwrap();
    assert_eq!(cause.cause, "app.module_missing");
    let checked = grounds::check(&cluster.report, &cluster.graph);
    assert!(matches!(checked.first(), Some(Err(Groundless::WorkloadAlone))), "{checked:?}");
    let proposed = propose(&cluster.site(), &cluster.report);
    assert_eq!(proposed.plans, []);
    assert_eq!(proposed.without.first().map(|none| none.reason.as_str()), Some(Groundless::WorkloadAlone.to_string().as_str()));
}

#[test]
fn a_report_with_one_false_word_feeds_no_plan() {
    let mut tried = 0;
    for cluster in support::CLUSTERS.iter() {
        if propose(&cluster.site(), &cluster.report).plans.is_empty() {
            continue;
        }
        tried += 1;
        let mut report = cluster.report.clone();
        let item = report.root_causes.last_mut().and_then(|cause| cause.evidence.first_mut()).unwrap();
        item.quote.push('!');
        let proposed = propose(&cluster.site(), &report);
        assert_eq!(proposed.plans, [], "{}", cluster.name);
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn every_plan_rests_on_something_that_its_workload_did_not_write() {
    for cluster in support::CLUSTERS.iter() {
        for plan in propose(&cluster.site(), &cluster.report).plans {
            assert!(plan.grounds.evidence.iter().any(|exhibit| exhibit.independent), "{}", cluster.name);
        }
    }
}
