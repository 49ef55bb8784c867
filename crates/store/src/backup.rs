//! Backups: every row as a line of JSON, sealed as it is, and a manifest with a digest.
//!
//! The format is the same for both databases, so a backup of one restores into the other. No key is in it, and none is needed to make it.
//! A tenant that was destroyed after the backup was made stays destroyed: its rows are left out when the backup is restored, and would not
//! open if they were not.
//!
//! ```text
//! DIR/rows.jsonl      ["documents",["tnt_…","incident","inc_…",3,1,1,…,"base64"]]
//! DIR/manifest.json   {"format":"assent-backup-1","schema":1,"made_at":"…","rows":12,"bytes":3456,"digest":"sha256:…"}
//! ```

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;

use crate::database::{Opening, Row, SCHEMA, Value};
use crate::error::StoreError;
use crate::keys::KeyFolder;
use crate::limits::Limits;
use crate::store::{Store, system};

const FORMAT: &str = "assent-backup-1";
const MANIFEST: &str = "manifest.json";
const ROWS: &str = "rows.jsonl";
/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 32;
/// Lines between the database and the file at most.
const LINES_WAITING: usize = 64;
/// Bytes of a line at most: the largest document or segment that any limit could sensibly allow, in base64.
const LINE_BYTES_MAX: u64 = 256 << 20;
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// What a backup holds: its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    format: String,
    schema: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes the rows take.
    pub bytes: u64,
    /// The digest of the rows.
    pub digest: Digest,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many rows are back.
    pub rows: u64,
    /// Tenants of the backup whose keys have been destroyed since: they are not back.
    pub destroyed: Vec<TenantId>,
}

#[derive(Clone, Copy)]
enum Column {
    Text,
    Int,
    Bytes,
}

/// A table, its columns, and how many of them, from the first, are its key. The first column is the tenant.
struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Column)],
    key: usize,
}

use Column::{Bytes, Int, Text};

const TABLES: [Table; 7] = [
    Table {
        name: "tenants",
        columns: &[
            ("id", Text),
            ("state", Text),
            ("revision", Int),
            ("data_generation", Int),
            ("key_generation", Int),
            ("wrapped_key", Bytes),
            ("sealed_state", Bytes),
        ],
        key: 1,
    },
    Table { name: "data_keys", columns: &[("tenant", Text), ("generation", Int), ("wrapped", Bytes)], key: 2 },
    Table {
        name: "documents",
        columns: &[
            ("tenant", Text),
            ("kind", Text),
            ("id", Text),
            ("version", Int),
            ("schema_version", Int),
            ("generation", Int),
            ("created_at", Int),
            ("updated_at", Int),
            ("sealed", Bytes),
        ],
        key: 3,
    },
    Table {
        name: "entries",
        columns: &[("tenant", Text), ("kind", Text), ("name", Text), ("blind", Bytes), ("place", Int), ("id", Text), ("seal", Bytes)],
        key: 6,
    },
    Table {
        name: "streams",
        columns: &[("tenant", Text), ("stream", Text), ("base", Int), ("snapshot", Int), ("last", Int), ("seal", Bytes)],
        key: 2,
    },
    Table {
        name: "segments",
        columns: &[
            ("tenant", Text),
            ("stream", Text),
            ("last", Int),
            ("part", Int),
            ("parts", Int),
            ("first", Int),
            ("snapshot", Int),
            ("at", Int),
            ("generation", Int),
            ("mark", Bytes),
            ("sealed", Bytes),
        ],
        key: 4,
    },
    Table { name: "events", columns: &[("tenant", Text), ("seq", Int), ("at", Int), ("generation", Int), ("sealed", Bytes)], key: 2 },
];

