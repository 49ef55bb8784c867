//! Who is calling: accounts, passwords, sessions, keys, tokens, OIDC.
//!
//! Everything here is a state machine over records that the platform keeps: a session, a key or a link is a value that says what holds at
//! an instant, and what follows from it. The present instant is an argument. Randomness is drawn in [`random`] and nowhere else. Only
//! [`oidc`] speaks to anybody: to the one identity provider that the configuration names.
//!
//! A secret that we hand out is never kept. What is kept is its SHA-256, which is enough for 256 random bits; passwords, which people
//! choose, are kept as argon2id.
//!
//! Errors: what somebody presents is right, or it is refused with a reason that the ledger may hold and the caller must not see. A failure
//! to draw randomness or to reach the provider is neither, and an error of its own.

pub mod cookie;
pub mod groups;
pub mod key;
pub mod link;
pub mod lockout;
pub mod oidc;
pub mod opaque;
pub mod password;
pub mod random;
pub mod rate;
pub mod session;
pub mod token;

mod jwt;
mod time;
