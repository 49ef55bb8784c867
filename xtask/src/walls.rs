//! Checks the walls of the house: arrows between rooms only run down, and core rooms meet no I/O.
//!
//! [`ROOMS`] is the picture in `ARCHITECTURE.md` as a table. A room may use exactly the rooms in its row; a core room, and the
//! ground below it, may also not reach any crate of [`OUTSIDE`], by however long a path. So `assent-capture -> tempfile ->
//! getrandom` is found as well as `assent-capture -> tokio`.
//!
//! Only what ends up in the program counts: tests may use what they like. Cargo resolves features for the workspace as a whole,
//! so a path may exist because another room switched a feature on; the path is printed to make that visible.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Result, bail};

use crate::metadata::{Graph, PackageId, Workspace};
use crate::step::Outcome;

/// Where a room stands in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Floor {
    /// Ids, time, digests: used by all, uses none.
    Ground,
    /// Decides; no I/O, no clock, no randomness.
    Core,
    /// Speaks to one outside thing.
    Edge,
    /// Joins edges and core rooms into one thing that binaries run.
    Joint,
    /// Wires rooms together.
    Binary,
    /// Builds and checks the house, and is no part of it.
    Tool,
}

struct Room {
    package: &'static str,
    floor: Floor,
    may_use: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { package: "assent-base", floor: Floor::Ground, may_use: &[] },
    Room { package: "assent-api", floor: Floor::Core, may_use: &["assent-base"] },
    Room { package: "assent-approval", floor: Floor::Core, may_use: &["assent-base"] },
    Room { package: "assent-capture", floor: Floor::Core, may_use: &["assent-base"] },
    Room { package: "assent-ledger", floor: Floor::Core, may_use: &["assent-base"] },
    Room { package: "assent-screen", floor: Floor::Core, may_use: &["assent-base"] },
    Room { package: "assent-envelope", floor: Floor::Core, may_use: &["assent-api"] },
    Room { package: "assent-policy", floor: Floor::Core, may_use: &["assent-base", "assent-api"] },
    Room { package: "assent-evidence", floor: Floor::Core, may_use: &["assent-base", "assent-capture"] },
    Room { package: "assent-diagnosis", floor: Floor::Core, may_use: &["assent-base", "assent-capture", "assent-evidence"] },
    Room { package: "assent-plan", floor: Floor::Core, may_use: &["assent-base", "assent-capture", "assent-evidence", "assent-diagnosis"] },
    Room {
        package: "assent-incidents",
        floor: Floor::Core,
        may_use: &["assent-base", "assent-capture", "assent-evidence", "assent-diagnosis"],
    },
    Room {
        package: "assent-scenarios",
        floor: Floor::Core,
        may_use: &["assent-base", "assent-capture", "assent-evidence", "assent-diagnosis"],
    },
    Room { package: "assent-execution", floor: Floor::Core, may_use: &["assent-base", "assent-api", "assent-approval", "assent-plan"] },
    Room { package: "assent-apply", floor: Floor::Edge, may_use: &["assent-base", "assent-plan"] },
    Room { package: "assent-client", floor: Floor::Edge, may_use: &["assent-base", "assent-api"] },
    Room { package: "assent-custody", floor: Floor::Edge, may_use: &["assent-base"] },
    Room { package: "assent-http", floor: Floor::Edge, may_use: &["assent-base", "assent-api"] },
    Room { package: "assent-identity", floor: Floor::Edge, may_use: &["assent-base", "assent-api"] },
    Room { package: "assent-journal", floor: Floor::Edge, may_use: &["assent-base", "assent-ledger"] },
    Room { package: "assent-nats", floor: Floor::Edge, may_use: &[] },
    Room { package: "assent-notify", floor: Floor::Edge, may_use: &["assent-base", "assent-api"] },
    Room {
        package: "assent-observe",
        floor: Floor::Edge,
        may_use: &["assent-base", "assent-api", "assent-capture", "assent-envelope", "assent-screen"],
    },
    Room { package: "assent-resident", floor: Floor::Edge, may_use: &["assent-base"] },
    Room { package: "assent-store", floor: Floor::Edge, may_use: &["assent-base"] },
    Room {
        package: "assent-platform",
        floor: Floor::Joint,
        may_use: &[
            "assent-api",
            "assent-approval",
            "assent-base",
            "assent-capture",
            "assent-custody",
            "assent-diagnosis",
            "assent-envelope",
            "assent-evidence",
            "assent-execution",
            "assent-http",
            "assent-identity",
            "assent-incidents",
            "assent-journal",
            "assent-ledger",
            "assent-nats",
            "assent-notify",
            "assent-observe",
            "assent-plan",
            "assent-policy",
            "assent-screen",
            "assent-store",
        ],
    },
    Room {
        package: "assent",
        floor: Floor::Binary,
        may_use: &[
            "assent-api",
            "assent-approval",
            "assent-base",
            "assent-capture",
            "assent-client",
            "assent-diagnosis",
            "assent-evidence",
            "assent-http",
            "assent-journal",
            "assent-ledger",
            "assent-nats",
            "assent-observe",
            "assent-plan",
            "assent-platform",
            "assent-scenarios",
        ],
    },
    Room {
        package: "assent-executor",
        floor: Floor::Binary,
        may_use: &[
            "assent-api",
            "assent-apply",
            "assent-approval",
            "assent-base",
            "assent-client",
            "assent-execution",
            "assent-plan",
            "assent-resident",
        ],
    },
    Room {
        package: "assent-observer",
        floor: Floor::Binary,
        may_use: &["assent-api", "assent-base", "assent-nats", "assent-observe", "assent-resident", "assent-screen"],
    },
    Room { package: "xtask", floor: Floor::Tool, may_use: &[] },
];

