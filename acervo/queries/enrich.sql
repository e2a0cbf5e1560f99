-- name: delete_segments(asset_id)!
delete from transcript_segments where asset_id = :asset_id;

-- name: put_segment(asset_id, number, start_ms, end_ms, language, text, words, speaker, model)*!
-- `speaker` is a voice: it is shown by its name, where a person gave one.
insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, words, speaker, voice, model)
values (:asset_id, :number, :start_ms, :end_ms, :language, :text, :words,
        coalesce((select name from speaker_names n where (n.asset_id, n.voice) = (:asset_id::uuid, :speaker::text)), :speaker::text), :speaker::text, :model);

-- name: set_language(asset_id, language)!
update assets set language = :language where id = :asset_id and language is distinct from :language;

-- name: drop_captions(asset_id)!
delete from renditions where asset_id = :asset_id and profile = 'captions';

-- name: captions_are_stale(asset_id)$
-- Somebody corrected a line after the caption files were written.
select 1 from renditions r where r.asset_id = :asset_id and r.profile = 'captions'
   and exists (select from transcript_edits e where e.asset_id = r.asset_id and greatest(e.at, e.ended_at) > r.updated_at);

-- name: set_job_model(job_id, model)!
-- With what it was done: `python -m functions.enrich.reprocess` asks.
update jobs set spec = spec || jsonb_build_object('used', :model::text) where id = :job_id;

-- name: prune_jobs(asset_id, kind, but)!
-- Earlier runs of a step that follows every change of an asset.
delete from jobs where asset_id = :asset_id and kind = :kind and id <> :but and state in ('done', 'failed', 'cancelled');

-- name: touch_asset(asset_id)!
-- A new version, so that indexes and ETags follow.
update assets set updated_at = updated_at where id = :asset_id;

-- name: project_vocabulary(project_id)$
select vocabulary from projects where id = :project_id;

-- name: transcript_lines(asset_id)
select number, start_ms, end_ms, language, text, words, speaker, voice, model from transcript_segments
 where asset_id = :asset_id order by number;

-- name: transcript_line(asset_id, number)^
select number, start_ms, end_ms, language, text, words, speaker, voice, model from transcript_segments
 where asset_id = :asset_id and number = :number;

-- name: line_edits(asset_id)
-- Corrections that hold.
select * from transcript_edits where asset_id = :asset_id and ended_at is null order by id;

-- name: line_before(asset_id, start_ms, end_ms)^
select before from transcript_edits
 where asset_id = :asset_id and start_ms = :start_ms and end_ms = :end_ms order by id desc limit 1;

-- name: put_line_edit(asset_id, start_ms, end_ms, text, words, language, speaker, before, author)^
insert into transcript_edits (asset_id, start_ms, end_ms, text, words, language, speaker, before, author)
values (:asset_id, :start_ms, :end_ms, :text, :words, :language, :speaker, :before, :author) returning *;

-- name: end_line_edits(asset_id, start_ms, end_ms, by)!
update transcript_edits set ended_at = clock_timestamp(), ended_by = :by
 where asset_id = :asset_id and start_ms = :start_ms and end_ms = :end_ms and ended_at is null;

-- name: end_line_edit(asset_id, edit_id, by)^
update transcript_edits set ended_at = clock_timestamp(), ended_by = :by
 where asset_id = :asset_id and id = :edit_id and ended_at is null returning *;

-- name: show_line(asset_id, number, text, words, voice, model)!
update transcript_segments set text = :text, words = :words, model = :model, voice = :voice::text,
       speaker = coalesce((select name from speaker_names n where (n.asset_id, n.voice) = (:asset_id::uuid, :voice::text)), :voice::text)
 where asset_id = :asset_id and number = :number;

-- name: hide_line(asset_id, number)!
delete from transcript_segments where asset_id = :asset_id and number = :number;

-- name: place_of_line(asset_id, start_ms, end_ms)^
-- How many lines are at this very time (and the number of one), and the numbers of those around it.
select count(*) filter (where (start_ms, end_ms) = (:start_ms, :end_ms))::int as here,
       max(number) filter (where (start_ms, end_ms) = (:start_ms, :end_ms)) as number,
       max(number) filter (where (start_ms, end_ms) < (:start_ms, :end_ms)) as before,
       min(number) filter (where (start_ms, end_ms) > (:start_ms, :end_ms)) as after
  from transcript_segments where asset_id = :asset_id;

-- name: voice_named(asset_id, name)$
select voice from speaker_names where asset_id = :asset_id and name = :name order by voice limit 1;

