//! The picture of a cluster: what each slice drew of itself, and snapshots of the whole for those who look back.
//!
//! A snapshot is taken when something has changed, at most one in a while, and never before every slice was drawn once since the start.
//! They are kept for a time and up to a number: of more, the one goes that leaves the smallest gap, the oldest first. Like facts, they are
//! not on the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use assent_api::Problem;
use assent_base::id::ClusterId;
use assent_base::{Digest, Timestamp, time};
use assent_evidence::topology::Part;
use assent_incidents::Slice;
use assent_store::{Direction, Expect, Order, Query, Tenant, Write};

use crate::documents::{BY_TIME, TopologyDoc, TopologyInstantDoc};
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::settings::Snapshots;
use crate::tenants::chunks;
use crate::topology::{Parts, Picture, apart};

/// What is drawn of a cluster.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    parts: Arc<Parts>,
    /// Slices that were examined since the start; none any more once all were.
    waited_for: Option<BTreeSet<Slice>>,
    /// Whether something has changed since the latest snapshot.
    changed: bool,
    /// The snapshots that are kept, oldest first; none before they were read.
    kept: Option<Vec<Timestamp>>,
    /// What the latest snapshot showed.
    latest: Option<Digest>,
    /// When to look again after it could not be kept.
    not_before: Option<Timestamp>,
}

impl Drawing {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self { waited_for: Some(BTreeSet::new()), ..Self::default() }
    }

    /// What is drawn, for others to look at.
    pub(super) fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.parts)
    }

    /// Takes what a slice drew of itself.
    pub(super) fn take(&mut self, slice: &Slice, part: Part) {
        if let Some(waited_for) = &mut self.waited_for {
            waited_for.insert(slice.clone());
        }
        let known = self.parts.get(slice).map(|known| &**known);
        if known == Some(&part) || (known.is_none() && part.is_empty()) {
            return;
        }
        self.changed = true;
        // Others may be looking at the old one: they keep it.
        let parts = Arc::make_mut(&mut self.parts);
        if part.is_empty() {
            parts.remove(slice)
        } else {
            parts.insert(slice.clone(), Arc::new(part))
        };
    }

    /// Forgets what is drawn: what is known has begun anew. Snapshots stay.
    pub(super) fn clear(&mut self) {
        (self.parts, self.waited_for) = (Arc::default(), Some(BTreeSet::new()));
    }

    /// Takes a snapshot if one is due. `slices` are all that there are.
    pub(super) async fn keep(
        &mut self,
        tenant: &Tenant,
        cluster: ClusterId,
        settings: &Snapshots,
        slices: impl FnOnce() -> Vec<Slice>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if !self.changed || self.not_before.is_some_and(|at| now < at) {
            return Ok(());
        }
        if let Some(waited_for) = &self.waited_for {
            if !slices().iter().all(|slice| waited_for.contains(slice)) {
                return Ok(());
            }
            self.waited_for = None;
        }
        // If this fails, it is tried again after as long as after a snapshot.
        self.not_before = now.checked_add(jiff::SignedDuration::from_secs(i64::from(settings.every_s))).ok();
        self.read(tenant, cluster, settings, now).await?;
        let recent = self.kept.as_ref().and_then(|kept| kept.last()).map(|last| seconds_until_due(*last, settings, now));
        if let Some(wait_s) = recent.filter(|wait_s| *wait_s > 0) {
            self.not_before = now.checked_add(jiff::SignedDuration::from_secs(wait_s)).ok();
            return Ok(());
        }
        let parts = self.parts();
        let drawn = apart(move || {
            let picture = Picture::of(&parts);
            (picture.packed(), picture.counts())
        });
        let (packed, counts) = drawn.await?;
        let digest = Digest::of(packed.as_bytes());
        if self.latest == Some(digest) {
            self.changed = false;
            return Ok(());
        }
        let mut kept = self.kept.clone().unwrap_or_default();
        kept.push(now);
        let gone = thin(&mut kept, settings, now);
        let id = id(cluster, now);
        let instant = TopologyInstantDoc { cluster, at: now, digest, counts };
        let mut writes = vec![
            Write::put(&id, &instant, Expect::Any).map_err(Problem::from_store)?,
            Write::put(&id, &TopologyDoc { cluster, picture: packed }, Expect::Any).map_err(Problem::from_store)?,
        ];
        for at in gone {
            writes.extend(deletion(&self::id(cluster, at))?);
        }
        tenant.write(writes, now).await.map_err(Problem::from_store)?;
        (self.kept, self.latest, self.changed) = (Some(kept), Some(digest), false);
        Ok(())
    }

    /// Reads which snapshots there are, once.
    async fn read(&mut self, tenant: &Tenant, cluster: ClusterId, settings: &Snapshots, now: Timestamp) -> Result<(), Problem> {
        if self.kept.is_some() {
            return Ok(());
        }
        let query = Query::oldest_first().equal("cluster", &cluster.to_string());
        let found = tenant.all::<TopologyInstantDoc>(&query).await.map_err(Problem::from_store)?;
        self.latest = found.last().map(|last| last.doc.digest);
        let mut kept: Vec<Timestamp> = found.into_iter().map(|kept| kept.doc.at).collect();
        let mut writes = Vec::new();
        for at in thin(&mut kept, settings, now) {
            writes.extend(deletion(&id(cluster, at))?);
        }
        for chunk in chunks(writes) {
            tenant.write(chunk, now).await.map_err(Problem::from_store)?;
        }
        self.kept = Some(kept);
        Ok(())
    }
}