/// Crates that speak to the outside or draw randomness: runtimes, clients, servers, sockets, databases, generators.
const OUTSIDE: &[&str] = &[
    "async-std",
    "axum",
    "getrandom",
    "hyper",
    "k8s-openapi",
    "kube",
    "mio",
    "rand",
    "reqwest",
    "rustls",
    "socket2",
    "sqlx",
    "tokio",
    "tonic",
];

/// Checks the workspace and prints what was checked.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let survey = survey(&workspace.graph);
    if !survey.faults.is_empty() {
        bail!("the walls do not hold:\n  {}", survey.faults.join("\n  "));
    }
    println!("walls: {} rooms, {} arrows between them, all running down", survey.rooms, survey.arrows);
    println!(
        "walls: {} rooms without I/O reach {} foreign crates, none of {}",
        survey.silent_rooms,
        survey.foreign.len(),
        OUTSIDE.join(", ")
    );
    Ok(Outcome::Passed)
}

#[derive(Debug, Default)]
struct Survey {
    rooms: usize,
    arrows: usize,
    silent_rooms: usize,
    foreign: BTreeSet<PackageId>,
    faults: Vec<String>,
}

fn survey(graph: &Graph) -> Survey {
    let mut survey = Survey::default();
    for id in graph.members() {
        let name = graph.name(id);
        survey.rooms += 1;
        match ROOMS.iter().find(|room| room.package == name) {
            Some(room) => survey_room(graph, id, room, &mut survey),
            None => survey.faults.push(format!("`{name}` has no row in the table of rooms: give it one in xtask/src/walls.rs")),
        }
    }
    for room in ROOMS {
        if !graph.members().any(|id| graph.name(id) == room.package) {
            survey.faults.push(format!("the table of rooms has a row for `{}`, but there is no such crate", room.package));
        }
    }
    survey
}

fn survey_room(graph: &Graph, id: &PackageId, room: &Room, survey: &mut Survey) {
    for used in graph.uses(id).filter(|used| graph.is_member(used)) {
        survey.arrows += 1;
        let used = graph.name(used);
        if !room.may_use.contains(&used) {
            survey.faults.push(format!("`{}` must not depend on `{used}`", room.package));
        }
    }
    match room.floor {
        Floor::Ground | Floor::Core => {
            survey.silent_rooms += 1;
            let walk = Walk::from(graph, id);
            survey.faults.extend(walk.outside().map(|path| format!("`{}` reaches the outside: {path}", room.package)));
            survey.foreign.extend(walk.reached().filter(|reached| !graph.is_member(reached)).cloned());
        }
        Floor::Edge | Floor::Joint | Floor::Binary | Floor::Tool => {}
    }
}

/// A breadth-first walk over everything that a package links; each package is kept with the one that led to it.
struct Walk<'a> {
    graph: &'a Graph,
    came_from: BTreeMap<&'a PackageId, Option<&'a PackageId>>,
}

impl<'a> Walk<'a> {
    fn from(graph: &'a Graph, start: &'a PackageId) -> Self {
        let mut came_from = BTreeMap::from([(start, None)]);
        let mut queue = VecDeque::from([start]);
        while let Some(id) = queue.pop_front() {
            for used in graph.uses(id) {
                came_from.entry(used).or_insert_with(|| {
                    queue.push_back(used);
                    Some(id)
                });
            }
        }
        Self { graph, came_from }
    }

