-- name: put_channel(channel_id, type, name, settings, profile, projects, territories, enabled, max_concurrent, bytes_a_second)!
-- A changed channel gets a fresh circuit breaker.
insert into channels (id, type, name, settings, profile, projects, territories, enabled, max_concurrent, bytes_a_second)
values (:channel_id, :type, :name, :settings, :profile, :projects::text[], :territories::text[], :enabled, :max_concurrent, :bytes_a_second)
on conflict (id) do update set type = excluded.type, name = excluded.name, settings = excluded.settings, profile = excluded.profile,
    projects = excluded.projects, territories = excluded.territories, enabled = excluded.enabled,
    max_concurrent = excluded.max_concurrent, bytes_a_second = excluded.bytes_a_second,
    failures = 0, open_until = null, updated_at = clock_timestamp();

-- name: list_channels(project_id, after, limit)
-- `project_id` null: all of them.
select * from channels
 where (:project_id::text is null or projects is null or :project_id = any(projects)) and id > :after order by id limit :limit;

-- name: get_channel(channel_id)^
select * from channels where id = :channel_id;

-- name: put_publication(id, asset_id, channel_id, profile, metadata, publish_at, withdraw_at, requested_by, rule_id)^
-- Ask that an asset be on a channel; null when there is no such channel. `profile` null: the channel's. Asked again it is the
-- same row: unchanged while it stands, a new revision when the metadata differ, begun anew when it had failed or was withdrawn.
-- Say acervo.publication.continued.v1 for the row in the same transaction.
insert into asset_distributions as d (id, asset_id, channel_id, channel_type, profile, metadata, publish_at, withdraw_at, requested_by, rule_id, due_at)
select :id, :asset_id, c.id, c.type, coalesce(:profile::text, c.profile), :metadata, :publish_at::timestamptz, :withdraw_at::timestamptz,
       :requested_by, :rule_id::uuid, clock_timestamp()
  from channels c where c.id = :channel_id
on conflict (asset_id, channel_id, profile) do update set
    wanted = 'live',
    state = case when d.state in ('failed', 'withdrawn') then case when d.live and d.live_revision > 0 then 'published' else 'requested' end else d.state end,
    revision = d.revision + case when d.metadata is distinct from excluded.metadata then 1 else 0 end,
    metadata = excluded.metadata,
    publish_at = excluded.publish_at,
    withdraw_at = excluded.withdraw_at,
    requested_by = excluded.requested_by,
    failures = case when d.state in ('failed', 'withdrawn') then 0 else d.failures end,
    reason_code = case when d.state in ('failed', 'withdrawn') then null else d.reason_code end,
    reason = case when d.state in ('failed', 'withdrawn') then null else d.reason end,
    advice = case when d.state in ('failed', 'withdrawn') then null else d.advice end,
    wakes = d.wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
returning *;

-- name: put_rule_publication(id, asset_id, channel_id, profile, metadata, rule_id)^
-- A rule never touches what is there already: a person's withdrawal stands.
insert into asset_distributions (id, asset_id, channel_id, channel_type, profile, metadata, requested_by, rule_id, due_at)
select :id, :asset_id, c.id, c.type, coalesce(:profile::text, c.profile), :metadata, 'rule:' || :rule_id::text, :rule_id::uuid, clock_timestamp()
  from channels c where c.id = :channel_id
on conflict (asset_id, channel_id, profile) do nothing
returning *;

-- name: get_publication(publication_id)^
select d.*, a.project_id, a.name as asset_name from asset_distributions d join assets a on a.id = d.asset_id where d.id = :publication_id;

-- name: list_publications(asset_id, before_at, before_id, limit)
-- Newest first; the cursor is (created_at, id) of the last row, null for the first page.
select * from asset_distributions
 where asset_id = :asset_id and (:before_at::timestamptz is null or (created_at, id) < (:before_at::timestamptz, :before_id::uuid))
 order by created_at desc, id desc limit :limit;

-- name: live_publications(asset_id)
-- Where the asset is (or may be) seen right now.
select id, channel_id, channel_type, profile, state, external_id, url, published_at, reason_code, reason
  from asset_distributions where asset_id = :asset_id and live order by channel_id, profile;

-- name: publication_attempts_of(publication_id, after, limit)
select * from publication_attempts where publication_id = :publication_id and id > :after order by id limit :limit;

-- name: want_withdrawn(asset_id, publication_id, channel_id)
-- Recall: of one publication, of one channel, or (both null) everywhere. Say acervo.publication.continued.v1 for each row.
update asset_distributions set wanted = 'withdrawn', wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp(),
       failures = 0, reason_code = null, reason = null, advice = null
 where asset_id = :asset_id and (:publication_id::uuid is null or id = :publication_id::uuid)
   and (:channel_id::text is null or channel_id = :channel_id) and state <> 'withdrawn'
returning *;

-- name: retry_publication(publication_id)^
update asset_distributions set failures = 0, reason_code = null, reason = null, advice = null,
       state = case when live and live_revision > 0 then 'published' when begun then 'sending' else 'requested' end,
       wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
 where id = :publication_id and state = 'failed' returning *;

