//! Volumes that cannot be attached, mounted, written to or resized.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::told::{self, Told};
use crate::finding::Symptom;
use crate::logs::Signal;
use crate::wording::{in_namespace, shortened};

/// Letters of a foreign message that a statement repeats.
const WHY_CHARS_MAX: usize = 300;
/// Messages in which a ConfigMap, Secret or token is missing: no fault of storage.
const OF_CONFIGURATION: &[&str] = &[
    "configmap",
    "secret \"",
    "references non-existent",
    "not registered",
    "serviceaccount token",
    "service account token",
    "failed to fetch token",
    "ca.crt",
];

/// Offers candidates.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::PodStuckCreating) {
        let pod = case.entity(finding.on);
        let told = told::of(case, finding, &[], &["FailedAttachVolume", "FailedMount", "FailedMapVolume"]);
        if told.iter().any(|told| OF_CONFIGURATION.iter().any(|word| told.text.to_ascii_lowercase().contains(word))) {
            continue;
        }
        // What timed out tells less than what failed.
        let telling = told.iter().find(|told| !is_summary(told.text)).or(told.first());
        out.extend(telling.map(|told| stuck(case, index, pod, told)));
    }
    permissions(case, out);
    resizes(case, out);
}

/// `Unable to attach or mount volumes: unmounted volumes=[data], …: timed out waiting for the condition` says that, and not why.
fn is_summary(text: &str) -> bool {
    text.starts_with("Unable to attach or mount volumes")
}

fn stuck<'g>(case: &Case<'g>, index: usize, pod: Entity<'g>, told: &Told<'g>) -> Candidate {
    let owner = case.owner(pod.id);
    let volume = crate::wording::between(told.text, "for volume \"", "\"")
        .or_else(|| crate::wording::between(told.text, "unmounted volumes=[", "]"));
    let claim = volume.and_then(|name| claim_of(pod, name)).or_else(|| only_claim(pod));
    let attaching = told.text.contains("AttachVolume") || told.text.contains("Multi-Attach");
    let cause = match (told.text.contains("Multi-Attach"), attaching) {
        (true, _) => "storage.multi_attach",
        (_, true) => "storage.attach_failed",
        _ => "storage.mount_failed",
    };
    let on = claim.unwrap_or(owner);
    let named = volume.map(|name| format!(" `{name}`")).unwrap_or_default();
    let why = shortened(told.text.split_once("\" : ").map_or(told.text, |(_, why)| why), WHY_CHARS_MAX);
    let server = volume.and_then(|name| server_of(pod, name));
    let place = server.map(|(server, path, _)| format!(" of {}:{}", server.text_or_empty(), path.text_or_empty())).unwrap_or_default();
    let (says, other) = match cause {
        "storage.multi_attach" => multi_attach(case, pod, claim, &named, owner),
        "storage.attach_failed" => {
            (format!("The volume{named} of {} cannot be attached to its node: {why}", owner.reference()), Vec::new())
        }
        _ => (format!("The volume{named}{place} of {} cannot be mounted: {why}", owner.reference()), Vec::new()),
    };
    let mut agrees: Vec<_> = claim.and_then(|claim| case.quote(claim.at("spec/volumeName"), claim)).into_iter().collect();
    agrees.extend(server.and_then(|(server, _, holder)| case.quote(server, holder)));
    agrees.extend(other);
    let weak = is_summary(told.text);
    let strength = match (weak, agrees.is_empty()) {
        (true, _) => Strength::Suspected,
        (false, true) => Strength::Stated,
        (false, false) => Strength::Proven,
    };
    let mut candidate = Candidate::new(cause, on.id, strength, says).quote([told.quote.clone()]).quote(agrees).explain([index]);
    if let Some((server, _, _)) = server {
        let host = assent_evidence::address::Address { host: server.text_or_empty().to_ascii_lowercase(), port: None };
        let service = host
            .service(pod.namespace())
            .and_then(|(name, namespace)| case.graph.id(&assent_base::ObjectRef::new(Kind::Service, namespace, name)));
        candidate = service.into_iter().fold(candidate, Candidate::blame);
    }
    if let Some(node) = pod.to(Relation::RunsOn).next() {
        candidate = candidate.next(format!("Read what the node's kubelet and the driver say: kubectl describe node {}", node.name()));
    }
    candidate.next(format!("See the volume and who else uses it: kubectl get pvc,volumeattachments{}", in_namespace(pod)))
}

