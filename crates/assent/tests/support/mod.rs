//! What the integration tests share: running the program, and a real API server to run it against.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

pub mod cluster;
pub mod fault;
pub mod generate;
pub mod http;
pub mod platform;
pub mod program;
pub mod terminal;
