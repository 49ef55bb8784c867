//! Tells people: what a channel tells of and when, and one message to Slack, Teams, a webhook or by e-mail.
//!
//! [`Pace`] decides, from rules and instants alone, whether a [`Notice`] is told on a channel, and when; what is due leaves it as one
//! [`Batch`]. [`Courier`] takes a batch to the channel's [`Address`], once: whoever calls it keeps what was not taken, and [`Delivery`] says
//! when to try again and when to give up. Say an incident is explained at 23:10 on a channel with quiet hours from 22:00 to 07:00. The notice
//! waits in the pace; at 07:00 it leaves, together with whatever else the night brought.
//!
//! Only hosts that the [`Config`] names are contacted, redirects are not followed, answers are bounded. Texts of a notice come from clusters
//! and people: every format shows them as text, and the only links are those that [`Site`] makes to the platform itself.
//!
//! Units: times are UTC, spans whole seconds or milliseconds as their names say, sizes bytes.
//! Errors: [`SendError`], by who has to act; [`BadRules`] and [`BadAddress`] name the field.

mod address;
mod config;
mod courier;
mod delivery;
mod email;
mod format;
mod notice;
mod pace;
mod quiet;
mod rules;
mod site;
mod text;

pub use address::{Address, BadAddress};
pub use assent_base::Proxy;
pub use config::{ANSWER_MS, BadConfig, CONNECT_MS, Config, HOSTS_MAX, MAIL_MS, Smtp, SmtpTls};
pub use courier::{Courier, SIGNATURE_HEADER, SendError};
pub use delivery::{AGAIN_AFTER_S_MAX, AGAIN_AFTER_S_MIN, Delivery, GIVE_UP_AFTER_S, Then};
pub use notice::{Batch, ITEMS_MAX, Item, Message, Notice, Subject};
pub use pace::{HELD_MAX, Pace, TOLD_MAX, Taken};
pub use rules::{BadRules, NAMESPACES_MAX, QUIET_MAX, check};
pub use site::Site;
