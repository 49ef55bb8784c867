//! Programs that end or complain for a reason of their own, as their logs say.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::causes::{change, dependency};
use crate::complaint::{self, Complaint, Said};
use crate::finding::Quote;
use crate::logs::{Signal, duration_ms};

mod catalogue;
mod exits;
mod settings;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    let said = complaint::decisive(case);
    for one in &said {
        if let Some(candidate) = of(case, one) {
            out.push(change::annotate(case, candidate));
        }
    }
    exits::find(case, &said, out);
}

/// What a signal means as a cause of this family.
fn cause_of(one: &Complaint<'_, '_>) -> Option<&'static str> {
    Some(match one.means {
        Signal::MissingEnv => "config.env_missing",
        Signal::ConfigInvalid => "app.config_invalid",
        Signal::MissingFile => "app.missing_file",
        Signal::PermissionDenied => "app.permission_denied",
        Signal::ReadOnlyFilesystem => "app.read_only_filesystem",
        Signal::PortInUse => "app.port_in_use",
        Signal::PrivilegedPort => "app.privileged_port",
        Signal::ModuleMissing => "app.module_missing",
        Signal::VersionMismatch => "app.version_mismatch",
        Signal::TooManyOpenFiles => "app.too_many_open_files",
        Signal::DiskFull => "app.disk_full",
        Signal::QuotaExceeded => "app.quota_exceeded",
        Signal::LockHeld => "app.lock_held",
        Signal::LeaderLost => "app.leader_lost",
        Signal::Deadlock => "app.deadlock",
        Signal::DataCorrupt | Signal::AssertionOrData => "app.data_invalid",
        Signal::LicenseExpired => "app.license_expired",
        Signal::RateLimited if one.target.is_none() => "app.rate_limited",
        Signal::ServerError if one.target.is_none() => "app.server_error",
        Signal::SlowRequest if one.target.is_none() && !dependency::speaks_of_database(one.signal.text) => "app.slow_requests",
        Signal::Panic if is_signal(one.signal.text) => "app.signal",
        Signal::Panic => "app.panic",
        _ => return None,
    })
}

fn is_signal(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["segmentation fault", "sigsegv", "sigabrt", "sigill", "sigbus", "core dumped", "segfault"].iter().any(|word| lower.contains(word))
}

/// What the objects say to a complaint: how well they agree, in words, and where.
#[derive(Default)]
struct Agreement {
    strength: Option<Strength>,
    says: String,
    quotes: Vec<Quote>,
}

fn of<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Option<Candidate> {
    let one = &said.complaint;
    let cause = cause_of(one)?;
    let agreement = agreement(case, cause, said);
    // The template sets the variable by now: the log is of another revision.
    let says = format!("{}{}: \"{}\"", statement(cause, said), agreement.says, one.words());
    let candidate = Candidate::new(cause, said.owner.id, agreement.strength.unwrap_or(Strength::Logged), says)
        .quote([one.quote(case)])
        .quote(agreement.quotes)
        .explain(said.explains.clone());
    Some(next_steps(rule_out(candidate, cause, one.quote(case)), cause, said))
}

fn agreement<'g>(case: &Case<'g>, cause: &str, said: &Said<'_, 'g>) -> Agreement {
    match cause {
        "config.env_missing" => settings::missing(case, said),
        "app.read_only_filesystem" => read_only(case, said),
        "app.privileged_port" => unprivileged(case, said.owner),
        "app.port_in_use" => port_twice(case, said),
        "app.disk_full" => full_volume(case, said),
        "app.permission_denied" => user(case, said.owner),
        _ => Agreement::default(),
    }
}

/// The path that a complaint names.
fn path_of<'g>(one: &Complaint<'_, 'g>) -> Option<&'g str> {
    one.field("file").or_else(|| one.field("path"))
}

fn read_only<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Agreement {
    let spec = said.owner.pod_spec();
    let path = path_of(&said.complaint).unwrap_or_default();
    for container in edges::containers(spec) {
        let inside =
            |mount: &At<'g>| mount.get("mountPath").text().is_some_and(|at| path.starts_with(at.trim_end_matches('/')) && at != "/");
        let mount = container.get("volumeMounts").items().filter(inside).max_by_key(|mount| mount.get("mountPath").text_or_empty().len());
        if let Some(mount) = mount {
            let volume = spec.get("volumes").items().find(|volume| volume.get("name").text() == mount.get("name").text());
            let kind = volume
                .and_then(|volume| ["configMap", "secret", "projected", "downwardAPI"].into_iter().find(|kind| volume.get(kind).exists()));
            if mount.get("readOnly").bool() == Some(true) || kind.is_some() {
                let what = kind.map_or_else(
                    || "is mounted read-only".to_owned(),
                    |kind| format!("comes from a {kind} volume, which is always read-only"),
                );
                return Agreement {
                    strength: Some(Strength::Proven),
                    says: format!("; `{}` {what}", mount.get("mountPath").text_or_empty()),
                    quotes: case.quote(mount.get("mountPath"), said.owner).into_iter().collect(),
                };
            }
            continue;
        }
        let root = container.at("securityContext/readOnlyRootFilesystem");
        if root.bool() == Some(true) {
            return Agreement {
                strength: Some(Strength::Proven),
                says: format!("; container `{}` has `readOnlyRootFilesystem: true`", container.get("name").text_or_empty()),
                quotes: case.quote(root, said.owner).into_iter().collect(),
            };
        }
    }
    Agreement::default()
}

