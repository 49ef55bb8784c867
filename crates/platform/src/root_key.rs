//! Whoever keeps the root key: joins `custody` to the store, and looks now and then whether they still do their work.
//!
//! What was opened stays in memory, so a platform that runs serves on while its keeper is silent. What needs the keeper meanwhile is refused:
//! making and deleting a tenant, rotating keys, and a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use assent_custody::{BadConfig, Config, CustodyError, Keeper, LOOK_AGAIN_S, Outside};
use assent_store::{Answer, KeyWrapper, StoreError};

use crate::plane::ControlPlane;

/// What `/readyz` says of a keeper that is silent.
const SILENT: &str = "does not do its work: served on with the keys in memory; a restart and new tenants need it, see the log";

/// Who keeps the root key: a file unless told otherwise.
#[derive(Clone, Default)]
pub struct RootKey(Option<Arc<Kept>>);

struct Kept {
    keeper: Keeper,
    is_silent: AtomicBool,
}

impl RootKey {
    /// Reads a configuration. Nothing is contacted.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn of(config: &Config, outside: &Outside) -> Result<Self, BadConfig> {
        let keeper = Keeper::of(config, outside)?;
        Ok(Self(keeper.map(|keeper| Arc::new(Kept { keeper, is_silent: AtomicBool::new(false) }))))
    }

    /// The keeper's name.
    #[must_use]
    pub fn keeper(&self) -> &str {
        self.0.as_ref().map_or("file", |kept| kept.keeper.name())
    }

    /// The same, as the store takes it.
    pub(crate) fn of_store(&self) -> assent_store::RootKey {
        match &self.0 {
            None => assent_store::RootKey::File,
            Some(kept) => assent_store::RootKey::Kept(Arc::new(Wrapper(Arc::clone(kept)))),
        }
    }

    /// What is to be said of it, if somebody else than a file keeps it.
    pub(crate) fn notice(&self) -> Option<Option<&'static str>> {
        self.0.as_ref().map(|kept| kept.is_silent.load(Ordering::Relaxed).then_some(SILENT))
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("RootKey").field(&self.keeper()).finish()
    }
}

impl ControlPlane {
    /// Looks now and then whether whoever keeps the root key still does its work, and renews what lets us in. Ends at once if it is a file.
    pub async fn keep_looking_after_keys(&self) {
        while let Some(wait) = self.look_after_keys().await {
            tokio::time::sleep(wait).await;
        }
    }

    /// Looks once, and says how long to wait before the next look; `None` if the root key is a file.
    pub async fn look_after_keys(&self) -> Option<Duration> {
        let kept = self.inner.settings.root_key.0.as_ref()?;
        let looked = kept.keeper.look().await;
        let was_silent = kept.is_silent.swap(looked.is_err(), Ordering::Relaxed);
        metrics::gauge!("assent_root_key_ready").set(if looked.is_ok() { 1.0 } else { 0.0 });
        match &looked {
            Ok(_) if was_silent => tracing::info!(keeper = kept.keeper.name(), "whoever keeps the root key does its work again"),
            Err(error) if !was_silent => {
                tracing::error!(keeper = kept.keeper.name(), %error, "whoever keeps the root key does not do its work");
            }
            Ok(_) | Err(_) => {}
        }
        Some(looked.unwrap_or(Duration::from_secs(LOOK_AGAIN_S)))
    }
}

struct Wrapper(Arc<Kept>);

impl KeyWrapper for Wrapper {
    fn keeper(&self) -> &str {
        self.0.keeper.name()
    }

    fn wrap<'a>(&'a self, context: &'a [u8], bytes: &'a [u8]) -> Answer<'a, Vec<u8>> {
        Box::pin(async move { self.0.keeper.wrap(context, bytes).await.map_err(of_store) })
    }

    fn open<'a>(&'a self, context: &'a [u8], wrapped: &'a [u8]) -> Answer<'a, zeroize::Zeroizing<Vec<u8>>> {
        Box::pin(async move { self.0.keeper.open(context, wrapped).await.map_err(of_store) })
    }

    fn advance(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.0.keeper.advance().await.map_err(of_store) })
    }

    fn retire(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.0.keeper.retire().await.map_err(of_store) })
    }
}

/// Silence may pass by itself; for everything else somebody has to act.
fn of_store(error: CustodyError) -> StoreError {
    if error.may_pass() { StoreError::Unavailable { what: error.to_string(), cause: None } } else { StoreError::keys(error.to_string()) }
}
