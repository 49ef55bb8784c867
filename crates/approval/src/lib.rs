//! Who assented to what: signatures of people, checked from bytes alone.
//!
//! Reading starts at [`statement`]: what people are asked to assent to. A [`ballot`] is one person's word on it, the very bytes that are signed;
//! a [`vote`] is that word with its signature, held against a [`keyring`]. A [`change`] waits for votes until it is approved, rejected or
//! over, and the [`warrant`] of an approved one convinces whoever has to act, who trusts the signers and nobody in between.
//!
//! A passkey signs in the browser ([`webauthn`]), an SSH key in a terminal ([`sshsig`]). The check is ours and complete: the digest of a ballot
//! goes in as the challenge, and no library in between draws another. The same code serves whoever signs in, whoever votes, and whoever has
//! to be convinced elsewhere of both, since it needs neither clock nor store nor network: instants, challenges and known keys are arguments.
//!
//! For example: Ada's authenticator signs the digest of a ballot for `assent.example`. [`webauthn::Credential::check`] says yes for that
//! digest, that site, her key and her finger, and no for anything else.
//!
//! Units: sizes are bytes, instants UTC, spans whole seconds. Errors: what does not hold is refused with the first reason found, and never
//! believed in part.
//! Source: Web Authentication Level 3; PROTOCOL.sshsig of OpenSSH; FIPS 186-5, RFC 8032, RFC 8017 for the signatures themselves.

pub mod ballot;
pub mod base64url;
pub mod change;
pub mod key;
pub mod keyring;
pub mod sshsig;
pub mod statement;
pub mod vote;
pub mod warrant;
pub mod webauthn;
