-- name: find_arrival(key, ids)
-- Assets that an object under uploads/ may belong to.
select * from assets where upload_key = :key or id = any(:ids) for update;

-- name: project_exists(project_id)$
select 1 from projects where id = :project_id;

-- name: put_dropped(id, project_id, name, owner, upload_key, mime_type)$
-- An object that came without `init`. Null when a delivery of the same event was faster.
insert into assets (id, project_id, name, owner, upload_key, mime_type)
values (:id, :project_id, :name, :owner, :upload_key, :mime_type) on conflict do nothing returning id;

-- name: free_upload_key(asset_id)!
update assets set upload_key = null where id = :asset_id;

-- name: twin_in_project(project_id, sha256, asset_id)^
-- The asset of this project that has these bytes already (index assets_bytes).
select id, name from assets
 where project_id = :project_id and sha256 = :sha256 and id <> :asset_id and status in ('processing', 'ready', 'error');

-- name: twins_elsewhere(sha256, size_bytes, asset_id)
-- Masters with these bytes: a copy of one of them shares its data.
select master_key from assets
 where sha256 = :sha256 and size_bytes = :size_bytes and id <> :asset_id and master_key is not null
   and status in ('processing', 'ready', 'error')
 order by created_at limit 3;

-- name: mark_ingested(asset_id, kind, sha256, master_key, size_bytes, mime_type, technical, embedded, metadata)!
-- Raises a unique violation when another asset of the project got these bytes first.
update assets
   set status = 'processing', kind = :kind, sha256 = :sha256, master_key = :master_key, size_bytes = :size_bytes, mime_type = :mime_type,
       technical = :technical, embedded = :embedded, metadata = :metadata, upload_key = null, upload_id = null,
       reason_code = null, reason = null, fixity_at = now()
 where id = :asset_id;

-- name: mark_rejected(asset_id, reason_code, reason, duplicate_of, sha256, size_bytes, technical, keeps)!
update assets
   set status = 'rejected', reason_code = :reason_code, reason = :reason, duplicate_of = :duplicate_of, sha256 = :sha256,
       size_bytes = :size_bytes, technical = :technical, upload_id = null, upload_key = case when :keeps then upload_key end
 where id = :asset_id;
