//! Starting and stopping: the data folder, the keys, the first tenant, and what was going on when it stopped.
//!
//! ```text
//! DATA/keys/         the root key unless somebody else keeps it, the tenants' wrapping secrets, the ledger's key, the key of observer tokens
//! DATA/assent.db     the database, unless it is PostgreSQL
//! DATA/ledger/       the ledger's files
//! DATA/buffers/      buffers of observers that run inside
//! ```
//!
//! The folder is its owner's alone. A backup needs the database and `ledger/`; `keys/` belongs elsewhere, since who has both reads all.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use assent_api::Problem;
use assent_base::id::{ClusterId, TenantId};
use assent_base::{Secret, Timestamp};
use assent_journal::{FileWitness, Journal};
use assent_ledger::Outcome;
use assent_store::{Expect, KeyFolder, Query, Store, StoreError, Tenant, Write};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::documents::{ClusterDoc, TenantDoc};
use crate::executors::Handed;
use crate::notices::Notices;
use crate::people::People;
use crate::plane::{ControlPlane, HASHES_AT_ONCE_MAX, Inner, Outside};
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::settings::Settings;
use crate::turns::{Turn, Turns};
use crate::watching::Watched;

/// The folder of keys in the data folder.
pub(crate) const KEYS: &str = "keys";
/// The folder of the ledger.
pub(crate) const LEDGER: &str = "ledger";
/// The database's file.
const DATABASE: &str = "assent.db";
/// The ledger's name in its checkpoints.
const ORIGIN: &str = "assent/ledger";
/// The file of its key.
const LEDGER_KEY: &str = "ledger.key";
/// The name of the witness that signs besides it.
const WITNESS: &str = "assent/witness";
/// What the first tenant is called until somebody renames it.
const FIRST_TENANT: &str = "Default";

