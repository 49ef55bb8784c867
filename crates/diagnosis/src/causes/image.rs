//! Images that cannot be pulled, and why: what the registry answered decides.
//!
//! The kubelet's `Failed` event carries the registry's answer; `ImagePullBackOff` alone says only that there was one.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Finding, Quote, Symptom};
use crate::said;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "image.not_found",
        title: "The image or its tag does not exist",
        meaning: "The registry answered, and has no such repository or tag. A typing error in the name or tag, a tag that was never \
                  pushed, or one that was removed.",
        proof: "The kubelet's message carries the registry's `not found`, `manifest unknown` or `repository does not exist`.",
        refutation: "The registry asked for credentials, could not be reached, or another pod pulls the same image now.",
        confused_with: &["image.pull_unauthorized", "image.registry_unreachable", "image.name_invalid"],
        fixes: &[
            "Correct the image name or tag in the workload's template",
            "Push the missing tag",
            "Roll back to the revision that ran before",
        ],
        depth: 85,
    },
    Cause {
        id: "image.pull_unauthorized",
        title: "The registry refuses the pull for want of credentials",
        meaning: "The registry wants credentials, and those sent (or none) do not allow this pull. Docker Hub also answers so for \
                  a repository that does not exist.",
        proof: "The message carries `unauthorized`, `authentication required`, `denied` or status 401 or 403.",
        refutation: "The registry says that the manifest is unknown: then it let the request in.",
        confused_with: &["image.not_found", "image.pull_secret_missing"],
        fixes: &[
            "Put a valid pull secret into the namespace and name it in `imagePullSecrets`",
            "Renew expired registry credentials",
            "Check the repository name",
        ],
        depth: 85,
    },
    Cause {
        id: "image.pull_secret_missing",
        title: "The pull secret that the workload names does not exist",
        meaning: "The template names an `imagePullSecrets` entry that is not in the namespace, so the kubelet pulls without credentials.",
        proof: "The kubelet says `Unable to retrieve some image pull secrets`, or a listing of the namespace's secrets lacks it.",
        refutation: "The secret is listed, or the image is pulled without credentials.",
        confused_with: &["image.pull_unauthorized"],
        fixes: &["Create the pull secret in this namespace", "Correct its name in the template or service account"],
        depth: 92,
    },
    Cause {
        id: "image.name_invalid",
        title: "The image reference cannot be parsed",
        meaning: "The reference breaks the grammar of image names: upper-case letters, blanks, two colons, an empty tag.",
        proof: "The container waits with `InvalidImageName`, or the message says `couldn't parse image reference`.",
        refutation: "The kubelet tried to pull it.",
        confused_with: &["image.not_found"],
        fixes: &["Correct the image reference in the workload's template"],
        depth: 92,
    },
    Cause {
        id: "image.registry_unreachable",
        title: "The registry cannot be reached",
        meaning: "The node could not open a connection to the registry: refused, timed out, no route, or TLS failed.",
        proof: "The message carries the node's connection error.",
        refutation: "The registry answered with an HTTP status of its own.",
        confused_with: &["image.registry_dns", "image.not_found"],
        fixes: &[
            "Check the registry's host and port in the reference",
            "Check the node's route, proxy and firewall to the registry",
            "Mirror the image inside the cluster's reach",
        ],
        depth: 85,
    },
    Cause {
        id: "image.registry_dns",
        title: "The registry's name does not resolve",
        meaning: "The node's resolver knows no address for the registry's host: a typing error in the host, or the node's DNS fails.",
        proof: "The message carries `no such host`, `server misbehaving` or a resolver's time-out.",
        refutation: "Other images of the same registry are pulled on the same node.",
        confused_with: &["image.registry_unreachable", "image.name_invalid"],
        fixes: &["Correct the registry's host in the reference", "Repair the node's DNS"],
        depth: 90,
    },
    Cause {
        id: "image.registry_tls",
        title: "The registry's certificate is not trusted",
        meaning: "The node refuses the registry's certificate, or one side speaks plain HTTP.",
        proof: "The message carries an x509 error, or `server gave HTTP response to HTTPS client`.",
        refutation: "The pull got as far as a registry answer.",
        confused_with: &["image.registry_unreachable"],
        fixes: &["Install the registry's CA on the nodes", "Configure the runtime for this registry", "Renew the registry's certificate"],
        depth: 90,
    },
    Cause {
        id: "image.rate_limited",
        title: "The registry limits the rate of pulls",
        meaning: "The registry answered 429: too many pulls from this address or account.",
        proof: "The message carries `toomanyrequests` or `rate limit`.",
        refutation: "The registry answered otherwise.",
        confused_with: &["image.pull_unauthorized", "image.registry_unreachable"],
        fixes: &["Pull with credentials", "Use a mirror or pull-through cache", "Set `imagePullPolicy: IfNotPresent`"],
        depth: 90,
    },
    Cause {
        id: "image.never_pulled",
        title: "The image is not on the node and its policy forbids pulling",
        meaning: "`imagePullPolicy: Never` and the node does not hold the image.",
        proof: "The container waits with `ErrImageNeverPull`.",
        refutation: "The kubelet tried to pull.",
        confused_with: &["image.not_found"],
        fixes: &["Load the image on the node", "Set `imagePullPolicy` to `IfNotPresent`"],
        depth: 92,
    },
    Cause {
        id: "image.architecture",
        title: "The image is not built for the node's architecture",
        meaning: "The image has no variant for the node's architecture, or its program is for another one.",
        proof: "`no match for platform in manifest`, or the container ends with `exec format error`.",
        refutation: "The program runs on this node's architecture.",
        confused_with: &["image.not_found"],
        fixes: &["Build the image for the node's architecture", "Select nodes of the image's architecture with `kubernetes.io/arch`"],
        depth: 92,
    },
    Cause {
        id: "image.pull_failed",
        title: "The image cannot be pulled",
        meaning: "The kubelet cannot pull the image; the input does not hold the registry's answer.",
        proof: "The container waits with `ErrImagePull` or `ImagePullBackOff`.",
        refutation: "The image was pulled since.",
        confused_with: &["image.not_found", "image.pull_unauthorized", "image.registry_unreachable"],
        fixes: &["Read the pod's events for the registry's answer", "Check the image reference"],
        depth: 45,
    },
];

