-- name: api_asset(asset_id, principals)^
-- One asset that is not deleted, and whether one of the principals is a member of its project.
select a.*, exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from assets a where a.id = :asset_id and a.status <> 'deleted';

-- name: api_lock_asset(asset_id, principals)^
-- The same, locked until the end of the transaction.
select a.*, exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from assets a where a.id = :asset_id and a.status <> 'deleted' for update of a;

-- name: api_assets(projects, project, kind, status, owner, after_at, after_id, limit)
-- A page by (created_at, id), newest first: stable while others upload. `projects` null: all of them.
select a.id, a.project_id, a.name, a.kind, a.status, a.reason_code, a.reason, a.owner, a.size_bytes, a.mime_type, a.language,
       a.metadata, a.rights, a.version, a.created_at, a.updated_at, jsonb_build_object('duration_s', a.technical -> 'duration_s') as technical,
       t.bucket as thumb_bucket, t.key as thumb_key
  from assets a
  left join lateral (
       select r.bucket, r.key from renditions r
        where r.asset_id = a.id and r.status = 'ready' and r.profile in ('thumb-300', 'poster')
        order by r.profile desc limit 1) t on true
 where (:projects::text[] is null or a.project_id = any(:projects::text[]))
   and (:project::text is null or a.project_id = :project::text)
   and (:kind::asset_kind is null or a.kind = :kind::asset_kind)
   and case when :status::asset_status is null then a.status <> 'deleted' else a.status = :status::asset_status end
   and (:owner::text is null or a.owner = :owner::text)
   and (:after_at::timestamptz is null or (a.created_at, a.id) < (:after_at::timestamptz, :after_id::uuid))
 order by a.created_at desc, a.id desc
 limit :limit;

-- name: api_thumbnails(asset_ids, projects)
-- The smallest picture of each asset that has one and may be seen. `projects` null: all of them.
select distinct on (a.id) a.id as asset_id, r.profile, r.bucket, r.key
  from assets a join renditions r on r.asset_id = a.id and r.status = 'ready' and r.profile in ('thumb-300', 'poster')
 where a.id = any(:asset_ids::uuid[]) and a.status <> 'deleted'
   and (:projects::text[] is null or a.project_id = any(:projects::text[]))
 order by a.id, r.profile desc;

-- name: api_open_upload(id, project_id, name, owner, upload_key, upload_id, part_size_bytes, size_bytes, mime_type, declared_sha256, metadata)!
insert into assets (id, project_id, name, owner, upload_key, upload_id, part_size_bytes, size_bytes, mime_type, declared_sha256, metadata)
values (:id, :project_id, :name, :owner, :upload_key, :upload_id, :part_size_bytes, :size_bytes, :mime_type, :declared_sha256, :metadata);

-- name: api_close_upload(asset_id, upload_id)$
-- Null when the upload was closed by somebody else.
update assets set upload_id = null where id = :asset_id and upload_id = :upload_id and status = 'uploading' returning id;

-- name: api_remembered_key(principal, key)^
select k.request, k.asset_id from idempotency_keys k where k.principal = :principal and k.key = :key;

-- name: api_remember_key(principal, key, request, asset_id)$
-- Null when another request with this key was first.
insert into idempotency_keys (principal, key, request, asset_id) values (:principal, :key, :request, :asset_id)
on conflict do nothing returning 1;

-- name: api_edit_asset(asset_id, name, metadata, rights, language)^
update assets set name = :name, metadata = :metadata, rights = :rights, language = :language where id = :asset_id returning *;

-- name: api_renditions(asset_id)
select * from renditions where asset_id = :asset_id order by profile;

-- name: api_rendition(asset_id, profile)^
select * from renditions where asset_id = :asset_id and profile = :profile;

-- name: api_jobs(asset_id, limit)
-- Newest first, with the parts' progress by their weights.
select j.*, job_progress(j) as parts_progress
  from jobs j where j.asset_id = :asset_id order by j.created_at desc, j.id desc limit :limit;

-- name: api_job(job_id, principals)^
select j.*, a.project_id, a.owner, a.status as asset_status,
       job_progress(j) as parts_progress,
       exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from jobs j join assets a on a.id = j.asset_id where j.id = :job_id and a.status <> 'deleted';

-- name: api_drop_idle_chunks(job_id)!
-- A part that somebody holds stays, so that its holder finds the job cancelled.
delete from job_chunks where job_id = :job_id and (state <> 'running' or lease_until < clock_timestamp());

-- name: api_cancel_jobs(asset_id, reason)!
update jobs set cancel_requested = true, state = 'cancelled', reason_code = 'cancelled', reason = :reason,
       updated_at = clock_timestamp(), finished_at = clock_timestamp()
 where asset_id = :asset_id and state in ('queued', 'running');

-- name: api_transcript(asset_id, after, limit)
-- With the correction that holds for a line, and what the machine had there.
select s.number, s.start_ms, s.end_ms, s.language, s.text, s.words, s.speaker, s.voice, s.model,
       e.id as edit_id, e.author as edit_author, e.at as edit_at, e.before as edit_before
  from (select * from transcript_segments where asset_id = :asset_id and number > :after order by number limit :limit) s
  left join transcript_edits e on e.asset_id = s.asset_id and e.ended_at is null and (e.start_ms, e.end_ms) = (s.start_ms, s.end_ms)
 order by s.number;

-- name: api_dead_letters(waiting, after, limit)
select * from dead_letters
 where (not :waiting::bool or replayed_at is null) and (:after::bigint is null or id < :after::bigint)
 order by id desc limit :limit;

-- name: api_dead_letter(letter_id)^
select * from dead_letters where id = :letter_id;

-- name: api_mark_replayed(letter_id)^
-- Null when it was replayed before.
update dead_letters set replayed_at = clock_timestamp() where id = :letter_id and replayed_at is null returning *;
