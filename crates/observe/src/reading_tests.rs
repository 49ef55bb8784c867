//! What reading a cluster promises, kept against an API server that misbehaves on cue.

use std::sync::Mutex;
use std::time::Duration;

use assent_base::{Kind, ObjectRef};
use assent_capture::set::{CaptureSet, Listed};
use tokio::time::Instant;

use crate::fake::{Fake, Reply, access, aggregated, list, ok, refusal};
use crate::{Access, LogLimits, NoAccess, Progress, Scope, WantedLog};

const PODS: &str = "/api/v1/pods";
const MORE_PODS: &str = "/api/v1/pods?continue=t1";

#[tokio::test(start_paused = true)]
async fn every_page_comes_and_absence_means_absence() {
    let fake = Fake::new();
    fake.on(PODS, [list("PodList", &["a", "b"], Some("t1"))]);
    fake.on(MORE_PODS, [list("PodList", &["c"], None)]);
    let cluster = fake.cluster().await;
    let set = cluster.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/a", "Pod shop/b", "Pod shop/c"]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    assert!(is_listed(&set, Kind::Pod, None) && is_listed(&set, Kind::Deployment, None));
    assert!(is_listed(&set, Kind::Ingress, None), "no API serves it, so there is none");
    assert!(!is_listed(&set, Kind::Secret, None) && !is_listed(&set, Kind::Endpoints, None));
    assert_eq!(set.taken_at.map(|at| at.to_string()).as_deref(), Some("2025-02-27T06:30:28Z"));
    let sources: Vec<&str> = set.sources.iter().map(|source| &*source.name).collect();
    assert_eq!(sources[..4], ["version", "readyz?verbose", "api/v1/pods#1", "api/v1/pods#2"]);
    let pod = set.root(&set.objects[2]).unwrap().at("metadata/name").cite().unwrap();
    assert_eq!(set.source(pod.source).unwrap().slice(pod.start, pod.len), Some(r#""name":"c""#));
    assert_eq!((cluster.version(), cluster.uid()), (Some("v1.33.2"), Some("u-1")));
    assert_eq!(cluster.name(), "test (https://api.test:6443)");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_worth_reading_is_not_asked_for() {
    let fake = Fake::new();
    fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    for path in ["/api/v1/endpoints", "/api/v1/componentstatuses", "/api/v1/secrets"] {
        assert_eq!(fake.times(path), 0, "{path}");
    }
    fake.on("/apis", [aggregated(&[])]);
    fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(fake.times("/api/v1/endpoints"), 1, "without slices, endpoints are all there is");
}

#[tokio::test(start_paused = true)]
async fn a_kind_refused_in_the_cluster_is_read_at_home_and_the_grant_is_named() {
    let fake = Fake::new();
    fake.on(PODS, [refusal(403, "pods is forbidden")]);
    fake.on("/api/v1/nodes", [refusal(403, "nodes is forbidden")]);
    fake.on("/api/v1/namespaces/shop/pods", [list("PodList", &["a"], None)]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/a"]);
    assert!(is_listed(&set, Kind::Pod, Some("shop")) && !is_listed(&set, Kind::Pod, None));
    assert_eq!(
        problem_at(&set, PODS),
        "not allowed to list pods in the whole cluster; this rule in a ClusterRole allows it: \
         {apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"list\"]} (the API server: pods is forbidden)"
    );
    assert_eq!(set.problems.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn namespaces_and_selector_narrow_what_is_asked() {
    let fake = Fake::new();
    fake.on("/api/v1/namespaces/shop/pods?labelSelector=app%3Dcheckout", [list("PodList", &["a"], None)]);
    fake.on("/api/v1/namespaces/shop/pods", [refusal(500, "not this one")]);
    fake.on("/apis/apps/v1/namespaces/shop/deployments", [list("DeploymentList", &["checkout"], None)]);
    fake.on("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", [refusal(403, "no")]);
    fake.on("/api/v1/nodes", [list("NodeList", &["n"], None)]);
    let scope = Scope { namespaces: Some(vec!["shop".to_owned(), "..".to_owned()]), selector: Some("app=checkout".to_owned()) };
    let set = fake.cluster().await.list(&scope, &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/a", "Deployment shop/checkout", "Node n"]);
    assert!(!is_listed(&set, Kind::Pod, Some("shop")), "a selector hides pods");
    assert!(is_listed(&set, Kind::Deployment, Some("shop")) && is_listed(&set, Kind::Node, None));
    assert!(
        problem_at(&set, "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices").contains("in namespace shop; this rule in a Role")
    );
    assert_eq!(problem_at(&set, ".."), "this is no name of a namespace");
    assert_eq!(fake.times(PODS), 0);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_there_is_not_taken_for_an_empty_one() {
    let fake = Fake::new();
    fake.on("/api", [aggregated(&[("", "v1", &["namespaces"])])]);
    fake.on("/apis", [aggregated(&[])]);
    fake.on("/api/v1/namespaces", [list("NamespaceList", &["shop"], None)]);
    let scope = Scope { namespaces: Some(vec!["shop".to_owned(), "shpo".to_owned(), "Shop".to_owned()]), selector: None };
    let set = fake.cluster().await.list(&scope, &()).await.unwrap();
    let problems: Vec<(&str, &str)> = set.problems.iter().map(|problem| (&*problem.place, &*problem.what)).collect();
    assert_eq!(problems, [("shpo", "the cluster has no namespace of this name"), ("Shop", "this is no name of a namespace")]);
}

#[tokio::test(start_paused = true)]
async fn an_expired_list_starts_over_once_and_forgets_its_pages() {
    let fake = Fake::new();
    fake.on(PODS, [list("PodList", &["old"], Some("t1")), list("PodList", &["new"], Some("t1"))]);
    fake.on(MORE_PODS, [refusal(410, "expired"), list("PodList", &["newer"], None)]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/new", "Pod shop/newer"]);
    assert!(set.problems.is_empty() && is_listed(&set, Kind::Pod, None));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_expires_twice_is_partial_and_says_so() {
    let fake = Fake::new();
    fake.on(PODS, [list("PodList", &["a"], Some("t1"))]);
    fake.on(MORE_PODS, [refusal(410, "expired")]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/a"]);
    assert!(!is_listed(&set, Kind::Pod, None));
    assert_eq!(problem_at(&set, PODS), "the list of pods expired twice while it was read; 1 of its pages are here");
    assert_eq!(fake.times(MORE_PODS), 2);
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_given_the_time_it_asks_for() {
    let fake = Fake::new();
    fake.on(PODS, [Reply::Busy("7"), Reply::Busy("5"), list("PodList", &["a"], None)]);
    let cluster = fake.cluster().await;
    let begun = Instant::now();
    let set = cluster.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 12);
    assert_eq!(names(&set), ["Pod shop/a"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_busy_is_left_alone() {
    let fake = Fake::new();
    fake.on(PODS, [Reply::Busy("86400")]);
    let cluster = fake.cluster().await;
    let begun = Instant::now();
    let set = cluster.list(&Scope::default(), &()).await.unwrap();
    assert_eq!((fake.times(PODS), begun.elapsed().as_secs()), (6, 150), "five tries more, none after more than 30 s");
    assert!(problem_at(&set, PODS).starts_with("no pods could be read: the API server answered 429"));
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_asked_three_times() {
    for status in [500, 502, 503, 504] {
        let fake = Fake::new();
        fake.on(PODS, [refusal(status, "etcd"), refusal(status, "etcd"), list("PodList", &["a"], None)]);
        fake.on("/api/v1/nodes", [refusal(status, "etcd is gone")]);
        let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
        assert_eq!(names(&set), ["Pod shop/a"]);
        assert_eq!(problem_at(&set, "/api/v1/nodes"), format!("no nodes could be read: the API server answered {status}: etcd is gone"));
        assert_eq!(fake.times("/api/v1/nodes"), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_in_the_body_is_tried_again() {
    let fake = Fake::new();
    fake.on(PODS, [Reply::Cut, list("PodList", &["a"], None)]);
    fake.on("/api/v1/nodes", [Reply::Cut]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Pod shop/a"]);
    assert!(problem_at(&set, "/api/v1/nodes").starts_with("no nodes could be read: "));
    assert_eq!(fake.times("/api/v1/nodes"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_hangs_costs_one_time_limit() {
    let fake = Fake::new();
    fake.on(PODS, [Reply::Hang]);
    fake.on("/api/v1/nodes", [list("NodeList", &["n"], None)]);
    let cluster = fake.cluster().await;
    let begun = Instant::now();
    let set = cluster.list(&Scope::default(), &()).await.unwrap();
    assert_eq!((fake.times(PODS), begun.elapsed().as_secs()), (1, 30));
    assert_eq!(problem_at(&set, PODS), "no pods could be read: no answer within 30 s");
    assert_eq!(names(&set), ["Node n"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_answering_is_given_up() {
    let fake = Fake::new();
    let plurals: Vec<&str> = vec!["pods", "nodes", "services", "events", "namespaces", "configmaps", "persistentvolumes", "limitranges"];
    fake.on("/api", [aggregated(&[("", "v1", &plurals)])]);
    fake.on("/apis", [aggregated(&[])]);
    for plural in &plurals {
        fake.on(&format!("/api/v1/{plural}"), [Reply::Hang]);
    }
    fake.on("/readyz?verbose", [Reply::Hang]);
    let cluster = fake.connect(&Access { concurrency: 2, ..access() }).await.unwrap();
    let begun = Instant::now();
    let error = cluster.list(&Scope::default(), &()).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 60, "four unanswered requests, two at a time");
    let NoAccess::Unreachable { server, why } = error else { panic!("{error}") };
    assert_eq!((server.as_str(), why.as_str()), ("https://api.test:6443", "no answer within 30 s"));
}

#[tokio::test(start_paused = true)]
async fn single_silences_do_not_add_up() {
    let fake = Fake::new();
    fake.on(
        "/api",
        [aggregated(&[(
            "",
            "v1",
            &["pods", "services", "nodes", "namespaces", "events", "configmaps", "limitranges", "serviceaccounts", "resourcequotas"],
        )])],
    );
    fake.on("/apis", [aggregated(&[])]);
    let order = ["pods", "services", "nodes", "namespaces", "events", "configmaps", "resourcequotas", "limitranges", "serviceaccounts"];
    for (index, plural) in order.iter().enumerate() {
        let reply = if index % 2 == 0 { Reply::Hang } else { list("List", &[], None) };
        fake.on(&format!("/api/v1/{plural}"), [reply]);
    }
    let set = fake.connect(&Access { concurrency: 1, ..access() }).await.unwrap().list(&Scope::default(), &()).await.unwrap();
    assert_eq!(set.problems.len(), 5, "{:?}", set.problems);
    assert!(set.problems.iter().all(|problem| problem.what.ends_with("no answer within 30 s")), "{:?}", set.problems);
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_lists_are_problems() {
    let fake = Fake::new();
    fake.on(PODS, [ok("<html>login</html>")]);
    fake.on("/api/v1/nodes", [ok(r#"{"kind":"Node","metadata":{"name":"n"}}"#)]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert!(problem_at(&set, PODS).starts_with("no pods could be read: the answer cannot be read: expected value"));
    assert_eq!(problem_at(&set, "/api/v1/nodes"), "no nodes could be read: the answer is no list");
    assert!(names(&set).is_empty());
}

#[tokio::test(start_paused = true)]
async fn pages_without_end_are_left() {
    let fake = Fake::new();
    fake.on(PODS, [list("PodList", &["a"], Some("t1"))]);
    fake.on(MORE_PODS, [list("PodList", &["b"], Some("t1"))]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(problem_at(&set, PODS), "the list of pods is not whole, 2 of its pages are here: the pages do not end");
    assert!(!is_listed(&set, Kind::Pod, None));
}

#[tokio::test(start_paused = true)]
async fn more_bytes_than_allowed_are_refused_and_the_rest_is_read() {
    let fake = Fake::new();
    let long = "x".repeat(20_000);
    fake.on(PODS, [list("PodList", &[&long], None)]);
    fake.on("/api/v1/nodes", [list("NodeList", &["n"], None)]);
    let set = fake.connect(&Access { bytes_max: 10_000, ..access() }).await.unwrap().list(&Scope::default(), &()).await.unwrap();
    assert_eq!(names(&set), ["Node n"]);
    let what = "no pods could be read: the answers are larger than the 10000 bytes allowed; narrow the scope, or allow more";
    assert_eq!(problem_at(&set, PODS), what);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_starts_over_gives_its_bytes_back() {
    let fake = Fake::new();
    let long = "x".repeat(6_000);
    fake.on(PODS, [list("PodList", &[&long], Some("t1"))]);
    fake.on(MORE_PODS, [refusal(410, "expired"), list("PodList", &["b"], None)]);
    let set = fake.connect(&Access { bytes_max: 10_000, ..access() }).await.unwrap().list(&Scope::default(), &()).await.unwrap();
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    assert_eq!(set.objects.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_older_server_is_asked_group_by_group() {
    let fake = Fake::new();
    fake.on("/api", [ok(r#"{"kind":"APIVersions","versions":["v1"]}"#)]);
    let pods = r#"{"kind":"APIResourceList","resources":[{"name":"pods","verbs":["list"]},{"name":"pods/log","verbs":["get"]}]}"#;
    fake.on("/api/v1", [ok(pods)]);
    fake.on("/apis", [ok(
        r#"{"kind":"APIGroupList","groups":[{"name":"autoscaling","preferredVersion":{"version":"v1"},
            "versions":[{"version":"v2"},{"version":"v1"}]},{"name":"example.com","versions":[{"version":"v1"}]},
            {"name":"gateway.networking.k8s.io","preferredVersion":{"version":"v1"},"versions":[{"version":"v1"},{"version":"v1alpha2"}]}]}"#,
    )]);
    let scalers = r#"{"kind":"APIResourceList","resources":[{"name":"horizontalpodautoscalers","verbs":["list"]}]}"#;
    fake.on("/apis/autoscaling/v1", [ok(scalers)]);
    fake.on("/apis/autoscaling/v2", [ok(scalers)]);
    fake.on("/apis/gateway.networking.k8s.io/v1", [ok(r#"{"kind":"APIResourceList","resources":[{"name":"gateways","verbs":["list"]}]}"#)]);
    let routes = r#"{"kind":"APIResourceList","resources":[{"name":"tcproutes","verbs":["list"]}]}"#;
    fake.on("/apis/gateway.networking.k8s.io/v1alpha2", [ok(routes)]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    let asked = fake.asked();
    for path in [
        PODS,
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        "/apis/gateway.networking.k8s.io/v1/gateways",
        "/apis/gateway.networking.k8s.io/v1alpha2/tcproutes",
    ] {
        assert!(asked.iter().any(|asked| asked == path), "{path} of {asked:?}");
    }
    assert!(!asked.iter().any(|asked| asked.starts_with("/apis/example.com") || asked.starts_with("/apis/autoscaling/v1/")));
    assert!(is_listed(&set, Kind::Pod, None));
}

#[tokio::test(start_paused = true)]
async fn without_discovery_the_usual_versions_are_asked_for() {
    let fake = Fake::new();
    fake.on("/apis", [refusal(403, "no")]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(fake.times("/apis/policy/v1/poddisruptionbudgets"), 1);
    assert!(problem_at(&set, "/apis").contains("could not be read: the API server answered 403"));
    assert!(!is_listed(&set, Kind::Gateway, None), "nobody said that there is none");
}

#[tokio::test(start_paused = true)]
async fn a_dead_aggregated_api_is_noted() {
    let fake = Fake::new();
    let stale = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}"#;
    fake.on("/apis", [ok(stale)]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert!(problem_at(&set, "/apis/metrics.k8s.io/v1beta1").contains("does not answer the API server"));
    assert_eq!(set.problems.len(), 1, "{:?}", set.problems);
    assert!(is_listed(&set, Kind::Gateway, None), "the other groups are told all the same");
}

#[tokio::test(start_paused = true)]
async fn who_may_list_nothing_hears_every_grant_and_who_is_nobody_hears_that() {
    let fake = Fake::new();
    for path in [PODS, "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/discovery.k8s.io/v1/endpointslices"] {
        fake.on(path, [refusal(403, "User dev cannot list")]);
        let at_home = path.replace("/v1/", "/v1/namespaces/shop/");
        fake.on(&at_home, [refusal(403, "User dev cannot list")]);
    }
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(set.problems.len(), 4, "{:?}", set.problems);
    assert!(set.taken_at.is_some(), "the checks of the control plane have a date too");
    for path in [PODS, "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/discovery.k8s.io/v1/endpointslices"] {
        fake.on(path, [refusal(403, "User system:anonymous cannot list")]);
    }
    let error = fake.cluster().await.list(&Scope::default(), &()).await.unwrap_err();
    assert!(matches!(error, NoAccess::Unauthorized { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_control_plane_s_own_checks_are_kept_when_they_fail() {
    let fake = Fake::new();
    fake.on("/readyz?verbose", [Reply::Status(500, "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n".to_owned())]);
    let set = fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    let output = set.outputs.iter().find(|output| &*output.command == "kubectl get --raw '/readyz?verbose'").unwrap();
    let words = set.source(output.source).unwrap().slice(output.start, u32::try_from(output.len).unwrap()).unwrap();
    assert!(words.contains("[-]etcd failed"));
}

#[tokio::test(start_paused = true)]
async fn logs_are_bounded_and_each_refusal_is_a_problem() {
    let fake = Fake::new();
    let pod = ObjectRef::new(Kind::Pod, Some("shop"), "a");
    let wanted = |container: &str, previous| WantedLog { pod: pod.clone(), container: container.into(), previous };
    let path = |rest: &str| format!("/api/v1/namespaces/shop/pods/a/log?container={rest}");
    fake.on(&path("web&tailLines=5&limitBytes=12"), [ok("one\ntwo\nthree\nfour\n")]);
    fake.on(&path("web&previous=true&tailLines=5&limitBytes=12"), [refusal(400, "previous terminated container not found")]);
    fake.on(&path("side&tailLines=5&limitBytes=12"), [refusal(403, "no")]);
    fake.on(&path("gone&tailLines=5&limitBytes=12"), [refusal(500, "dial tcp 10.0.0.5:10250: connect: connection refused")]);
    let mut set = CaptureSet::default();
    let all = [wanted("web", false), wanted("web", true), wanted("side", false), wanted("gone", false)];
    fake.cluster().await.logs(&mut set, &all, LogLimits { lines_max: 5, bytes_max: 12, ..LogLimits::default() }).await;
    assert_eq!(set.logs.len(), 1);
    assert_eq!(set.source(set.logs[0].source).unwrap().text(), "one\ntwo\nthre");
    assert_eq!(
        set.logs[0].lines.iter().map(|line| (line.start, line.len, line.line)).collect::<Vec<_>>(),
        [(0, 3, 1), (4, 3, 2), (8, 4, 3)]
    );
    assert!(problem_at(&set, "logs/shop/a/web-previous.log").ends_with("answered 400: previous terminated container not found"));
    assert!(problem_at(&set, "logs/shop/a/side.log").contains("resources: [\"pods/log\"], verbs: [\"get\"]"));
    assert!(problem_at(&set, "logs/shop/a/gone.log").contains("10250: connect: connection refused"));
    assert_eq!(fake.times(&path("gone&tailLines=5&limitBytes=12")), 1, "the kubelet's failure is an answer");
}

#[tokio::test(start_paused = true)]
async fn logs_of_nodes_that_are_gone_cost_bounded_time_and_no_trust() {
    let fake = Fake::new();
    let wanted: Vec<WantedLog> = (0..40)
        .map(|index| {
            let pod = ObjectRef::new(Kind::Pod, Some("shop"), &format!("p{index}"));
            fake.on(&format!("/api/v1/namespaces/shop/pods/p{index}/log?container=c&tailLines=2000&limitBytes=262144"), [Reply::Hang]);
            WantedLog { pod, container: "c".into(), previous: false }
        })
        .collect();
    let cluster = fake.connect(&Access { request_timeout: Duration::from_secs(8), ..access() }).await.unwrap();
    let begun = Instant::now();
    let mut set = CaptureSet::default();
    cluster.logs(&mut set, &wanted, LogLimits::default()).await;
    assert_eq!((begun.elapsed().as_secs(), set.problems.len()), (20, 40));
    assert!(problem_at(&set, "logs/shop/p0/c.log").ends_with("no answer within 8 s"));
    assert!(problem_at(&set, "logs/shop/p39/c.log").ends_with("there was no time left for it"));
    cluster.list(&Scope::default(), &()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_did_not_answer_once_is_not_asked_again() {
    let fake = Fake::new();
    let pod = |name: &str, node: &str| format!(r#"{{"metadata":{{"name":"{name}","namespace":"shop"}},"spec":{{"nodeName":"{node}"}}}}"#);
    let pods: Vec<String> = (0..6).map(|index| pod(&format!("p{index}"), ["dead", "well"][index % 2])).collect();
    fake.on(PODS, [ok(&format!(r#"{{"kind":"PodList","metadata":{{}},"items":[{}]}}"#, pods.join(",")))]);
    let wanted: Vec<WantedLog> = (0..6)
        .map(|index| {
            let reply = if index % 2 == 0 { Reply::Hang } else { ok("a line\n") };
            fake.on(&format!("/api/v1/namespaces/shop/pods/p{index}/log?container=c&tailLines=2000&limitBytes=262144"), [reply]);
            WantedLog { pod: ObjectRef::new(Kind::Pod, Some("shop"), &format!("p{index}")), container: "c".into(), previous: false }
        })
        .collect();
    let bounds = Access { request_timeout: Duration::from_secs(5), concurrency: 1, ..access() };
    let cluster = fake.connect(&bounds).await.unwrap();
    let mut set = cluster.list(&Scope::default(), &()).await.unwrap();
    let begun = Instant::now();
    cluster.logs(&mut set, &wanted, LogLimits::default()).await;
    assert_eq!((begun.elapsed().as_secs(), set.logs.len()), (5, 3), "one silence of five seconds, and every log of the other node");
    assert!(problem_at(&set, "logs/shop/p0/c.log").ends_with("no answer within 5 s"));
    assert!(problem_at(&set, "logs/shop/p4/c.log").ends_with("not asked, because the node's kubelet does not answer"));
}

#[tokio::test(start_paused = true)]
async fn metrics_come_where_they_are_served() {
    let fake = Fake::new();
    fake.on("/apis", [aggregated(&[("metrics.k8s.io", "v1beta1", &["pods", "nodes"])])]);
    fake.on("/apis/metrics.k8s.io/v1beta1/pods", [list("PodMetricsList", &["a"], None)]);
    fake.on("/apis/metrics.k8s.io/v1beta1/nodes", [refusal(503, "metrics not available yet")]);
    let mut set = CaptureSet::default();
    fake.cluster().await.metrics(&mut set, &Scope::default()).await;
    assert_eq!(names(&set), ["PodMetrics shop/a"]);
    assert_eq!(set.unexamined, 0);
    assert!(problem_at(&set, "/apis/metrics.k8s.io/v1beta1/nodes").contains("metrics not available yet"));
}

#[tokio::test(start_paused = true)]
async fn the_same_cluster_reads_the_same_whatever_answers_first() {
    let sets = [1, 8].map(|concurrency| async move {
        let fake = Fake::new();
        fake.on(PODS, [Reply::Busy("3"), list("PodList", &["a"], None)]);
        fake.on("/api/v1/nodes", [list("NodeList", &["n"], None)]);
        let set = fake.connect(&Access { concurrency, ..access() }).await.unwrap().list(&Scope::default(), &()).await.unwrap();
        format!("{set:?}")
    });
    let [one, other] = sets;
    assert_eq!(one.await, other.await);
}

#[tokio::test(start_paused = true)]
async fn progress_hears_every_page_and_every_list() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);
    impl Progress for Heard {
        fn listing(&self, kind: &Kind, objects: usize) {
            self.0.lock().unwrap().push(format!("{kind} {objects}"));
        }
        fn done(&self, lists: usize, of: usize) {
            self.0.lock().unwrap().push(format!("{lists}/{of}"));
        }
    }
    let fake = Fake::new();
    fake.on(PODS, [list("PodList", &["a", "b"], Some("t1"))]);
    fake.on(MORE_PODS, [list("PodList", &["c"], None)]);
    let heard = Heard::default();
    let cluster = fake.connect(&Access { concurrency: 1, ..access() }).await.unwrap();
    cluster.list(&Scope::default(), &heard).await.unwrap();
    let heard = heard.0.into_inner().unwrap();
    assert_eq!(heard, ["Pod 2", "Pod 3", "1/4", "Deployment 0", "2/4", "EndpointSlice 0", "3/4", "Node 0", "4/4"]);
}

#[tokio::test(start_paused = true)]
async fn who_answers_decides_what_is_wrong() {
    let says = |reply: Reply| async move {
        let fake = Fake::new();
        fake.on("/version", [reply]);
        fake.connect(&access()).await.err()
    };
    assert!(matches!(says(refusal(401, "Unauthorized")).await, Some(NoAccess::Unauthorized { .. })));
    assert!(matches!(says(ok("<html>welcome</html>")).await, Some(NoAccess::NotKubernetes { .. })));
    assert!(matches!(says(refusal(404, "page not found")).await, Some(NoAccess::NotKubernetes { .. })));
    assert!(matches!(says(refusal(503, "no backend")).await, Some(NoAccess::Unreachable { .. })));
    assert!(matches!(says(Reply::Hang).await, Some(NoAccess::Unreachable { .. })));
    assert_eq!(says(refusal(403, r"forbidden: User dev cannot get path /version")).await, None, "a version may be withheld");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_told_at_once() {
    let fake = Fake::new();
    fake.on("/api/v1/namespaces/kube-system", [refusal(401, "Unauthorized")]);
    let error = fake.connect(&access()).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the API server at https://api.test:6443 does not accept the credentials: the API server answered 401: Unauthorized; \
         log in again, or choose another context with --context"
    );
}

#[tokio::test(start_paused = true)]
async fn reading_waits_for_nothing_when_all_is_well() {
    let fake = Fake::new();
    let begun = Instant::now();
    fake.cluster().await.list(&Scope::default(), &()).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

fn names(set: &CaptureSet) -> Vec<String> {
    set.objects.iter().map(|object| object.reference.to_string()).collect()
}

fn is_listed(set: &CaptureSet, kind: Kind, namespace: Option<&str>) -> bool {
    set.listed.contains(&Listed { kind, namespace: namespace.map(Into::into) })
}

/// The problem with a request, by its path; sources and places are named without the leading slash.
fn problem_at(set: &CaptureSet, place: &str) -> String {
    let place = place.trim_start_matches('/');
    let found = set.problems.iter().find(|problem| &*problem.place == place);
    found.map(|problem| problem.what.to_string()).unwrap_or_else(|| panic!("no problem at {place}: {:?}", set.problems))
}