/// What the registry's answer, or the lack of one, means. The first that matches counts, so the more telling come first.
const ANSWERS: &[(&str, &[&str])] = &[
    ("image.name_invalid", &["invalidimagename", "couldn't parse image", "invalid reference format", "failed to apply default image tag"]),
    ("image.never_pulled", &["errimageneverpull", "imagepullpolicy is never", "with pull policy of never"]),
    ("image.rate_limited", &["toomanyrequests", "rate limit", "429 too many requests"]),
    ("image.registry_dns", &["no such host", "server misbehaving", "temporary failure in name resolution", "name or service not known"]),
    ("image.registry_tls", &["x509:", "http response to https client", "tls: ", "certificate signed by unknown"]),
    (
        "image.architecture",
        &["no match for platform", "no matching manifest for", "does not match the detected host platform", "exec format error"],
    ),
    (
        "image.pull_unauthorized",
        &[
            "unauthorized",
            "authentication required",
            "pull access denied",
            "access denied",
            "insufficient_scope",
            "401",
            "403 forbidden",
            "no basic auth credentials",
            "denied:",
            "authorization failed",
        ],
    ),
    ("image.not_found", &["manifest unknown", "not found", "does not exist", "name unknown", "404", "manifest for", "notfound"]),
    (
        "image.registry_unreachable",
        &[
            "connection refused",
            "i/o timeout",
            "no route to host",
            "network is unreachable",
            "deadline exceeded",
            "connection reset",
            "timeout",
            "eof",
            "dial tcp",
        ],
    ),
];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::ImagePull) {
        out.push(of(case, index, finding));
    }
    for (index, finding) in case.findings.iter().enumerate() {
        if matches!(finding.symptom, Symptom::ContainerStart | Symptom::ContainerCrash) {
            out.extend(other_architecture(case, index, finding));
        }
    }
}

