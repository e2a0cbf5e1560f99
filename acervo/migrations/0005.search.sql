-- depends: 0004.enrich

-- What people and archivists tell the search, and what the indexers remember. No index is the truth of anything in here.

-- Words that mean the same in this house; put into queries when they are asked (functions/search/vocabulary.py).
create table search_vocabulary (
    id           bigint generated always as identity primary key,
    term         text not null check (length(term) between 1 and 100),
    alternatives text[] not null check (cardinality(alternatives) between 1 and 10),
    two_way      boolean not null default true,      -- each finds the others; false: only the term finds the alternatives
    note         text check (length(note) <= 500),
    edited_by    text not null,
    updated_at   timestamptz not null default clock_timestamp()
);
create unique index search_vocabulary_term on search_vocabulary (lower(term));

-- A query that somebody keeps. It notifies within what its owner could see when last seen with a token: `principals` and `everywhere`.
create table saved_searches (
    id         uuid primary key,
    owner      text not null,                        -- 'user:<sub>'
    name       text not null check (length(name) between 1 and 200),
    parameters jsonb not null,                       -- [[name, value], …] of GET /api/v1/search/assets
    notify     boolean not null default false,
    principals text[] not null,
    everywhere boolean not null,
    seen_at    timestamptz not null default clock_timestamp(),
    version    bigint not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index saved_searches_owner on saved_searches (owner, created_at desc, id);
create index saved_searches_notify on saved_searches (id) where notify;

-- What acervo.search.matched.v1 told: the owner's list of news.
create table saved_search_matches (
    search_id uuid not null references saved_searches on delete cascade,
    asset_id  uuid not null references assets,
    at        timestamptz not null default clock_timestamp(),
    primary key (search_id, asset_id)
);
create index saved_search_matches_age on saved_search_matches (at);

-- One's own past queries; kept for 90 days, at most 200 each.
create table search_history (
    principal text not null,
    query     text not null check (length(query) between 1 and 256),
    folded    text not null,
    times     int not null default 1,
    at        timestamptz not null default clock_timestamp(),
    primary key (principal, folded)
);
create index search_history_age on search_history (at);
create index search_history_recent on search_history (principal, at desc);

-- Assets that an index refused, and why. A row goes when the asset is indexed after all, or deleted.
create table search_poison (
    engine   text not null,
    asset_id uuid not null,
    version  bigint,
    reason   text not null,
    times    int not null default 1,
    at       timestamptz not null default clock_timestamp(),
    primary key (engine, asset_id)
);

-- The indexes of engines that are servers: which is live, and how far PostgreSQL has been read into each.
create table search_indexes (
    engine      text not null,
    number      int not null,
    format      int not null,
    live        boolean not null default false,
    position_at timestamptz not null default '0001-01-01T00:00:00Z',
    position_id uuid not null default '00000000-0000-0000-0000-000000000000',
    created_at  timestamptz not null default clock_timestamp(),
    primary key (engine, number)
);
create unique index search_indexes_live on search_indexes (engine) where live;
