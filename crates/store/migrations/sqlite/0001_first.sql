CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    data_generation INTEGER NOT NULL,
    key_generation INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL,
    sealed_state BLOB NOT NULL
) STRICT;
CREATE TABLE data_keys (
    tenant TEXT NOT NULL,
    generation INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (tenant, generation)
) STRICT;
CREATE TABLE documents (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) STRICT;
CREATE TABLE entries (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    blind BLOB NOT NULL,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, name, blind, place, id)
) STRICT;
CREATE INDEX entries_of_document ON entries (tenant, kind, id, name, blind);
CREATE TABLE streams (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    base INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    last INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (tenant, stream)
) STRICT;
CREATE TABLE segments (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    last INTEGER NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    first INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    mark BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, stream, last, part)
) STRICT;
CREATE TABLE events (
    tenant TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, seq)
) STRICT;
