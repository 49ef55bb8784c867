//! Bounds of what the store takes and holds.

/// Bytes of a document at most, as JSON.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
/// Bytes of a segment of signals at most.
pub const SEGMENT_BYTES_MAX: usize = 16 << 20;
/// Bytes of a snapshot that replaces segments at most.
pub const SNAPSHOT_BYTES_MAX: usize = 512 << 20;
/// Bytes of an event at most.
pub const EVENT_BYTES_MAX: usize = 64 << 10;
/// Steps of one transaction at most.
pub const STEPS_MAX: usize = 10_000;
/// Entries of a page at most.
pub const PAGE_ENTRIES_MAX: u32 = 1_000;
/// Connections that read from SQLite, or all connections to PostgreSQL.
pub const CONNECTIONS_MAX: u32 = 8;
/// Seconds for PostgreSQL to take the first connection.
pub const CONNECT_S: u64 = 5;
/// Seconds to wait for a connection or a lock of the database.
pub const WAIT_S: u64 = 10;
/// Seconds that PostgreSQL may take for one statement.
pub const STATEMENT_S: u64 = 60;

/// Bytes of an id, a kind, a stream or the name of an index at most.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Values of an index that one query may ask for together.
pub(crate) const EQUAL_MAX: usize = 4;
/// Bytes of one row of a snapshot, so that no single row takes a large buffer in the database.
pub(crate) const PART_BYTES: usize = 1 << 20;

/// What an installation may set. [`Limits::default`] takes the constants beside it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a document at most, as JSON.
    pub document_bytes_max: usize,
    /// Bytes of a segment of signals at most.
    pub segment_bytes_max: usize,
    /// Bytes of a snapshot that replaces segments at most.
    pub snapshot_bytes_max: usize,
    /// Connections that read from SQLite, or all connections to PostgreSQL.
    pub connections_max: u32,
    /// Seconds for PostgreSQL to take the first connection.
    pub connect_s: u64,
    /// Seconds to wait for a connection or a lock of the database.
    pub wait_s: u64,
    /// Seconds that PostgreSQL may take for one statement.
    pub statement_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: DOCUMENT_BYTES_MAX,
            segment_bytes_max: SEGMENT_BYTES_MAX,
            snapshot_bytes_max: SNAPSHOT_BYTES_MAX,
            connections_max: CONNECTIONS_MAX,
            connect_s: CONNECT_S,
            wait_s: WAIT_S,
            statement_s: STATEMENT_S,
        }
    }
}
