//! Root keys that others keep: Vault or OpenBao (Transit), AWS KMS, Google Cloud KMS.
//!
//! A [`Keeper`] wraps some bytes for a place, and opens them for the same place; the key itself never leaves its keeper. The tenant
//! `tnt_0192…` has a secret of 32 bytes: the keeper's answer to [`Keeper::wrap`] lies in the key folder, and after a restart
//! [`Keeper::open`] asks for the secret back. What was wrapped for one tenant does not open for another: the keeper is told the place
//! (associated data, encryption context), and the place is inside of what is wrapped as well, so that a keeper which ignores it is found.
//!
//! Nothing is contacted but the addresses that the configuration names, or that follow from a region or project it names. Redirects
//! are not followed, answers are bounded, and nothing that a keeper says is printed.
//!
//! Units: sizes bytes, times seconds unless the name says otherwise. Errors: [`CustodyError`], by who has to act.
//! Source: the HTTP APIs of Vault 1.21 and OpenBao 2.7 (`transit`, `auth`), AWS KMS 2014-11-01 with Signature Version 4, AWS STS
//! 2011-06-15, Google Cloud KMS v1, RFC 7523.

mod aws;
mod bound;
mod config;
mod error;
mod exchange;
mod google;
mod keeper;
mod origin;
mod vault;

pub use config::{
    AppRole, AwsCredentials, AwsKms, Config, ContainerCredentials, GoogleCredentials, GoogleKms, Kubernetes, Vault, WebIdentity,
};
pub use error::{BadConfig, CustodyError};
pub use exchange::{ANSWER_MS, ATTEMPTS_MAX, CONNECT_MS, Outside, Proxy};
pub use keeper::{Keeper, LOOK_AGAIN_S, LOOK_EVERY_S};

#[doc(hidden)]
pub mod foreign {
    //! What reads foreign bytes, for fuzzing.
    pub use crate::aws::credentials::read_assumed;
    pub use crate::aws::read_answer as read_aws;
    pub use crate::bound::unbind;
    pub use crate::google::read_answer as read_google;
    pub use crate::vault::answer::read as read_vault;
}
