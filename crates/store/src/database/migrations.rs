//! The schema, version by version. The two folders differ only in the names of the column types.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::Db;
use crate::error::StoreError;

/// The version of the schema that this program writes.
pub(crate) const SCHEMA: i64 = 1;

/// Brings the schema up to date. One that is newer than this program is refused.
pub(super) async fn run(db: &Db) -> Result<(), StoreError> {
    let done = match db {
        Db::Lite { write, .. } => migrator(include_str!("../../migrations/sqlite/0001_first.sql")).run(write).await,
        Db::Pg(pool) => migrator(include_str!("../../migrations/postgres/0001_first.sql")).run(pool).await,
    };
    done.map_err(|error| match error {
        MigrateError::VersionMissing(found) => StoreError::Newer {
            what: "the database".to_owned(),
            found: u64::try_from(found).unwrap_or(u64::MAX),
            known: SCHEMA.unsigned_abs(),
        },
        MigrateError::VersionMismatch(version) => StoreError::corrupt(format!("version {version} of the schema is not ours")),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => StoreError::from(cause),
        other => StoreError::unavailable("the schema", other),
    })
}

fn migrator(first: &'static str) -> Migrator {
    let first = Migration::new(1, Cow::Borrowed("first"), MigrationType::Simple, first.into_sql_str(), false);
    Migrator::with_migrations(vec![first])
}
