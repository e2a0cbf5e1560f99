"""More like this: what shares what an asset is about, inside the caller's projects."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from tests.fix_search import Newsroom


def test_more_like_this_shares_what_it_is_about_and_stays_inside_the_projects(
    newsroom: Newsroom, call: Callable[..., Any]
) -> None:
    about: dict[str, Any] = {"keywords": ["Volcán", "La Palma"], "people": ["Olga Meteo"]}
    itself = newsroom.asset("Erupción del volcán en La Palma", project="alfa", **about)
    near = newsroom.asset("La colada del volcán llega al mar", project="alfa", keywords=["Volcán"])
    far = newsroom.asset("Receta de tarta", project="alfa", name="tarta.mov")
    hidden = newsroom.asset("Erupción del volcán secreta", project="beta", **about)
    newsroom.indexer.index([itself, near, far, hidden])
    newsroom.refresh()
    answer = call("ana", "GET", f"assets/{itself}/like").json()
    found = [hit["asset_id"] for hit in answer["hits"]]
    assert found[0] == near
    assert not {itself, far, hidden} & set(found)
    assert answer["hits"][0]["why"]
    assert call("ana", "GET", f"assets/{hidden}/like").status_code == 404
    assert call("dani", "GET", f"assets/{itself}/like").status_code == 404
    assert call("ana", "GET", f"assets/{uuid.uuid4()}/like").status_code == 404
    assert call("ana", "GET", "assets/x/like").status_code == 404
    assert call("ana", "GET", f"assets/{itself}/like", params={"limit": "1000"}).status_code == 422
    assert hidden in {
        h["asset_id"] for h in call("j", "GET", f"assets/{itself}/like", roles=["admin"]).json()["hits"]
    }
