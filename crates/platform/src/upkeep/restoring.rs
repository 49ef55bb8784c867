//! Restoring a backup, so that at no moment a folder is there that starts and is not whole.
//!
//! The backup is read through first. Then a file says that a restore has begun: with it the platform does not start, and the next restore
//! knows that what lies there is its own. Database and ledger are made beside, each takes its name when it is whole, and the file goes last.
//!
//! A database that is not the folder's own, as PostgreSQL, takes all rows in one transaction. If anything fails after that, the file stays,
//! since nobody but its owner may empty that database.

use std::path::{Path, PathBuf};

use assent_ledger::{Outcome, Trust};
use assent_store::{Restored, Store};
use serde_json::json;

use super::recording::Recorder;
use super::{DATABASE as BACKED_UP, Upkeep, UpkeepError, copy_ledger, verified};
use crate::boot::{LEDGER, StartError, database_at, database_file};

/// The file that says that a restore has begun and not ended.
const BEGUN: &str = "restoring";
/// The ledger until it is whole.
const LEDGER_BESIDE: &str = "ledger.restoring";
/// The database until it is whole.
const DATABASE_BESIDE: &str = "assent.db.restoring";

/// The steps of a restore, in their order. A test ends the work after each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Begun,
    RowsMade,
    LedgerCopied,
    Recorded,
    DatabaseNamed,
    LedgerNamed,
}

/// Whether a folder is only half restored, which nobody may start on.
pub(crate) fn refuse_half_restored(data: &Path) -> Result<(), StartError> {
    if data.join(BEGUN).exists() { Err(StartError::HalfRestored { path: data.to_owned() }) } else { Ok(()) }
}

impl Upkeep {
    /// Restores a backup into a data folder that has nothing but the installation's `keys/`. If that does not work, what was there before is
    /// there again, and nothing else.
    pub async fn restore(&self, from: &Path) -> Result<Restored, UpkeepError> {
        let trust = Trust::log(self.ledger_key()?);
        Store::verify_backup(&from.join(BACKED_UP)).await?;
        verified(&from.join(LEDGER), &trust)?;
        self.begin()?;
        let (mut reached, mut rows_are_elsewhere) = (Step::Begun, false);
        let done = self
            .restore_by_steps(from, &trust, &mut |step| {
                reached = step;
                rows_are_elsewhere |= step >= Step::RowsMade && !self.has_own_database;
                Ok(())
            })
            .await;
        match done {
            Ok(restored) => Ok(restored),
            Err(error) if rows_are_elsewhere => Err(UpkeepError::HalfRestored { cause: Box::new(error) }),
            Err(error) => {
                tracing::debug!(?reached, "the restore is undone");
                self.clear()?;
                self.end()?;
                Err(error)
            }
        }
    }

    /// Makes sure that nothing is in the way, but for what a restore left that was killed; and says that one has begun.
    fn begin(&self) -> Result<(), UpkeepError> {
        let begun = self.data.join(BEGUN);
        if begun.exists() {
            return self.clear();
        }
        for path in self.results() {
            if path.exists() {
                return Err(UpkeepError::Exists(path));
            }
        }
        let text = "A restore has begun here and has not ended. Run `assent restore` again: it clears up what it left.\n";
        std::fs::write(&begun, text).and_then(|()| sync(&begun)).map_err(failed(&begun))?;
        sync(&self.data).map_err(failed(&self.data))
    }

    /// Does the work and says after each step that it is done.
    pub(super) async fn restore_by_steps(
        &self,
        from: &Path,
        trust: &Trust,
        done: &mut dyn FnMut(Step) -> Result<(), UpkeepError>,
    ) -> Result<Restored, UpkeepError> {
        done(Step::Begun)?;
        let beside = self.data.join(DATABASE_BESIDE);
        let url = if self.has_own_database { database_at(&beside) } else { self.database.clone() };
        let (store, restored) = Store::restore(&from.join(BACKED_UP), &url, self.keys()?, assent_store::Limits::default()).await?;
        done(Step::RowsMade)?;
        let ledger = self.data.join(LEDGER_BESIDE);
        let recorded = async {
            copy_ledger(&from.join(LEDGER), &ledger, trust)?;
            done(Step::LedgerCopied)?;
            // I4: the folder becomes one that starts only with this record on its ledger.
            let recorder = Recorder::on(&ledger, &self.data, store.system().await?, &self.outside)?;
            let told = recorder.record("installation.restore", Outcome::Done, json!({ "rows": restored.rows })).await;
            recorder.close().await;
            told
        };
        let recorded = recorded.await;
        store.close().await;
        recorded?;
        done(Step::Recorded)?;
        if self.has_own_database {
            let named = database_file(&self.data);
            std::fs::rename(&beside, &named).map_err(failed(&named))?;
        }
        done(Step::DatabaseNamed)?;
        let named = self.data.join(LEDGER);
        std::fs::rename(&ledger, &named).map_err(failed(&named))?;
        sync(&self.data).map_err(failed(&self.data))?;
        done(Step::LedgerNamed)?;
        self.end()?;
        Ok(restored)
    }

