-- name: search_unread(at, asset_id, settled_s, most)^
-- Changes after a place in the order of the changes that are older than `settled_s` (counted up to `most`), and how old the first of them is.
select count(*) as unread, coalesce(extract(epoch from now() - min(updated_at)), 0)::float8 as oldest_s
  from (select updated_at from assets where (updated_at, id) > (:at::timestamptz, :asset_id::uuid)
           and updated_at < now() - make_interval(secs => :settled_s) order by updated_at, id limit :most) waiting;

-- name: search_indexes_with_positions(engine)
select number, format, live, position_at, position_id from search_indexes where engine = :engine order by number;
