-- depends: 0001.platform 0006.api

-- When an asset's rights change by themselves next: the first of its times (acervo/rights.py) that is still to come. The tick of
-- `reconcile` takes what is due, says that the asset changed, and puts the moment after that.
alter table assets add column rights_due_at timestamptz;
create index assets_rights_due on assets (rights_due_at, id) where rights_due_at is not null;

-- A time without an offset, or no time at all, is no moment: such rights deny from the beginning.
create function next_rights_moment(rights jsonb, after timestamptz) returns timestamptz language plpgsql stable as $$
declare
    field text;
    moment timestamptz;
    soonest timestamptz;
begin
    foreach field in array array['valid_from', 'embargo_until', 'valid_until'] loop
        continue when rights ->> field is null or rights ->> field !~ '^\d{4}-.*(Z|[+-]\d{2}:?\d{2})$';
        begin
            moment := (rights ->> field)::timestamptz;
        exception when data_exception then
            continue;
        end;
        if moment > after then
            soonest := least(soonest, moment);
        end if;
    end loop;
    return soonest;
end $$;

create function note_rights_moment() returns trigger language plpgsql as $$
begin
    new.rights_due_at := case when new.rights <> '{}' then next_rights_moment(new.rights, clock_timestamp()) end;
    return new;
end $$;
create trigger assets_rights_moment before insert or update of rights on assets for each row execute function note_rights_moment();

update assets set rights_due_at = next_rights_moment(rights, now())
 where rights ?| array['valid_from', 'embargo_until', 'valid_until'] and next_rights_moment(rights, now()) is not null;
