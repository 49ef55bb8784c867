//! What an executor trusts, and what it does about a warrant.
//!
//! Reading starts at [`pinned`]: the one document that an executor believes, from its own cluster and not from the control plane. It names the
//! people who may approve, whom they are in the cluster, and the [`rules`]: what may be done at all, where, and how many must say so.
//!
//! An [`order`] is what came of a warrant that holds, a [`run`] what is done about it: a state machine that says what it needs next and is told what
//! came of it. What it decides is in the [`journal`] before it counts, so that a crash at any instant resumes. The [`verdict`] on a change comes
//! from objects as they stand.
//!
//! For example: the rules allow `restart` in `shop` when one person has verified it. A warrant of Ada's for a restart there opens a run; the
//! same warrant for `payments` does not, whoever sends it.
//!
//! Units: sizes are bytes, instants UTC, spans whole seconds. Errors: what is not understood whole is refused.

pub mod entry;
pub mod impersonated;
pub mod journal;
pub mod namespaces;
pub mod order;
pub mod pinned;
pub mod repinning;
pub mod rules;
pub mod run;
pub mod verdict;

pub use impersonated::Impersonated;
pub use namespaces::NamespacePattern;
pub use pinned::{BadPinned, Pinned, PinnedApprover, PinnedFile};
pub use rules::{AutoApprove, NotAllowed, RiskTerms, Rules};
