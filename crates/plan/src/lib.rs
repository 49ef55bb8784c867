//! Plans: which change, to exactly which object, in exactly which bytes, and how it is undone.
//!
//! [`remedies`] knows for each cause of the catalogue whether a fix is safe, and fills a [`proposal::Proposal`]; a model or a person may
//! fill one too. [`draw`] alone turns a proposal into a [`plan::Plan`]: it reads the object as it stands, refuses values from outside
//! of their domain, and computes payload, preconditions, inverse and blast radius. People sign the [`digest::PlanDigest`].
//!
//! Example: `image.not_found` on Deployment `shop/checkout` whose revision 6 ran gives `roll back to revision 6`, as a JSON patch that
//! first tests the object's UID and generation and each value that it replaces.

pub mod action;
pub mod blast;
pub mod catalogue;
pub mod checks;
pub mod digest;
pub mod docs;
pub mod domain;
pub mod draw;
pub mod grounds;
pub mod observed;
pub mod patch;
pub mod plan;
pub mod precondition;
pub mod proposal;
pub mod propose;
pub mod rehearsal;
pub mod remedies;
pub mod resource;
pub mod text;

pub use action::Action;
pub use digest::PlanDigest;
pub use plan::Plan;
pub use propose::{Proposed, propose};
