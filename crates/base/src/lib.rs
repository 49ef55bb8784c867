//! The ground every room stands on: kinds, object references, instants and quantities.
//!
//! A value of these types is right by its type: text from outside is parsed here once, and refused here once.

pub mod kind;
pub mod object;
pub mod quantity;
pub mod time;

pub use kind::Kind;
pub use object::ObjectRef;
pub use time::Timestamp;