    fn reached(&self) -> impl Iterator<Item = &'a PackageId> {
        self.came_from.keys().copied()
    }

    /// The shortest path to each crate of [`OUTSIDE`], as text.
    fn outside(&self) -> impl Iterator<Item = String> {
        self.reached().filter(|id| OUTSIDE.contains(&self.graph.name(id))).map(|id| self.path_to(id))
    }

    fn path_to(&self, end: &'a PackageId) -> String {
        let steps = std::iter::successors(Some(end), |id| self.came_from.get(id).copied().flatten());
        let mut names: Vec<_> = steps.map(|id| self.graph.name(id)).collect();
        names.reverse();
        names.join(" -> ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_house_as_drawn_stands() {
        let survey = survey(&house(&[]));
        assert_eq!(survey.faults, Vec::<String>::new());
        assert_eq!((survey.rooms, survey.arrows, survey.silent_rooms), (30, 9, 14));
    }

    #[test]
    fn an_arrow_that_runs_up_is_a_fault() {
        assert_eq!(faults(&[("assent-capture", "assent-evidence")]), ["`assent-capture` must not depend on `assent-evidence`"]);
    }

    #[test]
    fn edges_do_not_know_the_rooms_that_decide() {
        assert_eq!(faults(&[("assent-observe", "assent-diagnosis")]), ["`assent-observe` must not depend on `assent-diagnosis`"]);
    }

    #[test]
    fn a_core_room_that_reaches_io_is_a_fault_and_the_path_is_shown() {
        assert_eq!(
            faults(&[("assent-evidence", "pool"), ("pool", "tokio")]),
            [
                "`assent-diagnosis` reaches the outside: assent-diagnosis -> assent-evidence -> pool -> tokio",
                "`assent-evidence` reaches the outside: assent-evidence -> pool -> tokio",
            ]
        );
    }

    #[test]
    fn an_edge_may_do_io() {
        assert_eq!(faults(&[("assent-observe", "tokio"), ("assent", "tokio")]), Vec::<String>::new());
    }

    #[test]
    fn a_crate_without_a_row_is_a_fault() {
        let graph = graph(&["assent-attic"], &[]);
        assert!(
            survey(&graph)
                .faults
                .contains(&"`assent-attic` has no row in the table of rooms: give it one in xtask/src/walls.rs".to_owned())
        );
    }

    #[test]
    fn a_row_without_a_crate_is_a_fault() {
        let members: Vec<_> = ROOMS.iter().map(|room| room.package).filter(|package| *package != "xtask").collect();
        assert_eq!(survey(&graph(&members, &[])).faults, ["the table of rooms has a row for `xtask`, but there is no such crate"]);
    }

    #[test]
    fn crates_that_use_each_other_do_not_trap_the_walk() {
        assert_eq!(faults(&[("assent-base", "one"), ("one", "two"), ("two", "one")]), Vec::<String>::new());
    }

    fn faults(more: &[(&str, &str)]) -> Vec<String> {
        survey(&house(more)).faults
    }

    /// The present rooms with their ordinary arrows, and more arrows on top.
    fn house(more: &[(&str, &str)]) -> Graph {
        let members: Vec<_> = ROOMS.iter().map(|room| room.package).collect();
        let ordinary = [
            ("assent-capture", "assent-base"),
            ("assent-evidence", "assent-base"),
            ("assent-evidence", "assent-capture"),
            ("assent-diagnosis", "assent-base"),
            ("assent-diagnosis", "assent-evidence"),
            ("assent-observe", "assent-capture"),
            ("assent", "assent-capture"),
            ("assent", "assent-diagnosis"),
            ("assent", "assent-observe"),
        ];
        graph(&members, &[&ordinary, more].concat())
    }

    /// Metadata in cargo's shape; whatever an arrow names and is no member is a foreign crate.
    fn graph(members: &[&str], arrows: &[(&str, &str)]) -> Graph {
        let names: BTreeSet<&str> = members.iter().copied().chain(arrows.iter().flat_map(|(from, to)| [*from, *to])).collect();
        let deps = |name: &str| -> Vec<Value> {
            let used = arrows.iter().filter(|(from, _)| *from == name);
            used.map(|(_, to)| json!({"pkg": to, "dep_kinds": [{"kind": null}]})).collect()
        };
        let packages: Vec<Value> = names.iter().map(|name| json!({"id": name, "name": name})).collect();
        let nodes: Vec<Value> = names.iter().map(|name| json!({"id": name, "deps": deps(name)})).collect();
        Graph::parse(&json!({"workspace_members": members, "packages": packages, "resolve": {"nodes": nodes}})).unwrap()
    }
}
