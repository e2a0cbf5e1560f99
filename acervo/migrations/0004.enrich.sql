-- depends: 0001.platform

-- What enrichment finds beside speech: shots and frames, objects, written text, meaning, names; and what people said against it.
-- Times are milliseconds on the asset's clock, ends exclusive; boxes are [x, y, width, height] as fractions of the picture, from its top left.

do $$
begin
    create extension if not exists vector;
exception when others then
    raise exception 'Acervo needs pgvector 0.8 or newer: install the extension "vector" on this PostgreSQL server, and create it in this database as a user who may (%)', sqlerrm;
end $$;

do $$
begin
    if (select string_to_array(split_part(extversion, '-', 1), '.')::int[] from pg_extension where extname = 'vector') < array[0, 8] then
        raise exception 'Acervo needs pgvector 0.8 or newer: this database has an older one (ALTER EXTENSION vector UPDATE)';
    end if;
end $$;

-- A shot of a film; a picture is one shot of no length. `hash` is perceptual (functions/enrich/phash.py) and of its frame.
create table shots (
    asset_id uuid not null references assets,
    number   int not null,
    start_ms int not null,
    end_ms   int not null,
    frame_ms int not null,
    hash     bit(64) not null,
    primary key (asset_id, number)
);
create index shots_alike on shots using hnsw (hash bit_hamming_ops);

-- The frames that models look at: one at each change of shot and a steady sample, without those that look the same.
create table frames (
    asset_id uuid not null references assets,
    at_ms    int not null,
    until_ms int not null,                           -- nothing worth looking at again changes until then
    key      text not null,                          -- a JPEG in the bucket of proxies
    primary key (asset_id, at_ms)
);

-- An object that is in the picture from–to.
create table detections (
    asset_id uuid not null references assets,
    number   int not null,
    label    text not null,
    start_ms int not null,
    end_ms   int not null,
    score    real not null,                          -- the best
    best_ms  int not null,                           -- where that is
    most     int not null,                           -- seen at once
    boxes    jsonb not null,                         -- [[at_ms, score, x, y, width, height]], the best of each frame
    model    text not null,
    primary key (asset_id, number)
);

-- A line of text that stands in the picture from–to.
create table ocr_texts (
    asset_id uuid not null references assets,
    number   int not null,
    start_ms int not null,
    end_ms   int not null,
    text     text not null,
    score    real not null,
    box      jsonb not null,
    model    text not null,
    primary key (asset_id, number)
);

-- What an asset is about, by the machine: object, person, place, organisation. `shown_tags` is what people see.
create table tags (
    asset_id uuid not null references assets,
    kind     text not null check (kind in ('object', 'person', 'place', 'organisation')),
    value    text not null check (length(value) between 1 and 200),
    score    real not null,
    times    int not null,                           -- appearances or mentions
    total_ms int not null default 0,                 -- how long it is in the picture
    model    text not null,
    primary key (asset_id, kind, value)
);

-- A person's word on a tag: the last one counts.
create table tag_edits (
    asset_id uuid not null references assets,
    kind     text not null check (kind in ('object', 'person', 'place', 'organisation')),
    value    text not null check (length(value) between 1 and 200),
    verdict  text not null check (verdict in ('added', 'rejected')),
    author   text not null,
    at       timestamptz not null default clock_timestamp(),
    primary key (asset_id, kind, value)
);

create view shown_tags as
select t.asset_id, t.kind, t.value, t.score, t.times, t.total_ms, t.model, e.author
  from tags t left join tag_edits e using (asset_id, kind, value)
 where e.verdict is distinct from 'rejected'
 union all
select e.asset_id, e.kind, e.value, 1, 1, 0, null, e.author
  from tag_edits e
 where e.verdict = 'added' and not exists (select from tags t where (t.asset_id, t.kind, t.value) = (e.asset_id, e.kind, e.value));

-- A line of a transcript as a person corrected it: its time, their words, and what the machine had there.
-- transcript_segments holds what is shown; every run of the step puts these lines in again (acervo/corrections.py).
create table transcript_edits (
    id       bigint generated always as identity primary key,
    asset_id uuid not null references assets,
    start_ms int not null,
    end_ms   int not null,
    text     text not null,                          -- empty: nothing is said there
    words    jsonb not null,
    language text,
    speaker  text,
    before   jsonb not null,                         -- the segment that it stands for
    author   text not null,
    at       timestamptz not null default clock_timestamp(),
    ended_at timestamptz,                            -- corrected again, or taken back
    ended_by text
);
create index transcript_edits_of on transcript_edits (asset_id) where ended_at is null;

-- Passages by their meaning. Vectors of one model have one length; each length that is used has its index.
create table embeddings (
    asset_id   uuid not null references assets,
    number     int not null,
    project_id text not null references projects,
    field      text not null,                        -- title, description, caption, speech, picture
    start_ms   int,
    end_ms     int,
    text       text not null,
    embedding  halfvec not null,
    dimensions int generated always as (vector_dims(embedding)) stored,
    model      text not null,
    primary key (asset_id, number)
);
create index embeddings_near_384 on embeddings using hnsw ((embedding::halfvec(384)) halfvec_cosine_ops) where (dimensions = 384);
create index embeddings_near_512 on embeddings using hnsw ((embedding::halfvec(512)) halfvec_cosine_ops) where (dimensions = 512);
create index embeddings_projects on embeddings (project_id);

create index jobs_kinds on jobs (kind, state);

-- Names that are spoken of in a project: a recogniser listens for them.
alter table projects add column vocabulary text not null default '' check (length(vocabulary) <= 2000);

-- The search for meaning: nearest first, in projects that the caller names (null: all). Few projects among many are found by their own index,
-- many by HNSW, which goes on looking until enough rows pass.
create function nearest_passages(question halfvec(384), of_model text, projects text[], most int)
returns table (asset_id uuid, number int, field text, start_ms int, end_ms int, text text, likeness real)
language sql stable set hnsw.iterative_scan = 'strict_order' set hnsw.ef_search = '100' as $$
    select e.asset_id, e.number, e.field, e.start_ms, e.end_ms, e.text, (1 - (e.embedding::halfvec(384) <=> question))::real
      from embeddings e
     where e.dimensions = 384 and e.model = of_model and (projects is null or e.project_id = any(projects))
       and exists (select from assets a where a.id = e.asset_id and a.status in ('processing', 'ready', 'error'))
     order by e.embedding::halfvec(384) <=> question
     limit least(most, 200)
$$;
