//! Keeps what the platform knows, encrypted and bound to its tenant, in SQLite or PostgreSQL.
