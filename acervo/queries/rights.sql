-- name: take_due_rights(limit)
-- Assets whose rights changed by themselves, the longest ago first; each gets its next moment and, as with every change, a new version.
with due as (
    select id, rights_due_at from assets where rights_due_at <= clock_timestamp() order by rights_due_at, id limit :limit for update skip locked)
update assets a set rights_due_at = next_rights_moment(a.rights, clock_timestamp())
  from due where a.id = due.id
returning a.id, a.project_id, a.status, a.version, a.rights, due.rights_due_at as at;
