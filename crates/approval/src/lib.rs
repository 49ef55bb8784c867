//! Who assented to what: signatures of people, checked from bytes alone.
//!
//! A passkey signs in the browser ([`webauthn`]), an SSH key in a terminal ([`sshsig`]). The check is ours and complete: a statement about a plan goes in as the challenge, and no
//! library in between draws another. The same code serves whoever signs in, whoever votes, and whoever has to be convinced elsewhere of
//! both, since it needs neither clock nor store nor network: instants, challenges and known keys are arguments.
//!
//! For example: Ada's authenticator signs the digest of a statement for `assent.example`. [`webauthn::Credential::check`] says yes for that
//! digest, that site, her key and her finger, and no for anything else.
//!
//! Units: sizes are bytes. Errors: a signature that does not hold is refused with the first reason found, and never believed in part.
//! Source: Web Authentication Level 3; FIPS 186-5, RFC 8032, RFC 8017 for the signatures themselves.

pub mod base64url;
pub mod key;
pub mod sshsig;
pub mod webauthn;
