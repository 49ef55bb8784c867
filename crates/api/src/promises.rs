//! What operations promise besides their types.

/// Operations that take `If-Match`: they change one thing that has a version, and do so only if it is still the one that was read. To any
/// other that changes something, a version in `If-Match` is one that does not match.
const TAKE_IF_MATCH: &[&str] = &[
    "AddExecutor",
    "AssignIncident",
    "AssignPlan",
    "DeleteAlertSource",
    "DeleteChannel",
    "DeleteCluster",
    "DeleteEnvironment",
    "DeletePolicy",
    "DismissIncident",
    "MuteIncident",
    "PutGroupGrants",
    "PutPolicy",
    "PutRedaction",
    "RemoveExecutor",
    "RemoveMember",
    "ReopenIncident",
    "RerunIncident",
    "RevokeClusterKey",
    "RevokeKey",
    "RotateClusterKey",
    "RotateKey",
    "UnmuteIncident",
    "UpdateChannel",
    "UpdateCluster",
    "UpdateEnvironment",
    "UpdateMember",
    "UpdateTenant",
];

/// Operations whose answer shows a secret. It is shown once: an answer that is kept for its `Idempotency-Key` is kept without it.
const SHOW_A_SECRET: &[&str] = &[
    "AddExecutor",
    "CreateAlertSource",
    "CreateCluster",
    "CreateKey",
    "CreateShare",
    "CreateTenant",
    "InviteMember",
    "RotateClusterKey",
    "RotateKey",
];

/// Whether the operation of this name takes `If-Match`.
#[must_use]
pub fn takes_if_match(name: &str) -> bool {
    TAKE_IF_MATCH.contains(&name)
}

/// Whether the answer of the operation of this name shows a secret.
#[must_use]
pub fn shows_secret(name: &str) -> bool {
    SHOW_A_SECRET.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Method, Operation};
    use crate::operations::{Visitor, visit_all};

    struct Table(Vec<(&'static str, Method, String)>);

    impl Visitor for Table {
        fn visit<O: Operation>(&mut self) {
            self.0.push((O::NAME, O::METHOD, schemars::schema_for!(O::Answer).to_value().to_string()));
        }
    }

    fn table() -> Vec<(&'static str, Method, String)> {
        let mut table = Table(Vec::new());
        visit_all(&mut table);
        table.0
    }

    #[test]
    fn the_promises_are_those_of_operations_that_change_something() {
        for name in TAKE_IF_MATCH.iter().chain(SHOW_A_SECRET) {
            assert!(table().iter().any(|(known, method, _)| known == name && *method != Method::Get), "{name}");
        }
        assert!(TAKE_IF_MATCH.is_sorted() && SHOW_A_SECRET.is_sorted());
    }

    #[test]
    fn no_answer_shows_a_secret_without_saying_so() {
        for (name, method, answer) in table() {
            // The fields that secrets of ours stand in: a key, the end of a link, a manifest with a key.
            let shows = ["\"secret\":{", "\"link\":{", "\"manifest\":{"].iter().any(|field| answer.contains(field));
            assert_eq!(shows && method != Method::Get, shows_secret(name), "{name}");
        }
    }
}
