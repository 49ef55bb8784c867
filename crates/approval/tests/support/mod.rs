//! What the tests of this room share.

pub(crate) mod authenticator;
pub(crate) mod voting;
