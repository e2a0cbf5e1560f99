-- name: assets_to_index(asset_ids)
select id, project_id, name, kind, status, metadata, embedded, rights, language, version, created_at, updated_at
  from assets where id = any(:asset_ids::uuid[]);

-- name: count_segments(asset_ids)
select asset_id, count(*) as n from transcript_segments where asset_id = any(:asset_ids::uuid[]) group by asset_id;

-- name: segments_to_index(asset_ids, most)
select asset_id, number, start_ms, end_ms, language, text from transcript_segments
 where asset_id = any(:asset_ids::uuid[]) and number < :most order by asset_id, number;

-- name: assets_changed_since(updated_at, asset_id, limit)
-- Ids and versions only: most of them are in the index already.
select id, version, updated_at, kind, status from assets
 where (updated_at, id) > (:updated_at, :asset_id) order by updated_at, id limit :limit;

-- name: changes_are_whole_until(slack_s)$
-- A row gets its time before it commits: changes of transactions that still run may appear before this moment, and after it only.
-- The slack is for transactions that this user is not shown.
select least(clock_timestamp() - make_interval(secs => :slack_s),
             (select min(xact_start) from pg_stat_activity where datname = current_database() and backend_xid is not null));

-- name: count_searched_assets()$
select count(*) from assets where status in ('processing', 'ready', 'error') and kind is not null;

-- name: found_assets(asset_ids, projects)
-- The last word on who sees what: what an index found is shown only if it is still there and still visible.
select a.id, a.project_id, a.name, a.kind, a.status, a.metadata, a.embedded, a.rights, a.language, a.created_at, a.updated_at,
       case when jsonb_typeof(a.technical->'duration_s') = 'number' then (a.technical->>'duration_s')::float8 end as duration_s,
       (select r.profile from renditions r
         where r.asset_id = a.id and r.status = 'ready' and (starts_with(r.profile, 'thumb-') or r.profile = 'poster')
         order by starts_with(r.profile, 'thumb-') desc, length(r.profile), r.profile limit 1) as thumb
  from assets a
 where a.id = any(:asset_ids::uuid[]) and a.status in ('processing', 'ready', 'error')
   and (:projects::text[] is null or a.project_id = any(:projects::text[]));

-- name: found_segments(asset_ids, numbers)
-- By pairs of the two lists.
select s.asset_id, s.number, s.start_ms, s.end_ms, s.language, s.text, s.speaker
  from unnest(:asset_ids::uuid[], :numbers::int[]) as wanted(asset_id, number)
  join transcript_segments s using (asset_id, number);

-- name: members_to_search(collection_id, projects, most)
-- Of a collection that the caller may see; none of another, of one that is gone, and of an empty one alike.
select i.asset_id from collections c join collection_assets i on i.collection_id = c.id
 where c.id = :collection_id and (:projects::text[] is null or c.project_id = any(:projects::text[])) limit :most;

-- name: collections_with(asset_id, project_id)
-- Those of the project alone: who may see it may see them.
select i.collection_id from collection_assets i join collections c on c.id = i.collection_id
 where i.asset_id = :asset_id and c.project_id = :project_id;

-- name: count_embeddings(asset_ids)
select asset_id, count(*) as n from embeddings where asset_id = any(:asset_ids::uuid[]) group by asset_id;

-- name: embeddings_to_index(asset_ids, dimensions, most)
-- The first ones of each asset: what speaks of the whole comes before its passages.
select asset_id, number, model, embedding::text as embedding
  from (select *, row_number() over (partition by asset_id order by number) as place from embeddings
         where asset_id = any(:asset_ids::uuid[]) and dimensions = any(:dimensions::int[])) e
 where place <= :most order by asset_id, number;

-- name: machine_tags_to_index(asset_ids)
-- What is in the picture, and who is named: as people see it, rejected tags left out.
select asset_id, kind, value from shown_tags where asset_id = any(:asset_ids::uuid[]) order by asset_id, score desc, value;

