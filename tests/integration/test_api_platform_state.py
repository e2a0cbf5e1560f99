"""What the platform team is told of the steps of the pipeline."""

from __future__ import annotations

from uuid import uuid4

from tests.fix_api import Api


def test_each_step_says_its_newest_model_and_how_it_does(api: Api) -> None:
    asset_id, kind = str(uuid4()), f"step-{uuid4().hex[:8]}"
    api.sql(
        "insert into assets (id, project_id, name, owner, status) values (%s, 'noticias', 'a', 'user:x', 'ready')",
        asset_id,
    )
    for state, model, age_s in (("done", "old@1", 30), ("done", "new@2", 20), ("failed", None, 10), ("queued", None, 0)):  # fmt: skip
        api.sql(
            "insert into jobs (id, asset_id, kind, state, cause, spec, created_at, finished_at) values (%s, %s, %s, %s, %s, "
            "case when %s::text is null then '{}'::jsonb else jsonb_build_object('used', %s::text) end, "
            "now() - make_interval(secs => %s), case when %s = 'done' then now() end)",
            str(uuid4()), asset_id, kind, state, uuid4().hex, model, model, age_s, state,
        )  # fmt: skip
    steps = {step["kind"]: step for step in api.client("admin").get("/platform").json()["steps"]}
    mine = steps[kind]
    assert (mine["model"], mine["open"], mine["done"], mine["failed"]) == ("new@2", 1, 2, 1)
    assert mine["last_done_at"] is not None
    assert api.client("editora").get("/platform").status_code == 403
