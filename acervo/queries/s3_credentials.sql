-- name: add_s3_credential(id, project_id, name, gateway_user, created_by, most)^
-- None when the project has so many already.
insert into s3_credentials (id, project_id, name, gateway_user, created_by)
select :id, :project_id, :name, :gateway_user, :created_by
 where (select count(*) from s3_credentials where project_id = :project_id and state <> 'revoked') < :most
returning *;

-- name: activate_s3_credential(id, access_key)^
-- None when it was revoked meanwhile.
update s3_credentials set state = 'active', access_key = :access_key where id = :id and state = 'making' returning *;

-- name: get_s3_credential(project_id, id)^
select * from s3_credentials where project_id = :project_id and id = :id;

-- name: revoke_s3_credential(id, revoked_by)^
-- None when it was revoked before.
update s3_credentials set state = 'revoked', revoked_by = :revoked_by, revoked_at = clock_timestamp()
 where id = :id and state <> 'revoked' returning id;

-- name: list_s3_credentials(project_id, after_at, after_id, limit)
-- Newest first, revoked ones too.
select * from s3_credentials
 where project_id = :project_id
   and (:after_at::timestamptz is null or (created_at, id) < (:after_at::timestamptz, :after_id::uuid))
 order by created_at desc, id desc limit :limit;
