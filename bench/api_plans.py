"""What the API's reads cost the database: the pages that each statement touches among N assets (goal: no more for a million than for a thousand).

Pages are counted by `explain (analyze, buffers)` and do not depend on how busy the machine is. Each statement is prepared and
has run a few times, on a connection as the functions open it: PostgreSQL may then plan it without its values. Rare values are the hard ones: a list by an
owner who has nothing must not walk past everybody's assets.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from acervo.database import Database, query
from bench import figures
from bench.api import database, fill

SETTLED = 6  # PostgreSQL thinks of a plan for all values after five
MOST_PAGES = 600  # a page of 51 rows, an index entry and a row each, with their renditions
PROJECTS = [f"p{number:02}" for number in range(20)]
NOTHING: dict[str, Any] = dict.fromkeys(("project", "kind", "status", "owner", "after_at", "after_id"))
LISTS: dict[str, dict[str, Any]] = {
    "newest, of 20 projects": {},
    "newest, of all": {"projects": None},
    "one project": {"project": "p03"},
    "a project with three assets": {"projects": ["tiny"]},
    "the same, as administrator": {"projects": None, "project": "tiny"},
    "from the middle on": {
        "after_at": "2025-12-31 23:30:00+00",
        "after_id": "00000000-0000-4000-8000-000000000000",
    },
    "a common kind": {"kind": "video"},
    "a kind that nothing is": {"kind": "audio"},
    "a common status": {"status": "ready"},
    "a status that nothing has": {"status": "error"},
    "a common owner": {"owner": "user:bench"},
    "an owner of nothing": {"owner": "user:nobody"},
    "deleted ones": {"status": "deleted"},
}


def statements(ready: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(what, SQL, parameters)."""
    for what, more in LISTS.items():
        yield f"list: {what}", query.api_assets.sql, {"projects": PROJECTS, **NOTHING, "limit": 51, **more}
    one = {"asset_id": ready}
    yield "detail: the asset", query.api_asset.sql, {**one, "principals": ["user:bench"]}
    yield "detail: renditions", query.api_renditions.sql, one
    yield "detail: jobs", query.api_jobs.sql, {**one, "limit": 50}
    yield "detail: transcript", query.api_transcript.sql, {**one, "after": -1, "limit": 501}
    yield "tick: rights that are due", query.take_due_rights.sql, {"limit": 200}


def pages_of(database: Database, statement: str, parameters: dict[str, Any]) -> tuple[int, str]:
    """Pages touched, and how assets are read. Nothing that it changed is kept."""
    names = list(parameters)
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement).replace(
        "%%", "%"
    )
    values = sql.SQL(", ").join(sql.Literal(parameters[name]) for name in names)
    with database.transaction() as connection:
        connection.execute(f"prepare measured as {numbered}".encode())
        for _ in range(SETTLED):
            connection.execute(sql.SQL("execute measured ({})").format(values))
        run = sql.SQL("explain (analyze, buffers, timing off, format json) execute measured ({})").format(
            values
        )
        row = connection.execute(run).fetchone()
        connection.rollback()
        connection.execute("deallocate all")
    if row is None:
        raise SystemExit("explain said nothing")
    plan = row["QUERY PLAN"][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], scan_of(plan)


def scan_of(plan: dict[str, Any]) -> str:
    found = [scan for part in plan.get("Plans", ()) if (scan := scan_of(part))]
    if plan.get("Relation Name") == "assets" or str(plan.get("Index Name", "")).startswith("assets"):
        found.append(" ".join(filter(None, (plan["Node Type"], plan.get("Index Name")))))
    return found[-1] if found else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=200_000)
    options = parser.parse_args()
    rows, raw, worst = [], {}, 0
    with database() as url:
        ready, _ = fill(url, options.assets)
        known = Database(url)
        with known.transaction() as connection:
            for text in ("insert into projects (id, name) values ('tiny', 'Tiny')", TINY, "analyze"):
                connection.execute(text.encode())
        for what, statement, parameters in statements(ready):
            pages, scan = raw[what] = pages_of(known, statement, parameters)
            worst = max(worst, pages)
            rows.append((what, str(pages), scan))
        known.close()
    columns = ("", "pages", "how assets are read")
    figures.show(
        f"pages of {options.assets} assets that a read touches (goal ≤ {MOST_PAGES})", columns, rows, raw
    )
    if worst > MOST_PAGES:
        sys.exit(f"{worst} pages: some read walks past what nobody asked for")


TINY = """insert into assets (id, project_id, name, owner, status, created_at)
select gen_random_uuid(), 'tiny', 'old', 'user:tiny', 'ready', '2020-01-01' from generate_series(1, 3)"""

if __name__ == "__main__":
    main()
