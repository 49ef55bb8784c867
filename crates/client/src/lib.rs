//! Calls the platform's API with typed requests and answers.
//!
//! ```ignore
//! let client = Client::new(Config::new("https://assent.example", Auth::Bearer(key)))?;
//! let page = client.call::<ListIncidents>(&Empty {}, &IncidentQuery::default(), &Empty {}).await?;
//! ```
//!
//! Contacts the configured address and nothing else: redirects are not followed, and a proxy is used only if it is configured. Plain HTTP
//! is spoken to loopback alone. Answers are bounded. Only what reads is tried again.
//!
//! Units: times are milliseconds, sizes bytes.
//! Errors: [`CallError`], by who has to act.

pub mod config;

mod client;
mod error;
mod events;
mod secrets;
mod url;

pub use assent_base::Proxy;
pub use client::{Client, Download, Extra};
pub use config::{Auth, Config};
pub use error::{CallError, ConfigError};
