//! What text may cross a boundary: redaction and tenant-keyed pseudonyms.
//!
//! A log line `login with password=hunter2 failed` leaves as `login with password=[redacted:secret-setting:5d1f3a07] failed`, and the
//! next line with the same password has the same stand-in. An observer redacts before it buffers, the platform before it keeps, and
//! what goes to a model is redacted on the way.
//!
//! - [`Rules`] are made once: the built-in ones, then [`Rules::with`] those of an environment.
//! - [`Screen::object`] knows where Kubernetes keeps secrets, and treats every other string as text.
//! - [`Screen::text`] finds secrets in text: one pass for keywords, small matchers around each, checksums and shapes last, and the
//!   same in each [view](crate::view) of the text, such as behind base64.
//! - [`Screen::stream`] does that for text that arrives in pieces, whatever the pieces are.
//!
//! Units: positions and sizes are bytes. Errors: only rules can be wrong. Text that cannot be read is redacted and never passed.
//! Source: docs/redaction.md, with the figures.

pub mod object;
pub mod pseudonym;
pub mod rules;
pub mod screen;
pub mod stream;
pub mod view;

mod assign;
mod cursor;
mod finder;
mod keywords;
mod names;
mod personal;
mod special;
mod tokens;
mod verify;

pub use object::Counts;
pub use pseudonym::PseudonymKey;
pub use rules::{BadRule, Custom, Rule, Rules};
pub use screen::{Hit, Redacted, Screen};
pub use stream::Stream;