-- name: put_tag_edit(asset_id, kind, value, verdict, author)!
insert into tag_edits (asset_id, kind, value, verdict, author) values (:asset_id, :kind, :value, :verdict, :author)
on conflict (asset_id, kind, value) do update set verdict = excluded.verdict, author = excluded.author, at = clock_timestamp();

-- name: drop_tag_edit(asset_id, kind, value)!
delete from tag_edits where asset_id = :asset_id and kind = :kind and value = :value;

-- name: shown_tags(asset_ids)
-- What people see: the machine's tags without those that were rejected, and what people added.
select * from shown_tags where asset_id = any(:asset_ids::uuid[]) order by asset_id, kind, total_ms desc, score desc, value;

-- name: delete_tags(asset_id, kinds)!
delete from tags where asset_id = :asset_id and kind = any(:kinds);

-- name: put_tag(asset_id, kind, value, score, times, total_ms, model)*!
insert into tags (asset_id, kind, value, score, times, total_ms, model)
values (:asset_id, :kind, :value, :score, :times, :total_ms, :model);

-- name: delete_frames(asset_id)!
delete from frames where asset_id = :asset_id;

-- name: put_frame(asset_id, at_ms, until_ms, key)*!
insert into frames (asset_id, at_ms, until_ms, key) values (:asset_id, :at_ms, :until_ms, :key);

-- name: frames_of(asset_id)
select at_ms, until_ms, key from frames where asset_id = :asset_id order by at_ms;

-- name: delete_shots(asset_id)!
delete from shots where asset_id = :asset_id;

-- name: put_shot(asset_id, number, start_ms, end_ms, frame_ms, hash, repeats)*!
insert into shots (asset_id, number, start_ms, end_ms, frame_ms, hash, repeats)
values (:asset_id, :number, :start_ms, :end_ms, :frame_ms, :hash::bit(64), :repeats);

-- name: shots_of(asset_id, after, limit)
select number, start_ms, end_ms, frame_ms from shots where asset_id = :asset_id and number > :after order by number limit :limit;

-- name: drop_rendition(asset_id, profile)!
delete from renditions where asset_id = :asset_id and profile = :profile;

-- name: look_past_own_shots()$
-- Before near_duplicates: its index goes on looking when the nearest shots are the asset's own; until the end of the transaction.
select set_config('hnsw.iterative_scan', 'strict_order', true) from set_config('hnsw.ef_search', '60', true);

-- name: near_duplicates(asset_id, projects, most_bits, after_bits, after_id, limit)
-- Assets that hold a picture (a shot) like one of this asset's, the likest first; `most_bits` of 64 may differ (8: copies, scaled or graded).
-- `projects` null: all. Looks at the first 50 shots of the asset that have a picture (no hash is zero) and do not repeat an earlier one, and at the
-- nearest 60 of each, likewise: an asset stands among them with each of its different shots once, not with hundreds of the same.
select near.asset_id, min(near.bits)::int as bits, count(distinct mine.number)::int as shots,
       (array_agg(near.start_ms order by near.bits))[1] as start_ms, (array_agg(mine.start_ms order by near.bits))[1] as own_start_ms
  from (select number, start_ms, hash from shots where asset_id = :asset_id and hash <> 0::bit(64) and not repeats order by number limit 50) mine
 cross join lateral (
       select s.asset_id, s.start_ms, s.hash <~> mine.hash as bits
         from shots s where s.asset_id <> :asset_id and s.hash <> 0::bit(64) and not s.repeats order by s.hash <~> mine.hash limit 60) near
  join assets a on a.id = near.asset_id and a.status in ('processing', 'ready', 'error')
 where near.bits <= :most_bits and (:projects::text[] is null or a.project_id = any(:projects::text[]))
 group by near.asset_id
having :after_bits::int is null or (min(near.bits)::int, near.asset_id) > (:after_bits::int, :after_id::uuid)
 order by min(near.bits), near.asset_id limit :limit;

-- name: delete_detections(asset_id)!
delete from detections where asset_id = :asset_id;

-- name: put_detection(asset_id, number, label, start_ms, end_ms, score, best_ms, most, boxes, model)*!
insert into detections (asset_id, number, label, start_ms, end_ms, score, best_ms, most, boxes, model)
values (:asset_id, :number, :label, :start_ms, :end_ms, :score, :best_ms, :most, :boxes, :model);

-- name: shown_detections(asset_id, label, from_ms, until_ms, after, limit)
-- Without what a person said is not there; of one label (null: all), in one stretch of time (null: all of it).
select d.number, d.label, d.start_ms, d.end_ms, d.score, d.best_ms, d.most, d.boxes, d.model
  from detections d
 where d.asset_id = :asset_id and d.number > :after and (:label::text is null or d.label = :label::text)
   and (:from_ms::int is null or d.end_ms > :from_ms::int) and (:until_ms::int is null or d.start_ms < :until_ms::int)
   and not exists (select from tag_edits e where e.asset_id = d.asset_id and e.kind = 'object' and e.value = d.label and e.verdict = 'rejected')
 order by d.number limit :limit;