    /// What a restore makes.
    fn results(&self) -> Vec<PathBuf> {
        let mut results = vec![self.data.join(LEDGER), self.data.join(LEDGER_BESIDE)];
        if self.has_own_database {
            results.extend([database_file(&self.data), self.data.join(DATABASE_BESIDE)].iter().flat_map(|path| with_companions(path)));
        }
        results
    }

    /// Removes what a restore made; the file that says so proves that none of it was there before.
    fn clear(&self) -> Result<(), UpkeepError> {
        for path in self.results() {
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            match removed {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path)(cause)),
                _ => {}
            }
        }
        sync(&self.data).map_err(failed(&self.data))
    }

    fn end(&self) -> Result<(), UpkeepError> {
        let begun = self.data.join(BEGUN);
        std::fs::remove_file(&begun).and_then(|()| sync(&self.data)).map_err(failed(&begun))
    }
}

/// A SQLite file, and what SQLite puts beside it.
fn with_companions(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

fn sync(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> UpkeepError {
    let path = path.to_owned();
    move |cause| UpkeepError::File { path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, outside};
    use crate::root_key::RootKey;
    use crate::settings::Settings;

    const STEPS: [Step; 6] = [Step::Begun, Step::RowsMade, Step::LedgerCopied, Step::Recorded, Step::DatabaseNamed, Step::LedgerNamed];

    /// A backup, and a folder with the keys alone.
    async fn backed_up() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let house = Fixture::open().await;
        house.plane.stop().await;
        let data = house.data.path().join("data");
        let backup = house.data.path().join("backup");
        Upkeep::of(&data, None, RootKey::default(), outside()).backup(&backup).await.unwrap();
        let restored = house.data.path().join("restored").join("data");
        std::fs::create_dir_all(&restored).unwrap();
        std::fs::set_permissions(&restored, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        super::super::copy_folder(&data.join("keys"), &restored.join("keys"), None).unwrap();
        (house.data, backup, restored)
    }

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_restore_that_is_killed_after_any_step_leaves_nothing_that_starts() {
        let (_house, backup, data) = backed_up().await;
        let upkeep = Upkeep::of(&data, None, RootKey::default(), outside());
        let trust = Trust::log(upkeep.ledger_key().unwrap());
        for last in STEPS {
            upkeep.begin().unwrap();
            let killed = |step| if step == last { Err(UpkeepError::Exists(PathBuf::new())) } else { Ok(()) };
            upkeep.restore_by_steps(&backup, &trust, &mut { killed }).await.unwrap_err();
            let started = crate::ControlPlane::start(&data, Settings::default(), outside()).await.map(drop);
            assert!(matches!(started, Err(StartError::HalfRestored { .. })), "{last:?}: {started:?}");
            let checked = upkeep.check().await;
            assert!(matches!(checked, Err(UpkeepError::Start(StartError::HalfRestored { .. }))), "{last:?}");
        }
        upkeep.restore(&backup).await.unwrap();
        assert_eq!(entries(&data), ["assent.db", "keys", "ledger"]);
        upkeep.check().await.unwrap();
        Fixture::start(data.parent().unwrap(), Settings::default()).await.stop().await;
    }

    #[tokio::test]
    async fn a_restore_that_refuses_leaves_the_folder_as_it_was() {
        let (_house, backup, data) = backed_up().await;
        let upkeep = Upkeep::of(&data, None, RootKey::default(), outside());
        for file in ["ledger/tile/entries/000.p", "ledger/checkpoint", "database/rows.jsonl"] {
            let found = found(&backup, file);
            let good = std::fs::read(&found).unwrap();
            let mut altered = good.clone();
            let middle = altered.len() / 2;
            altered[middle] ^= 1;
            std::fs::write(&found, &altered).unwrap();
            upkeep.restore(&backup).await.unwrap_err();
            assert_eq!(entries(&data), ["keys"], "{file}");
            std::fs::write(&found, &good).unwrap();
        }
        upkeep.restore(&backup).await.unwrap();
        let again = upkeep.restore(&backup).await;
        assert!(matches!(again, Err(UpkeepError::Exists(_))), "{again:?}");
        upkeep.check().await.unwrap();
    }

    /// A file, or the first one in a folder whose name begins so.
    fn found(backup: &Path, file: &str) -> PathBuf {
        let path = backup.join(file);
        if path.is_file() {
            return path;
        }
        let folder = std::fs::read_dir(&path).unwrap();
        folder.map(|entry| entry.unwrap().path()).find(|path| path.is_file()).unwrap()
    }
}
