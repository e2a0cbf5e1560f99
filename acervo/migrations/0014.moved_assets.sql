-- depends: 0006.api

-- That an asset went to another project is part of its history, beside what people changed about it.
alter table asset_edits drop constraint asset_edits_what_check;
alter table asset_edits add constraint asset_edits_what_check check (what in ('edit', 'bulk', 'undo', 'move'));
