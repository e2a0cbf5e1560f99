"""docs/search.md speaks of every route of the search service and of every field of a hit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.routing import Route

from functions.search import answers
from functions.search.fusion import Fused
from functions.search.highlights import Matcher
from functions.search.query_tree import Field
from functions.search.routes import routes
from functions.search.serving import Serving

TEXT = (Path(__file__).parents[2] / "docs" / "search.md").read_text()
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def _no_serving(_: object) -> Serving:
    raise AssertionError("nothing is asked")


def test_every_route_is_spoken_of() -> None:
    told = [
        part.strip("` ")
        for line in TEXT.splitlines()
        if line.startswith("| `")
        for part in line.split("|")[1].split("`, `")
    ]
    paths = {
        word.partition("?")[0] for part in told for word in part.split() if not word.isupper() and word != ","
    }
    served = {
        route.path.removeprefix("/api/v1/search/")
        for route in routes(_no_serving)
        if isinstance(route, Route)
    }
    assert served == paths


def test_every_field_of_a_hit_and_every_filter_is_spoken_of() -> None:
    row: dict[str, Any] = {
        "id": "x", "name": "a.mp4", "metadata": {}, "embedded": {}, "rights": {}, "kind": "video", "status": "ready", "project_id": "p",
        "language": None, "created_at": NOW, "duration_s": 1.0, "thumb": None,
    }  # fmt: skip
    hit = answers.hit(row, Fused("x", 1.0, ()), Matcher.of(None), (), "tantivy", NOW)
    for name in hit:
        assert name in TEXT, name
    for field in Field:
        assert f"`{field}`" in TEXT, field
