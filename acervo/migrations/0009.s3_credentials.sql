-- depends: 0001.platform

-- Keys for S3 clients that may only put objects under uploads/{project}/. No secret is stored: the gateway made it, it was shown once.
-- `making`: begun; the gateway may know the user, its secret was never shown.
create table s3_credentials (
    id          uuid primary key,
    project_id  text not null references projects,
    name        text not null check (length(name) between 1 and 200),
    gateway_user text not null unique,               -- the user that objects are notified with: assets.owner is 's3:<user>'
    access_key  text,
    state       text not null default 'making' check (state in ('making', 'active', 'revoked')),
    created_by  text not null,
    created_at  timestamptz not null default clock_timestamp(),
    revoked_by  text,
    revoked_at  timestamptz
);
create index s3_credentials_project on s3_credentials (project_id, created_at desc, id desc);
