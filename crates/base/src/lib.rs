//! The ground every room stands on: ids, digests, secrets, kinds, object references, instants and quantities.
//!
//! A value of these types is right by its type: text from outside is parsed here once, and refused here once.

pub mod digest;
pub mod id;
pub mod kind;
pub mod object;
pub mod proxy;
pub mod quantity;
pub mod secret;
pub mod time;
pub mod variables;

pub use digest::Digest;
pub use kind::Kind;
pub use object::ObjectRef;
pub use proxy::Proxy;
pub use secret::Secret;
pub use time::Timestamp;