-- name: sample_of_searched_assets(most)
select id, version from assets where status in ('processing', 'ready', 'error') and kind is not null
 order by md5(id::text) limit :most;

-- name: remember_poison(engine, asset_id, version, reason)!
insert into search_poison (engine, asset_id, version, reason) values (:engine, :asset_id, :version, :reason)
    on conflict (engine, asset_id) do update
    set version = excluded.version, reason = excluded.reason, times = search_poison.times + 1, at = clock_timestamp();

-- name: forget_poison(engine, asset_ids)!
delete from search_poison where engine = :engine and asset_id = any(:asset_ids::uuid[]);

-- name: count_poison()
select engine, count(*) as n from search_poison group by engine;

-- name: poisoned_assets(after_at, after_engine, after_id, limit)
select engine, asset_id, version, reason, times, at from search_poison
 where (at, engine, asset_id) < (:after_at::timestamptz, :after_engine::text, :after_id::uuid)
 order by at desc, engine desc, asset_id desc limit :limit;

-- name: lock_search_engine(engine)$
-- Held until the transaction ends: one rebuild at a time, and none after its process died.
select pg_try_advisory_xact_lock(hashtext('acervo.search.rebuild'), hashtext(:engine));

-- name: live_search_index(engine)^
select number, format, position_at, position_id from search_indexes where engine = :engine and live;

-- name: search_indexes_of(engine)
select number, format, live from search_indexes where engine = :engine order by number;

-- name: add_search_index(engine, format)$
insert into search_indexes (engine, number, format)
select :engine::text, coalesce(max(number), 0) + 1, :format::int from search_indexes where engine = :engine::text returning number;

-- name: search_position(engine, number)^
select position_at, position_id from search_indexes where engine = :engine and number = :number;

-- name: save_search_position(engine, number, position_at, position_id)!
update search_indexes set position_at = :position_at, position_id = :position_id where engine = :engine and number = :number;

-- name: no_live_search_index(engine)!
update search_indexes set live = false where engine = :engine and live;

-- name: make_search_index_live(engine, number)!
update search_indexes set live = true where engine = :engine and number = :number;

-- name: drop_search_index(engine, number)!
delete from search_indexes where engine = :engine and number = :number and not live;

-- name: vocabulary_mark()^
-- Another one after every edit.
select count(*) as entries, max(updated_at) as edited_at from search_vocabulary;

-- name: whole_vocabulary()
select term, alternatives, two_way from search_vocabulary order by id limit 20000;

-- name: vocabulary_page(after, limit)
select id, term, alternatives, two_way, note, edited_by, updated_at from search_vocabulary where id > :after order by id limit :limit;

-- name: add_vocabulary(term, alternatives, two_way, note, edited_by)^
insert into search_vocabulary (term, alternatives, two_way, note, edited_by) values (:term, :alternatives, :two_way, :note, :edited_by)
    on conflict (lower(term)) do nothing returning id, term, alternatives, two_way, note, edited_by, updated_at;

-- name: change_vocabulary(id, term, alternatives, two_way, note, edited_by)^
update search_vocabulary set term = :term, alternatives = :alternatives, two_way = :two_way, note = :note, edited_by = :edited_by,
       updated_at = clock_timestamp()
 where id = :id returning id, term, alternatives, two_way, note, edited_by, updated_at;

-- name: drop_vocabulary(id)!
delete from search_vocabulary where id = :id;

-- name: add_saved_search(id, owner, name, parameters, notify, principals, everywhere, most)^
insert into saved_searches (id, owner, name, parameters, notify, principals, everywhere)
select :id, :owner, :name, :parameters, :notify, :principals::text[], :everywhere
 where (select count(*) from saved_searches where owner = :owner) < :most
returning id, name, parameters, notify, version, created_at, updated_at;

-- name: saved_searches_of(owner, after_at, after_id, limit)
select s.id, s.name, s.parameters, s.notify, s.version, s.created_at, s.updated_at from saved_searches s
 where s.owner = :owner and (s.created_at, s.id) < (:after_at::timestamptz, :after_id::uuid)
 order by s.created_at desc, s.id desc limit :limit;

