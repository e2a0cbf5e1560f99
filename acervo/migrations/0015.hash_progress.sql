-- depends: 0001.platform

-- How far the SHA-256 of an object is that is too large for one call (acervo/sha256.py): an upload while ingest has it, a master while it is
-- verified. Who hashes holds the row; a holder that is killed lets go by itself. Gone when the hash is known.
create table hash_progress (
    asset_id     uuid primary key references assets on delete cascade,
    etag         text not null,
    size_bytes   bigint not null,
    offset_bytes bigint not null default 0 check (offset_bytes % 64 = 0),
    state        bytea check (length(state) = 32),   -- null: nothing is hashed yet
    probed       jsonb,                              -- of ingest: what the probe found
    holder       text not null,                      -- the event whose delivery is at it
    held_until   timestamptz not null,
    updated_at   timestamptz not null default now()
);
