//! The live stream: what changed, for those who may know.
//!
//! Events are kept in the same transaction as the change that they tell of, and a reader reads them from there; the channel beside it only
//! says that there is something to read. So nobody misses one, however slow, and a reader that comes back goes on where it was.

use std::collections::VecDeque;
use std::sync::PoisonError;

use assent_api::events::Event;
use assent_api::{Action, Problem};
use assent_base::id::TenantId;
use assent_store::{StoreError, Tenant, Write};
use futures_util::Stream;
use tokio::sync::broadcast;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Events that are read at once.
const READ_MAX: u32 = 200;
/// Notices that a slow reader may miss before it looks for itself; it loses nothing by that.
const NOTICES_MAX: usize = 64;

/// An event as a step of the transaction that it tells of.
pub(crate) fn step(event: &Event) -> Result<Write, Problem> {
    let bytes = serde_json::to_vec(event).map_err(|_| Problem::new(assent_api::Code::Internal, "an event does not serialize"))?;
    Ok(Write::publish(bytes))
}

impl ControlPlane {
    /// Wakes the readers of a tenant, once an event of it is kept.
    pub(crate) fn wake(&self, tenant: TenantId) {
        self.inner.notices.wake();
        // No reader is no error.
        let _ = self.notices(tenant).send(());
    }

    pub(crate) fn notices(&self, tenant: TenantId) -> broadcast::Sender<()> {
        let mut live = self.inner.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.entry(tenant).or_insert_with(|| broadcast::channel(NOTICES_MAX).0).clone()
    }

    /// Events after a number, or from now on, that the caller may know of.
    pub(crate) async fn follow(
        &self,
        caller: Caller,
        after: Option<u64>,
    ) -> Result<impl Stream<Item = (u64, Event)> + Send + 'static, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let _permit = desk.require(Action::EventRead, assent_policy::Resource::of_tenant(desk.tenant_id())).await?;
        let tenant = desk.tenant.clone();
        let notices = self.notices(tenant.id()).subscribe();
        let newest = || async { Ok::<_, StoreError>(tenant.events_after(u64::MAX >> 1, 1).await?.last) };
        let after = match after {
            Some(seq) => seq,
            None => newest().await.map_err(Problem::from_store)?,
        };
        let reader = Reader { plane: self.clone(), caller, tenant, notices, after, ready: VecDeque::new() };
        Ok(futures_util::stream::unfold(reader, |mut reader| async move { reader.next().await.map(|event| (event, reader)) }))
    }
}

struct Reader {
    plane: ControlPlane,
    caller: Caller,
    tenant: Tenant,
    notices: broadcast::Receiver<()>,
    after: u64,
    ready: VecDeque<(u64, Event)>,
}

impl Reader {
    /// The next event; none when the platform stops or the caller has lost their place.
    async fn next(&mut self) -> Option<(u64, Event)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.read().await?;
            if !self.ready.is_empty() {
                continue;
            }
            match self.notices.recv().await {
                Ok(()) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        loop {
            let found = self.tenant.events_after(self.after, READ_MAX).await.ok()?;
            if found.gap {
                self.after = found.last;
                self.ready.push_back((found.last, Event::Gap {}));
                return Some(());
            }
            let Some(last) = found.events.last().map(|event| event.seq) else { return Some(()) };
            self.after = last;
            // I11: asked for each event, with the grants of now. Whoever may follow no longer is sent away.
            let caller = self.plane.as_of_now(&self.caller).await.ok()?;
            let desk = Desk::of(&self.plane, &caller).await.ok()?;
            if !desk.may(Action::EventRead, &assent_policy::Resource::of_tenant(desk.tenant_id())) {
                return None;
            }
            for kept in found.events {
                let event: Event = serde_json::from_slice(&kept.bytes).ok()?;
                if may_know(&desk, &event).await.ok()? {
                    self.ready.push_back((kept.seq, event));
                }
            }
            if !self.ready.is_empty() {
                return Some(());
            }
        }
    }
}

async fn may_know(desk: &Desk<'_>, event: &Event) -> Result<bool, Problem> {
    let known = match event {
        Event::Incident { incident, .. } => desk.incident(*incident).await.map(drop),
        Event::Plan { plan, .. } => desk.plan(*plan).await.map(drop),
        Event::Cluster { cluster, .. } => desk.cluster(*cluster).await.map(drop),
        Event::Gap {} => Ok(()),
    };
    match known {
        Ok(()) => Ok(true),
        Err(problem) if problem.code == assent_api::Code::NotFound => Ok(false),
        Err(problem) => Err(problem),
    }
}
