-- Publishing: where assets go (channels, rules) and what became of it (asset_distributions, one row for
-- asset + channel + profile: the idempotency key). Times are decided by this server's clock alone.

create table channels (
    id             text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    type           text not null check (type ~ '^[a-z0-9][a-z0-9-]{0,30}$'),  -- youtube, facebook, cms, sftp, ftp, mos, web, …
    name           text not null check (length(name) between 1 and 200),
    settings       jsonb not null default '{}',      -- of the connector; never a secret
    profile        text not null,                    -- rendition that is published unless a request names another
    projects       text[],                           -- null: every project may publish here
    territories    text[] not null default '{}',     -- where this channel is seen, ISO 3166-1; empty: everywhere
    enabled        boolean not null default true,
    max_concurrent int not null default 4 check (max_concurrent between 1 and 100),
    bytes_a_second bigint check (bytes_a_second >= 1024),  -- of all its transfers together
    failures       int not null default 0,           -- in a row, of the channel itself: the circuit breaker
    open_until     timestamptz,                      -- the breaker is open: nothing is tried before
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now()
);

create table publication_rules (
    id         uuid primary key,
    name       text not null check (length(name) between 1 and 200),
    channel_id text not null references channels,
    project_id text not null references projects,
    tag        text,                                 -- one of the asset's keywords; null: any
    kind       asset_kind,                           -- null: any
    profile    text,                                 -- null: the channel's
    metadata   jsonb not null default '{}',
    enabled    boolean not null default false,       -- a rule is looked at dry before it acts
    created_by text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index publication_rules_project on publication_rules (project_id) where enabled;

create table asset_distributions (
    id            uuid primary key,
    asset_id      uuid not null references assets,
    channel_id    text not null references channels,
    channel_type  text not null,
    profile       text not null,
    wanted        text not null default 'live' check (wanted in ('live', 'withdrawn')),
    state         text not null default 'requested'
                  check (state in ('requested', 'waiting', 'sending', 'processing', 'published', 'withdrawing', 'withdrawn', 'failed')),
    metadata      jsonb not null default '{}',       -- what the request overrides: title, description, tags, privacy, …
    revision      int not null default 1,            -- of what is wanted
    live_revision int not null default 0,            -- of what the channel shows
    publish_at    timestamptz,
    withdraw_at   timestamptz,
    begun         boolean not null default false,    -- the channel may have seen something of it
    live          boolean not null default false,    -- the channel shows it (or may)
    session       jsonb not null default '{}',       -- how to go on with a transfer: the connector's
    rendition     jsonb not null default '{}',       -- what is being sent: bucket, key, size, etag
    external_id   text,
    url           text,
    sent_bytes    bigint not null default 0,
    total_bytes   bigint not null default 0,
    failures      int not null default 0,            -- in a row, that cost an attempt
    claims        int not null default 0,
    wakes         int not null default 0,            -- something changed: look again, whatever a worker thinks
    due_at        timestamptz,                       -- when there is something to do; null: until something wakes it
    lease_owner   text,
    lease_until   timestamptz,
    reason_code   text,
    reason        text,
    advice        text,                              -- what a person can do about it
    acknowledged  jsonb,                             -- what the channel said afterwards (acervo.publication.acknowledged.v1)
    proof         jsonb,                             -- of a withdrawal: what the channel answered
    requested_by  text not null,
    rule_id       uuid references publication_rules on delete set null,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    begun_at      timestamptz,
    published_at  timestamptz,
    withdrawn_at  timestamptz,
    unique (asset_id, channel_id, profile)
);
create index asset_distributions_due on asset_distributions (channel_id, due_at) where due_at is not null;
create index asset_distributions_leased on asset_distributions (channel_id, lease_until) where lease_until is not null;
create index asset_distributions_live on asset_distributions (asset_id) where live;
create index asset_distributions_listing on asset_distributions (created_at desc, id desc);

create table publication_attempts (
    id             bigint generated always as identity primary key,
    publication_id uuid not null references asset_distributions,
    action         text not null,                    -- send, poll, update, withdraw
    worker         text not null,
    started_at     timestamptz not null default clock_timestamp(),
    ended_at       timestamptz,
    outcome        text,                             -- null: the worker never came back
    code           text,
    reason         text,
    sent_bytes     bigint
);
create index publication_attempts_of on publication_attempts (publication_id, id);

-- What an account of a channel has spent on a day of the channel's own calendar.
create table channel_quota (
    account text not null,
    day     date not null,
    used    bigint not null,
    primary key (account, day)
);
create index asset_distributions_expiry on asset_distributions (withdraw_at) where withdraw_at is not null and wanted = 'live';
