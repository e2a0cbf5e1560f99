"""The statements of the queue, each with its reason."""

from __future__ import annotations

#: One round trip for a whole group of events: ids first, so that rows and deliveries can name each other.
ENQUEUE = """
with incoming as materialized (
    select nextval(pg_get_serial_sequence('knative.events', 'id')) as id, headers, body, ordinal
    from unnest(%(headers)s::text[], %(bodies)s::bytea[]) with ordinality as i(headers, body, ordinal)
), stored as (
    insert into knative.events (id, headers, body) select id, headers::jsonb, body from incoming
)
insert into knative.deliveries (event_id, trigger)
select incoming.id, wanted.trigger
from unnest(%(ordinals)s::bigint[], %(triggers)s::text[]) as wanted(ordinal, trigger) join incoming using (ordinal)
"""

#: A lane is what shares slots (a service, a URL). Due rows of each (trigger, dead) by index, the oldest of the lane first.
CLAIM = """
with wanted as (
    select * from unnest(%(lanes)s::int[], %(free)s::int[], %(triggers)s::text[], %(dead)s::boolean[])
        as w(lane, free, trigger, dead)
), due as (
    select w.lane, w.free, d.id, d.visible_at
    from wanted w cross join lateral (
        select id, visible_at from knative.deliveries
        where trigger = w.trigger and dead = w.dead and visible_at <= now()
        order by visible_at limit w.free for update skip locked
    ) d
), picked as (
    select id from (
        select id, free, row_number() over (partition by lane order by visible_at, id) as place from due
    ) ranked where place <= free
)
update knative.deliveries d set attempt = d.attempt + 1, visible_at = now() + %(lease)s, leased = true
from picked, knative.events e
where d.id = picked.id and e.id = d.event_id
returning d.id, d.trigger, d.dead, d.attempt, e.headers, e.body, d.error_dest, d.error_code, d.error_data
"""

#: The second statement sees the rows of the first one as still there, hence the last condition.
DONE = """
with done as (delete from knative.deliveries where id = any(%(ids)s) returning event_id)
delete from knative.events e using done
where e.id = done.event_id
  and not exists (select from knative.deliveries d where d.event_id = e.id and d.id <> all(%(ids)s))
"""

RETRY = """
update knative.deliveries set visible_at = now() + %(delay)s, leased = false where id = %(id)s
"""

DEAD = """
update knative.deliveries
set dead = true, attempt = 0, visible_at = now(), leased = false,
    error_dest = %(dest)s, error_code = %(code)s, error_data = %(data)s
where id = %(id)s
"""

KEEP = """
insert into knative.undeliverable (trigger, headers, body, error_dest, error_code, error_data, reason)
select d.trigger, e.headers, e.body, %(dest)s, %(code)s, %(data)s, %(reason)s
from knative.deliveries d join knative.events e on e.id = d.event_id where d.id = %(id)s
"""

EXTEND = "update knative.deliveries set visible_at = now() + %(lease)s where id = any(%(ids)s) and leased"

#: Only the one runtime of this database runs this, at its start: whatever was leased died with the one before.
RECOVER = "update knative.deliveries set visible_at = now(), leased = false where leased"

#: A net: acknowledgements are written one group at a time, so this should never find anything.
SWEEP = """
delete from knative.events e
where received_at < now() - interval '1 minute'
  and not exists (select from knative.deliveries d where d.event_id = e.id)
"""

FIRE = """
insert into knative.pings (name, fired_for) values (%(name)s, %(minute)s)
on conflict (name) do update set fired_for = excluded.fired_for where pings.fired_for < excluded.fired_for
returning name
"""

DEPTH = """
select d.trigger, count(*), coalesce(extract(epoch from now() - min(e.received_at)), 0)::float, count(*) filter (where dead)
from knative.deliveries d join knative.events e on e.id = d.event_id group by d.trigger
"""

KEPT = "select count(*) from knative.undeliverable"
