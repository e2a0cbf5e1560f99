-- depends: 0004.enrich 0006.api

-- People name who speaks. `voice` is what a recogniser calls a speaker, `speaker` what is shown: the name, where somebody gave one.
-- A name holds for the voice, so it stays when the step runs again.
alter table transcript_segments add column voice text;
update transcript_segments set voice = speaker where speaker is not null;

create table speaker_names (
    asset_id uuid not null references assets,
    voice    text not null check (length(voice) between 1 and 200),
    name     text not null check (length(name) between 1 and 200),
    author   text not null,
    at       timestamptz not null default clock_timestamp(),
    primary key (asset_id, voice)
);

create index transcript_edits_history on transcript_edits (asset_id, id desc);