/// A user that is not root, or dropped capabilities.
fn unprivileged<'g>(case: &Case<'g>, owner: Entity<'g>) -> Agreement {
    let spec = owner.pod_spec();
    let contexts = edges::containers(spec).map(|container| container.get("securityContext")).chain([spec.get("securityContext")]);
    for context in contexts {
        let user = context.get("runAsUser");
        let dropped = context.at("capabilities/drop").items().find(|item| item.is("ALL") || item.is("NET_BIND_SERVICE"));
        let found = [
            Some(user).filter(|user| user.int().is_some_and(|id| id > 0)),
            Some(context.get("runAsNonRoot")).filter(|at| at.bool() == Some(true)),
            dropped,
        ];
        if let Some(at) = found.into_iter().flatten().next() {
            let what = if at.int().is_some() {
                format!("it runs as user {}", at.int().unwrap_or(0))
            } else {
                "it runs without the capability".to_owned()
            };
            return Agreement {
                strength: Some(Strength::Proven),
                says: format!("; {what}"),
                quotes: case.quote(at, owner).into_iter().collect(),
            };
        }
    }
    Agreement::default()
}

fn user<'g>(case: &Case<'g>, owner: Entity<'g>) -> Agreement {
    let spec = owner.pod_spec();
    let contexts = edges::containers(spec).map(|container| container.get("securityContext")).chain([spec.get("securityContext")]);
    let user = contexts.map(|context| context.get("runAsUser")).find(|user| user.int().is_some_and(|id| id > 0));
    match user {
        Some(user) if !spec.at("securityContext/fsGroup").exists() => Agreement {
            strength: Some(Strength::Proven),
            says: format!("; it runs as user {} and has no `fsGroup`", user.int().unwrap_or(0)),
            quotes: case.quote(user, owner).into_iter().collect(),
        },
        _ => Agreement::default(),
    }
}

/// Two containers of the pod that declare the port.
fn port_twice<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Agreement {
    let Some(port) = port_of(&said.complaint) else { return Agreement::default() };
    let spec = said.owner.pod_spec();
    let declares = |container: &At<'g>| {
        let ports = container.get("ports").items().map(|own| own.get("containerPort"));
        let variables = container
            .get("env")
            .items()
            .filter(|variable| variable.get("name").text_or_empty().contains("PORT"))
            .map(|variable| variable.get("value"));
        ports.chain(variables).find(|at| at.int() == Some(i64::from(port)))
    };
    let twice: Vec<(&str, At<'g>)> = spec
        .get("containers")
        .items()
        .filter_map(|container| Some((container.get("name").text_or_empty(), declares(&container)?)))
        .collect();
    match twice.as_slice() {
        [(first, a), (second, b), ..] => Agreement {
            strength: Some(Strength::Proven),
            says: format!("; containers `{first}` and `{second}` of the pod both use port {port}"),
            quotes: [case.quote(*a, said.owner), case.quote(*b, said.owner)].into_iter().flatten().collect(),
        },
        _ if spec.get("hostNetwork").bool() == Some(true) => Agreement {
            strength: Some(Strength::Proven),
            says: format!("; the pod uses the node's network, where something holds port {port}"),
            quotes: case.quote(spec.get("hostNetwork"), said.owner).into_iter().collect(),
        },
        _ => Agreement::default(),
    }
}

fn port_of(one: &Complaint<'_, '_>) -> Option<u16> {
    let named = one.field("port").and_then(|port| port.parse().ok());
    named.or_else(|| one.field("address").or_else(|| one.field("url"))?.trim_end_matches('/').rsplit_once(':')?.1.parse().ok())
}

/// The claims that the pod writes to.
fn full_volume<'g>(case: &Case<'g>, said: &Said<'_, 'g>) -> Agreement {
    let user = if *said.complaint.on.kind() == Kind::Pod { said.complaint.on } else { said.owner };
    let claims: Vec<Entity<'g>> = user.to(Relation::Mounts).filter(|mounted| *mounted.kind() == Kind::PersistentVolumeClaim).collect();
    let [claim] = claims.as_slice() else { return Agreement::default() };
    let size = [claim.at("status/capacity/storage"), claim.at("spec/resources/requests/storage")].into_iter().find(At::exists);
    let told = size.and_then(|at| at.scalar()).map(|size| format!(" of {size}")).unwrap_or_default();
    Agreement {
        strength: None,
        says: format!("; it mounts {}{told}", claim.reference()),
        quotes: size.and_then(|at| case.quote(at, *claim)).into_iter().collect(),
    }
}

