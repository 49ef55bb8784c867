//! Objects of every kind that an API server without kubelets can hold, the same for the same seed.

use serde_json::{Value, json};

/// A small generator of the same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A list that kubectl takes.
pub fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// The objects that have a status of their own to write.
pub fn with_status(seed: u64, world: &str) -> Vec<Value> {
    objects(seed, world).into_iter().filter(|object| object.get("status").is_some()).collect()
}

/// A namespace and what is in it, and objects of the whole cluster named after it.
pub fn objects(seed: u64, world: &str) -> Vec<Value> {
    let mut random = Random(seed);
    let mut all = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": world, "labels": {"team": random.pick(&["red", "blue"])}}}),
    ];
    accounts(&mut random, world, &mut all);
    nodes(&mut random, world, &mut all);
    storage(&mut random, world, &mut all);
    limits(&mut random, world, &mut all);
    for number in 0..2 {
        workload(&mut random, world, &format!("app-{number}"), &mut all);
        network(&mut random, world, &format!("app-{number}"), &mut all);
    }
    cluster_wide(&mut random, world, &mut all);
    all
}

fn object(version: &str, kind: &str, world: &str, name: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": world, "labels": {"app": name, "world": world}}});
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn global(version: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut object = object(version, kind, "", name, rest);
    object["metadata"].as_object_mut().unwrap().remove("namespace");
    object
}

fn accounts(random: &mut Random, world: &str, all: &mut Vec<Value>) {
    all.push(object("v1", "ServiceAccount", world, "default", json!({})));
    all.push(object("v1", "ServiceAccount", world, "runner", json!({"imagePullSecrets": [{"name": "pull"}]})));
    let verbs: &[&str] = if random.flip() { &["get", "list"] } else { &["*"] };
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": verbs},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["app-0"], "verbs": ["get", "patch"]},
    ]);
    all.push(object("rbac.authorization.k8s.io/v1", "Role", world, "look", json!({ "rules": rules })));
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "look"});
    let subjects = json!([{"kind": "ServiceAccount", "name": "runner", "namespace": world}, {"kind": "User", "name": "ada", "apiGroup": "rbac.authorization.k8s.io"}]);
    all.push(object("rbac.authorization.k8s.io/v1", "RoleBinding", world, "look", json!({"roleRef": role, "subjects": subjects})));
}

