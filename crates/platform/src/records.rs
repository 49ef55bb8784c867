//! Records on the ledger, as the platform writes and reads them.
//!
//! The leaf says when, whose, what and how it ended. Who, to what, and what else stand in a payload that is sealed under the tenant's key
//! and bound to the leaf's commitment: without the key the log still verifies, and says no more.

use assent_api::{Code, Problem};
use assent_base::Digest;
use assent_journal::{AppendError, Entry, ReadError};
use assent_ledger::{Action, BadPayload, Outcome, Payload, Record, SALT_BYTES};
use assent_store::Tenant;
use serde_json::Value;
use tracing::Instrument as _;

use crate::plane::{ControlPlane, Outside};
use crate::problem_of::ProblemOf;

/// What the seal of payloads is for.
const PURPOSE: &str = "ledger.payload";

/// Puts a record on the ledger, and answers once it is there for good. `details` must hold no secret.
pub(crate) async fn append(
    plane: &ControlPlane,
    tenant: &Tenant,
    actor: &str,
    action: &str,
    subject: &str,
    outcome: Outcome,
    details: Value,
) -> Result<u64, Problem> {
    let entry = entry(tenant, Words { actor, action, subject }, outcome, details, &plane.inner.outside)?;
    let span = tracing::info_span!(target: "assent::span", "record", action = %entry.action, outcome = ?entry.outcome);
    let appended = plane.inner.journal.append(entry).instrument(span).await.map_err(stopped)?;
    Ok(appended.index)
}

/// Who does what to what.
pub(crate) struct Words<'a> {
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
}

/// A record as the ledger takes it, with its payload sealed.
pub(crate) fn entry(tenant: &Tenant, words: Words<'_>, outcome: Outcome, details: Value, outside: &Outside) -> Result<Entry, Problem> {
    let action: Action =
        words.action.parse().map_err(|_| Problem::new(Code::Internal, "an action has a name that the ledger does not take"))?;
    let mut salt = [0; SALT_BYTES];
    (outside.random)(&mut salt);
    let payload = Payload::new(words.actor.to_owned(), words.subject.to_owned(), details, salt);
    let (plain, commitment) = payload.canonical().map_err(unrecordable)?;
    let sealed = tenant.seal(PURPOSE, commitment.as_bytes(), &plain).map_err(Problem::from_store)?;
    Ok(Entry { tenant: tenant.id(), at: (outside.clock)(), action, outcome, commitment, sealed })
}

/// Opens the payload of a record of this tenant. A payload that does not open was altered: it is not shown as if it were absent.
pub(crate) fn open(tenant: &Tenant, record: &Record, sealed: &[u8]) -> Result<Payload, Problem> {
    let altered = || Problem::new(Code::Corrupt, "a record's payload is not what was recorded");
    if record.tenant != tenant.id() || Digest::of(sealed) != record.sealed {
        return Err(altered());
    }
    let plain = tenant.open(PURPOSE, record.commitment.as_bytes(), sealed).map_err(Problem::from_store)?;
    Payload::open(&plain, &record.commitment).map_err(|_| altered())
}

/// I4: without a record nothing is done.
fn stopped(error: AppendError) -> Problem {
    match error {
        AppendError::TooLong => Problem::new(Code::TooLarge, "this is more than one record can hold"),
        AppendError::Stopped { .. } | AppendError::Bad(_) => {
            tracing::error!(%error, "the ledger takes no records");
            Problem::new(Code::LedgerStopped, "the ledger takes no records now, and nothing is done without one").retry_after(30)
        }
    }
}

/// The log cannot be read there.
pub(crate) fn unread(error: ReadError) -> Problem {
    tracing::error!(%error, "the ledger cannot be read");
    match error {
        ReadError::Unreadable(_) => Problem::new(Code::Unavailable, "the ledger cannot be read now").retry_after(5),
        ReadError::Damaged { .. } | ReadError::NotSigned { .. } | ReadError::Tile(_) | ReadError::Receipt(_) => {
            Problem::new(Code::Corrupt, "the ledger does not pass its checks there; the platform's log says more")
        }
    }
}

fn unrecordable(bad: BadPayload) -> Problem {
    match bad {
        BadPayload::TooLong => Problem::new(Code::TooLarge, "this is more than one record can hold"),
        BadPayload::NotAPayload { .. } | BadPayload::NotCanonical | BadPayload::NotCommitted => {
            Problem::new(Code::Invalid, "this cannot be recorded exactly: no number may be beyond 2^53")
        }
    }
}