/// The claim behind a volume of a pod: by the name in the specification, or by the name of the bound volume.
fn claim_of<'g>(pod: Entity<'g>, volume: &str) -> Option<Entity<'g>> {
    let spec = pod.pod_spec();
    let named = spec.get("volumes").items().find(|own| own.get("name").is(volume)).map(|own| own.at("persistentVolumeClaim/claimName"));
    let mounted = || pod.to(Relation::Mounts).filter(|to| *to.kind() == Kind::PersistentVolumeClaim);
    let by_name = named.and_then(|name| name.text()).and_then(|name| mounted().find(|claim| claim.name() == name));
    by_name.or_else(|| mounted().find(|claim| claim.at("spec/volumeName").is(volume)))
}

fn only_claim<'g>(pod: Entity<'g>) -> Option<Entity<'g>> {
    let mut claims = pod.to(Relation::Mounts).filter(|to| *to.kind() == Kind::PersistentVolumeClaim);
    let first = claims.next()?;
    let volumes =
        pod.pod_spec().get("volumes").items().filter(|volume| !volume.get("projected").exists() && !volume.get("emptyDir").exists());
    (claims.next().is_none() && volumes.count() == 1).then_some(first)
}

/// The server and path of a network volume, and the object that names them.
fn server_of<'g>(pod: Entity<'g>, volume: &str) -> Option<(At<'g>, At<'g>, Entity<'g>)> {
    let inline = pod.pod_spec().get("volumes").items().find(|own| own.get("name").is(volume)).map(|own| own.get("nfs"));
    if let Some(nfs) = inline.filter(At::exists) {
        return Some((nfs.get("server"), nfs.get("path"), pod));
    }
    let persistent = claim_of(pod, volume)?.to(Relation::BoundTo).next()?;
    let nfs = persistent.at("spec/nfs");
    nfs.exists().then_some((nfs.get("server"), nfs.get("path"), persistent))
}

/// Who else uses the volume, on which node.
fn multi_attach<'g>(
    case: &Case<'g>,
    pod: Entity<'g>,
    claim: Option<Entity<'g>>,
    named: &str,
    owner: Entity<'g>,
) -> (String, Vec<crate::finding::Quote>) {
    let here = pod.at("spec/nodeName").text_or_empty();
    let other = claim
        .into_iter()
        .flat_map(|claim| claim.from(Relation::Mounts))
        .find(|user| *user.kind() == Kind::Pod && user.id != pod.id && user.at("spec/nodeName").text().is_some_and(|node| node != here));
    let by = other
        .map(|other| format!(" by Pod `{}` on Node `{}`", other.name(), other.at("spec/nodeName").text_or_empty()))
        .unwrap_or_default();
    let what = claim.map_or_else(|| format!("The volume{named}"), |claim| format!("The volume{named} of {}", claim.reference()));
    let says = format!(
        "{what} is still attached to another node{by}, so {} cannot get it on Node `{here}` (Multi-Attach error)",
        owner.reference()
    );
    let quotes = other
        .and_then(|other| case.quote(other.at("spec/nodeName"), other))
        .into_iter()
        .chain(claim.and_then(|claim| case.quote(claim.at("spec/accessModes/0"), claim)));
    (says, quotes.collect())
}