fn nodes(random: &mut Random, world: &str, all: &mut Vec<Value>) {
    for number in 0..2 {
        let name = format!("{world}-node-{number}");
        let ready = random.pick(&["True", "False", "Unknown"]);
        let room = json!({"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "100Gi"});
        let given = json!({"cpu": "3800m", "memory": "7741668Ki", "pods": "110", "ephemeral-storage": "95Gi"});
        let when = "2026-03-01T10:00:00Z";
        let condition = |kind: &str, status: &str, reason: &str| {
            json!({"type": kind, "status": status, "reason": reason,
            "message": format!("{reason} says the kubelet"), "lastHeartbeatTime": when, "lastTransitionTime": when})
        };
        let mut node = global(
            "v1",
            "Node",
            &name,
            json!({
                "spec": {"unschedulable": random.flip(), "podCIDR": "10.7.0.0/24", "podCIDRs": ["10.7.0.0/24"],
                    "taints": [{"key": "dedicated", "value": "batch", "effect": random.pick(&["NoSchedule", "PreferNoSchedule"])}]},
                "status": {"capacity": room, "allocatable": given,
                    "conditions": [condition("MemoryPressure", "False", "KubeletHasSufficientMemory"), condition("Ready", ready, "KubeletReady")],
                    "addresses": [{"type": "InternalIP", "address": format!("10.0.0.{number}")}, {"type": "Hostname", "address": name}],
                    "nodeInfo": {"architecture": "arm64", "bootID": "b", "containerRuntimeVersion": "containerd://2.1.0", "kernelVersion": "6.12.0",
                        "kubeProxyVersion": "", "kubeletVersion": "v1.36.0", "machineID": "m", "operatingSystem": "linux", "osImage": "An Image 12",
                        "systemUUID": "s"}},
            }),
        );
        node["metadata"]["labels"]["node-role.kubernetes.io/worker"] = json!("");
        node["metadata"]["labels"]["topology.kubernetes.io/zone"] = json!(random.pick(&["zone-a", "zone-b"]));
        all.push(node);
    }
}

fn storage(random: &mut Random, world: &str, all: &mut Vec<Value>) {
    let class = format!("{world}-fast");
    all.push(global("storage.k8s.io/v1", "StorageClass", &class, json!({
        "provisioner": "disks.example", "reclaimPolicy": random.pick(&["Delete", "Retain"]), "allowVolumeExpansion": random.flip(),
        "volumeBindingMode": random.pick(&["Immediate", "WaitForFirstConsumer"]), "parameters": {"type": "ssd"}, "mountOptions": ["noatime"],
    })));
    let volume = format!("{world}-volume");
    let mode = random.pick(&["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"]);
    all.push(global("v1", "PersistentVolume", &volume, json!({
        "spec": {"capacity": {"storage": "5Gi"}, "accessModes": [mode], "storageClassName": class, "persistentVolumeReclaimPolicy": "Retain",
            "volumeMode": "Filesystem", "csi": {"driver": "disks.example", "volumeHandle": "handle-1", "fsType": "ext4"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "bound", "namespace": world},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a", "zone-b"]}]}]}}},
        "status": {"phase": "Bound"},
    })));
    let claim = |name: &str, volume: Option<&str>, status: Value| {
        let mut claim = object(
            "v1",
            "PersistentVolumeClaim",
            world,
            name,
            json!({
                "spec": {"accessModes": [mode], "resources": {"requests": {"storage": "5Gi"}}, "storageClassName": class, "volumeMode": "Filesystem"},
                "status": status,
            }),
        );
        if let Some(volume) = volume {
            claim["spec"]["volumeName"] = json!(volume);
        }
        claim
    };
    all.push(claim("bound", Some(&volume), json!({"phase": "Bound", "accessModes": [mode], "capacity": {"storage": "5Gi"}})));
    all.push(claim("waiting", None, json!({"phase": "Pending"})));
}

fn limits(random: &mut Random, world: &str, all: &mut Vec<Value>) {
    let hard = json!({"requests.cpu": "90", "limits.memory": "64Gi", "pods": "50", "persistentvolumeclaims": "4"});
    let used = json!({"requests.cpu": format!("{}m", 100 + random.below(900)), "limits.memory": "2Gi", "pods": "3", "persistentvolumeclaims": "2"});
    all.push(object("v1", "ResourceQuota", world, "team", json!({"spec": {"hard": hard}, "status": {"hard": hard, "used": used}})));
    let limits = json!([
        {"type": "Container", "max": {"cpu": "4", "memory": "4Gi"}, "min": {"cpu": "5m"}, "default": {"cpu": "500m", "memory": "256Mi"},
            "defaultRequest": {"cpu": "100m"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "20Gi"}},
    ]);
    all.push(object("v1", "LimitRange", world, "usual", json!({"spec": {"limits": limits}})));
    let settings = json!({"mode": random.pick(&["on", "off"]), "app.ini": "[server]\nport = 8080\n\n[log]\nlevel = debug\n"});
    all.push(object("v1", "ConfigMap", world, "settings", json!({ "data": settings })));
}

fn pod_spec(random: &mut Random, world: &str, name: &str) -> Value {
    let port = 8000 + random.below(100);
    let probe = match random.below(4) {
        0 => json!({"httpGet": {"path": "/ready", "port": "http", "scheme": random.pick(&["HTTP", "HTTPS"])}}),
        1 => json!({"tcpSocket": {"port": port}}),
        2 => json!({"grpc": {"port": port, "service": "health"}}),
        _ => json!({"exec": {"command": ["/bin/check", "--fast"]}}),
    };
    let mut timed = probe.clone();
    timed["initialDelaySeconds"] = json!(random.below(30));
    timed["timeoutSeconds"] = json!(1 + random.below(9));
    let mut spec = json!({
        "serviceAccountName": random.pick(&["runner", "default"]),
        "nodeSelector": {"topology.kubernetes.io/zone": random.pick(&["zone-a", "zone-b"])},
        "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}, {"key": "spot", "operator": "Exists"}],
        "initContainers": [{"name": "prepare", "image": "registry.example/prepare:2", "command": ["sh", "-c", "echo ready; exit 0"]}],
        "containers": [
            {
                "name": "main", "image": format!("registry.example/{name}:1.{}", random.below(9)), "args": ["--listen", format!(":{port}"), "--quiet"],
                "ports": [{"name": "http", "containerPort": port}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}],
                "env": [
                    {"name": "DATABASE_URL", "value": format!("postgres://db.{world}.svc:5432/shop?sslmode=disable")},
                    {"name": "EMPTY", "value": ""},
                    {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}},
                    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "password", "optional": random.flip()}}},
                    {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "settings"}}, {"prefix": "S_", "secretRef": {"name": "credentials"}}],
                "resources": {"requests": {"cpu": format!("{}m", 10 + random.below(90)), "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
                "livenessProbe": timed, "readinessProbe": probe,
                "volumeMounts": [{"name": "settings", "mountPath": "/etc/app", "readOnly": true}, {"name": "data", "mountPath": "/data", "subPath": "x"}],
            },
            {"name": "sidecar", "image": "registry.example/proxy:3"},
        ],
        "volumes": [
            {"name": "settings", "configMap": {"name": "settings"}},
            {"name": "data", "persistentVolumeClaim": {"claimName": random.pick(&["bound", "waiting"])}},
            {"name": "keys", "secret": {"secretName": "credentials"}},
            {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}},
            {"name": "host", "hostPath": {"path": "/var/log", "type": "Directory"}},
        ],
    });
    if random.flip() {
        spec["priorityClassName"] = json!(format!("{world}-urgent"));
    }
    spec
}