/// Takes out the snapshots that are too old or too many, and returns them.
fn thin(kept: &mut Vec<Timestamp>, settings: &Snapshots, now: Timestamp) -> Vec<Timestamp> {
    let old = kept.partition_point(|at| time::seconds_between(*at, now) > i64::from(settings.keep_s));
    // The newest stays whatever its age: nothing has changed since.
    let mut gone: Vec<Timestamp> = kept.drain(..old.min(kept.len().saturating_sub(1))).collect();
    while kept.len() > settings.count_max.max(2) {
        let gap = |window: &[Timestamp]| match window {
            [before, _, after] => time::seconds_between(*before, *after),
            _ => i64::MAX,
        };
        let place = kept.windows(3).enumerate().min_by_key(|(_, window)| gap(window)).map_or(0, |(place, _)| place + 1);
        gone.push(kept.remove(place));
    }
    gone
}

fn seconds_until_due(last: Timestamp, settings: &Snapshots, now: Timestamp) -> i64 {
    i64::from(settings.every_s).saturating_sub(time::seconds_between(last, now))
}

fn id(cluster: ClusterId, at: Timestamp) -> String {
    format!("{cluster}:{}", at.as_microsecond())
}

fn deletion(id: &str) -> Result<[Write; 2], Problem> {
    let instant = Write::delete::<TopologyInstantDoc>(id, Expect::Any).map_err(Problem::from_store)?;
    Ok([instant, Write::delete::<TopologyDoc>(id, Expect::Any).map_err(Problem::from_store)?])
}

/// Removes the snapshots of clusters.
pub(super) async fn forget(tenant: &Tenant, is_gone: impl Fn(ClusterId) -> bool, now: Timestamp) -> Result<(), Problem> {
    let mut query = Query { order: Some(Order::all(BY_TIME, Direction::Ascending)), ..Query::default() };
    query = query.limit(assent_store::PAGE_ENTRIES_MAX);
    loop {
        let page = tenant.list::<TopologyInstantDoc>(&query).await.map_err(Problem::from_store)?;
        let mut writes = Vec::new();
        for kept in page.items.iter().filter(|kept| is_gone(kept.doc.cluster)) {
            writes.extend(deletion(&kept.id)?);
        }
        for chunk in chunks(writes) {
            tenant.write(chunk, now).await.map_err(Problem::from_store)?;
        }
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Snapshots = Snapshots { every_s: 60, keep_s: 3_600, count_max: 5 };

    #[test]
    fn what_is_too_old_goes_and_the_newest_never() {
        let mut kept = vec![second(0), second(100), second(5_000)];
        assert_eq!(thin(&mut kept, &SETTINGS, second(3_601)), [second(0)]);
        assert_eq!(thin(&mut kept, &SETTINGS, second(1_000_000)), [second(100)]);
        assert_eq!(kept, [second(5_000)]);
    }

    #[test]
    fn of_too_many_those_go_that_leave_the_smallest_gap() {
        let mut kept: Vec<Timestamp> = [0, 60, 120, 180, 600, 1_200].map(second).to_vec();
        assert_eq!(thin(&mut kept, &SETTINGS, second(1_200)), [second(60)], "the oldest of equal ones");
        kept.push(second(1_260));
        assert_eq!(thin(&mut kept, &SETTINGS, second(1_260)), [second(120)]);
        assert_eq!(kept, [0, 180, 600, 1_200, 1_260].map(second), "both ends stay");
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }
}
