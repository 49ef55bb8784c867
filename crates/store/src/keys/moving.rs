//! Moving the root key from one keeper to another, so that whenever it is broken off, one of the two opens everything and the other is
//! told so.
//!
//! ```text
//! 1  `kept-by`: from, moving to `to`     every secret is opened by the former and wrapped by the latter, into ID.moved
//! 2  `kept-by`: to, moved from `from`    from here on the new one opens everything: first ID.moved, then ID.key
//! 3  each ID.moved takes the place of ID.key
//! 4  a root key that was a file is destroyed
//! 5  `kept-by`: to
//! ```
//!
//! Before 2 the former keeper opens everything, from 2 on the new one does; doing it again ends the work. A platform that runs meanwhile
//! serves on with what it has opened, and makes no tenant under a keeper that is no more.

use std::path::Path;
use std::sync::Arc;

use super::custody::Custody;
use super::folder::{KeyFolder, exists, make_folder};
use super::root::{FILE, KeyWrapper, RootFile, read_private, replace_private, take_place};
use crate::error::StoreError;

/// Who is to keep the root key.
#[derive(Clone, Default)]
pub enum RootKey {
    /// A file in the key folder.
    #[default]
    File,
    /// Somebody else.
    Kept(Arc<dyn KeyWrapper>),
}

impl RootKey {
    /// The keeper's name.
    #[must_use]
    pub fn keeper(&self) -> &str {
        match self {
            Self::File => FILE,
            Self::Kept(root) => root.keeper(),
        }
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("RootKey").field(&self.keeper()).finish()
    }
}

impl KeyFolder {
    /// Opens a folder whose root key is where `root` says. A folder that does not exist is created.
    ///
    /// # Errors
    /// As [`KeyFolder::open`] and [`KeyFolder::with`].
    pub fn of(folder: &Path, root: &RootKey) -> Result<Self, StoreError> {
        match root {
            RootKey::File => Self::open(folder),
            RootKey::Kept(root) => Self::with(folder, Arc::clone(root)),
        }
    }

    /// Has another keeper wrap all tenants' secrets, and forgets a root key that was a file. Says how many were wrapped. After a crash, doing
    /// it again ends the work.
    ///
    /// # Errors
    /// If somebody else than `from` keeps the root key, or one of the two does not answer. What was wrapped until then opens as before.
    pub async fn move_root(folder: &Path, from: &RootKey, to: &RootKey) -> Result<u64, StoreError> {
        move_root(folder, from, to, &|| Ok(())).await
    }

    /// Puts what the new keeper wrapped in the place of what the former did.
    pub(super) fn settle_move(&self, step: &(dyn Fn() -> Result<(), StoreError> + Sync)) -> Result<(), StoreError> {
        let Some(custody) = Custody::demand(&self.folder, self.root.keeper())? else { return Ok(()) };
        let Some(from) = &custody.moved_from else { return Ok(()) };
        for tenant in self.tenants()? {
            let moved = self.moved(tenant);
            if exists(&moved)? {
                step()?;
                take_place(&moved, &self.path(tenant))?;
            }
        }
        step()?;
        if from == FILE {
            RootFile::erase_all(&self.folder)?;
        }
        step()?;
        Custody::of(self.root.keeper()).replace(&self.folder)
    }
}

