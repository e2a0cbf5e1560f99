-- name: audit_page(who, what, asset_id, project_id, result, since, until, before, limit)
-- Newest first.
select id, at, who, what, asset_id, project_id, from_where, result, detail from audit_log
 where (:who::text is null or who = :who::text) and (:what::text is null or what = :what::text)
   and (:asset_id::uuid is null or asset_id = :asset_id::uuid) and (:project_id::text is null or project_id = :project_id::text)
   and (:result::text is null or result = :result::text)
   and (:since::timestamptz is null or at >= :since::timestamptz) and (:until::timestamptz is null or at < :until::timestamptz)
   and (:before::bigint is null or id < :before::bigint)
 order by id desc limit :limit;

-- name: audit_horizon()$
-- Under `lock table audit_log in share mode`: nobody can add a row with a number below this any more.
select coalesce(max(id), 0) from audit_log;

-- name: lock_seals()$
-- One sealer at a time.
select pg_advisory_xact_lock(179378214);

-- name: last_seal()^
select * from audit_seals order by number desc limit 1;

-- name: seal_end(from_id, horizon, limit)$
-- The last row of the next seal; null when there is nothing to seal.
select max(id) from (select id from audit_log where id >= :from_id and id <= :horizon order by id limit :limit) rows;

-- name: put_seal(number, from_id, to_id, before)^
insert into audit_seals (number, from_id, to_id, row_count, hash)
select :number, :from_id, :to_id, count(*), audit_hash(:before, :from_id, :to_id) from audit_log where id between :from_id and :to_id
returning *;

-- name: seals_after(number, limit)
select number, from_id, to_id, row_count, hash, sealed_at from audit_seals where number > :number order by number limit :limit;

-- name: seal_again(before, from_id, to_id)^
-- What the seal should be, from the rows as they are now.
select audit_hash(:before, :from_id, :to_id) as hash, (select count(*) from audit_log where id between :from_id and :to_id) as row_count;

-- name: has_seal(hash)$
select 1 from audit_seals where hash = :hash;
