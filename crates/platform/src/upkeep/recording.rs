//! Records of what is done to an installation from outside.
//!
//! I4 holds here too: the intent is on the ledger before anything is done. A platform that runs has the ledger for itself, so the command
//! hands the record over in the installation's own tenant and waits until the platform has put it there; when none runs, the command appends
//! by itself. How it ended is recorded the same way, but is not waited for without end: what was handed over is taken at the next start.
//!
//! A platform that dies between the record and its note of it records twice. Both records then name the same hand-over.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assent_api::Problem;
use assent_base::{Timestamp, time};
use assent_journal::{Journal, JournalError};
use assent_ledger::Outcome;
use assent_store::{Expect, Query, Store, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Upkeep, UpkeepError};
use crate::boot::{KEYS, LEDGER, StartError};
use crate::documents::{by_time, document};
use crate::plane::{ControlPlane, Outside};
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// Who acts, as records name it: whoever has the data folder.
const ACTOR: &str = "upkeep";
/// Milliseconds between two looks at what was handed over, on both sides.
const LOOK_EVERY_MS: u64 = 500;
/// Looks of a command until it gives up: 30 seconds.
pub(super) const LOOKS_MAX: u32 = 60;
/// Seconds that a record which was taken is remembered, so that its command sees that.
const TAKEN_KEEP_S: i64 = 3_600;

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Intended,
    Done,
    Failed,
}

impl Stage {
    const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Intended => Self::Intended,
            Outcome::Done => Self::Done,
            Outcome::Refused | Outcome::Failed => Self::Failed,
        }
    }

    const fn outcome(self) -> Outcome {
        match self {
            Self::Intended => Outcome::Intended,
            Self::Done => Outcome::Done,
            Self::Failed => Outcome::Failed,
        }
    }
}

/// A record that was handed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandedOverDoc {
    action: String,
    stage: Stage,
    details: Value,
    at: Timestamp,
    /// Its place on the ledger, once it is there.
    record: Option<u64>,
}
document!(HandedOverDoc = "handed_over", 1, |doc| vec![by_time(doc.at)]);

/// Puts records on the ledger, by itself or by way of the platform that runs.
pub(super) struct Recorder {
    system: Tenant,
    /// The ledger, if nobody else has it.
    journal: Option<Journal>,
    outside: Arc<Outside>,
    looks_max: u32,
}

impl Recorder {
    /// On the ledger of an installation.
    async fn of(upkeep: &Upkeep, store: &Store) -> Result<Self, UpkeepError> {
        let recorder = Self::on(&upkeep.data.join(LEDGER), &upkeep.data, store.system().await?, &upkeep.outside)?;
        Ok(Self { looks_max: upkeep.looks_max, ..recorder })
    }

    /// On the ledger in a folder of its own.
    pub(super) fn on(ledger: &Path, data: &Path, system: Tenant, outside: &Arc<Outside>) -> Result<Self, UpkeepError> {
        let journal = match crate::boot::journal(ledger, &data.join(KEYS), None, outside) {
            Ok(journal) => Some(journal),
            Err(StartError::Ledger(JournalError::Locked { .. })) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { system, journal, outside: Arc::clone(outside), looks_max: LOOKS_MAX })
    }

    /// Answers once the record is there for good.
    pub(super) async fn record(&self, action: &str, outcome: Outcome, details: Value) -> Result<(), UpkeepError> {
        let unrecorded = |problem: Problem| UpkeepError::Unrecorded { why: problem.detail };
        let Some(journal) = &self.journal else { return self.hand_over(action, outcome, details).await };
        let words = crate::records::Words { actor: ACTOR, action, subject: "installation" };
        let entry = crate::records::entry(&self.system, words, outcome, details, &self.outside).map_err(unrecorded)?;
        journal.append(entry).await.map_err(|error| UpkeepError::Unrecorded { why: error.to_string() })?;
        Ok(())
    }

