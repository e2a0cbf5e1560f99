-- name: put_webhook(id, name, url, project_id, types, created_by)^
insert into webhooks (id, name, url, project_id, types, created_by) values (:id, :name, :url, :project_id, :types, :created_by) returning *;

-- name: get_webhook(webhook_id)^
select * from webhooks where id = :webhook_id;

-- name: lock_webhook(webhook_id)^
select * from webhooks where id = :webhook_id for update;

-- name: list_webhooks(project, after, limit)
select * from webhooks where (:project::text is null or project_id = :project::text) and (:after::uuid is null or id > :after::uuid) order by id limit :limit;

-- name: change_webhook(webhook_id, name, url, types, state, key_number)^
-- Another address has to agree first.
update webhooks set name = :name, types = :types, key_number = :key_number,
       state = case when url <> :url or (:state = 'active' and state <> 'active') then 'pending' else :state end,
       failures = case when state <> :state or url <> :url then 0 else failures end,
       failing_since = case when state <> :state or url <> :url then null else failing_since end,
       asks = case when state <> :state or url <> :url then 0 else asks end, asked_at = case when state <> :state or url <> :url then null else asked_at end,
       notice = case when state <> :state or url <> :url then null else notice end,
       url = :url, updated_at = clock_timestamp()
 where id = :webhook_id returning *;

-- name: delete_webhook(webhook_id)$
delete from webhooks where id = :webhook_id returning id;

-- name: webhooks_for(project_id, moved_from)
-- An asset that changes its project is news in both.
select id, types from webhooks where state = 'active' and (project_id is null or project_id = :project_id or project_id = :moved_from::text);

-- name: put_delivery(webhook_id, event_id, event)$
insert into webhook_deliveries (webhook_id, event_id, event) values (:webhook_id, :event_id, :event) on conflict do nothing returning id;

-- name: take_deliveries(ids, lease_s, each, limit)
-- Those that are due, leased: of these ids, or (null) some of every address, so that one that is down never hides another.
update webhook_deliveries d set lease_until = clock_timestamp() + make_interval(secs => :lease_s), attempts = attempts + 1
  from webhooks w
 where w.id = d.webhook_id and d.id in (
    select o.id from webhooks v cross join lateral (
        select x.id from webhook_deliveries x
         where x.webhook_id = v.id and x.state = 'waiting' and (:ids::bigint[] is null or x.id = any(:ids::bigint[]))
           and x.due_at <= clock_timestamp() and (x.lease_until is null or x.lease_until < clock_timestamp())
         order by x.due_at, x.id limit :each for update skip locked) o
     where v.state = 'active' limit :limit)
returning d.*, w.url, w.key_number, w.rate_a_minute;

-- name: give_back_delivery(delivery_id, again_s)!
-- It was not tried.
update webhook_deliveries set lease_until = null, attempts = attempts - 1, due_at = clock_timestamp() + make_interval(secs => :again_s)
 where id = :delivery_id and state = 'waiting';

-- name: sent_last_minute(webhook_id)$
select count(*) from webhook_deliveries where webhook_id = :webhook_id and tried_at > clock_timestamp() - interval '1 minute';

-- name: end_delivery(delivery_id, state, status, reason, again_s)!
update webhook_deliveries set state = :state, status = :status, reason = :reason, lease_until = null, tried_at = clock_timestamp(),
       due_at = clock_timestamp() + make_interval(secs => :again_s), ended_at = case when :state <> 'waiting' then clock_timestamp() end
 where id = :delivery_id;

-- name: webhook_answered(webhook_id)!
update webhooks set failures = 0, failing_since = null where id = :webhook_id and failures > 0;

-- name: webhook_failed(webhook_id)^
update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()) where id = :webhook_id
returning failures, extract(epoch from clock_timestamp() - failing_since)::float8 as failing_s, name, project_id, state;

-- name: disable_webhook(webhook_id, notice)$
update webhooks set state = 'disabled', notice = :notice, updated_at = clock_timestamp() where id = :webhook_id and state = 'active' returning id;

-- name: webhooks_to_ask(limit)
-- Addresses that have not agreed yet, less and less often.
select * from webhooks where state = 'pending'
   and (asked_at is null or asked_at < clock_timestamp() - make_interval(secs => 30 * power(2, least(asks, 8))))
 order by asked_at nulls first limit :limit for update skip locked;

-- name: asked_webhook(webhook_id, state, notice, rate_a_minute)!
update webhooks set asks = asks + 1, asked_at = clock_timestamp(), state = :state, notice = :notice, rate_a_minute = :rate_a_minute,
       updated_at = clock_timestamp() where id = :webhook_id;

-- name: list_deliveries(webhook_id, state, before, limit)
select id, event_id, event ->> 'type' as event_type, state, attempts, due_at, status, reason, created_at, ended_at from webhook_deliveries
 where webhook_id = :webhook_id and (:state::text is null or state = :state::text) and (:before::bigint is null or id < :before::bigint)
 order by id desc limit :limit;

-- name: revive_deliveries(webhook_id, limit)
update webhook_deliveries set state = 'waiting', attempts = 0, due_at = clock_timestamp(), ended_at = null where id in
    (select id from webhook_deliveries where webhook_id = :webhook_id and state = 'dead' order by id limit :limit for update skip locked)
returning id;

-- name: prune_deliveries(keep_days, limit)!
delete from webhook_deliveries where id in
    (select id from webhook_deliveries where state <> 'waiting' and ended_at < now() - make_interval(days => :keep_days) limit :limit);

-- name: project_of_asset(asset_id)$
select project_id from assets where id = :asset_id;

-- name: settle_asked(webhook_id, url, state, notice, rate_a_minute)!
-- Unless somebody changed it while it was asked.
update webhooks set state = :state, notice = :notice, rate_a_minute = :rate_a_minute, updated_at = clock_timestamp()
 where id = :webhook_id and url = :url and state = 'pending';
