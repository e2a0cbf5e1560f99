-- name: set_duration(asset_id, duration_s)!
update assets set technical = technical || jsonb_build_object('duration_s', :duration_s::float8) where id = :asset_id;

-- name: put_weighed_chunk(job_id, number, spec, weight, state)!
insert into job_chunks (job_id, number, spec, weight, state) values (:job_id, :number, :spec, :weight, :state) on conflict do nothing;

-- name: queue_waiting_chunk(job_id)$
-- The chunk that waited for all others may be claimed now; its number.
update job_chunks set state = 'queued', updated_at = clock_timestamp() where job_id = :job_id and state = 'waiting' returning number;

-- name: queue_listened_chunks(job_id)
-- Parts of sound may be claimed when how loud the whole is is known; their numbers, none while somebody still listens.
update job_chunks set state = 'queued', updated_at = clock_timestamp()
 where job_id = :job_id and state = 'waiting' and spec @> '{"listened": true}'
   and not exists (select from job_chunks o where o.job_id = :job_id and o.spec ->> 'do' in ('listen', 'hear') and o.state <> 'done')
returning number;

-- name: heard_chunks(job_id)
select result -> 'heard' as heard from job_chunks where job_id = :job_id and spec ->> 'do' in ('listen', 'hear') order by number;

-- name: note_sheets(job_id, number, sheets)!
-- Where the thumbnails are, before the sprites that they were made of are deleted.
update job_chunks set result = jsonb_build_object('sheets', :sheets::jsonb) where job_id = :job_id and number = :number and state <> 'done';

-- name: last_chunk(job_id)$
-- The number of the chunk that puts a job's results together.
select number from job_chunks where job_id = :job_id and spec ->> 'do' = 'assemble';

-- name: open_order(asset_id, profile)$
-- An order of this rendition, unchanged and whole, that somebody works on.
select id from jobs
 where asset_id = :asset_id and kind = 'ondemand' and state in ('queued', 'running') and not cancel_requested
   and spec -> 'order' @> jsonb_build_object('profile', :profile::text) and not spec -> 'order' ?| array['clip', 'box', 'video_kbps', 'at_ms']
 limit 1;

-- name: set_job_plan(job_id, spec, chunks_total)!
update jobs set spec = :spec, chunks_total = :chunks_total, updated_at = clock_timestamp() where id = :job_id;

-- name: rendition_of(asset_id, profile)^
select * from renditions where asset_id = :asset_id and profile = :profile;

-- name: want_rivals(slow_s, slow_times, limit)
-- Chunks that hold a job up: all others are done, and they take much longer than those took; each is named once for a lease's time.
update job_chunks c set rival_wanted = true
  from jobs j, lateral (
       select max(o.took_s) as longest, count(*) filter (where o.state in ('queued', 'running')) as open
         from job_chunks o where o.job_id = j.id and o.spec ->> 'do' <> 'assemble') others
 where c.job_id = j.id and j.kind in ('transcode', 'ondemand') and j.state = 'running' and not j.cancel_requested
   and c.state = 'running' and c.lease_until > clock_timestamp() and not c.rival_wanted and c.spec ->> 'do' <> 'assemble'
   and others.open = 1
   and c.began_at < clock_timestamp() - make_interval(secs => greatest(:slow_s, :slow_times * coalesce(others.longest, 0)))
   and c.job_id in (select id from jobs where state = 'running' order by updated_at limit :limit)
returning c.job_id, c.number, j.asset_id, j.kind;

-- name: expire_renditions(limit)
-- What the buckets' lifecycle has deleted (ceph-notifications/buckets.yaml): the rows say so, and the rendition can be ordered again.
update renditions set status = 'expired'
 where (asset_id, profile) in (
       select asset_id, profile from renditions
        where status = 'ready' and (
              (key like 'ondemand/%%' and updated_at < clock_timestamp() - interval '2 days')
           or (key like 'proxies/%%' and updated_at < clock_timestamp() - interval '90 days')
           or (key like 'thumbs/%%' and updated_at < clock_timestamp() - interval '180 days'))
        order by updated_at limit :limit for update skip locked)
returning asset_id, profile;

-- name: drop_old_orders(limit)!
-- Rows of ordered files that are gone for a month.
delete from renditions where ctid in (
    select ctid from renditions where status = 'expired' and key like 'ondemand/%%' and updated_at < clock_timestamp() - interval '30 days' limit :limit);

-- name: note_captions(asset_id, profile, captions)!
-- When the rendition was made does not change: it expires with its fragments.
update renditions set detail = detail || jsonb_build_object('captions', :captions::jsonb) where asset_id = :asset_id and profile = :profile;

-- name: open_orders(asset_id)$
select count(*) from jobs where asset_id = :asset_id and kind = 'ondemand' and state in ('queued', 'running') and not cancel_requested;

-- name: folder_is_used(asset_id, folder)$
-- A job that is at work in this folder.
select id from jobs where asset_id = :asset_id and state in ('queued', 'running') and not cancel_requested and spec ->> 'folder' = :folder limit 1;
