//! Databases for the tests: SQLite in a folder, and PostgreSQL where it is installed.
//!
//! One PostgreSQL server runs for the whole program, on a Unix socket in a temporary folder. It ends with the program, however that ends:
//! it hangs on a pipe. Started by root, it runs as another user, since PostgreSQL refuses to be root.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use assent_base::Timestamp;
use assent_base::id::TenantId;
use assent_store::{Document, Index, KeyFolder, Limits, Store, Tenant};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

/// A folder with keys, and a database of its own.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) name: &'static str,
}

/// The same document in all tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) colour: String,
    pub(crate) rank: i64,
    pub(crate) text: String,
}

impl Document for Note {
    const KIND: &'static str = "note";
    const SCHEMA: u32 = 1;

    fn indexes(&self) -> Vec<Index> {
        vec![Index::Equal("colour", self.colour.clone()), Index::Order("rank", self.rank)]
    }
}

pub(crate) fn note(colour: &str, rank: i64, text: &str) -> Note {
    Note { colour: colour.to_owned(), rank, text: text.to_owned() }
}

/// An instant, so many seconds after an arbitrary one.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

pub(crate) const RED: &str = "tnt_0192f0c1d2e37a4b8c5d6e7f80912a01";
pub(crate) const BLUE: &str = "tnt_0192f0c1d2e37a4b8c5d6e7f80912a02";

pub(crate) fn tenant_id(text: &str) -> TenantId {
    text.parse().unwrap()
}

/// An empty database of each kind that there is here.
pub(crate) async fn worlds() -> Vec<World> {
    let mut worlds = vec![World::lite()];
    worlds.extend(World::postgres().await);
    worlds
}

impl World {
    pub(crate) fn lite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = lite_url(folder.path());
        Self { folder, url, name: "sqlite" }
    }

    pub(crate) async fn postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let name = format!("world{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        Some(Self { folder: tempfile::tempdir().unwrap(), url: server.url(&name), name: "postgres" })
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Store, assent_store::StoreError> {
        Store::open(&self.url, KeyFolder::open(&self.keys())?, Limits::default()).await
    }

    /// The store with the two tenants.
    pub(crate) async fn settled(&self) -> (Store, Tenant, Tenant) {
        let store = self.open().await;
        for id in [RED, BLUE] {
            store.create_tenant(tenant_id(id), at(0)).await.unwrap();
        }
        let (red, blue) = (store.tenant(tenant_id(RED)).await.unwrap(), store.tenant(tenant_id(BLUE)).await.unwrap());
        (store, red, blue)
    }

    pub(crate) async fn raw(&self) -> Raw {
        if self.name == "sqlite" {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql("PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF").execute(&mut connection).await.unwrap();
            Raw::Lite(connection)
        } else {
            Raw::Pg(PgConnection::connect(&self.url).await.unwrap())
        }
    }
}

pub(crate) fn lite_url(folder: &Path) -> String {
    format!("sqlite://{}/assent.db", folder.display())
}

/// A way around the store, for whoever means to do harm.
pub(crate) enum Raw {
    Lite(SqliteConnection),
    Pg(PgConnection),
}

impl Raw {
    /// Runs statements and says how many rows the last touched.
    pub(crate) async fn run(&mut self, sql: &str) -> u64 {
        match self {
            Self::Lite(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap().rows_affected(),
            Self::Pg(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap().rows_affected(),
        }
    }

    /// Runs statements that may break a constraint, and says whether they did not.
    pub(crate) async fn runs(&mut self, sql: &str) -> bool {
        match self {
            Self::Lite(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.is_ok(),
            Self::Pg(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.is_ok(),
        }
    }

    /// The numbers in the first column of an answer.
    pub(crate) async fn numbers(&mut self, sql: &str) -> Vec<i64> {
        match self {
            Self::Lite(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get::<i64, _>(0)).collect()
            }
            Self::Pg(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get::<i64, _>(0)).collect()
            }
        }
    }

    /// The texts in the first column of an answer.
    pub(crate) async fn texts(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Lite(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
            Self::Pg(connection) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
        }
    }
}

struct Server {
    folder: PathBuf,
    /// What the server hangs on. Its input closes when this program ends, and then the server ends.
    _keeper: Child,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://assent@localhost/{database}?host={}", self.folder.display().to_string().replace('/', "%2F"))
    }
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let Some(programs) = programs() else {
            // Past the capture of the test's output: a skip that nobody sees reads as a pass.
            let mut terminal = std::io::stderr();
            writeln!(terminal, "SKIPPED: PostgreSQL is not installed, so these tests run on SQLite alone").unwrap();
            return None;
        };
        Some(start(&programs))
    });
    server.as_ref()
}

/// Where `initdb` and `pg_ctl` are: Debian keeps them apart by version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    found.or_else(|| ["/usr/local/bin", "/usr/bin"].map(PathBuf::from).into_iter().find(|bin| bin.join("initdb").exists()))
}

/// What runs as the server's user: `$1` is where the programs are, `$2` the folder.
const SCRIPT: &str = r#"
cd "$2" || exit 1
"$1/initdb" --pgdata data --username assent --auth trust --no-sync --locale C --encoding UTF8 >initdb.log 2>&1 &&
"$1/pg_ctl" --pgdata data --log server.log --wait --options "-k '$2' -c listen_addresses= -c fsync=off -c max_connections=300" start >start.log 2>&1 &&
echo ready
read -r line
"$1/pg_ctl" --pgdata data --mode immediate stop >/dev/null 2>&1
cd / && rm -rf "$2"
"#;

fn start(programs: &Path) -> Server {
    let folder = tempfile::Builder::new().prefix("assent-pg").tempdir().unwrap().keep();
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh"]).arg(programs).arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    if number_of("id", &["-u"]) == Some(0) {
        let user = ["postgres", "nobody"].into_iter().find_map(|user| number_of("id", &["-u", user])).expect("an ordinary user");
        std::os::unix::fs::chown(&folder, Some(user), None).unwrap();
        command.uid(user);
    }
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n", "PostgreSQL did not start: see {}", folder.display());
    Server { folder, _keeper: child }
}

fn number_of(program: &str, arguments: &[&str]) -> Option<u32> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