-- name: wake_publications(asset_id, profile)
-- Something about the asset changed (`profile` null) or one of its renditions did.
update asset_distributions set wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
 where asset_id = :asset_id and (:profile::text is null or profile = :profile)
   and (state in ('requested', 'waiting', 'sending', 'processing', 'published', 'withdrawing') or (state = 'failed' and live))
returning *;

-- name: published_rows(asset_id)
select * from asset_distributions where asset_id = :asset_id and live and wanted = 'live' and state = 'published';

-- name: revise_publications(asset_id)
-- The asset's metadata changed: what is live is told.
update asset_distributions set revision = revision + 1, wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
 where asset_id = :asset_id and live and wanted = 'live' and state = 'published'
returning *;

-- name: acknowledge_publication(publication_id, acknowledged)^
-- What a CMS says afterwards of what it was given.
update asset_distributions set acknowledged = :acknowledged, wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
 where id = :publication_id and state in ('sending', 'processing', 'published') returning *;

-- name: lock_publication(publication_id)^
select *, clock_timestamp() as now from asset_distributions where id = :publication_id for no key update;

-- name: lock_channel(channel_id)^
-- After the publication's row, never before.
select * from channels where id = :channel_id for no key update;

-- name: channel_running(channel_id)$
-- A statement of its own, after the lock: one statement's snapshot is older than the lock it waits for.
select count(*)::int from asset_distributions where channel_id = :channel_id and lease_until > clock_timestamp();

-- name: publication_renditions(asset_id)
select profile, status, bucket, key, mime_type, size_bytes, detail from renditions where asset_id = :asset_id order by profile;

-- name: lease_publication(publication_id, owner, lease_s, state)!
update asset_distributions set state = :state, lease_owner = :owner, lease_until = clock_timestamp() + make_interval(secs => :lease_s),
       claims = claims + 1 where id = :publication_id;

-- name: renew_publication(publication_id, owner, lease_s, sent_bytes)^
-- Null when the lease is lost.
update asset_distributions d set lease_until = clock_timestamp() + make_interval(secs => :lease_s),
       sent_bytes = greatest(:sent_bytes, 0), updated_at = clock_timestamp()
  from channels c
 where d.id = :publication_id and d.lease_owner = :owner and c.id = d.channel_id
returning d.wanted, c.enabled, c.bytes_a_second,
          (select count(*) from asset_distributions o where o.channel_id = d.channel_id and o.lease_until > clock_timestamp())::int as running;

-- name: begin_sending(publication_id, owner, rendition, total_bytes)$
update asset_distributions set state = 'sending', acknowledged = case when begun then acknowledged end, begun = true, live = true, begun_at = coalesce(begun_at, clock_timestamp()), rendition = :rendition,
       total_bytes = :total_bytes, updated_at = clock_timestamp()
 where id = :publication_id and lease_owner = :owner returning id;

-- name: keep_session(publication_id, owner, session, sent_bytes)$
update asset_distributions set session = :session, sent_bytes = :sent_bytes, updated_at = clock_timestamp()
 where id = :publication_id and lease_owner = :owner returning id;

-- name: settle_publication(publication_id, owner, state, wanted, wakes, due_s, failures, reason_code, reason, advice, begun, live, live_revision, session, external_id, url, sent_bytes, proof)^
-- The end of one step, by whoever still holds the lease. What woke the row meanwhile wins over `due_s`; what was taken down because
-- it was not wanted (`wanted`: at the beginning of the step), and is wanted by now, begins anew.
update asset_distributions d set
    state = case when :state = 'withdrawn' and :wanted = 'withdrawn' and d.wanted = 'live' then 'requested' else :state end,
    failures = :failures, reason_code = :reason_code, reason = :reason, advice = :advice, begun = :begun, live = :live,
    live_revision = :live_revision, session = :session, external_id = :external_id, url = :url, sent_bytes = :sent_bytes, proof = :proof,
    published_at = case when :state = 'published' then coalesce(published_at, clock_timestamp()) when :state = 'withdrawn' then null else published_at end,
    withdrawn_at = case when :state = 'withdrawn' then clock_timestamp() end,
    due_at = case when wakes <> :wakes then clock_timestamp() when :due_s::float8 is null then null
                  else clock_timestamp() + make_interval(secs => :due_s::float8) end,
    lease_owner = null, lease_until = null, updated_at = clock_timestamp()
 where id = :publication_id and lease_owner = :owner
returning *;

-- name: rest_publication(publication_id, state, due_s, reason_code, reason, advice)!
-- Nobody works on it: it waits for a time or for an event.
update asset_distributions set state = :state, reason_code = :reason_code, reason = :reason, advice = :advice,
       withdrawn_at = case when :state = 'withdrawn' then clock_timestamp() end,
       due_at = case when :due_s::float8 is null then null else clock_timestamp() + make_interval(secs => :due_s::float8) end,
       updated_at = clock_timestamp()
 where id = :publication_id;