impl Table {
    /// Statements are made of the words of [`TABLES`] alone.
    fn select(&self, first: bool) -> AssertSqlSafe<String> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let key = names.iter().take(self.key).copied().collect::<Vec<_>>().join(", ");
        let after = if first { String::new() } else { format!(" WHERE ({key}) > ({})", places(self.key)) };
        let limit = if first { 1 } else { self.key + 1 };
        AssertSqlSafe(format!("SELECT {} FROM {}{after} ORDER BY {key} LIMIT ${limit}", names.join(", "), self.name))
    }

    fn insert(&self) -> AssertSqlSafe<String> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        AssertSqlSafe(format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), places(self.columns.len())))
    }

    fn read(&self, row: &Row) -> Result<Vec<Value>, StoreError> {
        let value = |(number, (_, column)): (usize, &(&str, Column))| {
            Ok(match column {
                Text => Value::Text(row.text(number)?),
                Int => Value::Int(row.int(number)?),
                Bytes => Value::Bytes(row.bytes(number)?),
            })
        };
        self.columns.iter().enumerate().map(value).collect()
    }

    fn parse(&self, values: Vec<Json>) -> Option<Vec<Value>> {
        if values.len() != self.columns.len() {
            return None;
        }
        let value = |((_, column), value): (&(&str, Column), Json)| match (column, value) {
            (Text, Json::String(text)) => Some(Value::Text(text)),
            (Int, Json::Number(number)) => number.as_i64().map(Value::Int),
            (Bytes, Json::String(text)) => STANDARD.decode(text).ok().map(Value::Bytes),
            _ => None,
        };
        self.columns.iter().zip(values).map(value).collect()
    }

    fn line(&self, values: &[Value]) -> Result<Vec<u8>, StoreError> {
        let values: Vec<Json> = values.iter().map(json).collect();
        let mut line = serde_json::to_vec(&(self.name, values)).map_err(|error| StoreError::unavailable("a line of the backup", error))?;
        line.push(b'\n');
        Ok(line)
    }
}

