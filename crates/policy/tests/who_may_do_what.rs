//! Every role against every action, as people read it: `tests/output/who_may_do_what.txt` at the top of the repository.
//!
//! The file is compared byte by byte. `ASSENT_REGENERATE=1 cargo test -p assent-policy who_may_do_what` writes it anew.

use std::path::Path;

use crate::support::{acme, ada, ask, engine, environment_of, everywhere, in_environment, in_namespaces, robot, thing};
use assent_api::access::Criticality;
use assent_api::accounts::Grant;
use assent_api::{Action, Role};
use assent_policy::{Engine, Principal, Resource};

const HEAD: &str = "\
Who may do what, with the policies that ship and none of a tenant's own.

A cell says which grants of the role suffice:
  T   the role is granted for the tenant
  E   for the environment that the thing is in
  N   for every namespace that the thing touches
  .   none
A row that holds for some criticalities, or for people or machines alone, says so. What has no row is refused to all.
";

#[test]
fn who_may_do_what_is_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/output/who_may_do_what.txt");
    let now = table();
    if std::env::var_os("ASSENT_REGENERATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == now, "rights have changed; if that is meant, write {} anew. They are now:\n{now}", path.display());
}

/// How much of the tenant a thing is about.
#[derive(Clone, Copy)]
enum Breadth {
    Tenant,
    Environment,
    Namespaces,
    Installation,
}

fn table() -> String {
    let engine = engine(&[]);
    let mut out = HEAD.to_owned();
    for (title, breadth) in [
        ("Things of the tenant that are in no environment: the tenant itself, members, keys, policies, the ledger", Breadth::Tenant),
        ("Things in an environment that are bound to no namespace: clusters, redaction rules, incidents of nodes", Breadth::Environment),
        ("Things bound to namespaces: incidents of workloads, and what is said about them", Breadth::Namespaces),
        ("The installation with all its tenants, for members of the tenant that runs it", Breadth::Installation),
    ] {
        let roles: String = Role::ALL.iter().map(|role| format!("{:<10}", role.as_str())).collect();
        out.push_str(&format!("\n{title}\n\n{:<44}{}\n", "", roles.trim_end()));
        let of_installation = |action: &&Action| !matches!(breadth, Breadth::Installation) || **action == Action::TenantCreate;
        for action in Action::ALL.iter().filter(of_installation) {
            for (which, cells) in rows(&engine, breadth, *action) {
                let line =
                    format!("{:<44}{}", format!("{action}{which}"), cells.iter().map(|cell| format!("{cell:<10}")).collect::<String>());
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
    }
    out
}

/// One row, or several where criticality or the kind of caller matters; none if nobody may.
fn rows(engine: &Engine, breadth: Breadth, action: Action) -> Vec<(String, Vec<String>)> {
    let criticalities: &[Criticality] = match breadth {
        Breadth::Tenant | Breadth::Installation => &[Criticality::Dev],
        Breadth::Environment | Breadth::Namespaces => Criticality::ALL,
    };
    let cells = |criticality, principal| -> Vec<String> {
        Role::ALL.iter().map(|role| cell(engine, breadth, criticality, principal, action, *role)).collect()
    };
    // Criticalities with the same rights for people and for machines share their rows.
    let mut alike: Vec<(Vec<&str>, [Vec<String>; 2])> = Vec::new();
    for criticality in criticalities {
        let rights = [cells(*criticality, ada()), cells(*criticality, robot())];
        match alike.iter_mut().find(|(_, other)| *other == rights) {
            Some((names, _)) => names.push(criticality.as_str()),
            None => alike.push((vec![criticality.as_str()], rights)),
        }
    }
    let mut rows = Vec::new();
    let differ = alike.len() > 1;
    for (names, [people, machines]) in alike {
        let place = if differ { format!(" in {}", names.join(", ")) } else { String::new() };
        if people == machines {
            rows.push((place, people));
        } else {
            rows.push((format!("{place}; people"), people));
            rows.push((format!("{place}; machines"), machines));
        }
    }
    rows.retain(|(_, cells)| cells.iter().any(|cell| cell != "."));
    rows
}

fn cell(engine: &Engine, breadth: Breadth, criticality: Criticality, principal: Principal, action: Action, role: Role) -> String {
    let environment = environment_of(criticality);
    let resource = match breadth {
        Breadth::Tenant => Resource::of_tenant(acme()),
        Breadth::Installation => Resource::of_installation(acme()),
        Breadth::Environment => thing(criticality),
        Breadth::Namespaces => thing(criticality).in_namespaces(["shop", "billing"]),
    };
    let grants: [(char, Grant); 3] =
        [('T', everywhere(role)), ('E', in_environment(role, environment)), ('N', in_namespaces(role, environment, &["shop", "billing"]))];
    let suffices = |grant: &Grant| engine.decide(&ask(principal, std::slice::from_ref(grant), action, resource.clone())).is_permit();
    let letters: Vec<String> = grants.iter().filter(|(_, grant)| suffices(grant)).map(|(letter, _)| letter.to_string()).collect();
    if letters.is_empty() { ".".to_owned() } else { letters.join(" ") }
}
