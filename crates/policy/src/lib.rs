//! Every decision about who may do what, with its reasons.
//!
//! The platform puts an [`Ask`] to the [`Engine`] of the caller's tenant, for every call and every item of a list, and gets a
//! [`Judgement`]. Say Ada is granted `operator` for the namespace `shop` of an environment of criticality `prod`: she may comment on an
//! incident that touches `shop`, may not share it (`prod.operators_share_nothing`), and does not learn of one that also touches `billing`.
//!
//! Rules are Cedar. A fixed guard, packs by role and criticality, and the tenant's own texts are checked against one schema in strict mode
//! before they count. A text of a tenant refines what grants give: it can forbid anything, and permit nothing that the guard forbids.
//!
//! Errors: text that does not pass the schema is [`BadPolicy`] with its place. A policy that cannot be evaluated refuses the ask; Cedar
//! alone would skip it, even if it forbids.

mod ask;
mod backtest;
mod bad_policy;
mod delegation;
mod depth;
mod engine;
mod explain;
mod judgement;
mod pack;
mod question;
mod scope;
mod slice;
mod vocabulary;

pub use ask::{Ask, BadPrincipal, Caller, Place, Principal, Resource};
pub use backtest::{Recorded, backtest};
pub use bad_policy::BadPolicy;
pub use delegation::{may_change, may_hand_out};
pub use depth::{NESTING_MAX, WORDS_MAX};
pub use engine::{Engine, POLICIES_MAX, TEXT_BYTES_MAX};
pub use explain::{Explanation, Reason, Standing};
pub use judgement::{Judgement, Permit, Refusal, Why};
pub use pack::{Pack, TenantPolicy};
pub use question::{BadQuestion, ask_of};
