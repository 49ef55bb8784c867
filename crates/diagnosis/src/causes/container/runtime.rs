//! What the runtime says when it refuses a container.

use assent_capture::tree::At;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::config;
use crate::finding::{Finding, Symptom};
use crate::said::{self, Said};

/// Words of the runtime and what they mean. The first that matches counts, so the more telling come first.
const ANSWERS: &[(&str, &[&str])] = &[
    (
        "container.lifecycle_hook_failed",
        &["lifecycle hook", "poststarthook", "prestophook", "poststart hook", "prestop hook", "failedpoststarthook", "failedprestophook"],
    ),
    (
        "container.resource_limit_too_low",
        &[
            "minimum memory limit",
            "memory limit too low",
            "init was oom-killed",
            "oom-killed (memory limit",
            "unable to set memory limit to",
            "write init-p: broken pipe",
            "read init-p: connection reset by peer",
            "runc did not terminate successfully: signal: killed",
            "runc init exited unexpectedly",
        ],
    ),
    (
        "container.security_context",
        &[
            "runasnonroot",
            "breaks non-root policy",
            "forbidden sysctl",
            "sysctlforbidden",
            "seccomp",
            "apparmor",
            "unknown capability",
            "invalid capability",
            "unable to apply caps",
            "unable to find user",
            "unable to find group",
            "no matching entries in passwd",
            "no users found",
            "selinux",
            "setresuid",
            "operation not permitted",
        ],
    ),
    (
        "container.device_missing",
        &[
            "error gathering device information",
            "nvidia-container-cli",
            "unresolvable cdi devices",
            "could not select device driver",
            "no such device",
        ],
    ),
    ("container.working_dir_missing", &["chdir to cwd", "workdir", "to cwd (", "chdir to `", "cwd:"]),
    ("image.architecture", &["exec format error"]),
    (
        "container.command_not_found",
        &["executable file not found", "executable file `", "no such file or directory\": unknown", "not found in $path"],
    ),
    ("container.not_executable", &["permission denied", "open executable: permission denied", "is a directory: unknown"]),
];

/// Words of the cluster network, which is another's cause.
const NETWORK: &[&str] = &["cni", "network", "ipam", "plugin type=", "ip address", "failed to allocate for range"];

/// Offers candidates for containers that the runtime refuses.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::ContainerStart | Symptom::ContainerConfig | Symptom::ContainerCrash | Symptom::PodFailed => {
                out.extend(container(case, index, finding));
            }
            Symptom::PodStuckCreating => out.extend(sandbox(case, index, finding)),
            Symptom::PodStuckTerminating => out.extend(hook(case, index, finding, &["FailedPreStopHook"])),
            _ => {}
        }
    }
}

/// Events about starting a container; those of probes and pulls are not among them.
const STARTING: &[&str] = &[
    "Failed",
    "FailedPostStartHook",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
    "ContainerCannotRun",
    "CreateContainerConfigError",
    "SysctlForbidden",
    "AppArmor",
    "InspectFailed",
];

fn container(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let words: Vec<Said> = said::of(case, finding, STARTING).into_iter().filter(Said::is_official).collect();
    if let Some(hook) = hook(case, index, finding, &["FailedPostStartHook"]) {
        return Some(hook);
    }
    let starting = matches!(finding.symptom, Symptom::ContainerStart | Symptom::ContainerConfig);
    let matched = ANSWERS.iter().find_map(|(cause, marks)| Some((*cause, words.iter().find(|said| told(said, cause, marks))?)));
    let (cause, said) = match matched {
        Some((cause, said)) if cause != "image.architecture" => (cause, said),
        // Its own family names it.
        Some(_) => return None,
        None if starting => {
            let own = words.iter().filter(|said| !is_hollow(said) && !config::is_about_settings(said));
            ("container.create_failed", own.max_by_key(|said| (said.text.len(), said.quote.cite.start))?)
        }
        None => return None,
    };
    Some(candidate(case, index, finding, cause, said))
}

/// Whether a message carries one of the marks of a cause, read with care for words that mean several things.
fn told(said: &Said, cause: &str, marks: &[&str]) -> bool {
    if said.has(&["pulling image", "pull image", "imagepull"]) || config::is_about_settings(said) {
        return false;
    }
    let missing_program = || said.has(&["exec: \"", "exec \"", "stat /", "executable"]) && said.has(&["no such file or directory"]);
    match cause {
        "container.command_not_found" => said.has(marks) || missing_program() && !said.has(&["mount", "rootfs"]),
        "container.not_executable" => said.has(marks) && said.has(&["exec", "starting container process"]) && !said.has(&["mount"]),
        "container.security_context" => {
            let last = marks.last().copied().unwrap_or("");
            marks.iter().any(|mark| *mark != last && said.has(&[mark]))
                || (said.has(&[last]) && said.has(&["caps", "setgroups", "sysctl", "setuid"]))
        }
        _ => said.has(marks),
    }
}

/// A message that says only that there was an error.
fn is_hollow(said: &Said) -> bool {
    let text = said.text.trim_start_matches("Error:").trim();
    text.is_empty() || !text.contains(' ') || text.starts_with("back-off") || text.starts_with("Back-off") || text.contains("pull")
}

fn hook(case: &Case<'_>, index: usize, finding: &Finding, reasons: &[&str]) -> Option<Candidate> {
    let words = said::of(case, finding, reasons);
    let told = |said: &&Said| said.by == said::By::Event && (said.has(&["hook"]) || case.event(case.entity(finding.on), reasons).is_some());
    let said = words.iter().find(told)?;
    Some(candidate(case, index, finding, "container.lifecycle_hook_failed", said))
}

