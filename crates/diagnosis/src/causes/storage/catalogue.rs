//! What the catalogue says of causes in storage.

use crate::cause::Cause;

macro_rules! causes {
    ($($id:literal $depth:literal { title: $title:expr, meaning: $meaning:expr, proof: $proof:expr, refutation: $refutation:expr, confused_with: [$($other:literal),*], fixes: [$($fix:expr),+ $(,)?] })+) => {
        /// The causes of this family.
        pub static CAUSES: &[Cause] = &[$(Cause {
            id: $id, title: $title, meaning: $meaning, proof: $proof, refutation: $refutation,
            confused_with: &[$($other),*], fixes: &[$($fix),+], depth: $depth,
        }),+];
    };
}

causes! {
    "storage.claim_missing" 92 {
        title: "The claim that the workload names does not exist",
        meaning: "The template mounts a PersistentVolumeClaim that is not in the namespace, or that is being deleted.",
        proof: "The scheduler says `persistentvolumeclaim … not found`; a listing of claims lacks it.",
        refutation: "The claim exists.",
        confused_with: ["storage.claim_unbound", "storage.class_missing"],
        fixes: ["Create the claim in this namespace", "Correct `claimName` in the template"]
    }
    "storage.class_missing" 93 {
        title: "The storage class that the claim names does not exist",
        meaning: "The claim asks for a storage class that the cluster does not have, and no volume carries that class either.",
        proof: "The claim's event says `storageclass … not found`; a listing of storage classes lacks it.",
        refutation: "The storage class exists.",
        confused_with: ["storage.no_default_class", "storage.provisioning_failed"],
        fixes: ["Correct `storageClassName` in the claim, or in the claim template", "Create the storage class"]
    }
    "storage.no_default_class" 92 {
        title: "The claim names no storage class and the cluster has no default one",
        meaning: "A claim without a storage class gets the default class. No class is marked as default, so nobody makes a volume.",
        proof: "The claim's event says that no storage class is set; no listed class is the default.",
        refutation: "A class is marked as default, or the claim names one.",
        confused_with: ["storage.class_missing", "storage.no_volume"],
        fixes: ["Name a storage class in the claim", "Mark a class as default: `storageclass.kubernetes.io/is-default-class: \"true\"`"]
    }
    "storage.several_default_classes" 90 {
        title: "More than one storage class is the default",
        meaning: "Several classes are marked as default. Older API servers then refuse claims that name none; newer ones take the youngest class, \
                  which may not be the one that was meant.",
        proof: "The refusal says `default StorageClasses were found`, or several listed classes are marked and the claim got one that fails.",
        refutation: "One class is the default.",
        confused_with: ["storage.no_default_class"],
        fixes: ["Take the mark from all classes but one", "Name a storage class in the claim"]
    }
    "storage.volume_too_small" 92 {
        title: "The volumes that would do are too small for the claim",
        meaning: "The claim waits for a volume that somebody makes by hand, and those that match it otherwise hold less than it asks for.",
        proof: "The claim's request is greater than the capacity of every volume of its class.",
        refutation: "An available volume is large enough.",
        confused_with: ["storage.access_mode_unmatched", "storage.no_volume"],
        fixes: ["Ask for less in the claim", "Make a larger volume"]
    }
    "storage.access_mode_unmatched" 92 {
        title: "No volume offers the access mode that the claim asks for",
        meaning: "The volumes that match the claim otherwise do not offer its access mode, such as `ReadWriteMany`.",
        proof: "The claim's access modes are not among those of any volume of its class, or the provisioner refuses them.",
        refutation: "An available volume offers the mode.",
        confused_with: ["storage.volume_too_small", "storage.multi_attach"],
        fixes: ["Ask for an access mode that the storage offers", "Use storage that offers the mode"]
    }
    "storage.volume_selector_unmatched" 92 {
        title: "No volume carries the labels that the claim selects",
        meaning: "The claim has a selector, and the volumes that match it otherwise do not carry the labels.",
        proof: "The claim's selector matches the labels of no volume of its class.",
        refutation: "An available volume carries the labels.",
        confused_with: ["storage.no_volume"],
        fixes: ["Correct the claim's selector", "Label the volume"]
    }
    "storage.volume_already_bound" 92 {
        title: "The volume that the claim needs is bound to another claim",
        meaning: "A volume serves one claim. The one that this claim names, or the only one that would do, belongs to another.",
        proof: "The volume's `claimRef` names another claim.",
        refutation: "The volume is available.",
        confused_with: ["storage.reclaim_released", "storage.no_volume"],
        fixes: ["Make another volume", "Use the claim that the volume is bound to", "Correct `volumeName` in the claim"]
    }
    "storage.reclaim_released" 92 {
        title: "The volume is released and still reserved for a claim that is gone",
        meaning: "With the reclaim policy `Retain`, a volume whose claim was deleted keeps its `claimRef`, and no other claim gets it until somebody clears it.",
        proof: "The volume's phase is `Released`, and it names a claim that is gone.",
        refutation: "The volume is available.",
        confused_with: ["storage.volume_already_bound"],
        fixes: ["Save the data, then clear the reference: kubectl patch pv NAME -p '{\"spec\":{\"claimRef\":null}}'", "Make a new volume"]
    }
    "storage.volume_node_affinity" 90 {
        title: "The volume lives where the pod cannot run",
        meaning: "The claim's volume can be used on some nodes or in one zone alone, and none of those nodes takes the pod.",
        proof: "The scheduler says `volume node affinity conflict`; the volume's node affinity names the place.",
        refutation: "A node in the volume's place takes the pod.",
        confused_with: ["scheduling.node_affinity_unmatched", "scheduling.insufficient_cpu"],
        fixes: ["Bring back a node in the volume's zone, or the node itself", "Let the pod run there: selector, affinity, tolerations",
                "Move the data to a new volume", "Use `volumeBindingMode: WaitForFirstConsumer`"]
    }
    "storage.provisioning_failed" 87 {
        title: "The volume cannot be provisioned",
        meaning: "The provisioner of the storage class tried and failed, or does not answer: rights at the cloud, parameters, capacity, or it does not run.",
        proof: "The claim's event `ProvisioningFailed` carries the provisioner's answer.",
        refutation: "The claim is bound.",
        confused_with: ["storage.class_missing", "storage.access_mode_unmatched", "admission.quota_storage"],
        fixes: ["Act on the provisioner's answer", "Check that the provisioner's pods run and have their rights", "Correct the storage class's parameters"]
    }
    "storage.claim_lost" 92 {
        title: "The claim has lost its volume",
        meaning: "The claim was bound to a volume that no longer exists. The data on it is lost unless the storage behind it remains.",
        proof: "The claim's phase is `Lost`; the volume is gone.",
        refutation: "The volume exists and names the claim.",
        confused_with: ["storage.volume_already_bound"],
        fixes: ["Restore the volume object if the storage behind it remains", "Restore from a backup into a new claim"]
    }
    "storage.multi_attach" 90 {
        title: "The volume is still attached to another node",
        meaning: "A volume that one node alone may use is attached to a node where another pod uses it, or where it was not detached.",
        proof: "The attach controller says `Multi-Attach error`.",
        refutation: "The volume is attached to this pod's node.",
        confused_with: ["storage.attach_failed", "storage.access_mode_unmatched"],
        fixes: ["End the pod that holds the volume; use the `Recreate` strategy", "If the other node is gone for good, mark it as out of service",
                "Use a volume that several nodes may use"]
    }
    "storage.attach_failed" 85 {
        title: "The volume cannot be attached to the node",
        meaning: "The attach controller or the storage's driver fails to attach the volume to the pod's node.",
        proof: "`FailedAttachVolume` carries the driver's answer.",
        refutation: "The volume is attached.",
        confused_with: ["storage.multi_attach", "storage.mount_failed"],
        fixes: ["Act on the driver's answer", "Check that the driver runs on the node", "Check that the volume still exists behind the scenes"]
    }
    "storage.mount_failed" 83 {
        title: "A volume cannot be mounted",
        meaning: "The kubelet cannot mount a volume of the pod: the server does not answer, the path does not exist, a tool is missing, the file system is damaged.",
        proof: "`FailedMount` carries the answer of mount or of the driver.",
        refutation: "The volume is mounted since.",
        confused_with: ["storage.attach_failed"],
        fixes: ["Check the server, path and options of the volume", "Check the node's route and firewall to the server", "Install the mount tool or driver on the node"]
    }
    "storage.volume_permission" 93 {
        title: "The container may not write to its volume",
        meaning: "The process runs as a user that does not own the files of the mounted volume, and no `fsGroup` gives it the right.",
        proof: "The log says permission denied for a path below a mounted volume; the security context sets a user and no matching group.",
        refutation: "The path is not on a volume, or `fsGroup` is set and the volume honours it.",
        confused_with: ["storage.mount_failed"],
        fixes: ["Set `fsGroup` in the pod's security context", "Run as the user that owns the files", "Change the owner in an init container"]
    }
    "storage.resize_failed" 87 {
        title: "The claim cannot be resized",
        meaning: "The claim asks for more than it has, and the storage class or its driver does not expand the volume.",
        proof: "The claim's event `VolumeResizeFailed` carries the answer; its capacity is less than its request.",
        refutation: "The capacity meets the request.",
        confused_with: ["storage.provisioning_failed"],
        fixes: ["Use a class with `allowVolumeExpansion: true`", "Act on the driver's answer", "Restart the pod if the file system waits for it"]
    }
    "storage.no_volume" 84 {
        title: "No volume fits the claim, and nobody makes one",
        meaning: "The claim's class makes no volumes by itself, and none of those that exist fits.",
        proof: "The claim's event says `no persistent volumes available`; no volume of its class is available.",
        refutation: "A volume of the class is available.",
        confused_with: ["storage.no_default_class", "storage.volume_too_small"],
        fixes: ["Make a volume that fits the claim", "Use a class that makes volumes"]
    }
    "storage.claim_unbound" 45 {
        title: "A claim is not bound",
        meaning: "The pod waits for a claim that has no volume; the input does not hold why.",
        proof: "The scheduler says `unbound immediate PersistentVolumeClaims`, or the claim is pending.",
        refutation: "The claim is bound.",
        confused_with: ["storage.class_missing", "storage.no_default_class", "storage.provisioning_failed"],
        fixes: ["Read the claim's events: kubectl describe pvc NAME"]
    }
}
