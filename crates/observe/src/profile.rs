//! What an observer may read: the closed table of profiles.
//!
//! The ClusterRole, the check of the observer's own rights and the watches are all made from this table, so none of them can ask for
//! more than the others show. No row names Secrets, and no row has a verb that writes.

use assent_api::clusters::Profile;

/// Reads and follows.
const FOLLOW: &[&str] = &["get", "list", "watch"];
/// Reads what cannot be followed.
const LOOK: &[&str] = &["get", "list"];
/// Reads one at a time.
const GET: &[&str] = &["get"];

/// Every profile, in the order in which they are printed.
pub const PROFILES: [Profile; 6] = [Profile::Core, Profile::Workloads, Profile::Logs, Profile::Metrics, Profile::Gitops, Profile::Tests];

/// One row: a resource and what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The profile that has it.
    pub profile: Profile,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The resource, a subresource included: `pods`, `pods/log`.
    pub resource: &'static str,
    /// What may be done.
    pub verbs: &'static [&'static str],
    /// The kind of its objects, as their bodies say it.
    pub kind: &'static str,
    /// The versions to ask for, best first. A group that is always served has one.
    pub versions: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub is_namespaced: bool,
}

impl Right {
    /// Whether it is followed by a watch.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.verbs.contains(&"watch")
    }

    /// How it reads in a message: `deployments.apps`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.group.is_empty() { self.resource.to_owned() } else { format!("{}.{}", self.resource, self.group) }
    }
}

macro_rules! table {
    ($($profile:ident: $($resource:literal $kind:literal $group:literal [$($version:literal),+] $scope:ident $verbs:ident;)+)+) => {
        const TABLE: &[Right] = &[$($(Right {
            profile: Profile::$profile,
            group: $group,
            resource: $resource,
            verbs: $verbs,
            kind: $kind,
            versions: &[$($version),+],
            is_namespaced: is_namespaced(stringify!($scope)),
        },)+)+];
    };
}

const fn is_namespaced(scope: &str) -> bool {
    // The macro takes two words only: `namespaced` and `cluster`.
    scope.len() == "namespaced".len()
}

table! {
    Core:
        "pods" "Pod" "" ["v1"] namespaced FOLLOW;
        "nodes" "Node" "" ["v1"] cluster FOLLOW;
        "namespaces" "Namespace" "" ["v1"] cluster FOLLOW;
        "deployments" "Deployment" "apps" ["v1"] namespaced FOLLOW;
        "replicasets" "ReplicaSet" "apps" ["v1"] namespaced FOLLOW;
        "services" "Service" "" ["v1"] namespaced FOLLOW;
        "endpoints" "Endpoints" "" ["v1"] namespaced FOLLOW;
        "ingresses" "Ingress" "networking.k8s.io" ["v1"] namespaced FOLLOW;
        "events" "Event" "" ["v1"] namespaced FOLLOW;
        "configmaps" "ConfigMap" "" ["v1"] namespaced FOLLOW;
    Workloads:
        "statefulsets" "StatefulSet" "apps" ["v1"] namespaced FOLLOW;
        "daemonsets" "DaemonSet" "apps" ["v1"] namespaced FOLLOW;
        "jobs" "Job" "batch" ["v1"] namespaced FOLLOW;
        "cronjobs" "CronJob" "batch" ["v1"] namespaced FOLLOW;
        "horizontalpodautoscalers" "HorizontalPodAutoscaler" "autoscaling" ["v2"] namespaced FOLLOW;
        "poddisruptionbudgets" "PodDisruptionBudget" "policy" ["v1"] namespaced FOLLOW;
        "persistentvolumeclaims" "PersistentVolumeClaim" "" ["v1"] namespaced FOLLOW;
        "persistentvolumes" "PersistentVolume" "" ["v1"] cluster FOLLOW;
        "storageclasses" "StorageClass" "storage.k8s.io" ["v1"] cluster FOLLOW;
        "resourcequotas" "ResourceQuota" "" ["v1"] namespaced FOLLOW;
        "limitranges" "LimitRange" "" ["v1"] namespaced FOLLOW;
        "networkpolicies" "NetworkPolicy" "networking.k8s.io" ["v1"] namespaced FOLLOW;
        "endpointslices" "EndpointSlice" "discovery.k8s.io" ["v1"] namespaced FOLLOW;
    Logs:
        "pods/log" "Pod" "" ["v1"] namespaced GET;
    Metrics:
        "pods" "PodMetrics" "metrics.k8s.io" ["v1beta1"] namespaced LOOK;
        "nodes" "NodeMetrics" "metrics.k8s.io" ["v1beta1"] cluster LOOK;
    Gitops:
        "applications" "Application" "argoproj.io" ["v1alpha1"] namespaced FOLLOW;
        "appprojects" "AppProject" "argoproj.io" ["v1alpha1"] namespaced FOLLOW;
        "kustomizations" "Kustomization" "kustomize.toolkit.fluxcd.io" ["v1", "v1beta2"] namespaced FOLLOW;
        "helmreleases" "HelmRelease" "helm.toolkit.fluxcd.io" ["v2", "v2beta2"] namespaced FOLLOW;
        "gitrepositories" "GitRepository" "source.toolkit.fluxcd.io" ["v1", "v1beta2"] namespaced FOLLOW;
        "helmrepositories" "HelmRepository" "source.toolkit.fluxcd.io" ["v1", "v1beta2"] namespaced FOLLOW;
        "ocirepositories" "OCIRepository" "source.toolkit.fluxcd.io" ["v1", "v1beta2"] namespaced FOLLOW;
        "compositeresourcedefinitions" "CompositeResourceDefinition" "apiextensions.crossplane.io" ["v2", "v1"] cluster FOLLOW;
    Tests:
        "testworkflows" "TestWorkflow" "testworkflows.testkube.io" ["v1"] namespaced FOLLOW;
        "testworkflowexecutions" "TestWorkflowExecution" "testworkflows.testkube.io" ["v1"] namespaced FOLLOW;
}

