//! Keeps what the platform knows, encrypted and bound to its tenant, in SQLite or PostgreSQL.
//!
//! A [`Store`] opens a database and a [`KeyFolder`]; [`Store::tenant`] is the only way to a [`Tenant`], and none of its methods takes a
//! tenant. So a room that has the handle of one organisation cannot ask for the rows of another, and rows that somebody moves between
//! tenants, ids, kinds or versions do not open.
//!
//! A tenant keeps documents under an id ([`Tenant::get`], [`Tenant::put`], [`Tenant::list`]), streams of numbered signals
//! ([`Tenant::append_segment`]) and a stream of events ([`Tenant::publish`]). [`Tenant::write`] does several things in one transaction. An
//! answer to a write means that it is durable.
//!
//! What the database shows to whoever holds it without keys: the tenants' ids, the names of kinds, indexes and streams, the ids of
//! documents, numbers, times and sizes, the numbers of [`Index::Order`], and which documents of a kind share a value of an
//! [`Index::Equal`]. Values and contents stay sealed.
//!
//! What somebody who may write to the database can do unnoticed: bring the whole of a tenant back to an earlier state, as restoring a
//! backup does; the ledger notices that. Bringing back all rows of one document, or taking an entry away so that a list misses a
//! document, is found by [`Tenant::check`]. Everything else is [`StoreError::Corrupt`] when it is read.
//!
//! Units: instants are UTC and kept as microseconds, sizes bytes. Errors: [`StoreError`]; in doubt the store refuses.
//! Source: `docs/adr/0004-keys-and-rows.md`.

mod backup;
mod check;
mod database;
mod document;
mod error;
mod event;
mod export;
mod keys;
mod limits;
mod query;
mod row;
mod scope;
mod seal;
mod segment;
mod store;
mod tally;
mod tenant;
mod write;
mod writer;

pub use backup::{Backup, Restored};
pub use check::Checked;
pub use document::{Document, Expect, Index, Kept};
pub use error::StoreError;
pub use event::{Event, Events};
pub use export::{Export, Exported};
pub use keys::{Answer, KeyFolder, KeyWrapper, RootFile, RootKey};
pub use limits::{
    CONNECT_S, CONNECTIONS_MAX, DOCUMENT_BYTES_MAX, EVENT_BYTES_MAX, Limits, PAGE_ENTRIES_MAX, SEGMENT_BYTES_MAX, SNAPSHOT_BYTES_MAX,
    STATEMENT_S, STEPS_MAX, WAIT_S,
};
pub use query::{Cursor, Direction, Order, Page, Query};
pub use segment::{Appended, Segment, Segments};
pub use store::{DestroyedKey, Health, Store};
pub use tally::AddedUp;
pub use tenant::Tenant;
pub use write::{Write, Written};
