-- depends: 0001.platform 0006.api

-- Lists by owner and by kind: whoever owns nothing, or asks for what is rare, must not make the list walk past everybody's assets.
create index assets_of_owner on assets (owner, created_at desc, id desc);
create index assets_of_kind on assets (kind, created_at desc, id desc);
create index assets_deleted on assets (created_at desc, id desc) where status = 'deleted';
