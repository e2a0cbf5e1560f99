-- Projects of the one-machine platform; again is free.
insert into projects (id, name) values ('noticias', 'Noticias'), ('deportes', 'Deportes'), ('archivo', 'Archivo histórico')
    on conflict do nothing;
insert into project_members (project_id, principal) values ('noticias', 'group:noticias'), ('deportes', 'group:deportes')
    on conflict do nothing;
