//! What the platform keeps: one struct per kind of document, each with the fields that it is found by.
//!
//! The store encrypts a document whole. What [`Index::Equal`] names is kept as a keyed hash; what [`Index::Order`] names is readable in the
//! database, so only instants and counts go there.

use assent_base::Timestamp;
use assent_store::Index;

mod accounts;
mod channels;
mod clusters;
mod incidents;
mod plans;
mod settings;
mod topology;

pub(crate) use accounts::{
    AccountDoc, ApiKeyDoc, AttemptsDoc, DirectoryDoc, GroupGrantsDoc, LinkDoc, Maker, PasskeyRecord, SessionDoc, SpentTicketDoc,
    subject_key,
};
pub(crate) use channels::{About, ChannelDoc, ChannelStateDoc, NoticeDoc, TargetDoc, ToldDoc};
pub(crate) use clusters::ClusterDoc;
pub(crate) use incidents::{CommentDoc, IncidentDoc, ReportDoc, ShareDoc};
pub(crate) use plans::{ExecutorDoc, KeptVote, OutcomeDoc, PlanDoc, SshKeyDoc, StepRecord, word_of};
pub(crate) use settings::{AlertDoc, AlertSourceDoc, EnvironmentDoc, IdempotencyDoc, PolicyDoc, RedactionDoc, TenantDoc};
pub(crate) use topology::{NodeCounts, TopologyDoc, TopologyInstantDoc};

/// The name of the index of instants.
pub(crate) const BY_TIME: &str = "time";

/// Implements [`Document`]: the kind as the database has it, the version of the form, and the indexes.
macro_rules! document {
    ($name:ident = $kind:literal, $schema:literal, |$doc:ident| $indexes:expr) => {
        impl assent_store::Document for $name {
            const KIND: &'static str = $kind;
            const SCHEMA: u32 = $schema;

            fn indexes(&self) -> Vec<assent_store::Index> {
                let $doc = self;
                $indexes
            }
        }
    };
}
pub(crate) use document;

/// An instant as the index of instants has it.
pub(crate) fn by_time(at: Timestamp) -> Index {
    Index::Order(BY_TIME, at.as_microsecond())
}
