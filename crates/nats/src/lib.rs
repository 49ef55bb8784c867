//! Speaks to a NATS server: asks under a subject, and answers under subjects.
//!
//! Knows nothing of what is said. A server is reached by TLS, or on loopback; only servers that the configuration names are reached, so
//! what a server says about others of its cluster is not followed. A server that is away is waited for, with growing and uneven waits.
//!
//! No message of a server is believed here: whoever asks says which answer is one, and what comes too late, too large or too often is
//! counted and passed over. Nothing is kept on the server.
//!
//! Units: sizes are bytes.
//! Errors: [`BadNamed`] and [`BadConnect`] before anything is sent; [`NoAnswer`] for one question.

mod ask;
mod connect;
mod named;
mod serve;
mod server;

pub use ask::NoAnswer;
pub use connect::{BadConnect, Connect, Connection};
pub use named::{BadNamed, Named, servers};
pub use serve::Serve;
pub use server::{BadServer, Server};
