//! Alerts that are on: what a watcher has to know of when it starts, and what the timeline of an incident shows beside it.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::id::{AlertSourceId, ClusterId};
use assent_base::{Timestamp, time};
use assent_incidents::{Fact, Incident};
use assent_store::{PAGE_ENTRIES_MAX, Query, StoreError, Tenant};

use super::{Alert, alert_fact};
use crate::documents::{AlertDoc, AlertSourceDoc};
use crate::queries::{QueryWords, ReadAll};

/// Seconds before an incident opened in which an alert still stands beside it.
const BEFORE_S: i64 = 900;

/// The alerts of a cluster that are on, as facts: an observer that lists the cluster anew knows nothing of them.
pub(crate) async fn facts(tenant: &Tenant, cluster: ClusterId, now: Timestamp) -> Result<Vec<Fact>, StoreError> {
    let mut latest = BTreeMap::new();
    for doc in of(tenant, cluster).await? {
        latest.insert((doc.source, doc.alert.subject), doc);
    }
    let on = latest.into_values().filter(|doc| !doc.alert.is_over);
    Ok(on.filter_map(|doc| alert_fact(doc.source, &doc.alert, now)).collect())
}

/// The ends of all alerts that one way in has on.
pub(super) async fn ends(tenant: &Tenant, source: &AlertSourceDoc, now: Timestamp) -> Result<Vec<Fact>, StoreError> {
    let own = of(tenant, source.cluster).await?.into_iter().filter(|doc| doc.source == source.id);
    Ok(own.filter_map(|doc| alert_fact(doc.source, &Alert { is_over: true, ..doc.alert }, now)).collect())
}

/// The alerts that name no object and came while an incident was open, or shortly before, with when they came.
pub(crate) async fn beside(tenant: &Tenant, incident: &Incident, now: Timestamp) -> Result<Vec<(Timestamp, Alert)>, StoreError> {
    let until = if incident.is_live() { now } else { incident.updated_at };
    let is_beside = |doc: &AlertDoc| {
        let ahead_s = time::seconds_between(doc.at, incident.opened_at);
        doc.alert.object.is_none() && ahead_s <= BEFORE_S && doc.at <= until
    };
    Ok(of(tenant, incident.cluster).await?.into_iter().filter(is_beside).map(|doc| (doc.at, doc.alert)).collect())
}

/// The newest alerts of a cluster, as many as a page holds, in the order in which they came. What a way in that is gone sent is not among
/// them.
async fn of(tenant: &Tenant, cluster: ClusterId) -> Result<Vec<AlertDoc>, StoreError> {
    let mine = |query: Query| query.equal("cluster", &cluster.to_string());
    let sources = tenant.all::<AlertSourceDoc>(&mine(Query::default())).await?;
    let sources: BTreeSet<AlertSourceId> = sources.into_iter().map(|kept| kept.doc.id).collect();
    let newest = tenant.list::<AlertDoc>(&mine(Query::newest_first()).limit(PAGE_ENTRIES_MAX)).await?.items;
    Ok(newest.into_iter().rev().map(|kept| kept.doc).filter(|doc| sources.contains(&doc.source)).collect())
}
