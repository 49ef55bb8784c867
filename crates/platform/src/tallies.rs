//! Adds up what every tenant has, at the start and now and then, so that rows which somebody removed or brought back are refused.
//!
//! No single read can know of a row that is not there: the list of clusters of a tenant whose rows are gone is empty, and reads as healthy.
//! A tenant that does not add up is refused in whole until a backup is restored; the others go on. If it is the installation's own tenant,
//! nobody can sign in, and the platform does not start.
//!
//! What somebody removes while the platform runs is found with the next round: until then a list may miss it.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use assent_api::Problem;
use assent_base::id::TenantId;
use assent_store::StoreError;

use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Seconds between two rounds, unless told otherwise.
pub const ADD_UP_EVERY_S: u32 = 600;
/// What `/readyz` says when a tenant is refused.
pub(crate) const REFUSED: &str = "ready, but a tenant is refused: its rows do not add up, see the log";

impl ControlPlane {
    /// Adds up every tenant once. One that does not add up is refused from then on.
    pub async fn add_up(&self) -> Result<(), Problem> {
        let system = self.system().await?;
        if let Err(error) = system.add_up().await {
            self.doubt(system.id(), &error);
            return Err(Problem::from_store(error));
        }
        for doc in self.tenant_docs().await? {
            let added = match self.inner.store.tenant(doc.id).await {
                Ok(tenant) => tenant.add_up().await.map(drop),
                Err(error) => Err(error),
            };
            match added {
                // One whose key is destroyed is being deleted.
                Ok(()) | Err(StoreError::KeyDestroyed(_)) => {}
                Err(error) => self.doubt(doc.id, &error),
            }
        }
        Ok(())
    }

    /// Adds up every tenant now and then, until the platform stops.
    pub async fn keep_adding_up(&self) {
        let every = Duration::from_secs(self.inner.settings.add_up_every_s.unwrap_or(ADD_UP_EVERY_S).max(1).into());
        loop {
            tokio::time::sleep(every).await;
            if let Err(problem) = self.add_up().await {
                tracing::warn!(%problem, "what is kept could not be added up");
            }
        }
    }

    /// Tenants that are refused, and why.
    pub(crate) fn doubted(&self) -> MutexGuard<'_, BTreeMap<TenantId, String>> {
        self.inner.doubted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a tenant is refused, once; a database that does not answer is no reason.
    fn doubt(&self, tenant: TenantId, error: &StoreError) {
        if matches!(error, StoreError::Unavailable { .. }) {
            tracing::warn!(%tenant, %error, "what a tenant has could not be added up");
            return;
        }
        let mut doubted = self.doubted();
        if doubted.insert(tenant, error.to_string()).is_none() {
            tracing::error!(
                %tenant, %error,
                "a tenant is refused: stop the platform, see what `assent check` says, and restore a backup into a new folder"
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "an installation has some thousand tenants at most")]
        metrics::gauge!("assent_tenants_refused").set(doubted.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use assent_http::Platform as _;
    use assent_ledger::Outcome;
    use serde_json::json;
    use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

    use super::*;
    use crate::documents::ClusterDoc;
    use crate::fixture::{Fixture, outside};
    use crate::root_key::RootKey;
    use crate::settings::Settings;
    use crate::upkeep::Upkeep;

    async fn run(house: &Fixture, sql: &str) {
        let url = crate::boot::database_of(&house.data.path().join("data"), None);
        let mut raw = SqliteConnection::connect(&url).await.expect("a connection");
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut raw).await.expect("statements");
        assert!(done.rows_affected() > 0, "no harm was done");
        raw.close().await.expect("closed");
    }

    #[tokio::test]
    async fn a_tenant_whose_rows_were_removed_is_refused_and_others_go_on() {
        let house = Fixture::open().await;
        let (first, cluster) = house.cluster().await;
        let other = house.plane.new_tenant(house.plane.new_id(TenantId::new), "Other", Some(first.id()), None).await.expect("a tenant");
        house.plane.stop().await;
        let gone = format!("kind = 'cluster' AND tenant = '{}'", first.id());
        run(&house, &format!("DELETE FROM documents WHERE {gone}; DELETE FROM entries WHERE {gone}")).await;

        let plane = Fixture::start(house.data.path(), Settings::default()).await;
        let refused = plane.tenant(first.id()).await.map(drop).unwrap_err();
        assert_eq!(refused.code, assent_api::Code::Corrupt, "{refused}");
        assert_eq!(plane.doubted().keys().copied().collect::<Vec<_>>(), [first.id()]);
        let other = plane.tenant(other.id).await.expect("the other is served");
        assert!(other.get::<ClusterDoc>(&cluster.to_string()).await.expect("read").is_none());
        plane.record(&other, "platform", "test.note", "x", Outcome::Done, json!({})).await.expect("recorded");
        let part = plane.readiness().await.parts.into_iter().find(|part| part.name == "tenants").expect("a part");
        assert_eq!((part.waits_for, part.notice), (None, Some(REFUSED)));
        plane.stop().await;
    }

    #[tokio::test]
    async fn rows_that_are_removed_while_it_runs_are_found_by_the_next_round() {
        let house = Fixture::open().await;
        let (first, _) = house.cluster().await;
        house.plane.add_up().await.expect("everything is there");
        assert!(house.plane.doubted().is_empty());
        run(&house, "DELETE FROM documents WHERE kind = 'environment'; DELETE FROM entries WHERE kind = 'environment'").await;
        house.plane.add_up().await.expect("the installation's own tenant adds up");
        assert!(first.list::<ClusterDoc>(&assent_store::Query::default()).await.is_err(), "by a handle that was open");
        house.plane.stop().await;
    }

    #[tokio::test]
    async fn without_all_of_its_own_rows_nothing_starts_and_the_check_says_so() {
        for harm in [
            "DELETE FROM documents WHERE kind = 'tenant'; DELETE FROM entries WHERE kind = 'tenant'",
            "UPDATE documents SET sealed = (SELECT sealed FROM documents WHERE kind = 'environment' LIMIT 1) WHERE kind = 'tenant'",
        ] {
            let house = Fixture::open().await;
            house.cluster().await;
            house.plane.stop().await;
            run(&house, harm).await;
            let data = house.data.path().join("data");
            assert!(Upkeep::of(&data, None, RootKey::default(), outside()).check().await.is_err(), "{harm}");
            assert!(ControlPlane::start(&data, Settings::default(), outside()).await.is_err(), "{harm}");
        }
    }
}
