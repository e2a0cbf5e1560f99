-- depends: 0001.platform

-- The same Idempotency-Key from the same caller opens one upload, however often it is sent.
create table idempotency_keys (
    principal  text not null,
    key        text not null check (length(key) between 1 and 255),
    request    text not null,                        -- SHA-256 of the request: another request with the same key is refused
    asset_id   uuid not null references assets,
    created_at timestamptz not null default now(),
    primary key (principal, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

-- Lists over all projects, and what a project uses of its quota.
create index assets_recent on assets (created_at desc, id desc);
create index assets_usage on assets (project_id) include (size_bytes) where status not in ('rejected', 'deleted');

-- Lists of what needs somebody: few rows among millions.
create index assets_attention on assets (status, created_at desc, id desc) where status in ('uploading', 'processing', 'error', 'rejected');
