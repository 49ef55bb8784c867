//! The graph of a cluster: now, and as it was at instants that snapshots are kept of.
//!
//! I11: a reader sees the objects of the namespaces that they may read, the ties among these, and counts of these alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use assent_api::operations::{GetTopology, ListTopologyInstants};
use assent_api::topology::{TOPOLOGY_NODES_MAX, Topology, TopologyInstant, TopologyInstants};
use assent_api::{Action, Code, Problem};
use assent_base::Timestamp;
use assent_base::id::{ClusterId, IncidentId};
use assent_diagnosis::report::EntityName;
use assent_http::{Handle, Input, Reply};
use assent_incidents::Slice;
use assent_policy::Resource;
use assent_store::{Direction, Kept, Order, Query};

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{BY_TIME, ClusterDoc, IncidentDoc, NodeCounts, TopologyDoc, TopologyInstantDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;

mod near;
mod picture;

pub(crate) use picture::{Parts, Picture};

/// Incidents that are looked at to say which objects were part of one then, the latest first.
const INCIDENTS_MAX: u32 = 1_000;

/// Which namespaces of a cluster a caller may see. Policy is asked once for each.
struct Sight<'d> {
    desk: &'d Desk<'d>,
    cluster: Resource,
    asked: RefCell<BTreeMap<Option<String>, bool>>,
}

impl<'d> Sight<'d> {
    /// Whether the caller may see what is in a namespace, or in none.
    fn sees(&self, namespace: Option<&str>) -> bool {
        let namespace = namespace.map(str::to_owned);
        if let Some(known) = self.asked.borrow().get(&namespace) {
            return *known;
        }
        let resource = self.cluster.clone().in_namespaces(namespace.clone());
        let sees = self.desk.may(Action::ClusterRead, &resource);
        self.asked.borrow_mut().insert(namespace, sees);
        sees
    }

    /// Who sees nothing of what is in the cluster now hears that there is none, and is not told either how it was.
    fn knows(&self, parts: &Parts) -> Result<(), Problem> {
        let own = |slice: &Slice| match slice {
            Slice::Namespace(name) => self.sees(Some(name)),
            Slice::Cluster => false,
        };
        if self.sees(None) || parts.keys().any(own) { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// What the caller may see of a picture.
    fn of(&self, picture: Picture) -> Picture {
        picture.keep(|_, node| self.sees(node.namespace.as_deref()))
    }
}

impl Desk<'_> {
    /// A cluster, and which part of it the caller may see, which can be none.
    async fn sight(&self, id: ClusterId) -> Result<Sight<'_>, Problem> {
        let kept = self.get::<ClusterDoc>(&id.to_string()).await?;
        let cluster = self.place(kept.doc.environment).await?.with_id(id);
        Ok(Sight { desk: self, cluster, asked: RefCell::default() })
    }

    /// The names of what an incident is about, if the caller may read it and it is of this cluster.
    async fn named_by(&self, cluster: ClusterId, id: IncidentId) -> Result<BTreeSet<near::Name>, Problem> {
        let (kept, _, resource) = self.incident(id).await?;
        if kept.doc.0.cluster != cluster {
            return Err(Problem::not_found());
        }
        let (report, wide) = self.with_report(&kept.id, &resource).await?;
        let readable = report.filter(|_| self.may(Action::IncidentRead, &wide));
        let mut names = readable.map(|report| near::names_of(&report.0)).unwrap_or_default();
        names.extend(touched(&kept.doc));
        Ok(names)
    }

    /// The incidents of a cluster that lived at an instant and that the caller may read, by what they touched.
    async fn incidents_at(&self, cluster: ClusterId, at: Timestamp, live: bool) -> Result<BTreeMap<near::Name, Vec<IncidentId>>, Problem> {
        let mut query = Query::newest_first().equal("cluster", &cluster.to_string()).limit(INCIDENTS_MAX);
        if live {
            query = query.equal("live", "yes");
        }
        let places = self.plane.places(&self.tenant).await?;
        let Some(place) = places.get(&cluster) else { return Err(Problem::not_found()) };
        let mut by_name: BTreeMap<near::Name, Vec<IncidentId>> = BTreeMap::new();
        for kept in self.tenant.list::<IncidentDoc>(&query).await.map_err(Problem::from_store)?.items {
            let incident = &kept.doc.0;
            let lived = incident.opened_at <= at && incident.closed_at().is_none_or(|closed| closed > at);
            if lived && self.may(Action::IncidentRead, &kept.doc.resource(self.tenant_id(), place)) {
                for name in touched(&kept.doc) {
                    by_name.entry(name).or_default().push(incident.id);
                }
            }
        }
        Ok(by_name)
    }