-- name: delete_texts(asset_id)!
delete from ocr_texts where asset_id = :asset_id;

-- name: put_text(asset_id, number, start_ms, end_ms, text, score, box, model)*!
insert into ocr_texts (asset_id, number, start_ms, end_ms, text, score, box, model)
values (:asset_id, :number, :start_ms, :end_ms, :text, :score, :box, :model);

-- name: ocr_texts_of(asset_id, from_ms, until_ms, after, limit)
select number, start_ms, end_ms, text, score, box, model from ocr_texts
 where asset_id = :asset_id and number > :after
   and (:from_ms::int is null or end_ms > :from_ms::int) and (:until_ms::int is null or start_ms < :until_ms::int)
 order by number limit :limit;

-- name: spoken_lines(asset_id, most)
select start_ms, end_ms, text from transcript_segments where asset_id = :asset_id order by number limit :most;

-- name: delete_embeddings(asset_id)!
-- Of passages; those of pictures are another step's.
delete from embeddings where asset_id = :asset_id and field <> 'picture';

-- name: delete_picture_embeddings(asset_id)!
delete from embeddings where asset_id = :asset_id and field = 'picture';

-- name: put_embedding(asset_id, number, project_id, field, start_ms, end_ms, text, embedding, model)*!
insert into embeddings (asset_id, number, project_id, field, start_ms, end_ms, text, embedding, model)
values (:asset_id, :number, :project_id, :field, :start_ms, :end_ms, :text, :embedding::halfvec, :model);

-- name: nearest_passages(vector, model, projects, limit)
-- Passages of 384 dimensions nearest in meaning to a vector ('[0.1,…]', of the same model: `name@version`), the nearest first.
-- `projects` null: all. The index is read on until enough rows passed the filters (see acervo/migrations/0004.enrich.sql).
select * from nearest_passages(:vector::text::halfvec(384), :model, :projects::text[], :limit::int);

-- name: nearest_pictures(vector, model, projects, limit)
-- Assets with a frame (or picture) near a vector of 512 dimensions of the same model, each once, the nearest first. `projects` null: all.
select * from nearest_pictures(:vector::text::halfvec(512), :model, :projects::text[], :limit::int);

-- name: open_jobs_of(kind)$
select count(*) from jobs where kind = :kind and state in ('queued', 'running') and not cancel_requested;

-- name: assets_to_reprocess(kind, kinds, used, after, limit)
-- By id, those of the asset kinds given whose last run of a step was not done with `used`; an open run is left alone.
select a.id from assets a
  left join lateral (select j.state, j.spec ->> 'used' as used from jobs j
                      where j.asset_id = a.id and j.kind = :kind order by j.created_at desc, j.id desc limit 1) last on true
 where a.status in ('processing', 'ready', 'error') and a.kind = any(:kinds::asset_kind[]) and a.id > :after
   and (a.kind = 'image' or :kind not in ('speech', 'speakers') or jsonb_array_length(coalesce(a.technical -> 'audio', '[]')) > 0)
   and (last.state is null or (last.state not in ('queued', 'running') and (last.state <> 'done' or last.used is distinct from :used)))
 order by a.id limit :limit;

-- name: forget_enrichment(asset_id)!
-- Everything that was derived from an asset's bytes or said about them: when it is purged.
with shots_gone as (delete from shots where asset_id = :asset_id),
     frames_gone as (delete from frames where asset_id = :asset_id),
     detections_gone as (delete from detections where asset_id = :asset_id),
     texts_gone as (delete from ocr_texts where asset_id = :asset_id),
     tags_gone as (delete from tags where asset_id = :asset_id),
     tag_edits_gone as (delete from tag_edits where asset_id = :asset_id),
     lines_gone as (delete from transcript_segments where asset_id = :asset_id),
     line_edits_gone as (delete from transcript_edits where asset_id = :asset_id),
     names_gone as (delete from speaker_names where asset_id = :asset_id),
     turns_gone as (delete from speaker_turns where asset_id = :asset_id)
delete from embeddings where asset_id = :asset_id;

-- name: recording_clock(asset_id)$
-- What makes a recording's clock one that only goes on, where `transcode` found that it jumps.
select spec -> 'clock' from jobs
 where asset_id = :asset_id and kind = 'transcode' and jsonb_typeof(spec -> 'clock') = 'object'
 order by created_at desc, id desc limit 1;