/// A program that the node's processor cannot run: the runtime says so, or the loader in the container's last words.
fn other_architecture(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    const MARK: &[&str] = &["exec format error"];
    let official = said::of(case, finding, &["Failed", "StartError"]).into_iter().find(|said| said.has(MARK));
    let said = official.or_else(|| said::printed(case, finding).into_iter().find(|said| said.has(MARK)))?;
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let image = image_of(pod, finding);
    let named = image.text().map_or_else(|| "of this pod".to_owned(), |image| format!("`{image}`"));
    let node = pod.to(Relation::RunsOn).next();
    let built = node.map(|node| (node, node.at("status/nodeInfo/architecture"))).filter(|(_, at)| at.exists());
    let built =
        built.or_else(|| node.map(|node| (node, node.at("metadata/labels").get("kubernetes.io/arch"))).filter(|(_, at)| at.exists()));
    let place = built.map(|(node, at)| format!(": node `{}` is {}", node.name(), at.text_or_empty())).unwrap_or_default();
    let strength = match (said.is_official(), built.is_some()) {
        (true, true) => Strength::Proven,
        (true, false) => Strength::Stated,
        (false, true) => Strength::Shown,
        (false, false) => Strength::Logged,
    };
    let says = format!("{}{place} (exec format error)", statement("image.architecture", &named, owner, ""));
    let candidate = Candidate::new("image.architecture", owner.id, strength, says)
        .quote([said.quote])
        .quote(built.and_then(|(node, at)| case.quote(at, node)))
        .quote(case.quote(image, pod))
        .explain([index]);
    Some(next_steps(candidate, "image.architecture", owner))
}

fn of<'g>(case: &Case<'g>, index: usize, finding: &Finding) -> Candidate {
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let answers = answers(case, pod, finding);
    let image = image_of(pod, finding);
    let named = image.text().map_or_else(|| named_in(&answers).unwrap_or_else(|| "of this pod".to_owned()), |image| format!("`{image}`"));
    let read = |id: &str| ANSWERS.iter().find(|(cause, _)| *cause == id);
    let matched = ANSWERS.iter().find_map(|(cause, words)| {
        let answer = answers.iter().find(|(text, _)| words.iter().any(|word| text.to_ascii_lowercase().contains(word)))?;
        Some((*cause, answer))
    });
    let missing_secret = missing_pull_secret(case, pod);
    let (cause, strength, quotes) = match (matched, &missing_secret) {
        (Some(("image.pull_unauthorized" | "image.not_found", (_, quote))), Some((_, secret))) => {
            ("image.pull_secret_missing", Strength::Proven, vec![secret.clone(), quote.clone()])
        }
        (Some((cause, (_, quote))), _) => (cause, Strength::Proven, vec![quote.clone()]),
        (None, _) => ("image.pull_failed", Strength::Stated, Vec::new()),
    };
    let mut says = statement(cause, &named, owner, missing_secret.as_ref().map_or("", |(name, _)| name));
    if let Some((_, (text, _))) = matched.filter(|(id, _)| id.starts_with("image.registry_")) {
        let reason = text.rsplit_once("do request: ").map_or(text.as_str(), |(_, reason)| reason);
        says = format!("{says}: {}", crate::wording::short(reason));
    }
    let mut candidate = Candidate::new(cause, owner.id, strength, says)
        .quote(quotes)
        .quote(finding.quotes.iter().cloned())
        .quote(case.quote(image, pod))
        .explain([index]);
    if cause == "image.pull_failed" {
        let namespace = pod.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        candidate = candidate.missing(
            format!("the registry's answer, in the events of {}", pod.reference()),
            format!("kubectl describe pod {}{namespace}", pod.name()),
        );
    }
    if let Some((_, quote)) = answers.first().filter(|_| cause != "image.pull_failed") {
        for (other, why) in [
            ("image.registry_unreachable", "the registry answered"),
            ("image.pull_unauthorized", "the answer asks for no credentials"),
            ("image.not_found", "the answer does not say that the image is unknown"),
        ] {
            let silent = read(other).is_some_and(|(_, words)| {
                !answers.iter().any(|(text, _)| words.iter().any(|word| text.to_ascii_lowercase().contains(word)))
            });
            let answered =
                matches!(cause, "image.not_found" | "image.pull_unauthorized" | "image.rate_limited" | "image.pull_secret_missing");
            if other != cause && silent && (answered || other != "image.registry_unreachable") {
                candidate = candidate.not(other, why, [quote.clone()]);
            }
        }
    }
    next_steps(candidate, cause, owner)
}

