-- name: put_event_source(id, name, source, groups, roles, created_by)$
insert into event_sources (id, name, source, groups, roles, created_by) values (:id, :name, :source, :groups, :roles, :created_by)
on conflict do nothing returning id;

-- name: get_event_source(source_id)^
select *, old_key_until > clock_timestamp() as old_key_works from event_sources where id = :source_id;

-- name: list_event_sources(after, limit)
select * from event_sources where id > :after order by id limit :limit;

-- name: change_event_source(source_id, name, groups, enabled)!
update event_sources set name = :name, groups = :groups, enabled = :enabled, updated_at = clock_timestamp() where id = :source_id;

-- name: rotate_event_source(source_id, keep_s)$
update event_sources set key_number = key_number + 1, old_key_until = clock_timestamp() + make_interval(secs => :keep_s), updated_at = clock_timestamp()
 where id = :source_id returning key_number;

-- name: delete_event_source(source_id)$
delete from event_sources where id = :source_id returning id;

-- name: source_of_name(source)^
select id from event_sources where source = :source;

-- name: publication_access(publication_id, principals)^
select d.*, a.project_id, a.owner, a.name as asset_name, a.status as asset_status,
       exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from asset_distributions d join assets a on a.id = d.asset_id where d.id = :publication_id;

-- name: latest_attempts(publication_id, limit)
select * from publication_attempts where publication_id = :publication_id order by id desc limit :limit;

-- name: asset_access(asset_id, principals)^
-- Of any asset, deleted ones too: what still hangs on it may have to go.
select a.id, a.project_id, a.owner, a.status, a.rights,
       exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from assets a where a.id = :asset_id;

-- name: lock_channel_row(channel_id)^
select * from channels where id = :channel_id for update;
