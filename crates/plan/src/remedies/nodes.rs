//! Nodes: kept free of further pods while they are ill, and opened again.

use super::{Ctx, Found, propose};
use crate::action::Action;

/// Keeps further pods away. It repairs nothing and spreads nothing further.
pub(super) fn cordon(ctx: &Ctx<'_, '_>) -> Found {
    if ctx.entity.condition("Ready").is_some_and(|ready| !ready.get("status").is("True")) {
        return Err("the node is not ready, and Kubernetes keeps pods away from it already".to_owned());
    }
    propose(ctx.entity, Action::Cordon {})
}

/// Opens a node again.
pub(super) fn uncordon(ctx: &Ctx<'_, '_>) -> Found {
    propose(ctx.entity, Action::Uncordon {})
}
