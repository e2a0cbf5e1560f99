-- name: hold_hash(asset_id, etag, size_bytes, holder, holds_s)^
-- The row, held from now on; null while another holds it. What was reached of another object counts for nothing.
insert into hash_progress as h (asset_id, etag, size_bytes, holder, held_until)
values (:asset_id, :etag, :size_bytes, :holder, clock_timestamp() + make_interval(secs => :holds_s))
on conflict (asset_id) do update
   set holder = excluded.holder, held_until = excluded.held_until, etag = excluded.etag, size_bytes = excluded.size_bytes,
       offset_bytes = case when h.etag = excluded.etag then h.offset_bytes else 0 end,
       state = case when h.etag = excluded.etag then h.state end,
       probed = case when h.etag = excluded.etag then h.probed end
 where h.held_until < clock_timestamp() or h.etag <> excluded.etag
returning offset_bytes, state, probed;

-- name: hash_holder(asset_id)$
select holder from hash_progress where asset_id = :asset_id;

-- name: keep_probed(asset_id, holder, probed, holds_s)!
update hash_progress set probed = :probed, held_until = clock_timestamp() + make_interval(secs => :holds_s), updated_at = now()
 where asset_id = :asset_id and holder = :holder;

-- name: keep_hash(asset_id, holder, offset_bytes, state, holds_s)!
-- 0 rows: somebody else holds it by now.
update hash_progress
   set offset_bytes = :offset_bytes, state = :state, held_until = clock_timestamp() + make_interval(secs => :holds_s), updated_at = now()
 where asset_id = :asset_id and holder = :holder;

-- name: hashed_share(asset_id)$
-- 0 to 1; null: nothing of it is being hashed over several calls.
select offset_bytes::float8 / greatest(size_bytes, 1) from hash_progress where asset_id = :asset_id;

-- name: forget_hash(asset_id)!
delete from hash_progress where asset_id = :asset_id;
