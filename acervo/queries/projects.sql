-- name: project_ids_of(principals)
-- Projects that have one of these principals as a member.
select distinct project_id from project_members where principal = any(:principals);

-- name: list_projects(ids, after, limit, principals)
-- `ids` null: all of them; with whether one of the principals is a member.
select id, name, quota_bytes, created_at,
       exists (select 1 from project_members m where m.project_id = projects.id and m.principal = any(:principals)) as member
  from projects
 where (:ids::text[] is null or id = any(:ids::text[])) and id > :after
 order by id limit :limit;

-- name: get_project(project_id, principals)^
-- The project, and whether one of the principals is a member.
select p.*, exists (select 1 from project_members m where m.project_id = p.id and m.principal = any(:principals)) as member
  from projects p where p.id = :project_id;

-- name: lock_project(project_id)^
-- Uploads of one project queue up here, so that two of them cannot pass the quota together.
select * from projects where id = :project_id for no key update;

-- name: used_bytes(project_id)$
-- The folded sum and what has changed since (see migration 0006).
select p.used_bytes + (select coalesce(sum(u.delta), 0)::bigint from project_usage u where u.project_id = p.id) from projects p where p.id = :project_id;