/// Why the platform does not start. Nothing is changed but for folders and keys that were missing.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("the folder `{path}` cannot be used: {cause}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Others on this machine can read the data folder.
    #[error("the folder `{path}` can be read by others: `chmod 700` it")]
    OpenFolder {
        /// Which.
        path: PathBuf,
    },
    /// The database or its keys cannot be used.
    #[error(transparent)]
    Store(#[from] assent_store::StoreError),
    /// The ledger cannot be used.
    #[error("the ledger: {0}")]
    Ledger(#[from] assent_journal::JournalError),
    /// There is a database, and no ledger.
    #[error("the ledger `{path}` is gone, and the database has tenants: restore both from a backup")]
    LedgerGone {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is a ledger, and no database.
    #[error("there is nothing in {place}, and the ledger `{ledger}` has records: name the database that belongs to it, or restore both")]
    DatabaseGone {
        /// Where the database should be.
        place: String,
        /// The ledger.
        ledger: PathBuf,
    },
    /// There is a ledger with records, and the key that signs it is gone.
    #[error("the key `{key}` is gone, and the ledger has records that only it can go on signing: bring it back from the copy of `keys/`")]
    LedgerKeyGone {
        /// Where it should be.
        key: PathBuf,
    },
    /// The ledger was signed by a witness, and its key is gone.
    #[error("a witness has signed the ledger, and its key `{key}` is gone: is its disk there? A witness made anew would have seen nothing")]
    WitnessGone {
        /// Where it should be.
        key: PathBuf,
    },
    /// A restore was broken off.
    #[error("a restore into `{path}` was broken off: run `assent restore` again, which clears up what is left of it")]
    HalfRestored {
        /// The data folder.
        path: PathBuf,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] assent_journal::KeyError),
    /// An identity provider is set wrongly.
    #[error("{0}")]
    Settings(String),
    /// The platform refused its own first steps.
    #[error("{0}")]
    Problem(#[from] Problem),
}

/// A platform that runs.
pub struct Started {
    /// It.
    pub plane: ControlPlane,
    /// The link for the first owner, as long as there is none.
    pub set_up: Option<Secret>,
}

impl ControlPlane {
    /// Starts the platform on a data folder, which is made if there is none.
    ///
    /// # Errors
    /// When anything that is there cannot be used as it is.
    pub async fn start(data: &Path, settings: Settings, outside: Outside) -> Result<Started, StartError> {
        own_folder(data)?;
        crate::upkeep::refuse_half_restored(data)?;
        let keys = data.join(KEYS);
        own_folder(&keys)?;
        let database = database_of(data, settings.database.as_deref());
        let ledger = data.join(LEDGER);
        let has_ledger = ledger.join(assent_ledger::CHECKPOINT).exists();
        let store =
            store(&database, KeyFolder::of(&keys, &settings.root_key.of_store())?, &settings, has_ledger.then_some(&ledger)).await?;
        let outside = Arc::new(outside);
        // A ledger that is gone must not begin anew beside what it recorded: I4.
        if !has_ledger && store.has_tenants().await? {
            return Err(StartError::LedgerGone { path: ledger });
        }
        let journal = journal(&ledger, &keys, settings.witness_key.as_deref(), &outside)?;
        let started_at = (outside.clock)();
        let tokens = crate::observer_tokens::issuer(&keys, started_at).map_err(StartError::Settings)?;
        let people = People::open(&keys.join(LEDGER_KEY), ORIGIN, &settings).map_err(StartError::Settings)?;
        let notices = Notices::open(&settings).map_err(StartError::Settings)?;
        let inner = Inner {
            settings,
            data: data.to_owned(),
            store,
            journal,
            tokens,
            hashing: Semaphore::new(HASHES_AT_ONCE_MAX),
            watched: Watched::default(),
            started_at,
            outside,
            engines: Mutex::default(),
            live: Mutex::new(BTreeMap::new()),
            people,
            handed: Handed::default(),
            notices,
            turns: Turns::default(),
            nats: std::sync::OnceLock::new(),
            doubted: Mutex::default(),
        };
        let plane = ControlPlane { inner: Arc::new(inner) };
        // Before anything is read for good: a list that misses rows is a wrong answer.
        plane.add_up().await?;
        plane.resume_deletions().await?;
        plane.take_handed_over().await?;
        let set_up = plane.first_steps().await?;
        plane.resume().await?;
        Ok(Started { plane, set_up })
    }

    /// Makes the first tenant, and a new link as long as nobody has used one.
    async fn first_steps(&self) -> Result<Option<Secret>, Problem> {
        let first = match self.first_doc().await? {
            Some(doc) => doc,
            None => self.new_tenant(self.new_id(TenantId::new), FIRST_TENANT, None, None).await?,
        };
        // A tenant that is refused is shown to nobody, and keeps no other from being served.
        if first.set_up || self.doubted().contains_key(&first.id) {
            return Ok(None);
        }
        let tenant = self.tenant(first.id).await?;
        Ok(Some(self.first_owner_link(&tenant).await?.secret()))
    }

    /// Makes a tenant. Nobody can sign in to it yet. The turn, if it is one of several that could be made now, is spent with it.
    pub(crate) async fn new_tenant(
        &self,
        id: TenantId,
        name: &str,
        made_by: Option<TenantId>,
        turn: Option<&Turn>,
    ) -> Result<TenantDoc, Problem> {
        let doc = TenantDoc { id, name: name.to_owned(), created_at: self.now(), set_up: false, demo: false, made_by };
        self.inner.store.create_tenant(doc.id, doc.created_at).await.map_err(Problem::from_store)?;
        let tenant = self.tenant(doc.id).await?;
        self.record(&tenant, "platform", "tenant.create", &doc.id.to_string(), Outcome::Intended, json!({ "name": name })).await?;
        let system = self.system().await?;
        let mut writes = vec![Write::put(&doc.id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?];
        writes.extend(turn.map(Turn::write).transpose()?);
        system.write(writes, self.now()).await.map_err(Problem::from_store)?;
        Ok(doc)
    }

    /// The installation's own tenant.
    pub(crate) async fn system(&self) -> Result<Tenant, Problem> {
        self.inner.store.system().await.map_err(Problem::from_store)
    }

    /// All tenants, oldest first.
    pub(crate) async fn tenant_docs(&self) -> Result<Vec<TenantDoc>, Problem> {
        let kept = self.system().await?.all::<TenantDoc>(&Query::oldest_first()).await.map_err(Problem::from_store)?;
        Ok(kept.into_iter().map(|kept| kept.doc).collect())
    }

    /// The tenant that runs the installation: the one that no tenant made.
    pub(crate) async fn first_tenant(&self) -> Result<Tenant, Problem> {
        let first = self.first_doc().await?.ok_or_else(Problem::not_found)?;
        self.tenant(first.id).await
    }

    /// What is known of it; none if it was deleted. Its rights then go to no other tenant: the next start makes a new one.
    pub(crate) async fn first_doc(&self) -> Result<Option<TenantDoc>, Problem> {
        Ok(self.tenant_docs().await?.into_iter().find(|doc| doc.made_by.is_none()))
    }

    /// Starts the watchers of all clusters.
    async fn resume(&self) -> Result<(), Problem> {
        for doc in self.tenant_docs().await? {
            if self.doubted().contains_key(&doc.id) {
                continue;
            }
            let tenant = self.tenant(doc.id).await?;
            let clusters = tenant.all::<ClusterDoc>(&Query::default()).await.map_err(Problem::from_store)?;
            let clusters: BTreeSet<ClusterId> = clusters.into_iter().map(|kept| kept.doc.id).collect();
            // The platform may have died between the end of a cluster and that of its facts.
            crate::watching::forget_all_but(&tenant, &clusters, self.now()).await?;
            for cluster in clusters {
                self.inner.watched.start(self, &tenant, cluster);
            }
        }
        Ok(())
    }

    /// Stops: watchers first, then the ledger, then the database. What was acknowledged is kept.
    pub async fn stop(&self) {
        self.inner.watched.stop_all(None).await;
        self.inner.journal.close().await;
        self.inner.store.close().await;
    }

    /// When it was started.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.inner.started_at
    }
}

/// The database of a data folder.
pub(crate) fn database_of(data: &Path, database: Option<&str>) -> String {
    database.map_or_else(|| database_at(&database_file(data)), str::to_owned)
}

/// The file of a data folder's own database.
pub(crate) fn database_file(data: &Path) -> PathBuf {
    data.join(DATABASE)
}

/// The URL of a database in a file.
pub(crate) fn database_at(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Opens the database. Where there is a ledger there has been one, and none is made beside it.
async fn store(database: &str, keys: KeyFolder, settings: &Settings, ledger: Option<&PathBuf>) -> Result<Store, StartError> {
    let limits = settings.store_limits.clone();
    match ledger {
        None => Ok(Store::open(database, keys, limits).await?),
        Some(ledger) => Store::open_existing(database, keys, limits).await.map_err(|error| match error {
            StoreError::NoInstallation { place } => StartError::DatabaseGone { place, ledger: ledger.clone() },
            other => other.into(),
        }),
    }
}

/// The ledger's public key.
pub(crate) fn ledger_key(data: &Path) -> Result<assent_ledger::VerifierKey, StartError> {
    let path = data.join(KEYS).join(LEDGER_KEY);
    if !path.exists() {
        let cause = io::Error::from(io::ErrorKind::NotFound);
        return Err(StartError::Folder { path, cause });
    }
    // It is there, so no key is made of these bytes.
    let key = assent_journal::Key::load_or_create(&path, ORIGIN, assent_ledger::Algorithm::Ed25519, [0; 32])?;
    Ok(assent_ledger::Signer::key(&key).clone())
}

/// Opens the ledger in a folder.
pub(crate) fn journal(ledger: &Path, keys: &Path, witness_key: Option<&Path>, outside: &Arc<Outside>) -> Result<Journal, StartError> {
    let random = || {
        let mut bytes = [0; 32];
        (outside.random)(&mut bytes);
        bytes
    };
    let note = std::fs::read_to_string(ledger.join(assent_ledger::CHECKPOINT)).unwrap_or_default();
    let key = keys.join(LEDGER_KEY);
    // A key that is made anew beside what another signed would make a sound ledger look damaged.
    if !note.is_empty() && !key.exists() {
        return Err(StartError::LedgerKeyGone { key });
    }
    let key = assent_journal::Key::load_or_create(&key, ORIGIN, assent_ledger::Algorithm::Ed25519, random())?;
    let log = assent_ledger::Signer::key(&key).clone();
    let witness = match witness_key {
        Some(path) => {
            let has_signed = note.lines().any(|line| line.starts_with(&format!("\u{2014} {WITNESS} ")));
            if has_signed && !path.exists() {
                return Err(StartError::WitnessGone { key: path.to_owned() });
            }
            let witness = assent_journal::Key::load_or_create(path, WITNESS, assent_ledger::Algorithm::CosignatureV1, random())?;
            let clock = Arc::clone(outside);
            let seen = path.with_extension("seen");
            Some(Box::new(FileWitness::new(witness, log, seen, move || (clock.clock)())) as Box<dyn assent_journal::Witness>)
        }
        None => None,
    };
    let config = assent_journal::Config { dir: ledger.to_owned(), origin: ORIGIN.to_owned(), limits: assent_journal::Limits::default() };
    Ok(Journal::open(&config, Box::new(key), witness)?)
}

/// Makes a folder for its owner alone, or checks that it is one.
///
/// # Errors
/// When it cannot be made, or others can read it.
pub fn own_folder(path: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let failed = |cause| StartError::Folder { path: path.to_owned(), cause };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(StartError::OpenFolder { path: path.to_owned() }) }
}