fn sandbox(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let words = said::of(case, finding, &["FailedCreatePodSandBox"]);
    let said = words.iter().find(|said| said.by == said::By::Event && said.has(&["sandbox"]))?;
    let low = ANSWERS.iter().find(|(cause, marks)| *cause == "container.resource_limit_too_low" && said.has(marks));
    let strict = ANSWERS.iter().find(|(cause, marks)| *cause == "container.security_context" && told(said, cause, marks));
    if let Some((cause, _)) = low.or(strict) {
        return Some(candidate(case, index, finding, cause, said));
    }
    (!said.has(NETWORK)).then(|| candidate(case, index, finding, "container.sandbox_failed", said))
}

fn candidate(case: &Case<'_>, index: usize, finding: &Finding, cause: &'static str, said: &Said) -> Candidate {
    let owner = case.owner(finding.on);
    let who = said::who(case, finding);
    let spec = said::container_of(case, finding);
    let program = program_in(&said.text);
    let field = program.and_then(|program| named_in_spec(spec, program));
    let limit = spec.map(|spec| spec.at("resources/limits/memory")).filter(At::exists);
    let setting = spec.map(|spec| spec.get("securityContext")).filter(At::exists);
    let working = spec.map(|spec| spec.get("workingDir")).filter(At::exists);
    let message = crate::wording::short(said.text.trim_start_matches("Error: "));
    let place = field.map(|(field, _)| format!(" (from its `{field}`)")).unwrap_or_default();
    let named = program.map_or_else(|| "its program".to_owned(), |program| format!("`{program}`"));
    let (says, extra) = match cause {
        "container.command_not_found" => (
            format!("{} cannot start: {named}{place} does not exist in its image", crate::wording::sentence(&who)),
            field.map(|(_, at)| at),
        ),
        "container.not_executable" => (
            format!("{} cannot start: {named}{place} may not be executed (permission denied)", crate::wording::sentence(&who)),
            field.map(|(_, at)| at),
        ),
        "container.security_context" => (format!("The security settings of {who} do not fit: {message}"), setting),
        "container.resource_limit_too_low" => {
            let limit_text = limit.and_then(|limit| limit.scalar()).map(|limit| format!(" of {limit}")).unwrap_or_default();
            (format!("The memory limit{limit_text} of {who} is too low for the runtime to start it: {message}"), limit)
        }
        "container.working_dir_missing" => {
            let dir = working.and_then(|dir| dir.text()).map(|dir| format!(" `{dir}`")).unwrap_or_default();
            (format!("The working directory{dir} of {who} cannot be entered: {message}"), working)
        }
        "container.device_missing" => (format!("A device that {who} needs is not on its node: {message}"), None),
        "container.lifecycle_hook_failed" => {
            (format!("A lifecycle hook of {who} fails: {message}"), spec.map(|spec| spec.get("lifecycle")))
        }
        "container.sandbox_failed" => (format!("The sandbox of the pods of {} cannot be created: {message}", owner.reference()), None),
        _ => (format!("The runtime refuses to create {who}: {message}"), None),
    };
    let holder = if case.entity(finding.on).pod_spec().exists() { case.entity(finding.on) } else { owner };
    let agreed = extra.and_then(|at| case.quote(at, holder));
    let generic = matches!(cause, "container.create_failed" | "container.sandbox_failed");
    let strength = if agreed.is_some() && !generic { Strength::Proven } else { Strength::Stated };
    let mut candidate = Candidate::new(cause, owner.id, strength, says)
        .quote([said.quote.clone()])
        .quote(agreed)
        .quote(finding.quotes.iter().cloned())
        .explain([index]);
    if let Some(pulled) = said::pulled(case, finding) {
        candidate = candidate.not("image.pull_failed", "the image is on the node", [pulled]);
    }
    next(candidate, cause, owner)
}

/// The program that a message is about.
pub(super) fn program_in(text: &str) -> Option<&str> {
    let found = crate::wording::between(text, "exec: \"", "\"")
        .or_else(|| crate::wording::between(text, "exec: \\\"", "\\\""))
        .or_else(|| crate::wording::between(text, "executable file `", "`"))
        .or_else(|| crate::wording::between(text, "stat ", ":"))
        .or_else(|| crate::wording::between(text, "exec ", ":"))?;
    (found.len() <= 200 && !found.contains('\n')).then_some(found)
}

/// Where a container's specification names a program.
fn named_in_spec<'g>(spec: Option<At<'g>>, program: &str) -> Option<(&'static str, At<'g>)> {
    let spec = spec?;
    ["command", "args"].into_iter().find_map(|field| {
        let at = spec.get(field).items().find(|word| word.is(program))?;
        Some((field, at))
    })
}

fn next(candidate: Candidate, cause: &str, owner: assent_evidence::Entity<'_>) -> Candidate {
    let who = owner.reference();
    match cause {
        "container.command_not_found" | "container.not_executable" => {
            candidate.next(format!("Correct `command` or `args` in {who}, or the image that should hold the program"))
        }
        "container.security_context" => candidate.next(format!(
            "Correct `securityContext` in {who}: set `runAsUser` to a numeric id that the image allows, or drop the setting"
        )),
        "container.resource_limit_too_low" => candidate.next(format!("Raise `resources.limits.memory` in {who}, and check its unit")),
        "container.working_dir_missing" => candidate.next(format!("Correct `workingDir` in {who}")),
        "container.lifecycle_hook_failed" => candidate.next(format!("Correct the hook under `lifecycle` in {who}")),
        _ => candidate.next(format!(
            "Read the events: kubectl describe {} {}{}",
            owner.kind().as_str().to_lowercase(),
            owner.name(),
            crate::wording::in_namespace(owner)
        )),
    }
}
