-- The truth of the platform. Times are UTC, durations and offsets in milliseconds where the name says so.
-- Ids that people see are UUIDs; ids that only order rows are bigint identities.

create table projects (
    id          text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),  -- also the prefix under uploads/
    name        text not null,
    quota_bytes bigint not null default 10995116277760 check (quota_bytes > 0),
    created_at  timestamptz not null default now()
);

-- principal: 'user:<sub>' or 'group:<name>' (claims of the token)
create table project_members (
    project_id text not null references projects,
    principal  text not null,
    primary key (project_id, principal)
);
create index project_members_principal on project_members (principal);

create type asset_kind as enum ('video', 'audio', 'image');
create type asset_status as enum ('uploading', 'processing', 'ready', 'error', 'rejected', 'deleted');

create table assets (
    id             uuid primary key,
    project_id     text not null references projects,
    name           text not null check (length(name) between 1 and 1024),
    kind           asset_kind,                       -- null until ingested
    status         asset_status not null default 'uploading',
    reason_code    text,                             -- why error / rejected, for programs
    reason         text,                             -- the same, for people
    duplicate_of   uuid references assets,           -- the asset of the same project that has these bytes
    owner          text not null,                    -- 'user:<sub>', or 's3:<user>' for an object that was dropped
    upload_key     text,                             -- uploads/{project}/…; null once promoted
    upload_id      text,                             -- the multipart upload, while it is open
    part_size_bytes bigint,
    master_key     text,
    size_bytes     bigint,
    mime_type      text,
    sha256         text check (sha256 ~ '^[0-9a-f]{64}$'),
    declared_sha256 text check (declared_sha256 ~ '^[0-9a-f]{64}$'),  -- what the client says the bytes are
    metadata       jsonb not null default '{}',      -- editorial: title, description, byline, credit, keywords, …
    rights         jsonb not null default '{}',
    technical      jsonb not null default '{}',      -- container, streams, duration, resolution, …
    embedded       jsonb not null default '{}',      -- EXIF / IPTC / XMP / container tags as found
    language       text,                             -- ISO 639-1 of the speech
    version        bigint not null default 1,        -- of the row: ETag, and external version in indexes
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    fixity_at      timestamptz                       -- when the master's SHA-256 was last verified
);
create unique index assets_upload_key on assets (upload_key) where upload_key is not null;
create unique index assets_bytes on assets (project_id, sha256) where status in ('processing', 'ready', 'error');
create index assets_sha256 on assets (sha256) where sha256 is not null;
create index assets_listing on assets (project_id, created_at desc, id desc);
create index assets_open on assets (status, updated_at) where status in ('uploading', 'processing');
create index assets_changes on assets (updated_at, id);
create index assets_fixity on assets (fixity_at nulls first) where master_key is not null;

create function touch_asset() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    return new;
end $$;
create trigger assets_touch before update on assets for each row execute function touch_asset();

create table renditions (
    asset_id   uuid not null references assets,
    profile    text not null,                        -- proxy, web, poster, hls, preview, thumb-300, …
    status     text not null check (status in ('pending', 'ready', 'failed', 'expired')),
    bucket     text,
    key        text,                                 -- of the file, or of the main playlist
    mime_type  text,
    size_bytes bigint,
    detail     jsonb not null default '{}',          -- width, height, bitrate, ladder, warnings, …
    updated_at timestamptz not null default now(),
    primary key (asset_id, profile)
);

-- One step of one asset. 'transcode' and 'speech' are required for `ready` where they apply (acervo/steps.py).
create table jobs (
    id               uuid primary key,
    asset_id         uuid not null references assets,
    kind             text not null,                  -- transcode, speech, ondemand, …
    state            text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    required         boolean not null default true,
    spec             jsonb not null default '{}',
    chunks_total     int not null default 0,
    chunks_done      int not null default 0,
    cancel_requested boolean not null default false,
    reason_code      text,
    reason           text,
    cause            text not null,                  -- id of the event that asked for it
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    finished_at      timestamptz,
    unique (asset_id, kind, cause)
);
create index jobs_asset on jobs (asset_id, created_at);
create index jobs_open on jobs (updated_at) where state in ('queued', 'running');

create table job_chunks (
    job_id      uuid not null references jobs on delete cascade,
    number      int not null check (number >= 0),
    spec        jsonb not null,                      -- what to do: a chunk can be done by anybody from this alone
    state       text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    attempt     int not null default 0,              -- claims, killed ones included
    failures    int not null default 0,              -- claims that ended in an error
    lease_owner text,
    lease_until timestamptz,
    progress    real not null default 0 check (progress between 0 and 1),
    result      jsonb,
    reason      text,
    updated_at  timestamptz not null default now(),
    primary key (job_id, number)
);
create index job_chunks_open on job_chunks (lease_until) where state = 'running';

create table transcript_segments (
    asset_id   uuid not null references assets,
    number     int not null,
    start_ms   int not null,
    end_ms     int not null,
    language   text,
    text       text not null,
    words      jsonb not null default '[]',          -- [{"word", "start_ms", "end_ms", "probability"}]
    speaker    text,
    model      text not null,                        -- name and version
    primary key (asset_id, number)
);

create table outbox (
    position   bigint generated always as identity primary key,
    event      jsonb not null,                       -- JSON event format
    created_at timestamptz not null default now(),
    sent_at    timestamptz
);
create index outbox_unsent on outbox (position) where sent_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;

create table inbox (
    consumer   text not null,
    source     text not null,
    id         text not null,
    done_at    timestamptz not null default now(),
    primary key (consumer, source, id)
);
create index inbox_age on inbox (done_at);

create table dead_letters (
    id          bigint generated always as identity primary key,
    event       jsonb not null,
    event_id    text not null,
    event_type  text not null,
    destination text not null default '',                        -- knativeerrordest
    code        int,                                 -- knativeerrorcode
    answer      text,                                -- knativeerrordata, decoded
    received_at timestamptz not null default now(),
    replayed_at timestamptz
);
create unique index dead_letters_once on dead_letters (event_id, (event ->> 'source'), destination) where replayed_at is null;
create index dead_letters_waiting on dead_letters (id desc) where replayed_at is null;

-- What reconcile has asked for again, and how often: it asks less and less.
create table nudges (
    what  text primary key,                          -- asset:{id}:{step}, chunk:{job}:{number}, job:{id}, upload:{key}
    times int not null default 1,
    at    timestamptz not null default clock_timestamp()
);
create index nudges_age on nudges (at);

create table audit_log (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    who        text not null,
    what       text not null,
    asset_id   uuid,
    project_id text,
    from_where text,
    result     text not null,
    detail     jsonb not null default '{}'
);
create index audit_log_asset on audit_log (asset_id, id);
create function refuse_change() returns trigger language plpgsql as $$
begin raise exception 'the audit log is append-only'; end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();
