-- name: delete_turns(asset_id)!
delete from speaker_turns where asset_id = :asset_id;

-- name: put_turn(asset_id, number, start_ms, end_ms, voice, model)*!
insert into speaker_turns (asset_id, number, start_ms, end_ms, voice, model)
values (:asset_id, :number, :start_ms, :end_ms, :voice, :model);

-- name: turns_of(asset_id)
-- In order of time; they do not overlap.
select start_ms, end_ms, voice from speaker_turns where asset_id = :asset_id order by number;

-- name: voices_ever(asset_id)
-- Every name that a voice has or had: a new voice gets another, so that no name that a person gave moves to somebody else.
select voice from speaker_turns where asset_id = :asset_id
 union select voice from speaker_names where asset_id = :asset_id
 union select voice from transcript_segments where asset_id = :asset_id and voice is not null
 union select speaker from transcript_edits where asset_id = :asset_id and speaker is not null
 union select before ->> 'speaker' from transcript_edits where asset_id = :asset_id and before ->> 'speaker' is not null;