/// What the kubelet said of the pull, most telling first: messages of events and of the waiting state.
fn answers<'g>(case: &Case<'g>, pod: Entity<'g>, finding: &Finding) -> Vec<(String, Quote)> {
    let mut found = Vec::new();
    for event in pod.events().iter().chain(case.graph.loose_events()) {
        let of_pull = matches!(
            &*event.reason,
            "Failed" | "ErrImagePull" | "InspectFailed" | "ErrImageNeverPull" | "InvalidImageName" | "ImagePullBackOff"
        );
        let of_container = event.container().is_none() || finding.container.is_none() || event.container() == finding.container.as_deref();
        if of_pull && of_container {
            found.extend(case.quote_event(event, pod).map(|quote| (event.message.to_string(), quote)));
        }
    }
    for status in pod.at("status/containerStatuses").items().chain(pod.at("status/initContainerStatuses").items()) {
        if finding.container.is_none() || status.get("name").text() == finding.container.as_deref() {
            for at in [status.at("state/waiting/message"), status.at("state/waiting/reason")] {
                found.extend(at.text().and_then(|text| Some((text.to_owned(), case.quote(at, pod)?))));
            }
        }
    }
    // The longer message carries the registry's words; "Error: ErrImagePull" does not.
    found.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    found
}

/// The image of the container of a finding.
fn image_of<'g>(pod: Entity<'g>, finding: &Finding) -> At<'g> {
    let own = |container: &At<'g>| container.get("name").text() == finding.container.as_deref();
    let mut containers = assent_evidence::edges::containers(pod.pod_spec());
    let found = match &finding.container {
        Some(_) => containers.find(own),
        None => containers.next(),
    };
    found.map_or_else(assent_evidence::entity::nowhere, |container| container.get("image"))
}

/// The image as an answer names it: `Failed to pull image "x"`.
fn named_in(answers: &[(String, Quote)]) -> Option<String> {
    answers.iter().find_map(|(text, _)| {
        let (_, after) = text.split_once("image \"")?;
        Some(format!("`{}`", after.split('"').next()?))
    })
}

/// A pull secret that the pod names and that is proven not to exist.
fn missing_pull_secret<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<(String, Quote)> {
    for event in pod.events() {
        if &*event.reason == "FailedToRetrieveImagePullSecret" {
            let name = event.message.split('(').nth(1).and_then(|rest| rest.split(')').next()).unwrap_or("").to_owned();
            return Some((name, case.quote_event(event, pod)?));
        }
    }
    pod.pod_spec().get("imagePullSecrets").items().find_map(|secret| {
        let name = secret.get("name");
        let reference = pod.reference().beside(Kind::Secret, name.text()?);
        case.graph.is_absent(&reference).then(|| Some((name.text()?.to_owned(), case.quote(name, pod)?))).flatten()
    })
}

fn statement(cause: &str, image: &str, owner: Entity<'_>, secret: &str) -> String {
    let who = owner.reference();
    match cause {
        "image.not_found" => {
            format!("Image {image} of {who} does not exist in its registry: the name or the tag is wrong, or it was never pushed")
        }
        "image.pull_unauthorized" => format!("The registry refuses to hand out image {image} of {who} without valid credentials"),
        "image.pull_secret_missing" => format!(
            "{who} names the pull secret `{secret}`, which does not exist in its namespace, so image {image} is pulled without credentials and refused"
        ),
        "image.name_invalid" => format!("{image} in {who} is no valid image reference"),
        "image.registry_unreachable" => format!("The node cannot reach the registry of image {image} of {who}"),
        "image.registry_dns" => format!("The registry's name in image {image} of {who} does not resolve"),
        "image.registry_tls" => format!("The node does not trust the registry of image {image} of {who}"),
        "image.rate_limited" => format!("The registry of image {image} of {who} limits the rate of pulls"),
        "image.never_pulled" => format!("Image {image} of {who} is not on the node, and `imagePullPolicy: Never` forbids pulling it"),
        "image.architecture" => format!("Image {image} of {who} is not built for the node's architecture"),
        _ => format!("Image {image} of {who} cannot be pulled; the input does not hold the registry's answer"),
    }
}

fn next_steps(candidate: Candidate, cause: &str, owner: Entity<'_>) -> Candidate {
    let namespace = owner.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let kind = owner.kind().as_str().to_lowercase();
    let name = owner.name();
    let candidate = match cause {
        "image.pull_unauthorized" | "image.pull_secret_missing" => candidate
            .next(format!("Create or renew the pull secret: kubectl create secret docker-registry NAME{namespace} --docker-server=…")),
        "image.registry_unreachable" | "image.registry_dns" | "image.registry_tls" | "image.rate_limited" => {
            candidate.next("Try the pull from the node itself: crictl pull IMAGE")
        }
        _ => candidate.next(format!("Correct the image in {}", owner.reference())),
    };
    if *owner.kind() == Kind::Deployment {
        candidate.next(format!("Go back to the revision that ran before: kubectl rollout undo {kind}/{name}{namespace}"))
    } else {
        candidate
    }
}
