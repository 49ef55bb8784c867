//! What may be granted: nothing that the giver does not hold, and nothing that names what is not there.

use std::collections::BTreeSet;

use assent_api::accounts::Grant;
use assent_api::{Code, Problem, Role};

use crate::desk::Desk;
use crate::documents::EnvironmentDoc;
use crate::names;

/// Grants of one account, key or group at most.
pub(crate) const GRANTS_MAX: usize = 50;
/// Namespaces of one grant at most.
const NAMESPACES_MAX: usize = 100;

impl Desk<'_> {
    /// Checks grants that are to be given in place of others. What is added and what is taken away must be the giver's own to give:
    /// otherwise an admin could make themselves an owner, or unmake one.
    pub(crate) async fn may_replace(&self, pointer: &str, before: &[Grant], after: &[Grant]) -> Result<(), Problem> {
        if after.len() > GRANTS_MAX {
            return Err(Problem::invalid(pointer, format!("at most {GRANTS_MAX} grants")));
        }
        let added = || after.iter().enumerate().filter(|(_, grant)| !before.contains(grant));
        for (at, grant) in added() {
            self.is_sound(&format!("{pointer}/{at}"), grant).await?;
        }
        let taken = before.iter().filter(|grant| !after.contains(grant));
        self.holds(added().map(|(_, grant)| grant).chain(taken))
    }

    /// Checks that the caller holds all of these.
    pub(crate) fn holds<'g>(&self, mut grants: impl Iterator<Item = &'g Grant>) -> Result<(), Problem> {
        match grants.find(|grant| !is_held(self.grants(), grant)) {
            Some(grant) => Err(Problem::new(
                Code::Refused,
                format!("you do not hold `{}` there yourself, so you can neither give nor take it", grant.role),
            )),
            None => Ok(()),
        }
    }

    async fn is_sound(&self, pointer: &str, grant: &Grant) -> Result<(), Problem> {
        if grant.namespaces.len() > NAMESPACES_MAX {
            return Err(Problem::invalid(&format!("{pointer}/namespaces"), format!("at most {NAMESPACES_MAX} namespaces")));
        }
        for (at, namespace) in grant.namespaces.iter().enumerate() {
            names::label(&format!("{pointer}/namespaces/{at}"), namespace)?;
        }
        if grant.namespaces.iter().collect::<BTreeSet<_>>().len() < grant.namespaces.len() {
            return Err(Problem::invalid(&format!("{pointer}/namespaces"), "each namespace once"));
        }
        let Some(environment) = grant.environment else { return Ok(()) };
        match self.get::<EnvironmentDoc>(&environment.to_string()).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.code == Code::NotFound => {
                Err(Problem::invalid(&format!("{pointer}/environment"), "there is no such environment"))
            }
            Err(problem) => Err(problem),
        }
    }
}

/// The tenant's ownership.
pub(crate) fn ownership() -> Grant {
    Grant { role: Role::Owner, environment: None, namespaces: Vec::new() }
}

/// Whether it is the tenant's ownership: `owner`, everywhere.
pub(crate) fn is_ownership(grant: &Grant) -> bool {
    grant.role == Role::Owner && grant.environment.is_none() && grant.namespaces.is_empty()
}

/// Whether any of what is held contains a grant.
pub(crate) fn is_held(held: &[Grant], grant: &Grant) -> bool {
    held.iter().any(|held| covers(held, grant))
}

/// Whether what is held contains what is given.
fn covers(held: &Grant, given: &Grant) -> bool {
    let environment = held.environment.is_none() || held.environment == given.environment;
    let within = |namespaces: &[String]| !namespaces.is_empty() && namespaces.iter().all(|namespace| held.namespaces.contains(namespace));
    environment && (held.namespaces.is_empty() || within(&given.namespaces)) && contains(held.role, given.role)
}

/// Whether a role may everything that another may.
fn contains(held: Role, given: Role) -> bool {
    match held {
        Role::Owner => true,
        Role::Admin => given != Role::Owner,
        Role::Approver => matches!(given, Role::Approver | Role::Operator | Role::Viewer),
        Role::Operator => matches!(given, Role::Operator | Role::Viewer),
        Role::Viewer => given == Role::Viewer,
        Role::Auditor => matches!(given, Role::Auditor | Role::Viewer),
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::{EnvironmentId, RANDOM_BYTES};

    use super::*;

    #[test]
    fn an_admin_gives_all_but_ownership() {
        for role in Role::ALL {
            assert_eq!(covers(&grant(Role::Admin, None, &[]), &grant(*role, None, &[])), *role != Role::Owner, "{role}");
        }
    }

    #[test]
    fn a_narrow_grant_does_not_cover_a_wide_one() {
        let (one, two) = (environment(1), environment(2));
        assert!(covers(&grant(Role::Admin, None, &[]), &grant(Role::Viewer, Some(one), &["shop"])));
        assert!(!covers(&grant(Role::Admin, Some(one), &[]), &grant(Role::Viewer, None, &[])));
        assert!(!covers(&grant(Role::Admin, Some(one), &[]), &grant(Role::Viewer, Some(two), &[])));
        assert!(!covers(&grant(Role::Admin, Some(one), &["shop"]), &grant(Role::Viewer, Some(one), &[])));
        assert!(!covers(&grant(Role::Admin, Some(one), &["shop"]), &grant(Role::Viewer, Some(one), &["shop", "billing"])));
        assert!(covers(&grant(Role::Admin, Some(one), &["shop", "billing"]), &grant(Role::Viewer, Some(one), &["shop"])));
    }

    #[test]
    fn no_role_but_owner_contains_owner_and_each_contains_itself() {
        for role in Role::ALL {
            assert!(contains(*role, *role));
            assert_eq!(contains(*role, Role::Owner), *role == Role::Owner);
        }
    }

    fn grant(role: Role, environment: Option<EnvironmentId>, namespaces: &[&str]) -> Grant {
        Grant { role, environment, namespaces: namespaces.iter().map(ToString::to_string).collect() }
    }

    fn environment(seed: u8) -> EnvironmentId {
        EnvironmentId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES])
    }
}