fn pod_status(random: &mut Random) -> Value {
    let when = "2026-03-01T11:00:00Z";
    let ended = |code: usize, reason: &str| json!({"exitCode": code, "reason": reason, "startedAt": when, "finishedAt": "2026-03-01T11:05:00Z", "containerID": "containerd://a"});
    let (state, last) = match random.below(5) {
        0 => (json!({"running": {"startedAt": when}}), json!({})),
        1 => (
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=main"}}),
            json!({"terminated": ended(137, "OOMKilled")}),
        ),
        2 => (json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.example/a:1\""}}), json!({})),
        3 => (json!({"terminated": ended(2, "Error")}), json!({})),
        _ => (json!({"running": {"startedAt": when}}), json!({"terminated": ended(1, "Error")})),
    };
    let ready = if state.get("running").is_some() { "True" } else { "False" };
    let status = |name: &str, state: &Value, last: &Value, ready: bool, restarts: usize| {
        json!({
            "name": name, "image": format!("registry.example/{name}:1"), "imageID": format!("registry.example/{name}@sha256:ab"), "containerID": "containerd://c",
            "ready": ready, "restartCount": restarts, "state": state, "lastState": last, "started": ready,
        })
    };
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": when});
    json!({
        "phase": "Running", "podIP": "10.7.0.9", "podIPs": [{"ip": "10.7.0.9"}], "hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.1"}], "startTime": when,
        "qosClass": "Burstable",
        "conditions": [condition("Initialized", "True"), condition("Ready", ready), condition("ContainersReady", ready), condition("PodScheduled", "True")],
        "initContainerStatuses": [status("prepare", &json!({"terminated": ended(0, "Completed")}), &json!({}), true, 0)],
        "containerStatuses": [
            status("main", &state, &last, ready == "True", random.below(9)),
            status("sidecar", &json!({"running": {"startedAt": when}}), &json!({}), true, 0),
        ],
    })
}

