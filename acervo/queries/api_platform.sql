-- name: api_project(project_id, principals)^
-- One project with what it uses.
select p.*, p.used_bytes + (select coalesce(sum(u.delta), 0)::bigint from project_usage u where u.project_id = p.id) as usage_bytes,
       exists (select 1 from project_members m where m.project_id = p.id and m.principal = any(:principals)) as member
  from projects p where p.id = :project_id;

-- name: create_project(project_id, name, quota_bytes)$
-- Null when there is one of that id.
insert into projects (id, name, quota_bytes) values (:project_id, :name, :quota_bytes) on conflict do nothing returning id;

-- name: change_project(project_id, name, quota_bytes)!
update projects set name = :name, quota_bytes = :quota_bytes where id = :project_id;

-- name: fold_usage(project_id)!
-- Under the project's lock: what has changed becomes part of the sum.
with gone as (delete from project_usage where project_id = :project_id returning delta)
update projects set used_bytes = used_bytes + (select coalesce(sum(delta), 0) from gone) where id = :project_id and exists (select from gone);

-- name: list_members(project_id, after, limit)
select principal from project_members where project_id = :project_id and principal > :after order by principal limit :limit;

-- name: put_member(project_id, principal)$
insert into project_members (project_id, principal) values (:project_id, :principal) on conflict do nothing returning 1;

-- name: delete_member(project_id, principal)$
delete from project_members where project_id = :project_id and principal = :principal returning 1;

-- name: api_jobs_page(projects, project, asset_id, state, kind, after_at, after_id, limit)
-- Newest first. `projects` null: all of them.
select j.*, a.project_id, job_progress(j) as parts_progress
  from jobs j join assets a on a.id = j.asset_id
 where a.status <> 'deleted' and (:projects::text[] is null or a.project_id = any(:projects::text[]))
   and (:project::text is null or a.project_id = :project::text) and (:asset_id::uuid is null or j.asset_id = :asset_id::uuid)
   and (:state::text is null or j.state = :state::text) and (:kind::text is null or j.kind = :kind::text)
   and (:after_at::timestamptz is null or (j.created_at, j.id) < (:after_at::timestamptz, :after_id::uuid))
 order by j.created_at desc, j.id desc limit :limit;

-- name: take_letters(event_type, destination, until, limit)
-- Oldest first: letters that wait and fit, marked as replayed.
update dead_letters set replayed_at = clock_timestamp() where id in (
    select id from dead_letters where replayed_at is null and (:event_type::text is null or event_type = :event_type::text)
       and (:destination::text is null or destination = :destination::text) and id <= :until
     order by id limit :limit for update skip locked)
returning *;

-- name: count_letters(event_type, destination, until)$
select count(*) from (select 1 from dead_letters where replayed_at is null and (:event_type::text is null or event_type = :event_type::text)
   and (:destination::text is null or destination = :destination::text) and id <= :until limit 10000) waiting;

-- name: last_letter()$
select coalesce(max(id), 0) from dead_letters;

-- name: platform_state()^
-- What waits, for the platform team.
select (select count(*) from (select 1 from outbox where sent_at is null limit 10000) o) as unsent_events,
       (select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from outbox where sent_at is null) as oldest_unsent_s,
       (select count(*) from (select 1 from dead_letters where replayed_at is null limit 10000) d) as dead_letters,
       (select count(*) from (select 1 from jobs where state in ('queued', 'running') limit 10000) j) as open_jobs,
       (select count(*) from (select 1 from assets where status = 'uploading' limit 10000) u) as open_uploads,
       (select count(*) from (select 1 from assets where status = 'processing' limit 10000) p) as processing_assets,
       (select count(*) from (select 1 from nudges where at > now() - interval '1 hour' limit 10000) n) as nudges_last_hour,
       (select count(*) from (select 1 from assets where status = 'deleted' and purged_at is null limit 10000) x) as to_purge,
       (select max(sealed_at) from audit_seals) as audit_sealed_at;

-- name: steps_lately(most)
-- How the kinds of jobs do, of the newest `most` jobs.
select kind, (array_agg(spec ->> 'used' order by created_at desc) filter (where spec ? 'used'))[1] as model,
       count(*) filter (where state in ('queued', 'running')) as open, count(*) filter (where state = 'done') as done,
       count(*) filter (where state = 'failed') as failed, max(finished_at) filter (where state = 'done') as last_done_at
  from (select kind, state, spec, created_at, finished_at from jobs order by created_at desc, id desc limit :most) newest
 group by kind order by kind;

-- name: latest_nudges(limit)
select what, times, at from nudges order by at desc limit :limit;

-- name: reset_to_uploading(asset_id)!
update assets set status = 'uploading', reason_code = null, reason = null where id = :asset_id and status = 'rejected';

-- name: channel_in_use(channel_id)$
select count(*) from asset_distributions where channel_id = :channel_id and live;

-- name: claim_answer(principal, key, request, stale_s)$
-- 1 when the request is ours to do: it is new, or whoever began it never came back.
insert into idempotent_answers as i (principal, key, request) values (:principal, :key, :request)
on conflict (principal, key) do update set created_at = clock_timestamp()
 where i.status is null and i.request = excluded.request and i.created_at < clock_timestamp() - make_interval(secs => :stale_s)
returning 1;

-- name: known_answer(principal, key)^
select request, status, body from idempotent_answers where principal = :principal and key = :key;

-- name: keep_answer(principal, key, status, body)!
update idempotent_answers set status = :status, body = :body where principal = :principal and key = :key;

-- name: drop_answer(principal, key)!
delete from idempotent_answers where principal = :principal and key = :key and status is null;

-- name: prune_answers(keep_days, limit)!
delete from idempotent_answers where ctid in
    (select ctid from idempotent_answers where created_at < now() - make_interval(days => :keep_days) limit :limit);

-- name: visible_channels(projects, after, limit)
-- Channels of at least one of the projects. `projects` null: all channels.
select * from channels
 where (:projects::text[] is null or (cardinality(:projects::text[]) > 0 and (projects is null or projects && :projects::text[]))) and id > :after
 order by id limit :limit;
