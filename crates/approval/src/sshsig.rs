//! Signatures of SSH keys over text, as `ssh-keygen -Y sign` makes them, and who may make them.
//!
//! A signature names a namespace, so that one for a commit or an e-mail is none for a plan. Keys are Ed25519 and ECDSA on P-256, of a file, an
//! agent or a security key; a security key must have been touched. RSA, certificates and patterns of names are not taken: whoever may sign is
//! listed by name with a key.
//!
//! For example: `ssh-keygen -Y sign -n assent.plan …` makes the text that [`SshSignature::parse`] reads; [`SshSignature::verify`] says which key
//! signed, and [`AllowedSigners::allows`] whether that is one of Ada's, for that namespace, now.
//!
//! Units: sizes are bytes, instants UTC. Errors: [`SshRefused`], the first reason found; [`BadAllowedSigners`] names its line.
//! Source: PROTOCOL.sshsig, PROTOCOL.u2f and ssh-keygen(1) of OpenSSH; RFC 4251 section 5, RFC 5656 section 3.1, RFC 8709.

mod allowed;
mod key;
mod signature;
mod wire;

pub use allowed::{AllowedSigners, BadAllowedSigners, BadLine, FILE_BYTES_MAX, SIGNERS_MAX};
pub use key::{BadSshKey, SSH_KEY_BYTES_MAX, SshKey};
pub use signature::{ARMOR_BYTES_MAX, NAMESPACE_BYTES_MAX, SshRefused, SshSignature, SshSigned, unframed};