fn statement(cause: &str, said: &Said<'_, '_>) -> String {
    let one = &said.complaint;
    let who = said.owner.reference();
    let path = path_of(one).map(|path| format!(" `{path}`")).unwrap_or_default();
    let name = one.field("module").or_else(|| one.field("name")).map(|name| format!(" `{name}`")).unwrap_or_default();
    match cause {
        "config.env_missing" => match one.field("variable") {
            Some(variable) => format!("{who} requires the setting `{variable}`, which is not set"),
            None => format!("{who} requires a setting that is not set"),
        },
        "app.config_invalid" => format!("{who} refuses its configuration{path}"),
        "app.missing_file" => format!("{who} needs the file{path}, which is not there"),
        "app.permission_denied" => format!("{who} may not use{}", if path.is_empty() { " a file that it needs".to_owned() } else { path }),
        "app.read_only_filesystem" => format!("{who} writes to{path} on a read-only file system"),
        "app.port_in_use" => format!("{who} cannot listen on port {}, which is taken", port_text(one)),
        "app.privileged_port" => format!("{who} may not bind port {}, which is below 1024", port_text(one)),
        "app.module_missing" => format!("The image of {who} lacks the module or library{name}"),
        "app.version_mismatch" => format!("{who} runs with versions that do not fit each other"),
        "app.too_many_open_files" => format!("{who} has no file descriptor or watch left"),
        "app.disk_full" => format!("{who} writes to a volume that is full"),
        "app.quota_exceeded" => format!("{who} reached a limit"),
        "app.lock_held" => format!("{who} needs a lock{path} that another instance holds or left behind"),
        "app.leader_lost" => format!("{who} lost its leadership and ends"),
        "app.deadlock" => format!("Parts of {who} wait for each other"),
        "app.data_invalid" => format!("{who} cannot use its data"),
        "app.license_expired" => format!("The licence of {who} is absent or over"),
        "app.rate_limited" => format!("Requests of {who} are limited in their rate"),
        "app.server_error" => format!("{who} answers with errors"),
        "app.slow_requests" => format!("Requests{} to {who} take{}", route(one), took(one)),
        "app.signal" => format!("{who} ends by a fault of its own code"),
        _ => format!("{who} {} with an unhandled error", if said.ended { "ends" } else { "fails" }),
    }
}

fn port_text(one: &Complaint<'_, '_>) -> String {
    port_of(one).map_or_else(|| "it wants".to_owned(), |port| format!("`{port}`"))
}

/// The path of a request, as a line names it.
fn route(one: &Complaint<'_, '_>) -> String {
    let words = one.signal.text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '='));
    let path = words
        .map(|word| word.trim_end_matches(['.', ':', ')']))
        .find(|word| word.len() > 1 && word.starts_with('/') && !word.starts_with("//"));
    path.map(|path| format!(" `{}`", path.chars().take(80).collect::<String>())).unwrap_or_default()
}

fn took(one: &Complaint<'_, '_>) -> String {
    match duration_ms(&one.signal.found.fields) {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        Some(ms) => format!(" {:.1} s", ms as f64 / 1000.0),
        None => " long".to_owned(),
    }
}

fn rule_out(candidate: Candidate, cause: &str, quote: Quote) -> Candidate {
    match cause {
        "app.permission_denied" => candidate.not("app.missing_file", "the access was refused, so the file is there", [quote]),
        "app.missing_file" => candidate.not("app.permission_denied", "the file is not there; no access was refused", [quote]),
        "app.privileged_port" => candidate.not("app.port_in_use", "the bind was refused for want of permission", [quote]),
        "app.port_in_use" => candidate.not("app.privileged_port", "the port is taken; no permission was refused", [quote]),
        "config.env_missing" => candidate.not("app.config_invalid", "the setting is absent, not wrong", [quote]),
        _ => candidate,
    }
}

fn next_steps(candidate: Candidate, cause: &str, said: &Said<'_, '_>) -> Candidate {
    let owner = said.owner;
    let namespace = owner.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let kind = owner.kind().as_str().to_lowercase();
    match (cause, said.complaint.field("variable")) {
        ("config.env_missing", Some(variable)) => candidate.next(format!(
            "Set the variable: kubectl set env {kind}/{}{namespace} {variable}=VALUE, or take it from a ConfigMap or Secret",
            owner.name()
        )),
        ("app.missing_file" | "app.config_invalid", _) => candidate
            .next(format!("Compare the mounts with what the program wants: kubectl get {kind} {}{namespace} -o yaml", owner.name())),
        ("app.read_only_filesystem", _) => candidate.next("Mount an `emptyDir` volume at the path that the program writes to"),
        ("app.disk_full", _) => candidate.next("See what fills the volume: kubectl exec POD -- df -h"),
        _ => candidate,
    }
}
