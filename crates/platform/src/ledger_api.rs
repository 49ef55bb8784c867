//! Reading the ledger: its records, proofs and checkpoints, and the whole of it as an archive.
//!
//! The log is one for all tenants, and a tenant sees its own records alone. What it learns of others is how many records there are
//! altogether, which every checkpoint says.

use assent_api::ledger::{Checkpoint, Outcome as Shown, Receipt, Record as ShownRecord, RecordQuery};
use assent_api::operations::{GetCheckpoint, GetReceipt, GetRecord, ListRecords};
use assent_api::page::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use assent_api::{Action, Page, Problem};
use assent_base::{Digest, Timestamp};
use assent_http::{Handle, Input, Reply};
use assent_journal::Stored;
use assent_ledger::{Outcome, Record};
use assent_policy::Resource;
use assent_store::Tenant;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::plane::ControlPlane;
use crate::records;

mod within;

use within::Within;

/// Records that are looked at for one page at most. A page can be shorter than asked for, and still have a next one.
const LOOKED_AT_MAX: u64 = 20_000;
/// Records that are read at once.
const READ_AT_ONCE: u64 = 512;

/// A record of the tenant, in plain.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) index: u64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) outcome: Outcome,
    pub(crate) details: serde_json::Value,
    pub(crate) leaf: Digest,
}

impl Opened {
    /// Opens a record that is this tenant's.
    pub(crate) fn read(tenant: &Tenant, stored: Stored) -> Result<Self, Problem> {
        let payload = records::open(tenant, &stored.record, &stored.sealed)?;
        Ok(Self {
            index: stored.index,
            at: stored.record.at,
            actor: payload.actor,
            action: stored.record.action.to_string(),
            subject: payload.subject,
            outcome: stored.record.outcome,
            details: payload.details,
            leaf: stored.leaf,
        })
    }

    /// The record as the API shows it.
    pub(crate) fn shown(self, tenant: &Tenant) -> ShownRecord {
        ShownRecord {
            index: self.index,
            tenant: tenant.id(),
            at: self.at,
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            outcome: shown(self.outcome),
            details: self.details,
            leaf: self.leaf,
        }
    }
}

fn shown(outcome: Outcome) -> Shown {
    match outcome {
        Outcome::Intended => Shown::Intended,
        Outcome::Done => Shown::Done,
        Outcome::Refused => Shown::Refused,
        Outcome::Failed => Shown::Failed,
    }
}

/// What a query says about the part of a record that needs no key.
fn is_asked_for(query: &RecordQuery, record: &Record) -> bool {
    let action = record.action.as_str();
    let is_action = |asked: &String| if asked.ends_with('.') { action.starts_with(asked.as_str()) } else { action == asked };
    query.action.as_ref().is_none_or(is_action)
        && query.outcome.is_none_or(|outcome| outcome == shown(record.outcome))
        && query.since.is_none_or(|since| record.at >= since)
        && query.until.is_none_or(|until| record.at < until)
}

impl Desk<'_> {
    async fn read_ledger(&self) -> Result<(), Problem> {
        self.require(Action::LedgerRead, Resource::of_tenant(self.tenant_id())).await.map(drop)
    }

    /// The record of this index, if it is the tenant's: another's looks like none.
    async fn record(&self, index: u64) -> Result<Stored, Problem> {
        let stored = self.plane.inner.journal.read(index).await.map_err(records::unread)?;
        stored.filter(|stored| stored.record.tenant == self.tenant_id()).ok_or_else(Problem::not_found)
    }
}

impl Handle<ListRecords> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListRecords>) -> Result<Reply<ListRecords>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_ledger().await?;
        let query = input.query;
        let limit = query.limit.unwrap_or(PAGE_ENTRIES_DEFAULT);
        if !(1..=PAGE_ENTRIES_MAX).contains(&limit) {
            return Err(Problem::invalid("/limit", format!("1 to {PAGE_ENTRIES_MAX}")));
        }
        let below = query.cursor.as_deref().map_or(Ok(u64::MAX), read_cursor)?;
        let mut walk = Walk { tenant: &desk.tenant, plane: self, below, left: LOOKED_AT_MAX };
        let mut within = match query.environment {
            Some(environment) => Some(Within::new(&desk, environment).await?),
            None => None,
        };
        let mut items = Vec::new();
        while let Some(chunk) = walk.next(&query).await? {
            for opened in chunk {
                if query.actor.as_ref().is_some_and(|actor| *actor != opened.actor)
                    || query.subject.as_ref().is_some_and(|subject| *subject != opened.subject)
                {
                    continue;
                }
                if let Some(within) = &mut within
                    && !within.holds(&opened).await?
                {
                    continue;
                }
                let index = opened.index;
                items.push(opened.shown(&desk.tenant));
                if items.len() >= limit as usize {
                    // The page ends exactly after the record that filled it.
                    return Ok(Reply::new(Page { items, next: (index > 0).then(|| cursor(index)) }));
                }
            }
        }
        Ok(Reply::new(Page { items, next: (walk.below > 0).then(|| cursor(walk.below)) }))
    }
}

