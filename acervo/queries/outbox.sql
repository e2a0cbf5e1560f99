-- name: take_unsent(limit)
-- Oldest first; rows that another process is sending are skipped.
select position, event from outbox where sent_at is null order by position limit :limit for update skip locked;

-- name: take_positions(positions)
select position, event from outbox where position = any(:positions) and sent_at is null order by position
    for update skip locked;

-- name: mark_sent(positions)!
update outbox set sent_at = clock_timestamp() where position = any(:positions);

-- name: say(event)$
insert into outbox (event) values (:event) returning position;

-- name: outbox_depth()^
select count(*) as depth, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_s
  from (select created_at from outbox where sent_at is null order by position limit 10000) unsent;

-- name: prune_outbox(keep_days, limit)!
delete from outbox where position in
    (select position from outbox where sent_at < now() - make_interval(days => :keep_days) limit :limit);

-- name: remember(consumer, source, id)$
-- The inbox: null when this consumer has committed the event before.
insert into inbox (consumer, source, id) values (:consumer, :source, :id) on conflict do nothing returning 1;

-- name: was_done(consumer, source, id)$
select 1 from inbox where consumer = :consumer and source = :source and id = :id;

-- name: prune_inbox(keep_days, limit)!
delete from inbox where (consumer, source, id) in
    (select consumer, source, id from inbox where done_at < now() - make_interval(days => :keep_days) limit :limit);