/// The rows of these profiles. `core` is always there.
#[must_use]
pub fn rights(profiles: &[Profile]) -> Vec<&'static Right> {
    TABLE.iter().filter(|right| right.profile == Profile::Core || profiles.contains(&right.profile)).collect()
}

/// The word of a profile, as configuration and the API write it.
#[must_use]
pub fn word(profile: Profile) -> &'static str {
    match profile {
        Profile::Core => "core",
        Profile::Workloads => "workloads",
        Profile::Logs => "logs",
        Profile::Metrics => "metrics",
        Profile::Gitops => "gitops",
        Profile::Tests => "tests",
    }
}

/// What a profile is for, in a few words.
pub(crate) fn purpose(profile: Profile) -> &'static str {
    match profile {
        Profile::Core => "what every diagnosis starts from",
        Profile::Workloads => "the other kinds of workload, and what limits, stores and connects them",
        Profile::Logs => "excerpts of logs, only of containers that are ill, redacted before they leave",
        Profile::Metrics => "use of CPU and memory as metrics-server shows it",
        Profile::Gitops => "what Argo CD, Flux and Crossplane say they applied, and from where",
        Profile::Tests => "Testkube's workflows and how they ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_is_exactly_ten_kinds_to_get_list_and_watch() {
        let core: Vec<String> = rights(&[]).iter().map(|right| right.name()).collect();
        let expected =
            "pods nodes namespaces deployments.apps replicasets.apps services endpoints ingresses.networking.k8s.io events configmaps";
        assert_eq!(core, expected.split(' ').collect::<Vec<_>>());
        assert!(rights(&[]).iter().all(|right| right.verbs == FOLLOW));
    }

    #[test]
    fn no_row_writes_or_names_secrets() {
        for right in rights(&PROFILES) {
            assert!(right.verbs.iter().all(|verb| FOLLOW.contains(verb)), "{right:?}");
            let name = right.name();
            assert!(!name.contains('*') && !right.verbs.contains(&"*"), "{name}");
            for word in ["secret", "/exec", "attach", "portforward", "token", "proxy", "impersonate"] {
                assert!(!name.contains(word), "{name}");
            }
            assert!(right.resource == "pods/log" || !right.resource.contains('/'), "{name}");
        }
    }

    #[test]
    fn rows_agree_with_the_kinds_that_are_known() {
        for right in rights(&[Profile::Workloads]) {
            let kind = assent_base::Kind::named(right.kind);
            assert_eq!(
                (kind.plural().as_str(), kind.group(), kind.is_namespaced()),
                (right.resource, Some(right.group), right.is_namespaced)
            );
        }
    }

    #[test]
    fn a_profile_adds_its_own_rows_and_no_others() {
        assert_eq!(rights(&[Profile::Logs]).iter().filter(|right| right.profile != Profile::Core).count(), 1);
        assert_eq!(rights(&PROFILES).len(), TABLE.len());
    }
}
