//! Which roles a caller has at a resource.
//!
//! A grant for the tenant covers everything. One for an environment covers what is in it. One for namespaces covers what is bound to
//! namespaces, and to these alone: a thing that touches several is asked about once with the roles at each of them, and all answers must
//! permit. So nobody reads an incident of `shop` and `billing` who may not read both, and an environment-wide thing, which may speak of
//! any namespace, is not for those who were given a few.

use std::collections::BTreeSet;

use assent_api::Role;
use assent_api::accounts::Grant;

use crate::ask::Resource;

/// A set of roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Roles(u8);

impl Roles {
    fn with(self, role: Role) -> Self {
        Self(self.0 | bit(role))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.0 & bit(*role) != 0)
    }
}

fn bit(role: Role) -> u8 {
    match role {
        Role::Owner => 1,
        Role::Admin => 2,
        Role::Approver => 4,
        Role::Operator => 8,
        Role::Viewer => 16,
        Role::Auditor => 32,
    }
}

/// The roles at each namespace that the resource touches, equal ones once; at the resource itself if it touches none.
pub(crate) fn roles_at(grants: &[Grant], resource: &Resource) -> BTreeSet<Roles> {
    if resource.namespaces.is_empty() {
        return BTreeSet::from([roles(grants, resource, None)]);
    }
    resource.namespaces.iter().map(|namespace| roles(grants, resource, Some(namespace))).collect()
}

/// The roles at one namespace of the resource.
pub(crate) fn roles(grants: &[Grant], resource: &Resource, namespace: Option<&String>) -> Roles {
    grants.iter().filter(|grant| covers(grant, resource, namespace)).fold(Roles::default(), |roles, grant| roles.with(grant.role))
}

fn covers(grant: &Grant, resource: &Resource, namespace: Option<&String>) -> bool {
    let in_environment = grant.environment.is_none_or(|granted| resource.place.is_some_and(|place| place.environment == granted));
    let in_namespace = grant.namespaces.is_empty() || namespace.is_some_and(|namespace| grant.namespaces.contains(namespace));
    in_environment && in_namespace
}

#[cfg(test)]
mod tests {
    use assent_api::access::Criticality;
    use assent_base::Timestamp;
    use assent_base::id::{EnvironmentId, RANDOM_BYTES, TenantId};

    use super::*;

    #[test]
    fn a_grant_for_the_tenant_covers_everything() {
        for resource in [of_tenant(), in_prod(&[]), in_prod(&["shop", "billing"])] {
            assert_eq!(at(&[grant(Role::Viewer, None, &[])], &resource), [vec![Role::Viewer]]);
        }
    }

    #[test]
    fn a_grant_for_an_environment_covers_what_is_in_it() {
        let grants = [grant(Role::Operator, Some(prod()), &[])];
        assert_eq!(at(&grants, &in_prod(&[])), [vec![Role::Operator]]);
        assert_eq!(at(&grants, &in_prod(&["shop"])), [vec![Role::Operator]]);
        assert_eq!(at(&grants, &of_tenant()), [vec![]]);
        assert_eq!(at(&[grant(Role::Operator, Some(environment(9)), &[])], &in_prod(&[])), [vec![]]);
    }

    #[test]
    fn a_grant_for_namespaces_covers_what_is_bound_to_these_alone() {
        let grants = [grant(Role::Viewer, Some(prod()), &["shop"])];
        assert_eq!(at(&grants, &in_prod(&["shop"])), [vec![Role::Viewer]]);
        assert_eq!(at(&grants, &in_prod(&["shop", "billing"])), [vec![], vec![Role::Viewer]]);
        assert_eq!(at(&grants, &in_prod(&[])), [vec![]], "what is bound to no namespace may speak of any");
        assert_eq!(at(&[grant(Role::Viewer, None, &["shop"])], &in_prod(&["shop"])), [vec![Role::Viewer]], "in any environment");
    }

    #[test]
    fn grants_for_namespaces_add_up() {
        let grants = [grant(Role::Viewer, Some(prod()), &["shop"]), grant(Role::Viewer, Some(prod()), &["billing"])];
        assert_eq!(at(&grants, &in_prod(&["shop", "billing"])), [vec![Role::Viewer]]);
    }

    fn at(grants: &[Grant], resource: &Resource) -> Vec<Vec<Role>> {
        roles_at(grants, resource).into_iter().map(|roles| roles.iter().collect()).collect()
    }

    fn grant(role: Role, environment: Option<EnvironmentId>, namespaces: &[&str]) -> Grant {
        Grant { role, environment, namespaces: namespaces.iter().map(ToString::to_string).collect() }
    }

    fn of_tenant() -> Resource {
        Resource::of_tenant(TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]))
    }

    fn in_prod(namespaces: &[&str]) -> Resource {
        Resource::in_environment(of_tenant().tenant, prod(), Criticality::Prod).in_namespaces(namespaces.iter().copied())
    }

    fn prod() -> EnvironmentId {
        environment(2)
    }

    fn environment(seed: u8) -> EnvironmentId {
        EnvironmentId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES])
    }
}
