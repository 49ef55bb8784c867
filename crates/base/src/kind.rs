//! The kinds of Kubernetes object that Assent knows, with the names people type for them.
//!
//! Source: the API reference of Kubernetes 1.33 and of Gateway API 1.2.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! kinds {
    ($($name:ident $plural:literal $group:literal $scope:ident [$($short:literal),*];)*) => {
        /// A kind of Kubernetes object. A kind that Assent does not examine is kept by name, so that an owner can be named.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
            /// A kind that no rule looks at, by its own word.
            Other(Box<str>),
        }

        impl Kind {
            /// Every kind that capture reads and rules examine.
            pub const KNOWN: &'static [Kind] = &[$(Kind::$name),*];

            /// The word of the API: `Pod`, `NetworkPolicy`.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Kind::$name => stringify!($name),)* Kind::Other(word) => word }
            }

            /// The resource name in URLs and tables: `pods`, `networkpolicies`. Lower-cased kind plus `s` for an unknown kind.
            #[must_use]
            pub fn plural(&self) -> String {
                match self { $(Kind::$name => $plural.to_owned(),)* Kind::Other(word) => format!("{}s", word.to_lowercase()) }
            }

            /// The API group, empty for the core group; none for a kind that is not known.
            #[must_use]
            pub fn group(&self) -> Option<&'static str> {
                match self { $(Kind::$name => Some($group),)* Kind::Other(_) => None }
            }

            /// Whether objects of this kind live in a namespace. An unknown kind is taken to.
            #[must_use]
            pub fn is_namespaced(&self) -> bool {
                match self { $(Kind::$name => kinds!(@scope $scope),)* Kind::Other(_) => true }
            }

            /// Reads any spelling that kubectl takes: `po`, `pods`, `Pod`, `deployments.apps`, `deployment.v1.apps`.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Kind> {
                let word = word.split('.').next().unwrap_or(word).to_ascii_lowercase();
                $(if word == stringify!($name).to_ascii_lowercase() || word == $plural $(|| word == $short)* { return Some(Kind::$name); })*
                None
            }
        }
    };
    (@scope namespaced) => { true };
    (@scope cluster) => { false };
}

