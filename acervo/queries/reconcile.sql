-- name: nudge(what, grace_s)$
-- 1 when it is time to ask (again): at once the first time, then after grace, 2, 4, 8 … times grace, an hour at most.
insert into nudges as n (what) values (:what)
on conflict (what) do update set times = n.times + 1, at = clock_timestamp()
 where n.at < clock_timestamp() - make_interval(secs => least(3600, :grace_s * power(2, least(n.times, 12) - 1)))
returning 1;

-- name: prune_nudges(keep_days, limit)!
delete from nudges where what in (select what from nudges where at < now() - make_interval(days => :keep_days) limit :limit);

-- name: assets_without_step(older_s, limit)
-- Processing, but a required step has no job: its event was lost. (acervo/assets.py says which steps; so does this.)
select a.id, a.project_id, a.kind, a.sha256, a.master_key, a.mime_type, a.size_bytes, a.technical, s.step
  from assets a
 cross join lateral unnest(
       case when a.kind <> 'image' and jsonb_array_length(coalesce(a.technical -> 'audio', '[]')) > 0
            then array['transcode', 'speech'] else array['transcode'] end) as s(step)
 where a.status = 'processing' and a.updated_at < clock_timestamp() - make_interval(secs => :older_s)
   and not exists (select from jobs j where j.asset_id = a.id and j.kind = s.step)
 order by a.updated_at limit :limit;

-- name: lost_chunks(older_s, limit)
-- Nobody holds a lease, and nothing has happened for a while.
select c.job_id, c.number, j.asset_id, j.kind
  from job_chunks c join jobs j on j.id = c.job_id
 where j.state in ('queued', 'running') and not j.cancel_requested
   and (c.state = 'queued' or (c.state = 'running' and c.lease_until < clock_timestamp()))
   and c.updated_at < clock_timestamp() - make_interval(secs => :older_s)
 order by c.updated_at limit :limit;

-- name: unassembled_jobs(older_s, limit)
select id, asset_id from jobs
 where kind = 'transcode' and state = 'running' and chunks_total > 0 and chunks_done >= chunks_total
   and updated_at < clock_timestamp() - make_interval(secs => :older_s)
 order by updated_at limit :limit;

-- name: cancelled_jobs(limit)
-- Asked to stop, and nobody works on them any more.
select id, asset_id from jobs j
 where state in ('queued', 'running') and cancel_requested
   and not exists (select from job_chunks c where c.job_id = j.id and c.state = 'running' and c.lease_until > clock_timestamp())
 order by updated_at limit :limit for update skip locked;

-- name: abandoned_uploads(older_days, limit)
-- Begun, never completed. One that is complete and waits for ingest is no business of this.
select id, project_id, upload_key, upload_id from assets
 where status = 'uploading' and upload_id is not null and updated_at < now() - make_interval(days => :older_days) order by updated_at limit :limit;

-- name: settled_uploads(keys)
-- Of these keys, those that need no event: what became of them is known.
select upload_key from assets where upload_key = any(:keys) and status <> 'uploading';

-- name: dead_events(ids)
select event_id from dead_letters where event_id = any(:ids) and replayed_at is null;

-- name: put_dead_letter(event, event_id, event_type, destination, code, answer)!
insert into dead_letters (event, event_id, event_type, destination, code, answer)
values (:event, :event_id, :event_type, :destination, :code, :answer) on conflict do nothing;

-- name: masters_to_verify(older_days, limit)
select id, project_id, master_key, sha256, size_bytes from assets
 where master_key is not null and status in ('processing', 'ready', 'error')
   and coalesce(fixity_at, created_at) < now() - make_interval(days => :older_days)
 order by fixity_at nulls first limit :limit;

-- name: verified(asset_id)!
update assets set fixity_at = clock_timestamp() where id = :asset_id;

-- name: put_audit(who, what, asset_id, project_id, from_where, result, detail)!
insert into audit_log (who, what, asset_id, project_id, from_where, result, detail)
values (:who, :what, :asset_id, :project_id, :from_where, :result, :detail);

-- name: prune_idempotency(keep_days, limit)!
delete from idempotency_keys where ctid in
    (select ctid from idempotency_keys where created_at < now() - make_interval(days => :keep_days) limit :limit);
