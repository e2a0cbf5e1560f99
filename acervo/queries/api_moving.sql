-- name: standing_of_assets(asset_ids, project_id)
-- What stands against moving each asset to a project: work under way, an asset there with the same bytes, channels it is (or shall be)
-- on that the project may not publish on.
select a.id,
       exists (select from jobs j where j.asset_id = a.id and j.state in ('queued', 'running')) as worked_on,
       (select t.id from assets t
         where t.project_id = :project_id and t.sha256 = a.sha256 and t.id <> a.id and t.status in ('processing', 'ready', 'error') limit 1) as same_bytes,
       array(select distinct d.channel_id from asset_distributions d join channels c on c.id = d.channel_id
              where d.asset_id = a.id and (d.live or (d.wanted = 'live' and d.state not in ('failed', 'withdrawn')))
                and c.projects is not null and not :project_id = any(c.projects) order by 1) as shown_on
  from assets a where a.id = any(:asset_ids::uuid[]);

-- name: move_asset(asset_id, project_id)^
update assets set project_id = :project_id where id = :asset_id returning *;

-- name: move_embeddings(asset_id, project_id)!
-- Vectors carry their project, so that their index can be filtered.
update embeddings set project_id = :project_id where asset_id = :asset_id;

-- name: leave_collections(asset_id, project_id)!
-- Collections hold assets of their own project only: those of any other are left.
delete from collection_assets i using collections c
 where i.asset_id = :asset_id and c.id = i.collection_id and c.project_id <> :project_id;
