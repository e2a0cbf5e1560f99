-- depends: 0004.enrich 0008.description 0012.flat_shots

-- Who speaks from–to. `voice` is what lines of the transcript have in `voice`, and what people give names to (speaker_names).
-- Lines follow from turns and words; turns stay when the words are made again.
create table speaker_turns (
    asset_id uuid not null references assets,
    number   int not null,
    start_ms int not null,
    end_ms   int not null,
    voice    text not null check (length(voice) between 1 and 200),
    model    text not null,
    primary key (asset_id, number)
);

-- Vectors of pictures lie beside those of passages (field 'picture', numbers from 1,000,000 on), told apart by their model: the same table, the
-- same indexes by length. Nearest first, in projects that the caller names (null: all), each asset once with its likest frame.
create function nearest_pictures(question halfvec(512), of_model text, projects text[], most int)
returns table (asset_id uuid, start_ms int, end_ms int, likeness real)
language sql stable set hnsw.iterative_scan = 'strict_order' set hnsw.ef_search = '200' as $$
    with near as (
        select e.asset_id, e.start_ms, e.end_ms, e.embedding::halfvec(512) <=> question as distance
          from embeddings e
         where e.dimensions = 512 and e.model = of_model and (projects is null or e.project_id = any(projects))
           and exists (select from assets a where a.id = e.asset_id and a.status in ('processing', 'ready', 'error'))
         order by e.embedding::halfvec(512) <=> question
         limit least(most, 100) * 5)
    select asset_id, start_ms, end_ms, (1 - distance)::real
      from (select *, row_number() over (partition by asset_id order by distance) as place from near) n
     where place = 1 order by distance, asset_id limit least(most, 100)
$$;

-- Hundreds of shots of one studio look the same: the first stands for all of them in the index, else they would take all the places among the
-- nearest, and other assets would not be seen behind them. Those that are there already are told apart by equality alone.
alter table shots add column repeats boolean not null default false;
update shots s set repeats = true
  from (select asset_id, number, row_number() over (partition by asset_id, hash order by number) as place from shots) f
 where f.place > 1 and (s.asset_id, s.number) = (f.asset_id, f.number);

drop index shots_alike;
create index shots_alike on shots using hnsw (hash bit_hamming_ops) where hash <> 0::bit(64) and not repeats;