kinds! {
    Pod "pods" "" namespaced ["po"];
    Deployment "deployments" "apps" namespaced ["deploy"];
    ReplicaSet "replicasets" "apps" namespaced ["rs"];
    ReplicationController "replicationcontrollers" "" namespaced ["rc"];
    StatefulSet "statefulsets" "apps" namespaced ["sts"];
    DaemonSet "daemonsets" "apps" namespaced ["ds"];
    Job "jobs" "batch" namespaced [];
    CronJob "cronjobs" "batch" namespaced ["cj"];
    Service "services" "" namespaced ["svc"];
    Endpoints "endpoints" "" namespaced ["ep"];
    EndpointSlice "endpointslices" "discovery.k8s.io" namespaced [];
    Ingress "ingresses" "networking.k8s.io" namespaced ["ing"];
    IngressClass "ingressclasses" "networking.k8s.io" cluster [];
    GatewayClass "gatewayclasses" "gateway.networking.k8s.io" cluster ["gc"];
    Gateway "gateways" "gateway.networking.k8s.io" namespaced ["gtw"];
    HTTPRoute "httproutes" "gateway.networking.k8s.io" namespaced [];
    GRPCRoute "grpcroutes" "gateway.networking.k8s.io" namespaced [];
    TLSRoute "tlsroutes" "gateway.networking.k8s.io" namespaced [];
    TCPRoute "tcproutes" "gateway.networking.k8s.io" namespaced [];
    ReferenceGrant "referencegrants" "gateway.networking.k8s.io" namespaced ["refgrant"];
    NetworkPolicy "networkpolicies" "networking.k8s.io" namespaced ["netpol"];
    PeerAuthentication "peerauthentications" "security.istio.io" namespaced ["pa"];
    AuthorizationPolicy "authorizationpolicies" "security.istio.io" namespaced ["ap"];
    DestinationRule "destinationrules" "networking.istio.io" namespaced ["dr"];
    VirtualService "virtualservices" "networking.istio.io" namespaced ["vs"];
    Node "nodes" "" cluster ["no"];
    Namespace "namespaces" "" cluster ["ns"];
    Event "events" "" namespaced ["ev"];
    ConfigMap "configmaps" "" namespaced ["cm"];
    Secret "secrets" "" namespaced [];
    PersistentVolumeClaim "persistentvolumeclaims" "" namespaced ["pvc", "pvcs"];
    PersistentVolume "persistentvolumes" "" cluster ["pv", "pvs"];
    StorageClass "storageclasses" "storage.k8s.io" cluster ["sc"];
    CSIDriver "csidrivers" "storage.k8s.io" cluster [];
    CSINode "csinodes" "storage.k8s.io" cluster [];
    VolumeAttachment "volumeattachments" "storage.k8s.io" cluster [];
    ResourceQuota "resourcequotas" "" namespaced ["quota"];
    LimitRange "limitranges" "" namespaced ["limits"];
    HorizontalPodAutoscaler "horizontalpodautoscalers" "autoscaling" namespaced ["hpa"];
    PodDisruptionBudget "poddisruptionbudgets" "policy" namespaced ["pdb"];
    ServiceAccount "serviceaccounts" "" namespaced ["sa"];
    Role "roles" "rbac.authorization.k8s.io" namespaced [];
    RoleBinding "rolebindings" "rbac.authorization.k8s.io" namespaced [];
    ClusterRole "clusterroles" "rbac.authorization.k8s.io" cluster [];
    ClusterRoleBinding "clusterrolebindings" "rbac.authorization.k8s.io" cluster [];
    MutatingWebhookConfiguration "mutatingwebhookconfigurations" "admissionregistration.k8s.io" cluster [];
    ValidatingWebhookConfiguration "validatingwebhookconfigurations" "admissionregistration.k8s.io" cluster [];
    PriorityClass "priorityclasses" "scheduling.k8s.io" cluster ["pc"];
    RuntimeClass "runtimeclasses" "node.k8s.io" cluster [];
    Lease "leases" "coordination.k8s.io" namespaced [];
    ComponentStatus "componentstatuses" "" cluster ["cs"];
}

impl Kind {
    /// The kind with this word of the API; kept by name when it is not known.
    #[must_use]
    pub fn named(word: &str) -> Kind {
        Kind::KNOWN.iter().find(|kind| kind.as_str() == word).cloned().unwrap_or_else(|| Kind::Other(word.into()))
    }

    /// Whether this API group serves this kind. Groups have kinds of their own that are spelled alike, such as a storage system's `Node`.
    /// Groups that once served a kind count too.
    #[must_use]
    pub fn in_group(&self, group: &str) -> bool {
        let once = matches!(group, "extensions" | "events.k8s.io" | "networking.x-k8s.io");
        self.group().is_some_and(|own| own == group || (once && *self != Kind::Node))
    }

    /// Kinds whose template makes pods, the pod itself aside.
    #[must_use]
    pub fn is_workload(&self) -> bool {
        matches!(
            self,
            Kind::Deployment
                | Kind::ReplicaSet
                | Kind::ReplicationController
                | Kind::StatefulSet
                | Kind::DaemonSet
                | Kind::Job
                | Kind::CronJob
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_kubectl_takes_names_one_kind() {
        for kind in Kind::KNOWN {
            assert_eq!(Kind::from_word(&kind.plural()).as_ref(), Some(kind));
            assert_eq!(Kind::from_word(kind.as_str()).as_ref(), Some(kind));
            assert_eq!(&Kind::named(kind.as_str()), kind);
        }
        assert_eq!(Kind::from_word("deployments.apps"), Some(Kind::Deployment));
        assert_eq!(Kind::from_word("po"), Some(Kind::Pod));
        assert_eq!(Kind::from_word("gizmos"), None);
    }

    #[test]
    fn a_kind_belongs_to_the_groups_that_serve_it() {
        assert!(Kind::Node.in_group("") && Kind::Ingress.in_group("extensions") && Kind::Event.in_group("events.k8s.io"));
        assert!(!Kind::Node.in_group("gizmo.io") && !Kind::NetworkPolicy.in_group("crd.gizmo.org"));
    }
}
