-- name: delete_segments(asset_id)!
delete from transcript_segments where asset_id = :asset_id;

-- name: put_segment(asset_id, number, start_ms, end_ms, language, text, words, model)*!
insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, words, model)
values (:asset_id, :number, :start_ms, :end_ms, :language, :text, :words, :model);

-- name: set_language(asset_id, language)!
update assets set language = :language where id = :asset_id and language is distinct from :language;

-- name: drop_captions(asset_id)!
delete from renditions where asset_id = :asset_id and profile = 'captions';