    async fn hand_over(&self, action: &str, outcome: Outcome, details: Value) -> Result<(), UpkeepError> {
        let mut random = [0; 16];
        (self.outside.random)(&mut random);
        let (id, now) = (hex::encode(random), (self.outside.clock)());
        let doc = HandedOverDoc { action: action.to_owned(), stage: Stage::of(outcome), details, at: now, record: None };
        self.system.put(&id, &doc, Expect::Absent, now).await?;
        for _ in 0..self.looks_max {
            tokio::time::sleep(Duration::from_millis(LOOK_EVERY_MS)).await;
            if self.system.get::<HandedOverDoc>(&id).await?.is_none_or(|kept| kept.doc.record.is_some()) {
                return Ok(());
            }
        }
        if outcome == Outcome::Intended {
            self.system.delete::<HandedOverDoc>(&id, Expect::Any, now).await?;
        }
        let why = "another process has the ledger, and did not take the record: is the platform stopping, or its ledger stopped?";
        Err(UpkeepError::Unrecorded { why: why.to_owned() })
    }

    /// Gives the ledger back.
    pub(super) async fn close(&self) {
        if let Some(journal) = &self.journal {
            journal.close().await;
        }
    }
}

impl Upkeep {
    /// Does something between two records: that it is intended, and how it ended.
    pub(super) async fn recorded<T>(
        &self,
        store: &Store,
        action: &str,
        intended: Value,
        act: impl Future<Output = Result<(T, Value), UpkeepError>>,
    ) -> Result<T, UpkeepError> {
        let recorder = Recorder::of(self, store).await?;
        let ended = match recorder.record(action, Outcome::Intended, intended).await {
            Err(error) => Err(error),
            Ok(()) => match act.await {
                Ok((value, details)) => recorder.record(action, Outcome::Done, details).await.map(|()| value),
                Err(error) => {
                    // That it failed counts more than that nobody wrote it down.
                    let told = recorder.record(action, Outcome::Failed, json!({ "why": error.to_string() })).await;
                    drop(told);
                    Err(error)
                }
            },
        };
        recorder.close().await;
        ended
    }
}

impl ControlPlane {
    /// Puts on the ledger what was handed over, oldest first.
    pub(crate) async fn take_handed_over(&self) -> Result<(), Problem> {
        let system = self.system().await?;
        for kept in system.all::<HandedOverDoc>(&Query::oldest_first()).await.map_err(Problem::from_store)? {
            let (doc, now) = (kept.doc, self.now());
            if doc.record.is_some() {
                if time::seconds_between(doc.at, now) > TAKEN_KEEP_S {
                    system.delete::<HandedOverDoc>(&kept.id, Expect::Any, now).await.map_err(Problem::from_store)?;
                }
                continue;
            }
            let details = json!({ "handed_over": kept.id, "at": doc.at, "details": doc.details });
            let index = self.record(&system, ACTOR, &doc.action, "installation", doc.stage.outcome(), details).await?;
            let taken = HandedOverDoc { record: Some(index), ..doc };
            // A command that gave up meanwhile has taken it away: what it intended is recorded, and was not done.
            match system.put(&kept.id, &taken, Expect::Version(kept.version), now).await {
                Ok(_) | Err(assent_store::StoreError::Absent { .. } | assent_store::StoreError::Stale { .. }) => {}
                Err(error) => return Err(Problem::from_store(error)),
            }
        }
        Ok(())
    }