impl Handle<GetRecord> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetRecord>) -> Result<Reply<GetRecord>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_ledger().await?;
        let stored = desk.record(input.path.index).await?;
        Ok(Reply::new(Opened::read(&desk.tenant, stored)?.shown(&desk.tenant)))
    }
}

impl Handle<GetReceipt> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetReceipt>) -> Result<Reply<GetReceipt>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_ledger().await?;
        let stored = desk.record(input.path.index).await?;
        let receipt = self.inner.journal.receipt(stored.index).await.map_err(records::unread)?.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(shown_receipt(receipt)))
    }
}

pub(crate) fn shown_receipt(receipt: assent_ledger::Receipt) -> Receipt {
    Receipt { index: receipt.index, record: receipt.record, inclusion: receipt.inclusion, checkpoint: receipt.checkpoint }
}

impl Handle<GetCheckpoint> for ControlPlane {
    async fn handle(&self, caller: Caller, _: Input<GetCheckpoint>) -> Result<Reply<GetCheckpoint>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.read_ledger().await?;
        let (checkpoint, note) = self.inner.journal.checkpoint();
        let public_key = self.inner.people.ledger_key().to_string();
        let witness_key = self.inner.journal.witnesses().first().map(ToString::to_string);
        Ok(Reply::new(Checkpoint { note, size: checkpoint.size, root: checkpoint.root, public_key, witness_key }))
    }
}

/// The tenant's newest records since an instant, newest first.
pub(crate) async fn newest(desk: &Desk<'_>, count_max: usize, since: Timestamp) -> Result<Vec<Opened>, Problem> {
    let query = RecordQuery { since: Some(since), ..RecordQuery::default() };
    let mut walk = Walk { tenant: &desk.tenant, plane: desk.plane, below: u64::MAX, left: LOOKED_AT_MAX };
    let mut found = Vec::new();
    while let Some(chunk) = walk.next(&query).await? {
        found.extend(chunk);
        if found.len() >= count_max {
            found.truncate(count_max);
            break;
        }
    }
    Ok(found)
}

/// A walk through the log, newest first, that passes over what is not the tenant's.
struct Walk<'a> {
    tenant: &'a Tenant,
    plane: &'a ControlPlane,
    /// Where to go on: below this index.
    below: u64,
    /// Records that may still be looked at.
    left: u64,
}

impl Walk<'_> {
    /// The next records that are asked for, perhaps none; nothing at the end of the log or of patience.
    async fn next(&mut self, query: &RecordQuery) -> Result<Option<Vec<Opened>>, Problem> {
        let count = READ_AT_ONCE.min(self.left);
        if self.below == 0 || count == 0 {
            return Ok(None);
        }
        let read = self.plane.inner.journal.range_back(self.below, count).await.map_err(records::unread)?;
        self.left -= count;
        self.below = read.last().map_or(0, |last| last.index);
        let own = read.into_iter().filter(|stored| stored.record.tenant == self.tenant.id() && is_asked_for(query, &stored.record));
        own.map(|stored| Opened::read(self.tenant, stored)).collect::<Result<_, _>>().map(Some)
    }
}

fn cursor(below: u64) -> String {
    format!("{below:x}")
}

fn read_cursor(text: &str) -> Result<u64, Problem> {
    let below = u64::from_str_radix(text, 16).ok().filter(|below| cursor(*below) == text);
    below.ok_or_else(|| Problem::invalid("/cursor", "take `next` of the page before, unchanged"))
}

#[cfg(test)]
mod tests {
    use assent_base::id::{RANDOM_BYTES, TenantId};

    use super::*;

    #[test]
    fn an_action_is_asked_for_whole_or_by_its_beginning() {
        let record = record("incident.dismiss");
        let asked = |action: &str| is_asked_for(&RecordQuery { action: Some(action.to_owned()), ..RecordQuery::default() }, &record);
        assert!(asked("incident.dismiss") && asked("incident."));
        assert!(!asked("incident") && !asked("incident.dis") && !asked("incident.dismiss.") && !asked("policy."));
    }

    #[test]
    fn the_end_of_a_span_is_not_in_it() {
        let record = record("incident.dismiss");
        let span = |since: Option<i64>, until: Option<i64>| {
            let at = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
            is_asked_for(&RecordQuery { since: at(since), until: at(until), ..RecordQuery::default() }, &record)
        };
        assert!(span(Some(0), Some(1)) && span(None, None));
        assert!(!span(Some(1), None) && !span(None, Some(0)));
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        assert_eq!(read_cursor(&cursor(812)).ok(), Some(812));
        for bad in ["", "0x1", "+1", "01", "G", "FF", "ffffffffffffffffff"] {
            assert!(read_cursor(bad).is_err(), "{bad}");
        }
    }

    fn record(action: &str) -> Record {
        let tenant = TenantId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        let digest = Digest::of(b"");
        Record::new(tenant, Timestamp::UNIX_EPOCH, action.parse().expect("an action"), Outcome::Done, digest, digest)
    }
}
