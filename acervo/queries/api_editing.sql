-- name: put_asset_edit(asset_id, version, who, what, changed, bulk_id, undoes)$
insert into asset_edits (asset_id, version, who, what, changed, bulk_id, undoes)
values (:asset_id, :version, :who, :what, :changed, :bulk_id, :undoes) returning id;

-- name: asset_edits_page(asset_id, before, limit)
-- Newest first.
select e.*, exists (select from asset_edits u where u.undoes = e.id) as undone
  from asset_edits e where e.asset_id = :asset_id and (:before::bigint is null or e.id < :before::bigint)
 order by e.id desc limit :limit;

-- name: get_asset_edit(asset_id, edit_id)^
select e.*, exists (select from asset_edits u where u.undoes = e.id) as undone
  from asset_edits e where e.asset_id = :asset_id and e.id = :edit_id;

-- name: bulk_edits(bulk_id, who, limit)
select asset_id, id from asset_edits where bulk_id = :bulk_id and (:who::text is null or who = :who::text) order by asset_id limit :limit;

-- name: lock_assets_to_edit(asset_ids, principals)
-- In the order of their ids, so that two bulk edits never wait for each other.
select a.*, exists (select 1 from project_members m where m.project_id = a.project_id and m.principal = any(:principals)) as member
  from assets a where a.id = any(:asset_ids::uuid[]) and a.status <> 'deleted' order by a.id for update of a;

-- name: put_collection(id, project_id, name, description, created_by)^
insert into collections (id, project_id, name, description, created_by) values (:id, :project_id, :name, :description, :created_by) returning *, 0 as assets;

-- name: get_collection(collection_id, principals)^
select c.*, (select count(*) from collection_assets i join assets a on a.id = i.asset_id where i.collection_id = c.id and a.status <> 'deleted') as assets,
       exists (select 1 from project_members m where m.project_id = c.project_id and m.principal = any(:principals)) as member
  from collections c where c.id = :collection_id;

-- name: list_collections(projects, project, asset_id, after_name, after_id, limit)
-- By name. `projects` null: all of them.
select c.*, (select count(*) from collection_assets i join assets a on a.id = i.asset_id where i.collection_id = c.id and a.status <> 'deleted') as assets
  from collections c
 where (:projects::text[] is null or c.project_id = any(:projects::text[])) and (:project::text is null or c.project_id = :project::text)
   and (:asset_id::uuid is null or exists (select from collection_assets i where i.collection_id = c.id and i.asset_id = :asset_id::uuid))
   and (:after_name::text is null or (c.name, c.id) > (:after_name::text, :after_id::uuid))
 order by c.name, c.id limit :limit;

-- name: edit_collection(collection_id, name, description)!
update collections set name = :name, description = :description, version = version + 1, updated_at = clock_timestamp() where id = :collection_id;

-- name: delete_collection(collection_id)!
delete from collections where id = :collection_id;

-- name: add_to_collection(collection_id, asset_ids, added_by)!
-- Only assets of the collection's project; what is there already stays as it is.
insert into collection_assets (collection_id, asset_id, added_by)
select c.id, a.id, :added_by from collections c join assets a on a.project_id = c.project_id
 where c.id = :collection_id and a.id = any(:asset_ids::uuid[]) and a.status <> 'deleted'
on conflict do nothing;

-- name: remove_from_collection(collection_id, asset_ids)!
delete from collection_assets where collection_id = :collection_id and asset_id = any(:asset_ids::uuid[]);

-- name: collection_page(collection_id, after_at, after_id, limit)
-- In the order in which they were added.
select a.id, a.project_id, a.name, a.kind, a.status, a.reason_code, a.reason, a.owner, a.size_bytes, a.mime_type, a.language, a.rights,
       a.metadata, a.version, a.created_at, a.updated_at, jsonb_build_object('duration_s', a.technical -> 'duration_s') as technical, i.added_at
  from collection_assets i join assets a on a.id = i.asset_id
 where i.collection_id = :collection_id and a.status <> 'deleted'
   and (:after_at::timestamptz is null or (i.added_at, i.asset_id) > (:after_at::timestamptz, :after_id::uuid))
 order by i.added_at, i.asset_id limit :limit;

-- name: asset_links_of(asset_id, projects, limit)
-- Both directions; only to assets that may be seen.
select l.kind, l.created_by, l.created_at, l.asset_id = :asset_id as outgoing, a.id, a.name, a.project_id, a.kind as asset_kind, a.status
  from asset_links l join assets a on a.id = case when l.asset_id = :asset_id then l.other_id else l.asset_id end
 where (l.asset_id = :asset_id or l.other_id = :asset_id) and a.status <> 'deleted'
   and (:projects::text[] is null or a.project_id = any(:projects::text[]))
 order by l.created_at, a.id limit :limit;

-- name: put_asset_link(asset_id, other_id, kind, created_by)!
insert into asset_links (asset_id, other_id, kind, created_by) values (:asset_id, :other_id, :kind, :created_by) on conflict do nothing;

-- name: delete_asset_link(asset_id, other_id, kind)!
delete from asset_links where asset_id = :asset_id and other_id = :other_id and kind = :kind;
