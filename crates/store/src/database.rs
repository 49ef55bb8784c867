//! One face of two databases: the same statements run on SQLite and on PostgreSQL.
//!
//! Values are texts, whole numbers and bytes, and nothing else; instants are microseconds since 1970. SQLite has one connection that
//! writes and some that read; PostgreSQL has one pool for both.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Row as _, SqlSafeStr, Sqlite, SqlitePool, Transaction};

use crate::error::StoreError;
use crate::limits::Limits;

mod migrations;
mod postgres;

pub(crate) use migrations::SCHEMA;

/// Bytes of SQLite's pages. Segments are large: fewer pages, less to link and to write.
const PAGE_BYTES: u32 = 8 << 10;

/// A database of either kind.
#[derive(Clone)]
pub(crate) enum Db {
    Lite {
        write: SqlitePool,
        read: SqlitePool,
        /// Whether the last write failed by fault of the database.
        is_failing: Arc<AtomicBool>,
    },
    Pg(PgPool),
}

/// What to do where there is no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Make one.
    Make,
    /// Refuse.
    Existing,
}

/// A value to bind to a statement.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The values of a statement, in the order of its `$1`, `$2`, …
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of an answer. A value of a wrong type, or one that is missing, means that the database was altered.
pub(crate) enum Row {
    Lite(SqliteRow),
    Pg(PgRow),
}

impl Row {
    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    /// Bytes that an outer join may have left empty.
    pub(crate) fn bytes_if_any(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    /// A number that an outer join may have left empty.
    pub(crate) fn int_if_any(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    fn get<T>(&self, column: usize) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let value = match self {
            Self::Lite(row) => row.try_get(column),
            Self::Pg(row) => row.try_get(column),
        };
        value.map_err(|error| StoreError::corrupt(format!("a column has an unexpected value: {error}")))
    }
}

/// One transaction, or a connection that reads. Dropped without [`Tx::commit`], it leaves nothing behind.
pub(crate) enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

/// Runs `$body` with the query bound and the connection of either kind.
macro_rules! on {
    ($connection:expr, $sql:expr, $values:expr, $method:ident) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query.$method($connection).await?
    }};
}

