//! Sends what is due, and keeps what came of it.
//!
//! That an attempt begins is kept before it is made. What is found begun was cut off by a stop of the platform; [`Delivery::resume`] says
//! what to make of that. A message that is given up goes on the ledger; messages that arrive do not.

use assent_api::Problem;
use assent_base::Timestamp;
use assent_ledger::Outcome;
use assent_notify::{Address, Delivery, Message, Then};
use assent_store::{Expect, StoreError, Tenant, Written};
use futures_util::StreamExt as _;
use serde_json::json;

use super::taking::{Open, channels};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Receivers that are waited for at one time.
const AT_ONCE: usize = 8;
/// What a message that was given up is recorded as.
const GIVEN_UP: &str = "channel.given_up";
/// What is said of an attempt whose end nobody knows.
const CUT_OFF: &str = "the platform stopped while a message was on its way";

/// Sends what is due on all channels of a tenant. Says when something is due next.
pub(super) async fn round(plane: &ControlPlane, tenant: &Tenant) -> Result<Option<Timestamp>, Problem> {
    let channels = channels(tenant).await?;
    let works = channels.into_iter().map(|open| work(plane, tenant, open));
    let next: Vec<Option<Timestamp>> = futures_util::stream::iter(works).buffer_unordered(AT_ONCE).collect().await;
    Ok(next.into_iter().flatten().min())
}

/// One channel. Its trouble is its own.
async fn work(plane: &ControlPlane, tenant: &Tenant, mut open: Open) -> Option<Timestamp> {
    let id = open.channel.id.clone();
    if let Err(problem) = send_due(plane, tenant, &mut open).await {
        // Perhaps it was removed while it was looked at.
        tracing::warn!(channel = %id, %problem, "a channel waits");
        return None;
    }
    let rules = &open.channel.doc.rules;
    let waits = open.state.delivery.as_ref().map(Delivery::next_at).or_else(|| open.state.pace.due(rules, plane.now()));
    waits.filter(|_| open.channel.doc.enabled)
}

async fn send_due(plane: &ControlPlane, tenant: &Tenant, open: &mut Open) -> Result<(), Problem> {
    let now = plane.now();
    let (rules, version) = (open.channel.doc.rules.clone(), open.channel.version);
    let mut is_dirty = false;
    if open.state.decided_by != version {
        open.state.decided_by = version;
        open.state.pace.reconsider(&rules, now);
        if !open.channel.doc.enabled {
            open.state.pace.forget();
            open.state.delivery = None;
        }
        is_dirty = true;
    }
    if let Some(then) = open.state.delivery.as_mut().and_then(|delivery| delivery.resume(now)) {
        failed(plane, tenant, open, CUT_OFF, then, now).await?;
        is_dirty = true;
    }
    if open.channel.doc.enabled && open.state.delivery.is_none() {
        // A message is named by its channel and its instant: the same at every attempt, and no two the same in a channel.
        let named = |now: Timestamp| format!("{}-{}", open.channel.id, now.as_microsecond());
        open.state.delivery = open.state.pace.leave(&rules, now).map(|batch| Delivery::new(named(now), batch, now));
    }
    match open.state.delivery.as_mut().filter(|delivery| delivery.next_at() <= now) {
        Some(delivery) => delivery.begin(),
        None if is_dirty => return keep(tenant, open, now).await,
        None => return Ok(()),
    }
    keep(tenant, open, now).await?;
    let Some(delivery) = &open.state.delivery else { return Ok(()) };
    let address = Address::from(open.channel.doc.target.clone());
    let sent = plane.inner.notices.courier().send(&address, &delivery.id, Message::Batch(&delivery.batch), now).await;
    let now = plane.now();
    match sent {
        Ok(()) => {
            open.state.delivery = None;
            (open.state.last_sent, open.state.failures) = (Some(now), 0);
            open.state.sent = open.state.sent.saturating_add(1);
        }
        Err(error) => {
            let then = open.state.delivery.as_mut().map_or(Then::GivenUp, |delivery| delivery.failed(&error, now));
            failed(plane, tenant, open, &error.to_string(), then, now).await?;
        }
    }
    keep(tenant, open, now).await
}

/// Notes an attempt that failed. One that was the last goes on the ledger.
async fn failed(plane: &ControlPlane, tenant: &Tenant, open: &mut Open, why: &str, then: Then, now: Timestamp) -> Result<(), Problem> {
    open.state.failures = open.state.failures.saturating_add(1);
    open.state.last_error = Some((now, why.to_owned()));
    match then {
        Then::Again(_) => {}
        Then::GivenUp => {
            let count = open.state.delivery.as_ref().map_or(0, |delivery| delivery.batch.count());
            let details = json!({ "channel": open.channel.doc.name, "notices": count, "why": why });
            plane.record(tenant, "platform", GIVEN_UP, &open.channel.id, Outcome::Failed, details).await?;
            open.state.delivery = None;
            open.state.given_up = open.state.given_up.saturating_add(1);
        }
    }
    Ok(())
}

/// Keeps the state of a channel. A channel that is gone meanwhile has none.
async fn keep(tenant: &Tenant, open: &mut Open, now: Timestamp) -> Result<(), Problem> {
    let written = tenant.write(vec![open.write()?], now).await;
    match written.map(|written| written.into_iter().next()) {
        Ok(Some(Written::Version(version))) => {
            open.expect = Expect::Version(version);
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(StoreError::Absent { .. }) => Err(Problem::not_found()),
        Err(error) => Err(Problem::from_store(error)),
    }
}
