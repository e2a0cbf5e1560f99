-- name: lock_asset(asset_id)^
-- The whole row, locked until the end of the transaction: who changes an asset's status holds it.
select * from assets where id = :asset_id for update;

-- name: set_status(asset_id, status, reason_code, reason)!
update assets set status = :status, reason_code = :reason_code, reason = :reason where id = :asset_id;

-- name: put_job(id, asset_id, kind, state, required, spec, chunks_total, cause)$
-- Null when the same cause has made this job before.
insert into jobs (id, asset_id, kind, state, required, spec, chunks_total, cause)
values (:id, :asset_id, :kind, :state, :required, :spec, :chunks_total, :cause)
on conflict (asset_id, kind, cause) do nothing
returning id;

-- name: latest_job(asset_id, kind)^
select * from jobs where asset_id = :asset_id and kind = :kind order by created_at desc, id desc limit 1;

-- name: get_job(job_id)^
select * from jobs where id = :job_id;

-- name: lock_job(job_id)^
select * from jobs where id = :job_id for update;

-- name: latest_jobs(asset_id)
select distinct on (kind) * from jobs where asset_id = :asset_id order by kind, created_at desc, id desc;

-- name: set_job_state(job_id, state, reason_code, reason)!
update jobs set state = :state, reason_code = :reason_code, reason = :reason, updated_at = clock_timestamp(),
       finished_at = case when :state in ('done', 'failed', 'cancelled') then clock_timestamp() end
 where id = :job_id;

-- name: request_cancel(job_id)$
update jobs set cancel_requested = true, updated_at = clock_timestamp()
 where id = :job_id and state in ('queued', 'running') returning id;

-- name: put_chunk(job_id, number, spec)!
insert into job_chunks (job_id, number, spec) values (:job_id, :number, :spec) on conflict do nothing;

-- name: claim_chunk(job_id, number, owner, lease_s)^
-- The chunk when it is free (never begun, given back, or its lease ran out) and its job still wants it. One that is held may be
-- claimed beside its holder when a rival is wanted: the first result wins.
update job_chunks c
   set state = 'running', attempt = attempt + 1, updated_at = clock_timestamp(),
       progress = case when c.state = 'running' and c.lease_until > now() then progress else 0 end,
       lease_owner = case when c.state = 'running' and c.lease_until > now() then lease_owner else :owner end,
       lease_until = case when c.state = 'running' and c.lease_until > now() then lease_until
                          else clock_timestamp() + make_interval(secs => :lease_s) end,
       rival_owner = case when c.state = 'running' and c.lease_until > now() then :owner else rival_owner end,
       rival_until = case when c.state = 'running' and c.lease_until > now() then clock_timestamp() + make_interval(secs => :lease_s)
                          else rival_until end
  from jobs j
 where c.job_id = :job_id and c.number = :number and j.id = c.job_id
   and j.state in ('queued', 'running') and not j.cancel_requested
   and (c.state = 'queued' or (c.state = 'running' and c.lease_until <= now())
        or (c.state = 'running' and c.rival_wanted and coalesce(c.rival_until, '-infinity') < now()))
returning c.*, :owner::text as owner, j.asset_id, j.kind, j.spec as job_spec;

-- name: begin_job(job_id)!
update jobs set state = 'running', updated_at = clock_timestamp() where id = :job_id and state = 'queued';

-- name: look_at_chunk(job_id, number)^
select c.*, j.state as job_state, j.cancel_requested,
       greatest(1, extract(epoch from c.lease_until - clock_timestamp()))::int as lease_left_s
  from job_chunks c join jobs j on j.id = c.job_id where c.job_id = :job_id and c.number = :number;

-- name: renew_chunk(job_id, number, owner, lease_s, progress)^
-- Null when the lease is lost (another instance took it, or has finished it).
update job_chunks c
   set lease_until = case when c.lease_owner = :owner then clock_timestamp() + make_interval(secs => :lease_s) else lease_until end,
       rival_until = case when c.rival_owner = :owner then clock_timestamp() + make_interval(secs => :lease_s) else rival_until end,
       progress = greatest(c.progress, :progress), updated_at = clock_timestamp()
  from jobs j
 where c.job_id = :job_id and c.number = :number and :owner in (c.lease_owner, c.rival_owner) and c.state = 'running' and j.id = c.job_id
returning j.cancel_requested, j.state as job_state;

-- name: release_chunk(job_id, number, owner)!
-- Given back at once (SIGTERM, a transient error): the next delivery need not wait for the lease. A rival that is at work goes on.
update job_chunks
   set state = case when lease_owner = :owner and rival_owner is null then 'queued' else state end,
       lease_owner = case when lease_owner = :owner then rival_owner else lease_owner end,
       lease_until = case when lease_owner = :owner then rival_until else lease_until end,
       rival_owner = null, rival_until = null, updated_at = clock_timestamp()
 where job_id = :job_id and number = :number and :owner in (lease_owner, rival_owner) and state = 'running';

-- name: fail_chunk(job_id, number, owner, reason)^
update job_chunks
   set state = case when lease_owner = :owner and rival_owner is null then 'queued' else state end,
       lease_owner = case when lease_owner = :owner then rival_owner else lease_owner end,
       lease_until = case when lease_owner = :owner then rival_until else lease_until end,
       rival_owner = null, rival_until = null, failures = failures + 1, reason = :reason, updated_at = clock_timestamp()
 where job_id = :job_id and number = :number and :owner in (lease_owner, rival_owner) and state = 'running' returning failures;

-- name: finish_chunk(job_id, number, owner, result)$
-- The first result wins; null for every later one.
update job_chunks set state = 'done', result = :result, progress = 1, lease_owner = :owner, lease_until = null,
       updated_at = clock_timestamp()
 where job_id = :job_id and number = :number and state <> 'done' returning number;

-- name: count_chunk(job_id)^
-- One atomic countdown: exactly one caller sees remaining = 0.
update jobs set chunks_done = chunks_done + 1, state = 'running', updated_at = clock_timestamp()
 where id = :job_id and state in ('queued', 'running') returning chunks_total - chunks_done as remaining, asset_id;

-- name: chunk_results(job_id)
select number, spec, result from job_chunks where job_id = :job_id order by number;

-- name: drop_chunks(job_id)!
delete from job_chunks where job_id = :job_id;

-- name: put_rendition(asset_id, profile, status, bucket, key, mime_type, size_bytes, detail)!
insert into renditions (asset_id, profile, status, bucket, key, mime_type, size_bytes, detail)
values (:asset_id, :profile, :status, :bucket, :key, :mime_type, :size_bytes, :detail)
on conflict (asset_id, profile) do update set status = excluded.status, bucket = excluded.bucket, key = excluded.key,
    mime_type = excluded.mime_type, size_bytes = excluded.size_bytes, detail = excluded.detail, updated_at = clock_timestamp();

-- name: get_asset(asset_id)^
select * from assets where id = :asset_id;
