-- depends: 0001.platform 0002.idempotency 0003.publish

-- What the front door needs: history, collections, links, event sources, webhooks, an audit log that shows tampering,
-- what projects use, and what was purged.

-- Every change that a person made to an asset's own fields. `changed`: path → {"from", "to"}; undo puts `from` back.
create table asset_edits (
    id       bigint generated always as identity primary key,
    asset_id uuid not null references assets,
    version  bigint not null,                        -- of the asset, after the edit
    at       timestamptz not null default clock_timestamp(),
    who      text not null,
    what     text not null check (what in ('edit', 'bulk', 'undo')),
    changed  jsonb not null,
    bulk_id  uuid,                                   -- edits that were made together
    undoes   bigint references asset_edits
);
create index asset_edits_of on asset_edits (asset_id, id desc);
create index asset_edits_bulk on asset_edits (bulk_id, id) where bulk_id is not null;
create unique index asset_edits_undone on asset_edits (undoes) where undoes is not null;

create table collections (
    id          uuid primary key,
    project_id  text not null references projects,
    name        text not null check (length(name) between 1 and 200),
    description text not null default '',
    created_by  text not null,
    version     bigint not null default 1,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);
create index collections_project on collections (project_id, name, id);
create table collection_assets (
    collection_id uuid not null references collections on delete cascade,
    asset_id      uuid not null references assets,
    added_by      text not null,
    added_at      timestamptz not null default clock_timestamp(),
    primary key (collection_id, asset_id)
);
create index collection_assets_order on collection_assets (collection_id, added_at, asset_id);
create index collection_assets_asset on collection_assets (asset_id);

-- `asset_id` is derived from / part of / about the same as `other_id`.
create table asset_links (
    asset_id   uuid not null references assets,
    other_id   uuid not null references assets,
    kind       text not null check (kind in ('derived-from', 'part-of', 'related')),
    created_by text not null,
    created_at timestamptz not null default now(),
    primary key (asset_id, other_id, kind),
    check (asset_id <> other_id)
);
create index asset_links_back on asset_links (other_id);

-- Systems that sign their events with a key of their own (acervo/signatures.py). No secret is stored: keys are derived from the
-- API's secret and the key's number, and shown once.
create table event_sources (
    id             text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name           text not null check (length(name) between 1 and 200),
    source         text not null unique check (length(source) between 1 and 500),  -- the only `source` its events may have
    groups         text[] not null default '{}',     -- what it is a member of, as a person is
    roles          text[] not null default '{editor}',
    key_number     int not null default 1,
    old_key_until  timestamptz,                      -- the key before this one is good until then
    enabled        boolean not null default true,
    created_by     text not null,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now()
);

-- Who wants to hear: one address, some types, one project (or all). Nothing is sent before the address has agreed.
create table webhooks (
    id             uuid primary key,
    name           text not null check (length(name) between 1 and 200),
    url            text not null check (length(url) between 1 and 2000),
    project_id     text references projects,         -- null: all of them (admins only)
    types          text[] not null,
    state          text not null default 'pending' check (state in ('pending', 'active', 'refused', 'disabled')),
    key_number     int not null default 1,
    failures       int not null default 0,           -- in a row
    failing_since  timestamptz,
    notice         text,                             -- why it is refused or disabled
    asks           int not null default 0,           -- how often it was asked to agree
    asked_at       timestamptz,
    rate_a_minute  int,                              -- what the address allows
    created_by     text not null,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now()
);
create index webhooks_project on webhooks (project_id) where state = 'active';
create table webhook_deliveries (
    id          bigint generated always as identity primary key,
    webhook_id  uuid not null references webhooks on delete cascade,
    event_id    text not null,
    event       jsonb not null,
    state       text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
    attempts    int not null default 0,
    due_at      timestamptz not null default clock_timestamp(),
    lease_until timestamptz,
    status      int,                                 -- of the last answer
    reason      text,
    created_at  timestamptz not null default clock_timestamp(),
    tried_at    timestamptz,
    ended_at    timestamptz,
    unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at, id) where state = 'waiting';
