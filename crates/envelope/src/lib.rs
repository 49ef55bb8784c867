//! How an observer and the platform speak through somebody who may read, alter, delay and invent messages: a NATS server.
//!
//! [`subject`] names the operations that can be reached that way, and how. [`seal`] makes and opens the messages.
//!
//! An observer has a token, which it got over HTTPS. Of a token, its head (who it is for, until when) goes with each message; its
//! signature never leaves the two ends, and is what both make their keys of. So whoever stands between learns neither the token nor what is
//! said, cannot ask in an observer's name, and cannot answer in the platform's: an answer that opens was made by the platform, for that
//! very question. What is left to them is to delay and to drop, which an observer outlives as it does any outage.
//!
//! No I/O and no randomness: nonces come in as arguments, and no two messages may share one.
//! Units: sizes are bytes.
//! Errors: what does not open is no message, and says nothing more about why.
//! Source: RFC 5869 (keys), RFC 8032 (a signature is the same whenever it is made), NIST SP 800-38D (AES-256-GCM).

pub mod seal;
pub mod subject;
