-- name: assets_to_index(asset_ids)
select id, project_id, name, kind, status, metadata, embedded, language, version, created_at, updated_at
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
select a.id, a.project_id, a.name, a.kind, a.status, a.metadata, a.embedded, a.language, a.created_at, a.updated_at,
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
