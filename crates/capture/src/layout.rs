//! What the path of a file inside a dump says about what is in it.
//!
//! Known are: troubleshoot.sh support bundles (`cluster-resources/pods/default.json`), rancher's support-bundle-kit
//! (`yamls/namespaced/default/apps/v1/deployments.yaml`), must-gather (`namespaces/default/core/pods.yaml`), `kubectl cluster-info dump`
//! (`default/pods.json`, `default/web-1/logs.txt`), a node's `/var/log`, and a folder of files named after kinds.

use assent_base::{Kind, ObjectRef};

/// What a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The log of a container.
    Log(LogPlace),
    /// Objects, perhaps.
    Objects(ObjectPlace),
    /// A list of what the collector could not read.
    CollectorErrors,
    /// Known to hold no objects: lists of API resources and of rights.
    Nothing,
}

/// Whose log a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The pod; a [`Kind::Other`] named after the file when the path names no pod.
    pub of: ObjectRef,
    /// The container, where the path names it.
    pub container: Option<Box<str>>,
    /// Whether it is the log of the run before.
    pub previous: bool,
}

/// Which objects a file may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPlace {
    /// The kind that the path names.
    pub kind: Option<Kind>,
    /// The namespace that the path names.
    pub namespace: Option<Box<str>>,
    /// Whether a list there is known to be whole.
    pub whole: bool,
}

/// The kind of a text whose log lines belong to no known object.
pub const UNKNOWN_LOG_KIND: &str = "Log";

/// Files among the collected resources that are large and hold none.
const NOTHING: [&str; 4] = ["resources.json", "groups.json", "custom-resource-definitions.json", "custom-resource-definitions.yaml"];

/// Reads a path.
#[must_use]
pub fn place(path: &str) -> Place {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let Some((file, folders)) = parts.split_last() else { return Place::Objects(ObjectPlace::default()) };
    if let Some(log) = log(path, file, folders) {
        return Place::Log(log);
    }
    let stem = file.rsplit_once('.').map_or(*file, |(stem, _)| stem);
    if stem.ends_with("-errors") {
        return Place::CollectorErrors;
    }
    if folders.contains(&"cluster-resources") && (NOTHING.contains(file) || folders.contains(&"auth-cani-list")) {
        return Place::Nothing;
    }
    Place::Objects(objects(stem, folders))
}

fn log(path: &str, file: &str, folders: &[&str]) -> Option<LogPlace> {
    let pod = |namespace: Option<&str>, name: &str, container: &str, previous: bool| LogPlace {
        of: ObjectRef::new(Kind::Pod, namespace, name),
        container: (!container.is_empty()).then(|| container.into()),
        previous,
    };
    let (stem, previous) = log_stem(file, folders)?;
    Some(match folders {
        [.., "namespaces", namespace, "pods", name, container, _, "logs"] => pod(Some(namespace), name, container, previous),
        [.., namespace, name] if file == "logs.txt" => pod(Some(namespace), name, "", false),
        [.., "all-logs", name] => pod(None, name, stem, previous),
        [.., "logs", namespace, name] => pod(Some(namespace), name, stem, previous),
        [.., "pods", mangled, container] => {
            let mut names = mangled.split('_');
            let (namespace, name) = (names.next()?, names.next()?);
            pod(Some(namespace), name, container, previous)
        }
        _ => match container_log(stem) {
            Some((name, namespace, container)) => pod(Some(namespace), name, container, previous),
            None => LogPlace { of: ObjectRef::new(Kind::Other(UNKNOWN_LOG_KIND.into()), None, path), container: None, previous },
        },
    })
}

/// The name of a log file without what is not the container's name, and whether it is of the run before.
fn log_stem<'f>(file: &'f str, folders: &[&str]) -> Option<(&'f str, bool)> {
    if file == "logs.txt" && folders.len() >= 2 {
        return Some(("", false));
    }
    let (stem, after) = file.rsplit_once(".log")?;
    let rotated = after.strip_prefix('.').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    if !(after.is_empty() || rotated || after == "-previous" || after == ".previous") {
        return None;
    }
    let bare = stem.strip_suffix("-previous").or_else(|| stem.strip_suffix(".previous"));
    let previous = bare.is_some() || !after.is_empty() || stem == "previous";
    Some((bare.unwrap_or(stem), previous))
}

/// Splits the name of a link in `/var/log/containers`: `pod_namespace_container-id`.
fn container_log(stem: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = stem.split_once('_')?;
    let (namespace, rest) = rest.split_once('_')?;
    let (container, id) = rest.rsplit_once('-')?;
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((name, namespace, container))
}

