//! What `cargo metadata` says about the workspace: its folders, its crates, and who depends on whom.
//!
//! Errors: a shape that we do not know is an error, never an empty graph, since an empty graph passes every check.
//! Source: `cargo help metadata`, format version 1.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// The workspace as cargo sees it.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the workspace manifest.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// The integration tests of all members.
    pub(crate) tests: Vec<TestTarget>,
    /// The dependency graph, members and foreign crates alike.
    pub(crate) graph: Graph,
}

/// One program of tests under the `tests/` of a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestTarget {
    /// Its first file.
    pub(crate) source: PathBuf,
    /// What `cargo test --test` calls it.
    pub(crate) name: String,
}

/// Normal dependencies between packages. Two versions of one crate are two packages.
#[derive(Debug)]
pub(crate) struct Graph {
    members: BTreeSet<PackageId>,
    packages: BTreeMap<PackageId, Package>,
}

/// Cargo's own name for one version of one package.
pub(crate) type PackageId = String;

#[derive(Debug)]
struct Package {
    name: String,
    uses: BTreeSet<PackageId>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let json = command::output("cargo", &["metadata", "--format-version", "1"])?;
        let value = serde_json::from_slice(&json).context("`cargo metadata` did not print JSON")?;
        Self::parse(&value).context("`cargo metadata` printed something unexpected")
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let graph = Graph::parse(metadata)?;
        let tests = tests(metadata, &graph.members)?;
        Ok(Self { root: text(metadata, "workspace_root")?.into(), target: text(metadata, "target_directory")?.into(), tests, graph })
    }
}

impl Graph {
    /// Reads `workspace_members`, `packages` and `resolve` of a metadata document.
    pub(crate) fn parse(metadata: &Value) -> Result<Self> {
        let members = list(metadata, "workspace_members")?
            .iter()
            .map(|id| id.as_str().map(str::to_owned).context("a member is not a string"))
            .collect::<Result<_>>()?;
        let mut packages = BTreeMap::new();
        for package in list(metadata, "packages")? {
            packages.insert(text(package, "id")?.to_owned(), Package { name: text(package, "name")?.to_owned(), uses: BTreeSet::new() });
        }
        for node in list(metadata.get("resolve").context("no `resolve`")?, "nodes")? {
            let package = packages.get_mut(text(node, "id")?).context("a node that is no package")?;
            package.uses = normal_dependencies(node)?;
        }
        let graph = Self { members, packages };
        for id in graph.members.iter().chain(graph.packages.values().flat_map(|package| &package.uses)) {
            graph.packages.get(id).with_context(|| format!("`{id}` is not among the packages"))?;
        }
        Ok(graph)
    }

    /// The members of the workspace, by id.
    pub(crate) fn members(&self) -> impl Iterator<Item = &PackageId> {
        self.members.iter()
    }

    /// Whether this package belongs to the workspace.
    pub(crate) fn is_member(&self, id: &PackageId) -> bool {
        self.members.contains(id)
    }

    /// The name in the manifest of a package. Ids come from this graph, so each has one.
    pub(crate) fn name(&self, id: &PackageId) -> &str {
        self.packages.get(id).map_or("", |package| package.name.as_str())
    }

    /// The packages that this one names under `[dependencies]`, for any target.
    pub(crate) fn uses(&self, id: &PackageId) -> impl Iterator<Item = &PackageId> {
        self.packages.get(id).into_iter().flat_map(|package| &package.uses)
    }
}

/// The dependencies that end up in the program: those for tests and build scripts are left out.
fn normal_dependencies(node: &Value) -> Result<BTreeSet<PackageId>> {
    let mut uses = BTreeSet::new();
    for dependency in list(node, "deps")? {
        let normal = list(dependency, "dep_kinds")?.iter().any(|kind| kind.get("kind").is_some_and(Value::is_null));
        if normal {
            uses.insert(text(dependency, "pkg")?.to_owned());
        }
    }
    Ok(uses)
}

fn tests(metadata: &Value, members: &BTreeSet<PackageId>) -> Result<Vec<TestTarget>> {
    let mut tests = Vec::new();
    for package in list(metadata, "packages")? {
        if !members.contains(text(package, "id")?) {
            continue;
        }
        for target in list(package, "targets")? {
            if list(target, "kind")?.iter().any(|kind| kind == "test") {
                tests.push(TestTarget { source: text(target, "src_path")?.into(), name: text(target, "name")?.to_owned() });
            }
        }
    }
    tests.sort();
    Ok(tests)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("no text `{key}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn this_workspace_can_be_read() {
        let workspace = Workspace::load().unwrap();
        assert!(workspace.root.join("xtask/Cargo.toml").is_file());
        assert!(workspace.graph.members().any(|id| workspace.graph.name(id) == "xtask"));
    }

    #[test]
    fn dependencies_of_tests_and_build_scripts_are_left_out() {
        let node = json!({"deps": [
            {"pkg": "a", "dep_kinds": [{"kind": null}]},
            {"pkg": "b", "dep_kinds": [{"kind": "dev"}]},
            {"pkg": "c", "dep_kinds": [{"kind": "build"}]},
            {"pkg": "d", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
        ]});
        assert_eq!(normal_dependencies(&node).unwrap(), BTreeSet::from(["a".to_owned(), "d".to_owned()]));
    }

    #[test]
    fn a_document_of_another_shape_is_an_error() {
        assert!(Graph::parse(&json!({})).is_err());
        assert!(Graph::parse(&json!({"workspace_members": ["x"], "packages": [], "resolve": {"nodes": []}})).is_err());
    }
}
