//! The watchers: one task per cluster, which alone knows what is known of it and alone writes its incidents.
//!
//! Facts come in after the store has them; a watcher that starts reads them from there. What is dirty is examined on a thread for such work,
//! slice by slice, so that facts and people are heard in between. An incident's change goes on the ledger, then into the store with the
//! event that tells of it, in one transaction. What could not be written is written later: the watcher remembers which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use assent_api::clusters::{Connection, Health};
use assent_api::{Code, Problem};
use assent_base::Timestamp;
use assent_base::id::{ClusterId, IncidentId, TenantId};
use assent_diagnosis::wanted::Wanted;
use assent_incidents::{Act, Fact, Severity};
use assent_plan::Plan;
use assent_plan::proposal::Proposal;
use assent_store::Tenant;
use tokio::sync::{mpsc, oneshot};

use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::topology::Parts;

mod aside;
mod drawing;
mod keeping;
mod proposals;
mod restore;
mod task;

/// Messages that wait for a watcher before those who send more have to wait.
const MESSAGES_MAX: usize = 256;
/// Logs that an observer is asked for at one time.
const WANTED_LOGS_MAX: usize = 60;

/// The watchers of all tenants.
#[derive(Default)]
pub(crate) struct Watched {
    watchers: Mutex<BTreeMap<(TenantId, ClusterId), Watcher>>,
}

#[derive(Clone)]
struct Watcher {
    messages: mpsc::Sender<Message>,
    shown: Arc<Mutex<Shown>>,
}

/// What others may see of a watcher without asking it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// Incidents that live and are not muted.
    pub(crate) open_incidents: u32,
    /// The worst of them.
    pub(crate) worst: Option<Severity>,
    /// Objects that are known.
    pub(crate) objects: u64,
    /// Logs that would help.
    pub(crate) wanted: Vec<Wanted>,
    /// What was kept could not be read back, or was never there: the observer has to list again.
    pub(crate) lacks_the_past: bool,
    /// Every core kind was listed at least once.
    pub(crate) listed: bool,
    /// What each slice drew of itself.
    pub(crate) drawn: Arc<Parts>,
    /// Facts that cannot be applied.
    pub(crate) set_aside: u64,
    /// Why nothing is diagnosed, if so.
    pub(crate) stopped: Option<&'static str>,
}

impl Shown {
    /// How the cluster is.
    pub(crate) fn health(&self, connection: Connection) -> Health {
        let knows = self.listed && self.stopped.is_none() && matches!(connection, Connection::Connected);
        match (knows, self.worst) {
            (_, Some(Severity::Broken)) => Health::Broken,
            (_, Some(Severity::Degraded)) => Health::Degraded,
            (true, Some(Severity::Notice) | None) => Health::Healthy,
            (false, Some(Severity::Notice) | None) => Health::Unknown,
        }
    }
}

/// What a watcher is told.
enum Message {
    /// Facts that the store has, after this number of the stream and up to that.
    Facts { facts: Vec<Fact>, stream: String, after: u64, last: u64 },
    /// Facts of others than the observer, which keep them elsewhere.
    Mentioned { facts: Vec<Fact> },
    /// Somebody does something with an incident.
    Act { id: IncidentId, act: Act, by: String, answer: oneshot::Sender<Result<(), Problem>> },
    /// A person proposes a change for an incident.
    Propose { id: IncidentId, proposal: Box<Proposal>, answer: oneshot::Sender<Result<Plan, Problem>> },
    /// Plans are to be drawn anew: what is pinned in the cluster has changed.
    Redraw,
    /// What is known shall live on under another stream.
    CarryOver { to: String, answer: oneshot::Sender<Result<(), Problem>> },
    /// It is over.
    Stop { answer: oneshot::Sender<()> },
}

