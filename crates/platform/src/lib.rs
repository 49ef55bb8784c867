//! The control plane: joins keeping, identity, policy and diagnosis into what the API offers.
//!
//! [`ControlPlane`] answers the operations of `assent_api` for `assent_http`. Reading starts at [`desk`]: one caller at work in one tenant.
//! A change goes ask, record, keep, in this order, and the types leave no other.
//!
//! Errors: [`assent_api::Problem`]. Refused, absent and failed are told apart, but for what a caller may not know of: that is absent.

mod address;
mod alerts;
mod answering;
mod attach;
mod attempts;
mod authenticate;
mod boot;
mod caller;
mod challenges;
mod channels;
mod clusters;
mod command_lines;
mod demo;
mod desk;
mod directory;
mod documents;
mod engines;
mod environments;
mod evidence;
mod executors;
mod exports;
#[cfg(test)]
mod fixture;
mod granting;
mod incidents;
mod intake;
mod keys;
mod ledger_api;
mod ledger_export;
mod links;
mod live;
mod members;
mod names;
mod nats;
mod notices;
mod observer_tokens;
mod oidc_sign_in;
mod origin;
mod overview;
mod pages;
mod passkey_sign_in;
mod passkeys;
mod people;
mod plane;
mod plans;
mod policies;
mod problem_of;
mod queries;
mod records;
mod redaction;
mod retention;
mod root_key;
mod runs;
mod sessions;
mod settings;
mod shares;
mod sign_in;
mod ssh_keys;
mod status;
mod tallies;
mod tenants;
mod ticket;
mod topology;
mod turns;
mod upkeep;
mod watching;

pub use assent_custody as custody;
pub use assent_identity::oidc;
pub use assent_notify as notify;
pub use assent_store::CONNECT_S;
pub use attach::{Attach, NotAttached};
pub use boot::{StartError, Started, own_folder};
pub use caller::Caller;
pub use demo::Moment;
pub use nats::{Nats, NatsAtOnce, is_nats_prefix, nats_inbox, nats_prefix};
pub use origin::by_name;
pub use plane::{ControlPlane, Outside, Random};
pub use root_key::RootKey;
pub use sessions::cookie_names;
pub use settings::{
    COMMAND_LINE_ABSOLUTE_S, COMMAND_LINE_IDLE_S, COMMAND_LINE_SIGN_IN_WITHIN_S, CommandLines, ObserverNats, Provider, SNAPSHOT_EVERY_S,
    SNAPSHOT_KEEP_S, SNAPSHOTS_MAX, Settings, Snapshots,
};
pub use tallies::ADD_UP_EVERY_S;
pub use upkeep::{PUBLIC_KEY, Sound, Upkeep, UpkeepError};
