//! What a person should know of missing settings.

use crate::cause::Cause;

pub(super) static CAUSES: &[Cause] = &[
    Cause {
        id: "config.config_map_missing",
        title: "A ConfigMap that the workload needs does not exist",
        meaning: "A variable, `envFrom` or volume of the template names a ConfigMap that is not in the pod's namespace. The kubelet \
                  cannot assemble the container until it exists.",
        proof: "The kubelet says `configmap \"…\" not found`, or a whole listing of the namespace's ConfigMaps lacks it.",
        refutation: "The ConfigMap is in the pod's namespace, or the reference is marked optional.",
        confused_with: &["config.config_map_key_missing", "config.secret_missing"],
        fixes: &[
            "Create the ConfigMap in the pod's namespace",
            "Correct its name in the workload's template",
            "Mark the reference `optional: true` if the workload can do without",
        ],
        depth: 90,
    },
    Cause {
        id: "config.secret_missing",
        title: "A Secret that the workload needs does not exist",
        meaning: "A variable, `envFrom` or volume of the template names a Secret that is not in the pod's namespace. Often it should \
                  have been made by an operator, a certificate issuer or an external secret store.",
        proof: "The kubelet says `secret \"…\" not found`, or a whole listing of the namespace's Secrets lacks it.",
        refutation: "The Secret is in the pod's namespace, or the reference is marked optional.",
        confused_with: &["config.secret_key_missing", "config.config_map_missing", "image.pull_secret_missing"],
        fixes: &[
            "Create the Secret in the pod's namespace",
            "Correct its name in the workload's template",
            "Check what should make it: the external secret, the certificate, the sealed secret",
        ],
        depth: 90,
    },
    Cause {
        id: "config.config_map_key_missing",
        title: "A ConfigMap lacks a key that the workload needs",
        meaning: "The ConfigMap exists and does not hold the key that a variable or volume item asks for.",
        proof: "The kubelet says `couldn't find key … in ConfigMap` or `references non-existent config key`.",
        refutation: "The ConfigMap holds the key.",
        confused_with: &["config.config_map_missing"],
        fixes: &["Add the key to the ConfigMap", "Correct the key's name in the workload's template"],
        depth: 91,
    },
    Cause {
        id: "config.secret_key_missing",
        title: "A Secret lacks a key that the workload needs",
        meaning: "The Secret exists and does not hold the key that a variable or volume item asks for.",
        proof: "The kubelet says `couldn't find key … in Secret` or `references non-existent secret key`.",
        refutation: "The Secret holds the key.",
        confused_with: &["config.secret_missing"],
        fixes: &["Add the key to the Secret", "Correct the key's name in the workload's template"],
        depth: 91,
    },
];