impl Watched {
    /// What may be seen of a cluster's watcher.
    pub(crate) fn shown(&self, tenant: TenantId, cluster: ClusterId) -> Shown {
        let watcher = self.lock().get(&(tenant, cluster)).cloned();
        watcher.map(|watcher| watcher.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// The watcher of a cluster; it is started if there is none.
    pub(crate) fn start(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId) {
        drop(self.watcher(plane, tenant, cluster));
    }

    fn watcher(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId) -> Watcher {
        let mut watchers = self.lock();
        let known = watchers.get(&(tenant.id(), cluster)).filter(|watcher| !watcher.messages.is_closed());
        if let Some(watcher) = known {
            return watcher.clone();
        }
        let (messages, inbox) = mpsc::channel(MESSAGES_MAX);
        let watcher = Watcher { messages, shown: Arc::default() };
        watchers.insert((tenant.id(), cluster), watcher.clone());
        tokio::spawn(task::run(plane.clone(), tenant.clone(), cluster, inbox, Arc::clone(&watcher.shown)));
        watcher
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(TenantId, ClusterId), Watcher>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells facts that the store has. Waits while the watcher is behind, so that observers slow down and not memory grows.
    pub(crate) async fn tell(
        &self,
        plane: &ControlPlane,
        tenant: &Tenant,
        cluster: ClusterId,
        stream: &str,
        facts: Vec<Fact>,
        (after, last): (u64, u64),
    ) {
        let watcher = self.watcher(plane, tenant, cluster);
        // A watcher that is gone reads them from the store when it is back.
        let _ = watcher.messages.send(Message::Facts { facts, stream: stream.to_owned(), after, last }).await;
    }

    /// Mentions what others than the observer say of a cluster.
    pub(crate) async fn mention(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId, facts: Vec<Fact>) {
        let watcher = self.watcher(plane, tenant, cluster);
        // A watcher that is gone reads them from the store when it is back.
        let _ = watcher.messages.send(Message::Mentioned { facts }).await;
    }

    /// Does something with an incident, and answers once it is kept.
    pub(crate) async fn act(
        &self,
        plane: &ControlPlane,
        tenant: &Tenant,
        cluster: ClusterId,
        id: IncidentId,
        act: Act,
        by: &str,
    ) -> Result<(), Problem> {
        let (answer, answered) = oneshot::channel();
        self.ask(plane, tenant, cluster, Message::Act { id, act, by: by.to_owned(), answer }).await?;
        answered.await.map_err(|_| gone())?
    }

    /// Draws what a person proposes for an incident, from what is known now.
    pub(crate) async fn propose(
        &self,
        plane: &ControlPlane,
        tenant: &Tenant,
        cluster: ClusterId,
        id: IncidentId,
        proposal: Proposal,
    ) -> Result<Plan, Problem> {
        let (answer, answered) = oneshot::channel();
        self.ask(plane, tenant, cluster, Message::Propose { id, proposal: Box::new(proposal), answer }).await?;
        answered.await.map_err(|_| gone())?
    }

    /// Lets plans be drawn anew: to be called after what is pinned in a cluster has changed, or its executor is gone.
    pub(crate) async fn redraw(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId) -> Result<(), Problem> {
        self.ask(plane, tenant, cluster, Message::Redraw).await
    }

    /// Lets what is known live on under another stream.
    pub(crate) async fn carry_over(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId, to: &str) -> Result<(), Problem> {
        let (answer, answered) = oneshot::channel();
        self.ask(plane, tenant, cluster, Message::CarryOver { to: to.to_owned(), answer }).await?;
        answered.await.map_err(|_| gone())?
    }

    async fn ask(&self, plane: &ControlPlane, tenant: &Tenant, cluster: ClusterId, message: Message) -> Result<(), Problem> {
        self.watcher(plane, tenant, cluster).messages.send(message).await.map_err(|_| gone())
    }

    /// Stops a cluster's watcher, and waits until it has.
    pub(crate) async fn stop(&self, tenant: TenantId, cluster: ClusterId) {
        let watcher = self.lock().remove(&(tenant, cluster));
        if let Some(watcher) = watcher {
            let (answer, answered) = oneshot::channel();
            if watcher.messages.send(Message::Stop { answer }).await.is_ok() {
                let _ = answered.await;
            }
        }
    }

    /// Stops all watchers of a tenant, or of all.
    pub(crate) async fn stop_all(&self, tenant: Option<TenantId>) {
        let which: Vec<(TenantId, ClusterId)> =
            self.lock().keys().filter(|(owner, _)| tenant.is_none_or(|tenant| tenant == *owner)).copied().collect();
        for (tenant, cluster) in which {
            self.stop(tenant, cluster).await;
        }
    }

    /// Whether any watcher has stopped working, for the status page.
    pub(crate) fn any_stopped(&self) -> bool {
        self.lock().values().any(|watcher| watcher.shown.lock().unwrap_or_else(PoisonError::into_inner).stopped.is_some())
    }
}

/// Removes what is known of a cluster from the store; its watcher must be stopped.
pub(crate) async fn forget(tenant: &Tenant, cluster: ClusterId, now: Timestamp) -> Result<(), Problem> {
    restore::forget_streams(tenant, cluster, None, now).await.map_err(Problem::from_store)?;
    drawing::forget(tenant, |of| of == cluster, now).await
}

/// Removes what is known of clusters that are no more.
pub(crate) async fn forget_all_but(tenant: &Tenant, clusters: &BTreeSet<ClusterId>, now: Timestamp) -> Result<(), Problem> {
    for stream in tenant.streams().await.map_err(Problem::from_store)? {
        let of = stream.split_once(':').and_then(|(cluster, _)| cluster.parse().ok());
        if of.is_some_and(|cluster: ClusterId| !clusters.contains(&cluster)) {
            tenant.delete_stream(&stream, now).await.map_err(Problem::from_store)?;
        }
    }
    drawing::forget(tenant, |of| !clusters.contains(&of), now).await
}

fn gone() -> Problem {
    Problem::new(Code::Unavailable, "the diagnosis of this cluster is being restarted").retry_after(2)
}

#[cfg(test)]
mod tests {
    use assent_store::Appended;

    use super::*;
    use crate::fixture::{Fixture, batch, hello, now, signal, stream};
    use crate::intake::{kept_as, stream_of};

    #[tokio::test]
    async fn what_was_kept_and_never_told_is_read_with_the_next() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        // Kept, but its request ended before the watcher heard of it.
        let line = serde_json::to_vec(&signal("lost")).expect("JSON");
        let kept = tenant.append_segment(&stream_of(cluster, &stream("a")), (kept_as(1), kept_as(1)), now(), line).await;
        assert_eq!(kept.expect("kept"), Appended::New);
        house.plane.take(&tenant, cluster, batch("a", 2, "told")).await.expect("taken");
        assert_eq!(objects(&house, &tenant, cluster).await, 2);
    }

    #[tokio::test]
    async fn a_watcher_that_was_left_on_another_stream_comes_back_to_the_one_in_use() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        // Another observer with the same key had got half as far with its greeting.
        house.plane.inner.watched.carry_over(&house.plane, &tenant, cluster, &stream("b")).await.expect("carried over");
        house.plane.take(&tenant, cluster, batch("a", 1, "told")).await.expect("taken");
        assert_eq!(objects(&house, &tenant, cluster).await, 1);
    }

    #[tokio::test]
    async fn nothing_of_a_cluster_outlives_it_though_the_platform_died_while_it_was_removed() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        house.plane.take(&tenant, cluster, batch("a", 1, "told")).await.expect("taken");
        tenant.delete::<crate::documents::ClusterDoc>(&cluster.to_string(), assent_store::Expect::Any, now()).await.expect("removed");
        house.plane.stop().await;
        let again = Fixture::start(house.data.path(), crate::settings::Settings::default()).await;
        let tenant = again.first_tenant().await.expect("a tenant");
        assert_eq!(tenant.streams().await.expect("a list"), Vec::<String>::new());
    }

    /// How many objects the watcher knows, once it has heard everything so far.
    async fn objects(house: &Fixture, tenant: &Tenant, cluster: ClusterId) -> u64 {
        let stream = tenant.get::<crate::documents::ClusterDoc>(&cluster.to_string()).await.expect("read").expect("there").doc.stream;
        // Beginning the same stream again changes nothing, and is answered after what came before.
        let stream = stream.expect("greeted");
        house.plane.inner.watched.carry_over(&house.plane, tenant, cluster, &stream).await.expect("heard");
        let shown = || house.plane.inner.watched.shown(tenant.id(), cluster).objects;
        let any = async {
            while shown() == 0 {
                tokio::task::yield_now().await;
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), any).await;
        shown()
    }
}
