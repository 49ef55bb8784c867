CREATE TABLE tenants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    data_generation BIGINT NOT NULL,
    key_generation BIGINT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    sealed_state BYTEA NOT NULL
);
CREATE TABLE data_keys (
    tenant TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (tenant, generation)
);
CREATE TABLE documents (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    schema_version BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, id)
);
CREATE TABLE entries (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    blind BYTEA NOT NULL,
    place BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    seal BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, name, blind, place, id)
);
CREATE INDEX entries_of_document ON entries (tenant, kind, id, name, blind);
CREATE TABLE streams (
    tenant TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    base BIGINT NOT NULL,
    snapshot BIGINT NOT NULL,
    last BIGINT NOT NULL,
    seal BYTEA NOT NULL,
    PRIMARY KEY (tenant, stream)
);
CREATE TABLE segments (
    tenant TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    last BIGINT NOT NULL,
    part BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    first BIGINT NOT NULL,
    snapshot BIGINT NOT NULL,
    at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, stream, last, part)
);
CREATE TABLE events (
    tenant TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);
-- What is sealed does not compress: the server need not try.
ALTER TABLE documents ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE segments ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE events ALTER COLUMN sealed SET STORAGE EXTERNAL;
