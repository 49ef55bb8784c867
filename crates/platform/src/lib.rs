//! The control plane: joins keeping, identity, policy and diagnosis into what the API offers.
//!
//! [`ControlPlane`] answers the operations of `assent_api` for `assent_http`. Reading starts at [`desk`]: one caller at work in one tenant.
//! A change goes ask, record, keep, in this order, and the types leave no other.
//!
//! Errors: [`assent_api::Problem`]. Refused, absent and failed are told apart, but for what a caller may not know of: that is absent.

mod answering;
mod attach;
mod caller;
mod clusters;
mod desk;
mod documents;
mod environments;
mod incidents;
mod intake;
mod live;
mod names;
mod pages;
mod plane;
mod problem_of;
mod settings;
mod shares;
mod watching;

pub use attach::{Attach, NotAttached};
pub use caller::Caller;
pub use plane::{ControlPlane, Outside};
pub use settings::{Provider, Settings};
