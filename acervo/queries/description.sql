-- name: line_after(asset_id, from_ms)$
-- The number before that of the first line that is not over at a time; null when all are.
select min(number) - 1 from transcript_segments where asset_id = :asset_id and end_ms > :from_ms;

-- name: shown_line(asset_id, number)^
-- As api_transcript has it.
select s.number, s.start_ms, s.end_ms, s.language, s.text, s.words, s.speaker, s.voice, s.model,
       e.id as edit_id, e.author as edit_author, e.at as edit_at, e.before as edit_before
  from transcript_segments s
  left join transcript_edits e on e.asset_id = s.asset_id and e.ended_at is null and (e.start_ms, e.end_ms) = (s.start_ms, s.end_ms)
 where s.asset_id = :asset_id and s.number = :number;

-- name: corrections_page(asset_id, holding, before, limit)
-- Newest first. `holding`: only those that are shown.
select id, start_ms, end_ms, text, language, speaker, before, author, at, ended_at, ended_by from transcript_edits
 where asset_id = :asset_id and (:before::bigint is null or id < :before::bigint) and (not :holding::bool or ended_at is null)
 order by id desc limit :limit;

-- name: correction_of(asset_id, edit_id)^
select id, start_ms, end_ms, text, language, speaker, before, author, at, ended_at, ended_by from transcript_edits
 where asset_id = :asset_id and id = :edit_id;

-- name: speakers_page(asset_id, after, limit)
-- By voice: how much each says, and who named it.
select v.voice, n.name, v.lines, v.total_ms, v.first_ms, n.author, n.at
  from (select voice, count(*)::int as lines, sum(end_ms - start_ms)::bigint as total_ms, min(start_ms) as first_ms
          from transcript_segments where asset_id = :asset_id and voice is not null group by voice) v
  left join speaker_names n on n.asset_id = :asset_id and n.voice = v.voice
 where :after::text is null or v.voice > :after::text
 order by v.voice limit :limit;

-- name: speaker_of(asset_id, voice)^
select v.voice, n.name, v.lines, v.total_ms, v.first_ms, n.author, n.at
  from (select voice, count(*)::int as lines, sum(end_ms - start_ms)::bigint as total_ms, min(start_ms) as first_ms
          from transcript_segments where asset_id = :asset_id and voice = :voice group by voice) v
  left join speaker_names n on n.asset_id = :asset_id and n.voice = v.voice;

-- name: put_speaker_name(asset_id, voice, name, author)!
insert into speaker_names (asset_id, voice, name, author) values (:asset_id, :voice, :name, :author)
on conflict (asset_id, voice) do update set name = excluded.name, author = excluded.author, at = clock_timestamp();

-- name: drop_speaker_name(asset_id, voice)!
delete from speaker_names where asset_id = :asset_id and voice = :voice;

-- name: show_speaker(asset_id, voice, speaker)!
update transcript_segments set speaker = :speaker where asset_id = :asset_id and voice = :voice;

-- name: tags_page(asset_id, kind, rejected, after_kind, after_total_ms, after_times, after_value, limit)
-- The machine's tags and people's word on them, what is most in the picture first. `rejected`: those too.
select kind, value, t.score, coalesce(t.times, 1) as times, coalesce(t.total_ms, 0) as total_ms, t.model, e.verdict, e.author, e.at
  from (select * from tags where asset_id = :asset_id) t
  full join (select * from tag_edits where asset_id = :asset_id) e using (kind, value)
 where (:rejected::bool or e.verdict is distinct from 'rejected') and (:kind::text is null or kind = :kind::text)
   and (:after_kind::text is null or (kind, -coalesce(t.total_ms, 0), -coalesce(t.times, 1), value)
                                   > (:after_kind::text, -:after_total_ms::int, -:after_times::int, :after_value::text))
 order by kind, -coalesce(t.total_ms, 0), -coalesce(t.times, 1), value limit :limit;

-- name: tag_of(asset_id, kind, value)^
select kind, value, t.score, coalesce(t.times, 1) as times, coalesce(t.total_ms, 0) as total_ms, t.model, e.verdict, e.author, e.at
  from (select * from tags where (asset_id, kind, value) = (:asset_id, :kind, :value)) t
  full join (select * from tag_edits where (asset_id, kind, value) = (:asset_id, :kind, :value)) e using (kind, value);

-- name: pictures_of_shots(asset_id)
-- Where the storyboard's pictures lie, and the picture of a picture.
select profile, bucket, key from renditions
 where asset_id = :asset_id and status = 'ready' and profile in ('storyboard', 'thumb-300');

-- name: assets_shown(asset_ids)
-- A line about each asset, with its smallest picture.
select a.id, a.name, a.project_id, a.kind, a.status, a.metadata ->> 'title' as title, a.technical -> 'duration_s' as duration_s,
       t.bucket as thumb_bucket, t.key as thumb_key
  from assets a
  left join lateral (
       select r.bucket, r.key from renditions r
        where r.asset_id = a.id and r.status = 'ready' and r.profile in ('thumb-300', 'poster')
        order by r.profile desc limit 1) t on true
 where a.id = any(:asset_ids::uuid[]) and a.status <> 'deleted';

-- name: asset_version(asset_id)$
select version from assets where id = :asset_id;