fn workload(random: &mut Random, world: &str, name: &str, all: &mut Vec<Value>) {
    let selector = json!({"matchLabels": {"app": name}});
    let template = json!({"metadata": {"labels": {"app": name, "world": world}, "annotations": {"note": "a: b, c=d"}}, "spec": pod_spec(random, world, name)});
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": "said the controller",
        "lastTransitionTime": "2026-03-01T11:00:00Z", "lastUpdateTime": "2026-03-01T11:00:00Z"})
    };
    let (wanted, ready) = (1 + random.below(4), random.below(2));
    all.push(object("apps/v1", "Deployment", world, name, json!({
        "spec": {"replicas": wanted, "selector": selector, "template": template, "minReadySeconds": random.below(20),
            "strategy": if random.flip() { json!({"type": "Recreate"}) } else { json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}) }},
        "status": {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": wanted - ready,
            "conditions": [condition("Available", if ready > 0 { "True" } else { "False" }, "MinimumReplicas"), condition("Progressing", "True", "ReplicaSetUpdated")]},
    })));
    // The API server does not ask whether an owner has this uid.
    let owner = |version: &str, kind: &str, name: &str| json!([{"apiVersion": version, "kind": kind, "name": name, "uid": "0b5e7f3c-0000-4000-8000-000000000001", "controller": true, "blockOwnerDeletion": true}]);
    let set_name = format!("{name}-6d4cf56db");
    let mut set = object(
        "apps/v1",
        "ReplicaSet",
        world,
        &set_name,
        json!({
            "spec": {"replicas": wanted, "selector": selector, "template": template},
            "status": {"replicas": wanted, "fullyLabeledReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready},
        }),
    );
    set["metadata"]["ownerReferences"] = owner("apps/v1", "Deployment", name);
    set["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "2"});
    all.push(set);
    for number in 0..2 {
        let node = format!("{world}-node-{number}");
        let mut pod = object(
            "v1",
            "Pod",
            world,
            &format!("{set_name}-p{number}"),
            json!({"spec": pod_spec(random, world, name), "status": pod_status(random)}),
        );
        for (list, statuses) in [("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")] {
            let images: Vec<Value> = pod["spec"][list].as_array().unwrap().iter().map(|container| container["image"].clone()).collect();
            for (index, image) in images.into_iter().enumerate() {
                pod["status"][statuses][index]["image"] = image;
            }
        }
        pod["spec"]["nodeName"] = json!(node);
        pod["metadata"]["labels"]["app"] = json!(name);
        pod["metadata"]["ownerReferences"] = owner("apps/v1", "ReplicaSet", &set_name);
        all.push(pod);
    }
    let claims = json!([{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": format!("{world}-fast"), "resources": {"requests": {"storage": "1Gi"}}}}]);
    all.push(object(
        "apps/v1",
        "StatefulSet",
        world,
        name,
        json!({
            "spec": {"replicas": wanted, "serviceName": name, "selector": selector, "template": template, "volumeClaimTemplates": claims},
            "status": {"replicas": wanted, "readyReplicas": ready, "currentReplicas": wanted, "updatedReplicas": wanted},
        }),
    ));
    all.push(object("apps/v1", "DaemonSet", world, name, json!({
        "spec": {"selector": selector, "template": template},
        "status": {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": ready, "updatedNumberScheduled": 2, "numberAvailable": ready,
            "numberUnavailable": 2 - ready, "numberMisscheduled": 0},
    })));
    let mut once = template.clone();
    once["spec"]["restartPolicy"] = json!(random.pick(&["Never", "OnFailure"]));
    let job = json!({"backoffLimit": random.below(5), "completions": 2, "parallelism": 1, "activeDeadlineSeconds": 600, "template": once});
    all.push(object("batch/v1", "Job", world, name, json!({
        "spec": job, "status": {"active": 1, "failed": random.below(3), "succeeded": 0, "ready": 0, "startTime": "2026-03-01T11:00:00Z"},
    })));
    all.push(object("batch/v1", "CronJob", world, name, json!({
        "spec": {"schedule": random.pick(&["*/5 * * * *", "0 3 * * 1-5", "@hourly"]), "suspend": random.flip(), "concurrencyPolicy": random.pick(&["Allow", "Forbid"]),
            "startingDeadlineSeconds": 60, "successfulJobsHistoryLimit": 2, "jobTemplate": {"spec": job}},
        "status": {"lastScheduleTime": "2026-03-01T11:00:00Z"},
    })));
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": name});
    let metrics = json!([
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}},
    ]);
    all.push(object("autoscaling/v2", "HorizontalPodAutoscaler", world, name, json!({
        "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5, "metrics": metrics},
        "status": {"currentReplicas": wanted, "desiredReplicas": wanted, "conditions": [
            {"type": "AbleToScale", "status": "True", "reason": "SucceededGetScale", "message": "the HPA controller was able to get the target's current scale", "lastTransitionTime": "2026-03-01T11:00:00Z"},
            {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "the HPA was unable to compute the replica count: failed to get cpu utilization", "lastTransitionTime": "2026-03-01T11:00:00Z"}]},
    })));
    let budget = if random.flip() {
        json!({"minAvailable": 1, "selector": selector})
    } else {
        json!({"maxUnavailable": "30%", "selector": selector})
    };
    all.push(object(
        "policy/v1",
        "PodDisruptionBudget",
        world,
        name,
        json!({
            "spec": budget, "status": {"currentHealthy": ready, "desiredHealthy": 1, "disruptionsAllowed": 0, "expectedPods": wanted},
        }),
    ));
}

fn network(random: &mut Random, world: &str, name: &str, all: &mut Vec<Value>) {
    let ports =
        json!([{"name": "web", "port": 80, "targetPort": "http"}, {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 5353}]);
    let spec = match random.below(4) {
        0 => json!({"selector": {"app": name}, "ports": ports}),
        1 => json!({"type": "NodePort", "selector": {"app": name, "tier": "front"}, "ports": ports, "sessionAffinity": "ClientIP"}),
        2 => json!({"clusterIP": "None", "selector": {"app": "nobody"}, "ports": ports}),
        _ => json!({"type": "ExternalName", "externalName": "db.outside.example"}),
    };
    all.push(object("v1", "Service", world, name, json!({ "spec": spec })));
    let ready = random.flip();
    let mut slice = object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        world,
        &format!("{name}-x7k2p"),
        json!({
            "addressType": "IPv4", "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["10.7.0.9"], "conditions": {"ready": ready}, "nodeName": format!("{world}-node-0"),
                "targetRef": {"kind": "Pod", "name": format!("{name}-6d4cf56db-p0"), "namespace": world}}],
        }),
    );
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!(name);
    all.push(slice);
    let path = json!({"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"name": "web"}}}});
    let other = json!({"path": "/api", "pathType": "Exact", "backend": {"service": {"name": "absent", "port": {"number": 8080}}}});
    all.push(object(
        "networking.k8s.io/v1",
        "Ingress",
        world,
        name,
        json!({
            "spec": {"ingressClassName": format!("{world}-edge"), "tls": [{"hosts": ["shop.example"], "secretName": "shop-tls"}],
                "rules": [{"host": "shop.example", "http": {"paths": [path, other]}}]},
        }),
    ));
    let peer = json!({"podSelector": {"matchLabels": {"app": "front"}}, "namespaceSelector": {"matchLabels": {"team": "red"}}});
    let egress =
        json!([{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"]}}], "ports": [{"port": 443, "protocol": "TCP"}]}]);
    let mut policy = json!({"podSelector": {"matchLabels": {"app": name}}, "policyTypes": ["Ingress", "Egress"], "egress": egress});
    if random.flip() {
        policy["ingress"] = json!([{"from": [peer], "ports": [{"port": 8080, "protocol": "TCP"}]}]);
    }
    all.push(object("networking.k8s.io/v1", "NetworkPolicy", world, name, json!({ "spec": policy })));
}

fn cluster_wide(random: &mut Random, world: &str, all: &mut Vec<Value>) {
    let urgent = format!("{world}-urgent");
    let at = all.iter().position(|object| object["kind"] == "Namespace").unwrap_or_default();
    // Pods that name a class are admitted only when it is there.
    all.insert(
        at,
        global(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            &urgent,
            json!({"value": 1000 + random.below(1000), "description": "for what must run", "preemptionPolicy": "Never"}),
        ),
    );
    all.push(global(
        "networking.k8s.io/v1",
        "IngressClass",
        &format!("{world}-edge"),
        json!({"spec": {"controller": "edge.example/controller"}}),
    ));
    let rule = json!({"apiGroups": ["gadgets.example"], "apiVersions": ["v1"], "resources": ["gadgets"], "operations": ["CREATE", "UPDATE"], "scope": "*"});
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        let hook = json!({"name": "gate.gadgets.example", "failurePolicy": random.pick(&["Fail", "Ignore"]), "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 3, "rules": [rule], "clientConfig": {"service": {"name": "app-0", "namespace": world, "port": 443, "path": "/check"}}});
        all.push(global("admissionregistration.k8s.io/v1", kind, &format!("{world}-gate"), json!({"webhooks": [hook]})));
    }
}