async fn move_root(
    folder: &Path,
    from: &RootKey,
    to: &RootKey,
    step: &(dyn Fn() -> Result<(), StoreError> + Sync),
) -> Result<u64, StoreError> {
    if from.keeper() == to.keeper() {
        return Err(StoreError::refused(format!("`{}` is who keeps the root key, and who shall keep it", to.keeper())));
    }
    make_folder(folder)?;
    let custody =
        Custody::read(folder)?.ok_or_else(|| StoreError::refused("there are no keys to move: configure the keeper, and start"))?;
    if custody.keeper == to.keeper() {
        if custody.moved_from.is_none() {
            return Err(StoreError::refused(format!("`{}` keeps the root key already", to.keeper())));
        }
        let folder = KeyFolder::of(folder, to)?;
        let _alone = folder.lock().await?;
        folder.settle_move(step)?;
        return Ok(folder.tenants()?.len() as u64);
    }
    let old = KeyFolder::of(folder, from)?;
    let _alone = old.lock().await?;
    old.settle_move(step)?;
    let mut custody = Custody::of(from.keeper());
    custody.moving_to = Some(to.keeper().to_owned());
    step()?;
    custody.replace(folder)?;
    step()?;
    let root: Arc<dyn KeyWrapper> = match to {
        RootKey::File => Arc::new(RootFile::open(folder)?),
        RootKey::Kept(root) => Arc::clone(root),
    };
    let new = KeyFolder { folder: folder.to_owned(), root };
    let mut moved = 0;
    for tenant in old.tenants()? {
        if old.tombstone(tenant)?.is_some() {
            continue;
        }
        let secret = old.secret(tenant).await?;
        let bytes = new.wrapped(tenant, &secret).await?;
        replace_private(&new.moved(tenant), &bytes)?;
        // Nothing is given up for what does not open again.
        let again = new.opened(tenant, &new.moved(tenant), &read_private(&new.moved(tenant))?).await?;
        if again.is_none_or(|again| again.digest() != secret.digest()) {
            return Err(StoreError::keys(format!("`{}` does not give back what it wrapped", to.keeper())));
        }
        moved += 1;
        step()?;
    }
    let committed = Custody { keeper: to.keeper().to_owned(), moving_to: None, moved_from: Some(from.keeper().to_owned()) };
    committed.replace(folder)?;
    step()?;
    new.settle_move(step)?;
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use assent_base::id::TenantId;

    use super::*;
    use crate::keys::Answer;
    use crate::seal::Key;

    /// Somebody who keeps a key of their own.
    struct Keeper {
        name: &'static str,
        key: Mutex<BTreeMap<u8, Key>>,
    }

    impl Keeper {
        fn named(name: &'static str) -> RootKey {
            RootKey::Kept(Arc::new(Self { name, key: Mutex::new([(1, Key::random().unwrap())].into()) }))
        }
    }

    impl KeyWrapper for Keeper {
        fn keeper(&self) -> &str {
            self.name
        }
        fn wrap<'a>(&'a self, context: &'a [u8], bytes: &'a [u8]) -> Answer<'a, Vec<u8>> {
            Box::pin(async move {
                let keys = self.key.lock().unwrap();
                let (version, key) = keys.last_key_value().unwrap();
                Ok([&[*version][..], &key.seal(&[context], bytes)?].concat())
            })
        }
        fn open<'a>(&'a self, context: &'a [u8], wrapped: &'a [u8]) -> Answer<'a, zeroize::Zeroizing<Vec<u8>>> {
            Box::pin(async move {
                let keys = self.key.lock().unwrap();
                let key = wrapped.first().and_then(|version| keys.get(version)).ok_or_else(|| StoreError::keys("forgotten"))?;
                key.open(&[context], &wrapped[1..]).map(zeroize::Zeroizing::new).map_err(|_| StoreError::keys("does not open"))
            })
        }
        fn advance(&self) -> Answer<'_, ()> {
            let mut keys = self.key.lock().unwrap();
            let next = keys.last_key_value().unwrap().0 + 1;
            keys.insert(next, Key::random().unwrap());
            Box::pin(async { Ok(()) })
        }
        fn retire(&self) -> Answer<'_, ()> {
            let mut keys = self.key.lock().unwrap();
            let newest = keys.pop_last().unwrap();
            *keys = [newest].into();
            Box::pin(async { Ok(()) })
        }
    }

    fn tenants() -> Vec<TenantId> {
        (1..=3).map(|n| format!("tnt_0192f0c1d2e37a4b8c5d6e7f80912a0{n}").parse().unwrap()).collect()
    }

    /// Whether this keeper's configuration opens everything; else what it is told.
    async fn opens(folder: &Path, root: &RootKey, secrets: &[Key]) -> Result<(), String> {
        let folder = KeyFolder::of(folder, root).map_err(|error| error.to_string())?;
        for (tenant, secret) in tenants().into_iter().zip(secrets) {
            let opened = folder.secret(tenant).await.map_err(|error| error.to_string())?;
            assert_eq!(opened.digest(), secret.digest());
        }
        Ok(())
    }

    async fn filled(folder: &Path, root: &RootKey) -> Vec<Key> {
        let folder = KeyFolder::of(folder, root).unwrap();
        let mut secrets = Vec::new();
        for tenant in tenants() {
            secrets.push(folder.make_secret(tenant).await.unwrap());
        }
        secrets
    }

    #[tokio::test]
    async fn broken_off_at_any_step_one_keeper_opens_everything_and_the_other_is_told() {
        for kept_first in [false, true] {
            let mut steps = 0;
            loop {
                let place = tempfile::tempdir().unwrap();
                let other = Keeper::named("vault transit/assent");
                let (from, to) = if kept_first { (other, RootKey::File) } else { (RootKey::File, other) };
                let secrets = filled(place.path(), &from).await;
                let left = AtomicUsize::new(steps);
                let crash = || {
                    let gone = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
                    if gone { Err(StoreError::refused("crash")) } else { Ok(()) }
                };
                let ended = move_root(place.path(), &from, &to, &crash).await;
                let (before, after) = (opens(place.path(), &from, &secrets).await, opens(place.path(), &to, &secrets).await);
                let (held, refused) = match (&before, &after) {
                    (Ok(()), Err(refused)) => (&from, refused),
                    (Err(refused), Ok(())) => (&to, refused),
                    other => panic!("at step {steps}: {other:?}"),
                };
                assert!(refused.contains(&format!("wrapped by `{}`", held.keeper())), "{refused}");
                if ended.is_ok() {
                    assert!(after.is_ok() && steps > 8, "{steps}");
                    assert!(!place.path().join("root-1.key").exists() || kept_first, "the file is destroyed");
                    assert!(move_root(place.path(), &from, &to, &|| Ok(())).await.is_err(), "there is nothing left to do");
                    break;
                }
                // A key is rotated in between, as somebody might who knows of no move.
                KeyFolder::of(place.path(), held).unwrap().rotate_root().await.unwrap();
                opens(place.path(), held, &secrets).await.unwrap();
                if before.is_ok() || place.path().join("kept-by").metadata().is_ok_and(|kept| kept.len() > 60) {
                    move_root(place.path(), &from, &to, &|| Ok(())).await.unwrap();
                }
                opens(place.path(), &to, &secrets).await.unwrap();
                assert!(tenants().iter().all(|tenant| !place.path().join(format!("tenants/{tenant}.moved")).exists()));
                steps += 1;
            }
        }
    }

    #[tokio::test]
    async fn a_folder_is_opened_by_its_keeper_alone() {
        let place = tempfile::tempdir().unwrap();
        let (vault, other) = (Keeper::named("vault transit/assent"), Keeper::named("vault transit/other"));
        let secrets = filled(place.path(), &vault).await;
        opens(place.path(), &vault, &secrets).await.unwrap();
        for wrong in [RootKey::File, other] {
            let told = opens(place.path(), &wrong, &secrets).await.unwrap_err();
            assert!(told.contains("wrapped by `vault transit/assent`") && told.contains("move-root"), "{told}");
            assert!(!place.path().join("root-1.key").exists());
            assert!(
                move_root(place.path(), &wrong, &Keeper::named("third"), &|| Ok(())).await.is_err(),
                "who does not keep it cannot give it"
            );
        }
    }

    #[tokio::test]
    async fn a_folder_whose_word_about_its_keeper_is_lost_says_it_by_its_secrets() {
        let place = tempfile::tempdir().unwrap();
        let vault = Keeper::named("vault transit/assent");
        let secrets = filled(place.path(), &vault).await;
        std::fs::remove_file(place.path().join("kept-by")).unwrap();
        assert!(opens(place.path(), &RootKey::File, &secrets).await.unwrap_err().contains("wrapped by `vault transit/assent`"));
        opens(place.path(), &vault, &secrets).await.unwrap();
        KeyFolder::move_root(place.path(), &vault, &RootKey::File).await.unwrap();
        opens(place.path(), &RootKey::File, &secrets).await.unwrap();
    }

    #[tokio::test]
    async fn a_running_platform_makes_no_tenant_under_a_keeper_that_is_no_more() {
        let place = tempfile::tempdir().unwrap();
        let running = KeyFolder::open(place.path()).unwrap();
        let secret = running.make_secret(tenants()[0]).await.unwrap();
        let vault = Keeper::named("vault transit/assent");
        assert_eq!(KeyFolder::move_root(place.path(), &RootKey::File, &vault).await.unwrap(), 1);
        let refused = running.make_secret(tenants()[1]).await.map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("wrapped by `vault transit/assent`"), "{refused}");
        assert!(running.rotate_root().await.is_err());
        let digest = KeyFolder::of(place.path(), &vault).unwrap().destroy(tenants()[0]).await.unwrap();
        assert_eq!(digest, secret.digest());
    }

    #[tokio::test]
    async fn a_destroyed_tenant_leaves_nothing_of_a_move_that_was_broken_off() {
        let place = tempfile::tempdir().unwrap();
        let vault = Keeper::named("vault transit/assent");
        filled(place.path(), &RootKey::File).await;
        let left = AtomicUsize::new(4);
        let crash = || if left.fetch_sub(1, Ordering::SeqCst) == 0 { Err(StoreError::refused("crash")) } else { Ok(()) };
        move_root(place.path(), &RootKey::File, &vault, &crash).await.unwrap_err();
        let moved = place.path().join(format!("tenants/{}.moved", tenants()[0]));
        assert!(moved.exists());
        KeyFolder::open(place.path()).unwrap().destroy(tenants()[0]).await.unwrap();
        assert!(!moved.exists());
        assert_eq!(KeyFolder::move_root(place.path(), &RootKey::File, &vault).await.unwrap(), 2);
        assert!(matches!(KeyFolder::of(place.path(), &vault).unwrap().secret(tenants()[0]).await, Err(StoreError::KeyDestroyed(_))));
    }

    #[test]
    fn a_word_about_the_keeper_that_says_nothing_is_refused() {
        for text in ["", "{}", r#"{"keeper":"a\nb"}"#, r#"{"keeper":"file","since":1}"#, "file"] {
            let place = tempfile::tempdir().unwrap();
            crate::keys::root::create_private(&place.path().join("kept-by"), text.as_bytes()).unwrap();
            assert!(matches!(KeyFolder::open(place.path()), Err(StoreError::Keys { .. })), "{text}");
        }
    }
}
