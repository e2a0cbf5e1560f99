-- depends: 0001.platform 0004.enrich

-- Chunks of unequal size, chunks that wait for others, and a second instance for one that holds a film up.

alter table job_chunks
    add column weight       real not null default 1 check (weight > 0), -- its share of the job's work
    add column began_at     timestamptz,                                -- when it was claimed last
    add column took_s       real,                                       -- from then to its result
    add column rival_wanted boolean not null default false,             -- a second instance may work on it too: the first result wins
    add column rival_owner  text,
    add column rival_until  timestamptz;

-- 'waiting': not to be claimed before all others of the job are done (what puts a film together).
alter table job_chunks drop constraint job_chunks_state_check;
alter table job_chunks add constraint job_chunks_state_check
    check (state in ('waiting', 'queued', 'running', 'done', 'failed'));

create function time_chunk() returns trigger language plpgsql as $$
begin
    if new.state = 'running' and (old.state <> 'running' or new.lease_owner is distinct from old.lease_owner) then
        new.began_at := clock_timestamp();
    elsif new.state = 'done' and old.state <> 'done' then
        new.took_s := extract(epoch from clock_timestamp() - old.began_at);
    end if;
    return new;
end $$;
create trigger job_chunks_time before update on job_chunks for each row execute function time_chunk();

-- How far a job is, in parts that weigh the same: 0 to chunks_total. Its chunks are gone when it is over.
create function job_progress(job jobs) returns float8 language sql stable as $$
    select coalesce((select sum(c.progress * c.weight) / sum(c.weight) * job.chunks_total from job_chunks c where c.job_id = job.id),
                    job.chunks_done)::float8
$$;

create index renditions_ready on renditions (updated_at) where status = 'ready';