impl Tx {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Lite(tx) => on!(&mut **tx, sql, values, execute).rows_affected(),
            Self::Pg(tx) => on!(&mut **tx, sql, values, execute).rows_affected(),
        })
    }

    /// Runs a query and gives all of its rows. Every query has a bound.
    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Lite(tx) => on!(&mut **tx, sql, values, fetch_all).into_iter().map(Row::Lite).collect(),
            Self::Pg(tx) => on!(&mut **tx, sql, values, fetch_all).into_iter().map(Row::Pg).collect(),
        })
    }

    /// Runs a query that has one row at most.
    pub(crate) async fn row(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Makes everything of this transaction durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Lite(tx) => tx.commit().await?,
            Self::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Db {
    /// Connects, and brings the schema up to date.
    pub(crate) async fn open(url: &str, limits: &Limits, opening: Opening) -> Result<Self, StoreError> {
        let (db, place) = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::open_lite(url, limits, opening).await?,
            Some("postgres" | "postgresql") => postgres::open(url, limits).await?,
            _ => return Err(StoreError::refused("a database URL starts with `sqlite://`, `postgres://` or `postgresql://`")),
        };
        if opening == Opening::Existing && !db.has_tenants().await? {
            db.close().await;
            return Err(StoreError::NoInstallation { place });
        }
        migrations::run(&db).await?;
        Ok(db)
    }

    /// Whether anything was ever kept here.
    async fn has_tenants(&self) -> Result<bool, StoreError> {
        let table = match self {
            Self::Lite { .. } => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'tenants'",
            Self::Pg(_) => "SELECT CASE WHEN to_regclass('tenants') IS NULL THEN 0 ELSE 1 END::bigint",
        };
        for sql in [table, "SELECT COUNT(*) FROM tenants"] {
            if self.row(sql, Vec::new()).await?.map_or(Ok(0), |row| row.int(0))? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open_lite(url: &str, limits: &Limits, opening: Opening) -> Result<(Self, String), StoreError> {
        let bad = |_| StoreError::refused("the database URL has the form `sqlite:///path/assent.db`");
        let wait = Duration::from_secs(limits.wait_s);
        let options = SqliteConnectOptions::from_str(url)
            .map_err(bad)?
            .create_if_missing(opening == Opening::Make)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(wait);
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(StoreError::refused("the database has to be a file: what is in memory is not durable"));
        }
        let place = format!("`{}`", options.get_filename().display());
        match opening {
            Opening::Make => make_private(options.get_filename())?,
            Opening::Existing if !options.get_filename().exists() => return Err(StoreError::NoInstallation { place }),
            Opening::Existing => {}
        }
        let one = SqlitePoolOptions::new().max_connections(1).acquire_timeout(wait).idle_timeout(None).max_lifetime(None);
        let write = one.connect_with(options.clone()).await?;
        let many = SqlitePoolOptions::new().max_connections(limits.connections_max).acquire_timeout(wait);
        let read = many.connect_lazy_with(options.pragma("query_only", "ON"));
        Ok((Self::Lite { write, read, is_failing: Arc::default() }, place))
    }

    /// To be told how a write ended. SQLite may have ended a transaction that failed by itself, as on a full disk, and then its connection is of
    /// no use any more: the next write gets a new one.
    pub(crate) async fn wrote(&self, kept: bool) {
        let Self::Lite { write, is_failing, .. } = self else { return };
        is_failing.store(!kept, Ordering::Relaxed);
        if !kept
            && let Ok(connection) = write.acquire().await
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "a connection that failed is not closed in order");
        }
    }

    /// Whether a write would be kept, if the last one was not: an empty one is tried then.
    pub(crate) async fn can_write(&self) -> Result<(), StoreError> {
        let Self::Lite { is_failing, .. } = self else { return Ok(()) };
        if !is_failing.load(Ordering::Relaxed) {
            return Ok(());
        }
        let tried = async {
            let mut tx = self.write().await?;
            tx.execute("UPDATE tenants SET state = state", Vec::new()).await?;
            tx.commit().await
        };
        let tried = tried.await;
        self.wrote(tried.is_ok()).await;
        tried
    }

    /// `sqlite` or `postgres`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Lite { .. } => "sqlite",
            Self::Pg(_) => "postgres",
        }
    }

    /// A transaction that writes.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Lite { write, .. } => Tx::Lite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// A transaction that reads one state of the database, whatever others write meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Lite { read, .. } => Tx::Lite(read.begin_with("BEGIN").await?),
            Self::Pg(pool) => Tx::Pg(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?),
        })
    }

    /// Runs one query that only reads.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Lite { read, .. } => {
                let mut connection: PoolConnection<Sqlite> = read.acquire().await?;
                on!(&mut *connection, sql, values, fetch_all).into_iter().map(Row::Lite).collect()
            }
            Self::Pg(pool) => {
                let mut connection: PoolConnection<Postgres> = pool.acquire().await?;
                on!(&mut *connection, sql, values, fetch_all).into_iter().map(Row::Pg).collect()
            }
        })
    }

    /// Runs one query that only reads and has one row at most.
    pub(crate) async fn row(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Waits until all connections are closed.
    pub(crate) async fn close(&self) {
        match self {
            Self::Lite { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Pg(pool) => pool.close().await,
        }
    }
}

/// Creates the file for its owner alone, before SQLite would for everyone that the umask lets in.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| StoreError::unavailable(format!("the database file `{}`", path.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_has_room_again_is_written_to_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/assent.db", folder.path().display());
        let db = Db::open(&url, &Limits::default(), Opening::Make).await.unwrap();
        let Db::Lite { write, .. } = &db else { unreachable!() };
        // What SQLite says when the disk is full, for as long as this connection lives.
        sqlx::query("PRAGMA max_page_count = 1").execute(write).await.unwrap();
        let fill = async || {
            let mut tx = db.write().await?;
            let sql = "INSERT INTO streams (tenant, stream, base, snapshot, last, seal) VALUES ('x', 'y', 0, 0, 0, $1)";
            tx.execute(sql, values![vec![7; 1 << 20]]).await?;
            tx.commit().await
        };
        assert!(matches!(fill().await, Err(StoreError::Unavailable { .. })));
        db.wrote(false).await;
        db.can_write().await.unwrap();
        fill().await.unwrap();
        db.close().await;
    }
}