    /// Takes what is handed over, until the platform stops.
    pub async fn keep_taking_records(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(LOOK_EVERY_MS)).await;
            if let Err(problem) = self.take_handed_over().await {
                tracing::warn!(%problem, "records of upkeep wait");
                tokio::time::sleep(Duration::from_millis(LOOK_EVERY_MS * 10)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, outside};
    use crate::root_key::RootKey;
    use crate::settings::Settings;

    /// What upkeep has on the ledger: actions and how they ended.
    fn records(plane: &ControlPlane) -> Vec<(String, Outcome)> {
        let reader = plane.inner.journal.reader();
        let all = reader.range(0..reader.checkpoint().0.size).expect("the ledger reads");
        let words = all.iter().map(|stored| (stored.record.action.to_string(), stored.record.outcome));
        words.filter(|(action, _)| action.starts_with("keys.") || action.starts_with("installation.")).collect()
    }

    fn upkeep(house: &Fixture) -> Upkeep {
        Upkeep::of(&house.data.path().join("data"), None, RootKey::default(), outside())
    }

    fn pair(action: &str) -> Vec<(String, Outcome)> {
        vec![(action.to_owned(), Outcome::Intended), (action.to_owned(), Outcome::Done)]
    }

    #[tokio::test]
    async fn upkeep_of_a_platform_that_runs_is_on_its_ledger_before_it_is_done() {
        let house = Fixture::open().await;
        let taking = tokio::spawn({
            let plane = house.plane.clone();
            async move { plane.keep_taking_records().await }
        });
        upkeep(&house).rotate_root().await.expect("rotated");
        upkeep(&house).rotate_tenants().await.expect("rotated");
        assert_eq!(records(&house.plane), [pair("keys.rotate_root"), pair("keys.rotate_tenants")].concat());
        taking.abort();
        house.plane.stop().await;
    }

    #[tokio::test]
    async fn upkeep_of_a_platform_that_is_stopped_appends_by_itself() {
        let house = Fixture::open().await;
        house.plane.stop().await;
        upkeep(&house).rotate_tenants().await.expect("rotated");
        upkeep(&house).backup(&house.data.path().join("backup")).await.expect("backed up");
        let plane = Fixture::start(house.data.path(), Settings::default()).await;
        assert_eq!(records(&plane), [pair("keys.rotate_tenants"), pair("installation.backup")].concat());
        plane.stop().await;
    }

    #[tokio::test]
    async fn upkeep_beside_a_platform_that_takes_no_record_does_nothing() {
        let house = Fixture::open().await;
        let before = files(&house.data.path().join("data/keys"));
        for error in all_upkeep(&house).await {
            assert!(matches!(&error, UpkeepError::Unrecorded { why } if why.contains("did not take the record")), "{error}");
        }
        nothing_was_done(&house, &before).await;
        house.plane.stop().await;
    }

    #[tokio::test]
    async fn upkeep_beside_a_platform_whose_ledger_stopped_does_nothing() {
        let house = Fixture::open().await;
        // As on a broken disk: the files that a commit is written to are gone.
        let data = house.data.path().join("data");
        for file in data.join("ledger/redo").read_dir().expect("the ledger has a redo") {
            std::fs::write(file.expect("a file").path(), b"").expect("it can be cut");
        }
        let taking = tokio::spawn({
            let plane = house.plane.clone();
            async move { plane.keep_taking_records().await }
        });
        let before = files(&data.join("keys"));
        let errors = all_upkeep(&house).await;
        assert!(matches!(errors.first(), Some(UpkeepError::Unrecorded { .. })), "the platform tried, and could not: {errors:?}");
        assert_ne!(house.plane.inner.journal.status(), assent_journal::Status::Writing);
        nothing_was_done(&house, &before).await;
        taking.abort();
        house.plane.stop().await;
    }

    /// Why each command did nothing.
    async fn all_upkeep(house: &Fixture) -> Vec<UpkeepError> {
        let upkeep = Upkeep { looks_max: 2, ..upkeep(house) };
        let done = "without a record";
        vec![
            upkeep.rotate_root().await.map(drop).expect_err(done),
            upkeep.rotate_tenants().await.map(drop).expect_err(done),
            upkeep.move_root(&vault(house)).await.map(drop).expect_err(done),
            upkeep.backup(&house.data.path().join("backup")).await.map(drop).expect_err(done),
        ]
    }

    async fn nothing_was_done(house: &Fixture, keys_before: &[(std::path::PathBuf, Vec<u8>)]) {
        assert_eq!(files(&house.data.path().join("data/keys")), keys_before);
        assert!(!house.data.path().join("backup").exists());
        let system = house.plane.system().await.expect("it is there");
        let left = system.all::<HandedOverDoc>(&Query::default()).await.expect("read");
        assert!(left.is_empty(), "{} are left, which a later start would record", left.len());
    }

    #[tokio::test]
    async fn a_root_key_that_moves_is_on_the_ledger_with_both_keepers() {
        let house = Fixture::open().await;
        house.plane.stop().await;
        let same = upkeep(&house).move_root(&RootKey::default()).await;
        assert!(matches!(same, Err(UpkeepError::SameKeeper { .. })), "{same:?}");
        // Nobody answers there: the attempt is recorded, and how it ended.
        let silent = upkeep(&house).move_root(&vault(&house)).await;
        assert!(matches!(silent, Err(UpkeepError::Store(_))), "{silent:?}");
        let plane = Fixture::start(house.data.path(), Settings::default()).await;
        let action = "keys.move_root".to_owned();
        assert_eq!(records(&plane), [(action.clone(), Outcome::Intended), (action.clone(), Outcome::Failed)]);
        let (reader, system) = (plane.inner.journal.reader(), plane.system().await.expect("it is there"));
        let all = reader.range(0..reader.checkpoint().0.size).expect("the ledger reads");
        let intent = all.iter().find(|stored| stored.record.action.as_str() == action).expect("it is recorded");
        let payload = crate::records::open(&system, &intent.record, &intent.sealed).expect("it opens");
        assert_eq!(payload.details, json!({ "from": "file", "to": "vault transit/assent" }));
        assert_eq!((payload.actor.as_str(), payload.subject.as_str()), ("upkeep", "installation"));
        plane.stop().await;
    }

    /// A keeper at an address where nobody listens.
    fn vault(house: &Fixture) -> RootKey {
        let token = house.data.path().join("token");
        std::fs::write(&token, "s.token").expect("written");
        let config = json!({ "vault": { "address": "http://127.0.0.1:9", "key": "assent", "token_file": token } });
        let outside = assent_custody::Outside {
            clock: Arc::new(crate::fixture::now),
            proxy: None,
            authorities_pem: Vec::new(),
            aws: [None, None, None],
        };
        RootKey::of(&serde_json::from_value(config).expect("a configuration"), &outside).expect("usable")
    }

    /// Every file of a folder, with its bytes.
    fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { found.push((path.clone(), std::fs::read(&path).expect("a file"))) }
            }
        }
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_name_that_was_mistyped_makes_no_installation() {
        let house = Fixture::open().await;
        house.plane.stop().await;
        let typo = house.data.path().join("dtaa");
        let upkeep = Upkeep::of(&typo, None, RootKey::default(), outside());
        let refused = |error: UpkeepError| matches!(error, UpkeepError::NoInstallation { .. });
        assert!(refused(upkeep.rotate_root().await.unwrap_err()));
        assert!(refused(upkeep.rotate_tenants().await.unwrap_err()));
        assert!(refused(upkeep.check().await.unwrap_err()));
        assert!(refused(upkeep.backup(&house.data.path().join("backup")).await.unwrap_err()));
        assert!(!typo.exists() && !house.data.path().join("backup").exists());
        // A database that is elsewhere, and was not named.
        let data = house.data.path().join("data");
        std::fs::rename(data.join("assent.db"), house.data.path().join("elsewhere.db")).expect("moved");
        let upkeep = Upkeep::of(&data, None, RootKey::default(), outside());
        let refused = upkeep.backup(&house.data.path().join("backup")).await;
        assert!(matches!(refused, Err(UpkeepError::NoDatabase { .. })), "{refused:?}");
        assert!(!data.join("assent.db").exists() && !house.data.path().join("backup").exists());
        let started = ControlPlane::start(&data, Settings::default(), outside()).await.map(drop);
        assert!(matches!(started, Err(StartError::DatabaseGone { .. })), "{started:?}");
    }
}