create index webhook_deliveries_tried on webhook_deliveries (webhook_id, tried_at);
create index webhook_deliveries_of on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_ended on webhook_deliveries (ended_at) where state <> 'waiting';

-- The audit log's chain: a seal covers the rows from `from_id` to `to_id` and the seal before it.
create index audit_log_who on audit_log (who, id);
create index audit_log_what on audit_log (what, id);
create index audit_log_project on audit_log (project_id, id);
create index audit_log_at on audit_log (at);
create table audit_seals (
    number    bigint primary key,
    from_id   bigint not null,
    to_id     bigint not null check (to_id >= from_id),
    row_count bigint not null,
    hash      bytea not null,
    sealed_at timestamptz not null default clock_timestamp()
);
create trigger audit_seals_append_only before update or delete or truncate on audit_seals
    for each statement execute function refuse_change();

create function audit_line(a audit_log) returns text language sql stable as $$
    select jsonb_build_array(a.id, extract(epoch from a.at), a.who, a.what, a.asset_id, a.project_id, a.from_where, a.result, a.detail)::text
$$;

-- SHA-256 over the seal before, the range and every line of it.
create function audit_hash(before bytea, first bigint, last bigint) returns bytea language sql stable as $$
    select sha256(before || convert_to(first || ' ' || last || E'\n', 'UTF8')
                  || convert_to(coalesce(string_agg(audit_line(a), E'\n' order by a.id), ''), 'UTF8'))
      from audit_log a where a.id between first and last
$$;

do $$
begin
    revoke update, delete, truncate on audit_log, audit_seals from public;
    -- a cluster's functions connect as this role, which owns nothing
    if exists (select from pg_roles where rolname = 'acervo_functions') then
        revoke update, delete, truncate on audit_log, audit_seals from acervo_functions;
        grant select, insert on audit_log, audit_seals to acervo_functions;
    end if;
end $$;

-- What a project uses: a sum that is folded up under the project's lock, and what has changed since. Nobody waits for anybody.
alter table projects add column used_bytes bigint not null default 0;
create table project_usage (
    id         bigint generated always as identity primary key,
    project_id text not null references projects,
    delta      bigint not null
);
create index project_usage_of on project_usage (project_id) include (delta);
create function counted_bytes(a assets) returns bigint language sql immutable as $$
    select case when a.status in ('rejected', 'deleted') then 0 else coalesce(a.size_bytes, 0) end
$$;
create function count_usage() returns trigger language plpgsql as $$
declare
    was bigint := case when tg_op = 'INSERT' then 0 else counted_bytes(old) end;
    is_ bigint := case when tg_op = 'DELETE' then 0 else counted_bytes(new) end;
begin
    if tg_op = 'UPDATE' and old.project_id <> new.project_id then
        insert into project_usage (project_id, delta) values (old.project_id, -was), (new.project_id, is_);
    elsif is_ <> was then
        insert into project_usage (project_id, delta) values (case when tg_op = 'DELETE' then old.project_id else new.project_id end, is_ - was);
    end if;
    return null;
end $$;
create trigger assets_usage_count after insert or delete or update of size_bytes, status, project_id on assets
    for each row execute function count_usage();
update projects p set used_bytes = (select coalesce(sum(size_bytes), 0) from assets a
                                     where a.project_id = p.id and a.status not in ('rejected', 'deleted'));
drop index assets_usage;

-- Deleted assets whose bytes are gone too.
alter table assets add column purged_at timestamptz;
create index assets_to_purge on assets (updated_at) where status = 'deleted' and purged_at is null;

create index jobs_listing on jobs (created_at desc, id desc);

-- What was answered to a POST with an Idempotency-Key: the same request again gets the same answer. `status` null: it is being done.
create table idempotent_answers (
    principal  text not null,
    key        text not null check (length(key) between 1 and 255),
    request    text not null,
    status     int,
    body       text,
    created_at timestamptz not null default clock_timestamp(),
    primary key (principal, key)
);
create index idempotent_answers_age on idempotent_answers (created_at);