-- name: next_due(channel_id, not_id)^
-- Who may have the place that has become free.
select id, asset_id, claims, wakes from asset_distributions
 where channel_id = :channel_id and id <> :not_id and due_at <= clock_timestamp()
   and (lease_until is null or lease_until < clock_timestamp())
 order by due_at limit 1;

-- name: due_publications(limit)
-- Of every channel that may be tried, as many as it takes at once: a full channel never hides another. One that is switched off
-- is still taken down from.
select d.id, d.asset_id, d.claims, d.wakes from channels c
 cross join lateral (
    select o.id, o.asset_id, o.claims, o.wakes, o.due_at from asset_distributions o
     where o.channel_id = c.id and o.due_at <= clock_timestamp() and (o.lease_until is null or o.lease_until < clock_timestamp())
       and (c.enabled or o.wanted = 'withdrawn' or o.state = 'withdrawing')
     order by o.due_at limit c.max_concurrent) d
 where (c.open_until is null or c.open_until <= clock_timestamp())
 order by d.due_at limit :limit;

-- name: expire_publications(limit)!
-- Past their end: they are to go, whatever they are doing.
update asset_distributions set wanted = 'withdrawn', wakes = wakes + 1, due_at = clock_timestamp(), updated_at = clock_timestamp()
 where id in (select id from asset_distributions where withdraw_at <= clock_timestamp() and wanted = 'live'
              order by withdraw_at limit :limit for update skip locked);

-- name: channel_failed(channel_id, threshold, open_s)!
-- One more failure of the channel itself; from the threshold on nothing is tried for a while.
update channels set failures = failures + 1,
       open_until = case when failures + 1 >= :threshold then clock_timestamp() + make_interval(secs => :open_s) end
 where id = :channel_id;

-- name: channel_answered(channel_id)!
update channels set failures = 0, open_until = null where id = :channel_id and failures > 0;

-- name: begin_attempt(publication_id, action, worker)$
insert into publication_attempts (publication_id, action, worker) values (:publication_id, :action, :worker) returning id;

-- name: end_attempt(attempt_id, outcome, code, reason, sent_bytes)!
update publication_attempts set ended_at = clock_timestamp(), outcome = :outcome, code = :code, reason = :reason, sent_bytes = :sent_bytes
 where id = :attempt_id;

-- name: spend_quota(account, day, cost, most)$
-- Null when the day's quota does not hold it.
insert into channel_quota as q (account, day, used) select :account, :day::date, :cost where :cost <= :most
on conflict (account, day) do update set used = q.used + excluded.used where q.used + excluded.used <= :most
returning used;

-- name: exhaust_quota(account, day, most)!
-- The channel itself says so.
insert into channel_quota as q (account, day, used) values (:account, :day::date, :most)
on conflict (account, day) do update set used = greatest(q.used, excluded.used);

-- name: put_publication_rule(id, name, channel_id, project_id, tag, kind, profile, metadata, enabled, created_by)!
insert into publication_rules (id, name, channel_id, project_id, tag, kind, profile, metadata, enabled, created_by)
values (:id, :name, :channel_id, :project_id, :tag, :kind, :profile, :metadata, :enabled, :created_by)
on conflict (id) do update set name = excluded.name, channel_id = excluded.channel_id, tag = excluded.tag, kind = excluded.kind,
    profile = excluded.profile, metadata = excluded.metadata, enabled = excluded.enabled, updated_at = clock_timestamp();

-- name: get_publication_rule(rule_id)^
select * from publication_rules where id = :rule_id;

-- name: list_publication_rules(project_id, after, limit)
select * from publication_rules where project_id = :project_id and (:after::uuid is null or id > :after::uuid) order by id limit :limit;

-- name: delete_publication_rule(rule_id)!
delete from publication_rules where id = :rule_id;

-- name: rules_for_project(project_id)
select * from publication_rules where project_id = :project_id and enabled order by id;

-- name: rule_candidates(project_id, kind, tag, channel_id, profile, after, limit)
-- Dry run: ready assets that the rule would publish, and that are not on the channel yet.
select a.id, a.name, a.kind, a.metadata, a.rights from assets a
 where a.project_id = :project_id and a.status = 'ready' and (:kind::asset_kind is null or a.kind = :kind::asset_kind)
   and (:tag::text is null or exists (select from jsonb_array_elements_text(case jsonb_typeof(a.metadata -> 'keywords') when 'array' then a.metadata -> 'keywords' else '[]' end) k
                                       where lower(k) = lower(:tag::text)))
   and not exists (select from asset_distributions d where d.asset_id = a.id and d.channel_id = :channel_id
                     and d.profile = coalesce(:profile::text, (select profile from channels where id = :channel_id)))
   and (:after::uuid is null or a.id > :after::uuid)
 order by a.id limit :limit;

-- name: caption_segments(asset_id, after, limit)
select number, start_ms, end_ms, text from transcript_segments where asset_id = :asset_id and number > :after order by number limit :limit;