impl Store {
    /// Writes a backup into a new folder, from one state of the database. Others read and write meanwhile.
    ///
    /// # Errors
    /// If the folder exists, or cannot be written.
    pub async fn backup(&self, to: &Path, now: Timestamp) -> Result<Backup, StoreError> {
        let (lines, waiting) = mpsc::channel::<Vec<u8>>(LINES_WAITING);
        let folder = to.to_owned();
        let writer = tokio::task::spawn_blocking(move || write_lines(&folder, waiting, now));
        let sent = self.send_rows(&lines).await;
        drop(lines);
        let written = writer.await.map_err(|error| StoreError::unavailable("the backup", error))?;
        // Why the writer stopped says more than that nobody took the lines any more.
        match (sent, written) {
            (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
            (Ok(()), Ok(backup)) => seal_backup(to, backup),
        }
    }

    /// Restores a backup into an empty database. The keys have to be those of the installation that made it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the backup is not as it was written, [`StoreError::Refused`] if the database is not empty. Nothing is
    /// restored then.
    pub async fn restore(from: &Path, url: &str, keys: KeyFolder, limits: Limits) -> Result<(Self, Restored), StoreError> {
        let backup = Self::verify_backup(from).await?;
        let store = Self::connect(url, keys, limits, Opening::Make).await?;
        let restored = store.take_rows(from, backup.rows).await?;
        Ok((store, restored))
    }

    /// Reads a backup, and says whether it is as it was written.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is not.
    pub async fn verify_backup(from: &Path) -> Result<Backup, StoreError> {
        let folder = from.to_owned();
        let checked = tokio::task::spawn_blocking(move || verify(&folder)).await;
        checked.map_err(|error| StoreError::unavailable("the backup", error))?
    }

    async fn send_rows(&self, lines: &mpsc::Sender<Vec<u8>>) -> Result<(), StoreError> {
        let mut tx = self.0.db.snapshot().await?;
        for table in &TABLES {
            let mut after: Option<Vec<Value>> = None;
            loop {
                let mut values = after.clone().unwrap_or_default();
                values.push(Value::Int(ROWS_AT_ONCE));
                let rows = tx.rows(table.select(after.is_none()), values).await?;
                for row in &rows {
                    let values = table.read(row)?;
                    let line = table.line(&values)?;
                    lines.send(line).await.map_err(|_| StoreError::unavailable("the backup", "its writer has stopped"))?;
                    after = Some(values.into_iter().take(table.key).collect());
                }
                if rows.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn take_rows(&self, from: &Path, due: u64) -> Result<Restored, StoreError> {
        let (sender, mut rows) = mpsc::channel(LINES_WAITING);
        let path = from.join(ROWS);
        let reader = tokio::task::spawn_blocking(move || read_lines(&path, &sender));
        let mut tx = self.0.db.write().await?;
        let taken = tx.row("SELECT COUNT(*) FROM tenants", Vec::new()).await?.map_or(Ok(0), |row| row.int(0))?;
        if taken != 0 {
            return Err(StoreError::refused("a backup is restored into an empty database, and this one has tenants"));
        }
        let (mut restored, mut met) = (Restored { rows: 0, destroyed: Vec::new() }, 0_u64);
        while let Some((table, values)) = rows.recv().await {
            met = met.saturating_add(1);
            let tenant = match values.first() {
                Some(Value::Text(tenant)) => tenant.parse::<TenantId>().map_err(|_| damaged())?,
                _ => return Err(damaged()),
            };
            if self.0.folder.tombstone(tenant)?.is_some() {
                if restored.destroyed.last() != Some(&tenant) && !restored.destroyed.contains(&tenant) {
                    restored.destroyed.push(tenant);
                }
                continue;
            }
            let table = TABLES.get(table).ok_or_else(damaged)?;
            tx.execute(table.insert(), values).await?;
            restored.rows = restored.rows.saturating_add(1);
        }
        reader.await.map_err(|error| StoreError::unavailable("the backup", error))??;
        if met != due {
            return Err(damaged());
        }
        // Keys that do not open the reserved tenant are of another installation.
        self.0.tenant_key(&mut tx, system()?).await.map_err(|error| match error {
            StoreError::TenantAbsent(_) => damaged(),
            other => other,
        })?;
        tx.commit().await?;
        Ok(restored)
    }
}

fn places(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::String(text.clone()),
        Value::Int(number) => Json::from(*number),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
    }
}

/// Creates the folder and writes the lines as they come.
fn write_lines(folder: &Path, mut lines: mpsc::Receiver<Vec<u8>>, now: Timestamp) -> Result<Backup, StoreError> {
    let failed = |error| StoreError::unavailable(format!("the backup `{}`", folder.display()), error);
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let mut file = BufWriter::new(File::create_new(folder.join(ROWS)).map_err(failed)?);
    let (mut digest, mut bytes, mut rows) = (Context::new(&SHA256), 0_u64, 0_u64);
    while let Some(line) = lines.blocking_recv() {
        digest.update(&line);
        file.write_all(&line).map_err(failed)?;
        (bytes, rows) = (bytes.saturating_add(line.len() as u64), rows.saturating_add(1));
    }
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    Ok(Backup { format: FORMAT.to_owned(), schema: SCHEMA, made_at: now, rows, bytes, digest: finished(digest) })
}

/// Writes the manifest, which makes the folder a backup.
fn seal_backup(folder: &Path, backup: Backup) -> Result<Backup, StoreError> {
    let failed = |error| StoreError::unavailable(format!("the backup `{}`", folder.display()), error);
    let text = serde_json::to_vec_pretty(&backup).map_err(|error| StoreError::unavailable("the manifest", error))?;
    let mut file = File::create_new(folder.join(MANIFEST)).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(backup)
}

/// Reads the manifest and compares the rows with it.
fn verify(folder: &Path) -> Result<Backup, StoreError> {
    let failed = |error| StoreError::unavailable(format!("the backup `{}`", folder.display()), error);
    let mut text = Vec::new();
    File::open(folder.join(MANIFEST)).map_err(failed)?.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    let backup: Backup = serde_json::from_slice(&text).map_err(|_| StoreError::corrupt("the manifest of the backup"))?;
    if backup.format != FORMAT || backup.schema > SCHEMA {
        let found = backup.schema.unsigned_abs();
        return Err(StoreError::Newer { what: "the backup".to_owned(), found, known: SCHEMA.unsigned_abs() });
    }
    let mut file = File::open(folder.join(ROWS)).map_err(failed)?;
    let (mut digest, mut bytes, mut buffer) = (Context::new(&SHA256), 0_u64, vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        digest.update(read);
        bytes = bytes.saturating_add(count as u64);
    }
    if bytes != backup.bytes || finished(digest) != backup.digest {
        return Err(damaged());
    }
    Ok(backup)
}

fn finished(digest: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest.finish().as_ref()).for_each(|(to, from)| *to = *from);
    Digest::from_bytes(bytes)
}

type Line = (usize, Vec<Value>);

/// Reads the lines and hands their values on, with the number of their table.
fn read_lines(path: &PathBuf, rows: &mpsc::Sender<Line>) -> Result<(), StoreError> {
    let failed = |error| StoreError::unavailable(format!("the backup `{}`", path.display()), error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut file).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(failed)?;
        if line.is_empty() {
            return Ok(());
        }
        let (name, values): (String, Vec<Json>) = serde_json::from_slice(&line).map_err(|_| damaged())?;
        let table = TABLES.iter().position(|table| table.name == name).ok_or_else(damaged)?;
        let values = TABLES.get(table).and_then(|table| table.parse(values)).ok_or_else(damaged)?;
        if rows.blocking_send((table, values)).is_err() {
            // Whoever takes the rows has failed, and says so.
            return Ok(());
        }
    }
}

fn damaged() -> StoreError {
    StoreError::corrupt("the rows of the backup")
}