-- name: saved_search(id, owner)^
select id, name, parameters, notify, version, created_at, updated_at from saved_searches where id = :id and owner = :owner;

-- name: change_saved_search(id, owner, version, name, parameters, notify)^
update saved_searches set name = :name, parameters = :parameters, notify = :notify, version = version + 1, updated_at = clock_timestamp()
 where id = :id and owner = :owner and (:version::bigint is null or version = :version)
returning id, name, parameters, notify, version, created_at, updated_at;

-- name: drop_saved_search(id, owner)!
delete from saved_searches where id = :id and owner = :owner;

-- name: see_saved_searches(owner, principals, everywhere)!
-- What the owner may see now; written when it changed, and once a day.
update saved_searches set principals = :principals::text[], everywhere = :everywhere, seen_at = clock_timestamp()
 where owner = :owner and notify
   and ((principals, everywhere) is distinct from (:principals::text[], :everywhere::boolean) or seen_at < clock_timestamp() - interval '1 day');

-- name: notifying_searches(project_id, after, limit)
-- Those whose owner may see the project, in the order of their ids.
select s.id, s.owner, s.name, s.parameters from saved_searches s
 where s.notify and s.id > :after and s.seen_at > clock_timestamp() - interval '30 days'
   and (s.everywhere or exists (select from project_members m where m.project_id = :project_id and m.principal = any(s.principals)))
 order by s.id limit :limit;

-- name: remember_match(search_id, asset_id)!
insert into saved_search_matches (search_id, asset_id)
select s.id, a.id from saved_searches s, assets a where s.id = :search_id and a.id = :asset_id on conflict do nothing;

-- name: matches_of(owner, projects, after_at, after_id, limit)
-- With the word of PostgreSQL on who may see the asset now.
select m.search_id, s.name, m.asset_id, m.at, a.project_id
  from saved_search_matches m join saved_searches s on s.id = m.search_id join assets a on a.id = m.asset_id
 where s.owner = :owner and a.status in ('processing', 'ready', 'error')
   and (:projects::text[] is null or a.project_id = any(:projects::text[]))
   and (m.at, m.asset_id) < (:after_at::timestamptz, :after_id::uuid)
 order by m.at desc, m.asset_id desc limit :limit;

-- name: remember_search(principal, query, folded)!
insert into search_history (principal, query, folded) values (:principal, :query, :folded)
    on conflict (principal, folded) do update set query = excluded.query, times = search_history.times + 1, at = clock_timestamp();

-- name: trim_history_of(principal, most)!
delete from search_history where principal = :principal and folded in
    (select folded from search_history where principal = :principal order by at desc offset :most);

-- name: past_searches(principal, begins, limit)
select query from search_history
 where principal = :principal and starts_with(folded, :begins) and at > clock_timestamp() - interval '90 days'
 order by at desc limit :limit;

-- name: forget_searches(principal)!
delete from search_history where principal = :principal;

-- name: expire_search_rows()!
-- A slice at a time: the tick comes again.
with old_queries as (delete from search_history where (principal, folded) in
        (select principal, folded from search_history where at < clock_timestamp() - interval '90 days' limit 5000))
delete from saved_search_matches where (search_id, asset_id) in
    (select search_id, asset_id from saved_search_matches where at < clock_timestamp() - interval '90 days' limit 5000);

-- name: asset_itself(asset_id, projects)^
-- What more like it is looked for with, if the caller may see it.
select a.id, a.project_id, a.name, a.kind, a.status, a.metadata, a.embedded, a.language, a.version, a.created_at from assets a
 where a.id = :asset_id and a.status in ('processing', 'ready', 'error') and a.kind is not null
   and (:projects::text[] is null or a.project_id = any(:projects::text[]));

-- name: embeddings_of(asset_id, model, most)
select embedding::text as embedding from embeddings where asset_id = :asset_id and model = :model order by number limit :most;
