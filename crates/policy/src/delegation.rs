//! Who may hand out which grants. Without a bound here, whoever manages members would be whatever they like.
//!
//! Apart from Cedar, since it is about two sets of grants and not about one caller: an admin of the tenant makes approvers, but no owners.

use assent_api::Role;
use assent_api::accounts::Grant;

/// Whether somebody with these grants may give this one to a member or a machine.
#[must_use]
pub fn may_hand_out(granter: &[Grant], grant: &Grant) -> bool {
    granter.iter().any(|own| role_allows(own.role, grant.role) && scope_covers(own, grant))
}

/// Whether somebody with these grants may change or remove a member who has some and gets others: both must be theirs to hand out, or
/// an admin could shut the owners out.
#[must_use]
pub fn may_change(granter: &[Grant], before: &[Grant], after: &[Grant]) -> bool {
    before.iter().chain(after).all(|grant| may_hand_out(granter, grant))
}

fn role_allows(own: Role, handed: Role) -> bool {
    match own {
        Role::Owner => true,
        Role::Admin => handed != Role::Owner,
        Role::Approver | Role::Operator | Role::Viewer | Role::Auditor => false,
    }
}

fn scope_covers(own: &Grant, handed: &Grant) -> bool {
    let environment = own.environment.is_none() || own.environment == handed.environment;
    let namespaces = own.namespaces.is_empty()
        || (!handed.namespaces.is_empty() && handed.namespaces.iter().all(|namespace| own.namespaces.contains(namespace)));
    environment && namespaces
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::{EnvironmentId, RANDOM_BYTES};

    use super::*;

    #[test]
    fn an_admin_makes_everything_but_owners() {
        for role in Role::ALL {
            assert!(may_hand_out(&[grant(Role::Owner, None, &[])], &grant(*role, None, &[])), "{role}");
            assert_eq!(may_hand_out(&[grant(Role::Admin, None, &[])], &grant(*role, None, &[])), *role != Role::Owner, "{role}");
            for own in [Role::Approver, Role::Operator, Role::Viewer, Role::Auditor] {
                assert!(!may_hand_out(&[grant(own, None, &[])], &grant(*role, None, &[])), "{own} {role}");
            }
        }
        assert!(!may_hand_out(&[], &grant(Role::Viewer, None, &[])));
    }

    #[test]
    fn nobody_hands_out_more_than_their_own_scope() {
        let here = [grant(Role::Admin, Some(1), &["shop"])];
        assert!(may_hand_out(&here, &grant(Role::Viewer, Some(1), &["shop"])));
        for wider in [
            grant(Role::Viewer, Some(1), &["shop", "billing"]),
            grant(Role::Viewer, Some(1), &[]),
            grant(Role::Viewer, Some(2), &["shop"]),
            grant(Role::Viewer, None, &["shop"]),
        ] {
            assert!(!may_hand_out(&here, &wider), "{wider:?}");
        }
    }

    #[test]
    fn an_admin_does_not_change_an_owner() {
        let admin = [grant(Role::Admin, None, &[])];
        let (owner, viewer) = (grant(Role::Owner, None, &[]), grant(Role::Viewer, None, &[]));
        assert!(!may_change(&admin, std::slice::from_ref(&owner), &[]));
        assert!(!may_change(&admin, std::slice::from_ref(&viewer), std::slice::from_ref(&owner)));
        assert!(may_change(&admin, std::slice::from_ref(&viewer), &[]));
        assert!(may_change(std::slice::from_ref(&owner), std::slice::from_ref(&owner), &[viewer]));
    }

    fn grant(role: Role, environment: Option<u8>, namespaces: &[&str]) -> Grant {
        let environment = environment.map(|seed| EnvironmentId::new(Timestamp::UNIX_EPOCH, [seed; RANDOM_BYTES]));
        Grant { role, environment, namespaces: namespaces.iter().map(ToString::to_string).collect() }
    }
}