/// Logs that are denied a path below a mounted volume, where the security context explains it.
fn permissions(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::ContainerCrash) {
        let pod = case.entity(finding.on);
        let owner = case.owner(pod.id);
        let signals = case.signals.get(&pod.id).map(Vec::as_slice).unwrap_or_default();
        let spec = if pod.pod_spec().get("containers").exists() { pod.pod_spec() } else { owner.pod_spec() };
        let denied = signals.iter().rev().filter(|signal| signal.found.rule.signal == Signal::PermissionDenied).find_map(|signal| {
            let own = |container: &At<'_>| finding.container.is_none() || container.get("name").text() == finding.container.as_deref();
            let (container, mount) = edges::containers(spec).filter(own).find_map(|container| {
                let mounts = container.get("volumeMounts").items();
                Some((
                    container,
                    mounts
                        .into_iter()
                        .find(|mount| on_volume(spec, *mount) && names_path(signal.text, mount.get("mountPath").text_or_empty()))?,
                ))
            })?;
            Some((signal, container, mount))
        });
        let Some((signal, container, mount)) = denied else { continue };
        let holder = if pod.pod_spec().get("containers").exists() { pod } else { owner };
        let user = [container.at("securityContext/runAsUser"), spec.at("securityContext/runAsUser")].into_iter().find(At::exists);
        let non_root = user.is_some_and(|user| user.int() != Some(0)) || spec.at("securityContext/runAsNonRoot").bool() == Some(true);
        let group = spec.at("securityContext/fsGroup");
        let read_only = mount.get("readOnly").bool() == Some(true);
        let as_user = user.and_then(|user| user.int()).map(|user| format!(" as user {user}")).unwrap_or_default();
        let why = match (read_only, group.scalar()) {
            (true, _) => "the mount is read-only".to_owned(),
            (false, Some(group)) => format!("fsGroup {group} does not give it the right"),
            (false, None) => "the pod sets no fsGroup".to_owned(),
        };
        let path = mount.get("mountPath").text_or_empty();
        let says = format!(
            "Container `{}` of {} runs{as_user} and is denied access to its volume `{}` mounted at `{path}` (permission denied); {why}",
            container.get("name").text_or_empty(),
            owner.reference(),
            mount.get("name").text_or_empty()
        );
        // The log and the specification agree: two sources.
        let strength = if non_root && !group.exists() || read_only { Strength::Proven } else { Strength::Logged };
        out.push(
            Candidate::new("storage.volume_permission", owner.id, strength, says)
                .quote([case.quote_line(signal, pod.id)])
                .quote(user.and_then(|user| case.quote(user, holder)))
                .quote(case.quote(mount.get("mountPath"), holder))
                .quote(case.quote(group, holder))
                .explain([index])
                .explain(case.on_with(pod.id, &[Symptom::LogComplaint, Symptom::NotReady, Symptom::ContainerCrash]))
                .explain(case.on_with(owner.id, &[Symptom::LogComplaint]))
                .next(format!(
                    "Set `fsGroup` in the pod's security context of {}, or run as the user that owns the files",
                    owner.reference()
                )),
        );
    }
}

/// Whether a mount is of a volume whose files live longer than the pod; the others belong to the container's user.
fn on_volume(spec: At<'_>, mount: At<'_>) -> bool {
    let name = mount.get("name").text_or_empty();
    let volume = spec.get("volumes").items().find(|volume| volume.get("name").is(name));
    let lasting = ["persistentVolumeClaim", "hostPath", "nfs", "csi", "ephemeral", "iscsi"];
    // A claim of a StatefulSet's template is not among the volumes of its pod template.
    volume.is_none_or(|volume| lasting.iter().any(|kind| volume.get(kind).exists()))
}

fn names_path(text: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.len() > 1
        && text.match_indices(path).any(|(at, _)| {
            let after = text.get(at + path.len()..).and_then(|rest| rest.chars().next());
            after.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_')
        })
}

/// Claims that got no larger though asked.
fn resizes(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::ClaimNotResized) {
        let claim = case.entity(finding.on);
        let told = told::of(case, finding, &[], &["VolumeResizeFailed", "FileSystemResizeFailed", "ExternalExpanding"]);
        let (wanted, held) = (claim.at("spec/resources/requests/storage"), claim.at("status/capacity/storage"));
        let class = claim.to(Relation::References).find(|to| *to.kind() == Kind::StorageClass);
        let expands =
            class.map(|class| (class, class.at("allowVolumeExpansion"))).filter(|(class, at)| class.is_full() && at.bool() != Some(true));
        let failed = told.iter().find(|told| !told.text.contains("waiting for an external controller"));
        let why = failed.or(told.first()).map(|told| shortened(told.text.rsplit("desc = ").next().unwrap_or(told.text), WHY_CHARS_MAX));
        let not_allowed =
            expands.map(|(class, _)| format!("; StorageClass `{}` does not set allowVolumeExpansion", class.name())).unwrap_or_default();
        let says = format!(
            "{} asks for {} and has {}, and it cannot be resized: {}{not_allowed}",
            claim.reference(),
            wanted.scalar().unwrap_or_default(),
            held.scalar().unwrap_or_default(),
            why.unwrap_or_else(|| "nobody expands it".to_owned())
        );
        out.push(
            Candidate::new("storage.resize_failed", claim.id, Strength::Proven, says)
                .quote(told.into_iter().map(|told| told.quote).take(2))
                .quote(case.quote(wanted, claim))
                .quote(case.quote(held, claim))
                .quote(expands.and_then(|(class, at)| case.quote(at, class)))
                .explain([index])
                .next("Use a class with `allowVolumeExpansion: true`, or act on the driver's answer"),
        );
    }
}
