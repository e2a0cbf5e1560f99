-- name: assets_to_purge(older_days, limit)
-- Deleted for a while, and nothing of them is on a channel any more.
select a.id, a.project_id, a.upload_key, a.master_key from assets a
 where a.status = 'deleted' and a.purged_at is null and a.updated_at < now() - make_interval(days => :older_days)
   and not exists (select from asset_distributions d where d.asset_id = a.id and d.live)
 order by a.updated_at limit :limit;

-- name: mark_purged(asset_id)$
-- What is only derived goes with the bytes; the row stays, so that the audit log's ids mean something.
update assets set purged_at = clock_timestamp(), upload_key = null, master_key = null, embedded = '{}'
 where id = :asset_id and status = 'deleted' and purged_at is null returning id;

-- name: forget_renditions(asset_id)!
delete from renditions where asset_id = :asset_id;
