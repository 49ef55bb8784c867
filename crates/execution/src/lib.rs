//! What an executor trusts, and what it does about a warrant.
//!
//! Reading starts at [`pinned`]: the one document that an executor believes, from its own cluster and not from the control plane. It names the
//! people who may approve, whom they are in the cluster, and the [`rules`]: what may be done at all, where, and how many must say so.
//!
//! For example: the rules allow `restart` in `shop` when one person has verified it. A warrant of Ada's for a restart there opens a run; the
//! same warrant for `payments` does not, whoever sends it.
//!
//! Units: sizes are bytes, instants UTC, spans whole seconds. Errors: what is not understood whole is refused.

pub mod impersonated;
pub mod namespaces;
pub mod pinned;
pub mod rules;

pub use impersonated::Impersonated;
pub use namespaces::NamespacePattern;
pub use pinned::{BadPinned, Pinned, PinnedApprover, PinnedFile};
pub use rules::{AutoApprove, NotAllowed, RiskTerms, Rules};
