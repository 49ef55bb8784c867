//! Applies facts to what is known, and survives those that cannot be applied.
//!
//! A defect in the handling of one fact must not end the watch of its cluster, nor begin it anew for ever. A fact that makes it panic is set
//! aside, by its digest, for as long as the watcher lives; what is known may be damaged by then, and is read again from the store without it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use assent_base::Digest;
use assent_base::id::ClusterId;
use assent_incidents::{BadFact, Fact, Known};

/// Facts that one watcher sets aside before it gives up: each costs a reading of all that is kept of the cluster.
const ASIDE_MAX: usize = 64;

/// Facts that are not applied any more.
#[derive(Debug)]
pub(super) struct Aside {
    cluster: ClusterId,
    facts: BTreeSet<Digest>,
}

/// What became of a fact.
#[derive(Debug)]
pub(super) enum Applied {
    /// It is known, or was set aside before.
    Yes,
    /// It says what nobody can take.
    Refused(BadFact),
    /// It is set aside only now, and what is known may be damaged.
    Damaged,
}

impl Aside {
    pub(super) const fn new(cluster: ClusterId) -> Self {
        Self { cluster, facts: BTreeSet::new() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.facts.len()
    }

    /// Whether there are so many that nothing is read any more.
    pub(super) fn is_full(&self) -> bool {
        self.facts.len() >= ASIDE_MAX
    }

    /// Applies a fact, unless it is set aside.
    pub(super) fn apply(&mut self, known: &mut Known, fact: Fact) -> Applied {
        if !self.facts.is_empty() && digest(&fact).is_none_or(|own| self.facts.contains(&own)) {
            return Applied::Yes;
        }
        let kept = fact.clone();
        match catch_unwind(AssertUnwindSafe(|| apply(known, fact))) {
            Ok(Ok(())) => Applied::Yes,
            Ok(Err(bad)) => Applied::Refused(bad),
            Err(_) => {
                self.facts.extend(digest(&kept));
                tracing::error!(cluster = %self.cluster, set_aside = self.facts.len(), "a fact is set aside; this is a defect");
                metrics::counter!("assent_facts_set_aside_total").increment(1);
                Applied::Damaged
            }
        }
    }
}

fn apply(known: &mut Known, fact: Fact) -> Result<(), BadFact> {
    #[cfg(test)]
    tests::break_down_at(&fact);
    known.apply(fact).map(drop)
}

/// The same for a fact that is told and for the same fact as it is kept.
fn digest(fact: &Fact) -> Option<Digest> {
    serde_json::to_vec(fact).ok().map(|bytes| Digest::of(&bytes))
}

#[cfg(test)]
mod tests {
    use assent_http::Platform as _;
    use assent_store::Tenant;

    use super::*;
    use crate::fixture::{Fixture, batch, hello};
    use crate::settings::Settings;
    use crate::watching::Shown;

    /// The fault that these tests put in: objects of such a name cannot be applied.
    pub(super) fn break_down_at(fact: &Fact) {
        if let Fact::Object { body, .. } = fact {
            assert!(!body.get().contains("\"poison"), "a fault that a test put in");
        }
    }

    #[tokio::test]
    async fn a_fact_that_cannot_be_applied_is_set_aside_and_the_watch_goes_on() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        for (seq, name) in (1..).zip(["before", "poison", "after", "later"]) {
            house.plane.take(&tenant, cluster, batch("a", seq, name)).await.expect("taken");
        }
        let shown = until(&house, &tenant, cluster, |shown| shown.objects == 3).await;
        assert_eq!((shown.objects, shown.set_aside, shown.stopped), (3, 1, None));
    }

    #[tokio::test]
    async fn a_platform_that_starts_again_is_not_kept_from_it_by_such_a_fact() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        for (seq, name) in (1..).zip(["before", "poison", "after"]) {
            house.plane.take(&tenant, cluster, batch("a", seq, name)).await.expect("taken");
        }
        house.plane.stop().await;
        let plane = Fixture::start(house.data.path(), Settings::default()).await;
        let house = Fixture { data: house.data, plane };
        let tenant = house.plane.tenant(tenant.id()).await.expect("a tenant");
        let shown = until(&house, &tenant, cluster, |shown| shown.objects == 2).await;
        assert_eq!((shown.objects, shown.set_aside, shown.stopped), (2, 1, None));
    }

    #[tokio::test]
    async fn when_there_are_too_many_the_watcher_says_so_and_stands_still() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        house.plane.greet(&tenant, cluster, hello("a")).await.expect("greeted");
        house.plane.take(&tenant, cluster, batch("a", 1, "before")).await.expect("taken");
        for seq in 2..=u64::try_from(ASIDE_MAX).expect("a number") + 3 {
            house.plane.take(&tenant, cluster, batch("a", seq, &format!("poison-{seq}"))).await.expect("facts are kept all the same");
        }
        let shown = until(&house, &tenant, cluster, |shown| shown.stopped.is_some()).await;
        assert_eq!(shown.set_aside, u64::try_from(ASIDE_MAX).expect("a number"));
        assert!(shown.stopped.is_some());
        // What is said of one cluster takes nothing from the others: requests are served, and the status page tells of it.
        assert!(house.plane.readiness().await.parts.iter().all(|part| part.waits_for.is_none()));
        assert!(house.plane.inner.watched.any_stopped());
    }

    /// What is shown once it is so, or after a while.
    async fn until(house: &Fixture, tenant: &Tenant, cluster: ClusterId, is: impl Fn(&Shown) -> bool) -> Shown {
        let shown = || house.plane.inner.watched.shown(tenant.id(), cluster);
        let so = async {
            while !is(&shown()) {
                tokio::task::yield_now().await;
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), so).await;
        shown()
    }
}