fn objects(stem: &str, folders: &[&str]) -> ObjectPlace {
    let place = |kind: Option<Kind>, namespace: Option<&str>, whole: bool| {
        let namespace = namespace.filter(|_| kind.as_ref().is_none_or(Kind::is_namespaced)).map(Into::into);
        ObjectPlace { kind, namespace, whole }
    };
    let collected = folders.contains(&"cluster-resources");
    match folders {
        [.., "namespaced", namespace, group, _version] => place(kind_in(stem, group), Some(namespace), true),
        [.., "namespaced", namespace, version] => place(kind_in(stem, core(version)), Some(namespace), true),
        [.., "cluster", group, _version] => place(kind_in(stem, group), None, true),
        [.., "cluster", version] => place(kind_in(stem, core(version)), None, true),
        [.., "namespaces", namespace, group] if kind_in(stem, group).is_some() => place(kind_in(stem, group), Some(namespace), true),
        [.., "cluster-scoped-resources", group] => place(kind_in(stem, group), None, true),
        [.., "custom-resources", _] => place(None, None, false),
        [.., folder] if kind(stem).is_none() && kind(folder).is_some_and(|kind| kind.is_namespaced()) => {
            place(kind(folder), collected.then_some(stem), collected)
        }
        _ => {
            let namespace = folders.iter().position(|folder| *folder == "namespaces").and_then(|at| folders.get(at + 1)).copied();
            let clusterwide = collected && kind(stem).is_some_and(|kind| !kind.is_namespaced());
            place(kind(stem), namespace, clusterwide)
        }
    }
}

/// The group that a folder names, where the core group's folder is its version.
fn core(folder: &str) -> &str {
    if folder == "v1" { "" } else { folder }
}

/// The kind of a file in the folder of an API group. Groups have kinds of their own that are spelled alike.
fn kind_in(stem: &str, group: &str) -> Option<Kind> {
    let group = if group == "core" { "" } else { group };
    kind(stem).filter(|kind| kind.in_group(group))
}

/// The kind that a file or folder is named after: `pods`, `pod-disruption-budgets`, `deployments.apps`.
fn kind(word: &str) -> Option<Kind> {
    let (word, group) = word.split_once('.').map_or((word, None), |(word, group)| (word, Some(group)));
    let kind = Kind::from_word(&word.replace(['-', '_'], ""))?;
    group.is_none_or(|group| kind.in_group(group)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_of(path: &str) -> String {
        match place(path) {
            Place::Log(log) => format!("{} {} {}", log.of, log.container.as_deref().unwrap_or("-"), log.previous),
            other => panic!("{path}: {other:?}"),
        }
    }

    fn objects_of(path: &str) -> String {
        match place(path) {
            Place::Objects(place) => {
                let kind = place.kind.map_or("-".to_owned(), |kind| kind.to_string());
                format!("{kind} {} {}", place.namespace.as_deref().unwrap_or("-"), place.whole)
            }
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn a_log_names_its_container_in_every_known_layout() {
        let id = "0".repeat(64);
        for (path, expected) in [
            ("b/cluster-resources/pods/logs/shop/web-1/app.log", "Pod shop/web-1 app false"),
            ("b/cluster-resources/pods/logs/shop/web-1/app-previous.log", "Pod shop/web-1 app true"),
            ("b/all-logs/web-1/app.log", "Pod web-1 app false"),
            ("logs/shop/web-1/app.log.1", "Pod shop/web-1 app true"),
            ("logs/shop/web-1/app.log-previous", "Pod shop/web-1 app true"),
            ("m/namespaces/shop/pods/web-1/app/app/logs/current.log", "Pod shop/web-1 app false"),
            ("m/namespaces/shop/pods/web-1/app/app/logs/previous.log", "Pod shop/web-1 app true"),
            ("dump/shop/web-1/logs.txt", "Pod shop/web-1 - false"),
            ("var/log/pods/shop_web-1_uid/app/0.log", "Pod shop/web-1 app false"),
            ("web.log", "Log web.log - false"),
        ] {
            assert_eq!(log_of(path), expected, "{path}");
        }
        assert_eq!(log_of(&format!("containers/web-1_shop_app-{id}.log")), "Pod shop/web-1 app false");
    }

    #[test]
    fn objects_name_their_kind_and_namespace_in_every_known_layout() {
        for (path, expected) in [
            ("b/cluster-resources/pods/shop.json", "Pod shop true"),
            ("b/cluster-resources/pod-disruption-budgets/shop.json", "PodDisruptionBudget shop true"),
            ("b/cluster-resources/nodes.json", "Node - true"),
            ("b/cluster-resources/clusterRoleBindings.json", "ClusterRoleBinding - true"),
            ("b/cluster-resources/custom-resources/nodes.gizmo.io/shop.yaml", "- - false"),
            ("yamls/namespaced/shop/v1/pods.yaml", "Pod shop true"),
            ("yamls/namespaced/shop/apps/v1/deployments.yaml", "Deployment shop true"),
            ("yamls/namespaced/shop/gizmo.io/v1/nodes.yaml", "- shop true"),
            ("yamls/cluster/v1/nodes.yaml", "Node - true"),
            ("m/namespaces/shop/core/pods.yaml", "Pod shop true"),
            ("m/namespaces/shop/pods/web-1/web-1.yaml", "- shop false"),
            ("m/cluster-scoped-resources/core/nodes.yaml", "Node - true"),
            ("dump/pods.json", "Pod - false"),
            ("pods.txt", "Pod - false"),
            ("anything.yaml", "- - false"),
        ] {
            assert_eq!(objects_of(path), expected, "{path}");
        }
    }

    #[test]
    fn what_collectors_write_of_themselves_is_told_apart() {
        assert_eq!(place("b/cluster-resources/pods-errors.json"), Place::CollectorErrors);
        assert_eq!(place("b/cluster-resources/resources.json"), Place::Nothing);
        assert_eq!(place("b/cluster-resources/auth-cani-list/shop.json"), Place::Nothing);
        assert_eq!(objects_of("dump/resources.json"), "- - false");
    }
}
