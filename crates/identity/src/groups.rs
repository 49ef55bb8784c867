//! What somebody is granted, by name and by the groups that their provider last claimed.

use assent_api::accounts::{Grant, GroupGrants};

/// All grants of a person: those by name first, then those of their groups in order of the table, each once. A group that the table does
/// not know gives nothing.
#[must_use]
pub fn grants_of(by_name: &[Grant], groups: &[String], table: &GroupGrants) -> Vec<Grant> {
    let by_group = table.groups.iter().filter(|entry| groups.contains(&entry.group)).flat_map(|entry| &entry.grants);
    let mut grants: Vec<Grant> = Vec::new();
    for grant in by_name.iter().chain(by_group) {
        if !grants.contains(grant) {
            grants.push(grant.clone());
        }
    }
    grants
}

#[cfg(test)]
mod tests {
    use assent_api::Role;
    use assent_api::accounts::GroupGrant;

    use super::*;

    #[test]
    fn groups_add_to_what_was_granted_by_name() {
        let grant = |role| Grant { role, environment: None, namespaces: Vec::new() };
        let entry =
            |group: &str, roles: &[Role]| GroupGrant { group: group.to_owned(), grants: roles.iter().copied().map(grant).collect() };
        let table = GroupGrants { groups: vec![entry("sre", &[Role::Operator, Role::Viewer]), entry("root", &[Role::Owner])] };
        let groups = ["sre".to_owned(), "unknown".to_owned(), "SRE".to_owned()];
        assert_eq!(grants_of(&[grant(Role::Viewer)], &groups, &table), [grant(Role::Viewer), grant(Role::Operator)]);
        assert_eq!(grants_of(&[], &["Root".to_owned()], &table), [], "a group has one spelling");
    }
}