    /// The newest snapshot that is not after an instant.
    async fn snapshot(&self, cluster: ClusterId, at: Timestamp) -> Result<Option<(Timestamp, Picture)>, Problem> {
        let order = Order { to: at.as_microsecond(), ..Order::all(BY_TIME, Direction::Descending) };
        let query = Query { order: Some(order), ..Query::default() }.equal("cluster", &cluster.to_string()).limit(1);
        let found = self.tenant.list::<TopologyInstantDoc>(&query).await.map_err(Problem::from_store)?.items.into_iter().next();
        let Some(instant) = found else { return Ok(None) };
        // It may have gone meanwhile, with the snapshots that are too old.
        let Some(kept) = self.tenant.get::<TopologyDoc>(&instant.id).await.map_err(Problem::from_store)? else { return Ok(None) };
        let unpacked = apart(move || Picture::unpacked(&kept.doc.picture)).await?;
        let picture = unpacked.map_err(|bad| Problem::new(Code::Corrupt, bad.to_string()))?;
        Ok(Some((instant.doc.at, picture)))
    }
}

/// Does what takes long for a large cluster on a thread for such work, so that it keeps no other request waiting.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::new(Code::Internal, "the picture could not be drawn"))
}

/// What an incident touches.
fn touched(doc: &IncidentDoc) -> BTreeSet<near::Name> {
    let incident = &doc.0;
    let held = incident.sightings.values().flat_map(|seen| &seen.holds);
    let name = |of: &EntityName| (of.kind.clone(), of.namespace.clone(), of.name.clone());
    incident.affected.iter().chain(held).chain([&incident.entity]).map(name).collect()
}

impl Handle<GetTopology> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetTopology>) -> Result<Reply<GetTopology>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (cluster, query) = (input.path.cluster, input.query);
        let sight = desk.sight(cluster).await?;
        let drawn = self.inner.watched.shown(desk.tenant_id(), cluster).drawn;
        sight.knows(&drawn)?;
        let (at, live, picture) = match query.at {
            None => (desk.now, true, apart(move || Picture::of(&drawn)).await?),
            Some(at) => match desk.snapshot(cluster, at).await? {
                Some((at, picture)) => (at, false, picture),
                None => return Err(Problem::invalid("/at", "no snapshot is kept of then or before")),
            },
        };
        let seen = sight.of(picture);
        let mut picture = match &query.namespace {
            Some(namespace) => seen.keep(|_, node| node.namespace.as_ref() == Some(namespace)),
            None => seen,
        };
        if let Some(incident) = query.incident {
            let places = near::near(&picture, &desk.named_by(cluster, incident).await?);
            picture = picture.keep(|place, _| places.contains(&place));
        }
        let (mut picture, left_out) = bounded(picture);
        let incidents = desk.incidents_at(cluster, at, live).await?;
        for node in &mut picture.nodes {
            node.incidents = incidents.get(&near::name(node)).cloned().unwrap_or_default();
        }
        let Picture { nodes, edges } = picture;
        Ok(Reply::new(Topology { cluster, at, live, nodes, edges, left_out }))
    }
}

/// At most so many nodes as one answer holds, the worst off first; and how many did not fit.
fn bounded(picture: Picture) -> (Picture, u32) {
    let left_out = picture.nodes.len().saturating_sub(TOPOLOGY_NODES_MAX);
    if left_out == 0 {
        return (picture, 0);
    }
    let mut places: Vec<usize> = (0..picture.nodes.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(picture.nodes.get(*place).map(|node| node.health)));
    let kept: BTreeSet<usize> = places.into_iter().take(TOPOLOGY_NODES_MAX).collect();
    (picture.keep(|place, _| kept.contains(&place)), u32::try_from(left_out).unwrap_or(u32::MAX))
}

impl Handle<ListTopologyInstants> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListTopologyInstants>) -> Result<Reply<ListTopologyInstants>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let cluster = input.path.cluster;
        let sight = desk.sight(cluster).await?;
        sight.knows(&self.inner.watched.shown(desk.tenant_id(), cluster).drawn)?;
        let query = Query::oldest_first().equal("cluster", &cluster.to_string()).limit(assent_store::PAGE_ENTRIES_MAX);
        let kept = desk.tenant.list::<TopologyInstantDoc>(&query).await.map_err(Problem::from_store)?.items;
        let instant = |kept: Kept<TopologyInstantDoc>| {
            let own = kept.doc.counts.iter().filter(|(name, _)| sight.sees(Some(name.as_str()).filter(|name| !name.is_empty())));
            let NodeCounts { nodes, broken, degraded } = own.fold(NodeCounts::default(), |sum, (_, own)| sum.and(*own));
            TopologyInstant { at: kept.doc.at, nodes, broken, degraded }
        };
        Ok(Reply::new(TopologyInstants { instants: kept.into_iter().map(instant).collect() }))
    }
}

impl NodeCounts {
    fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            broken: self.broken.saturating_add(other.broken),
            degraded: self.degraded.saturating_add(other.degraded),
        }
    }
}
