"""What machines saw in an asset, and who they heard named in it."""

from __future__ import annotations

import pytest

from tests.fix_search import Newsroom


@pytest.mark.usefixtures("rooms")
def test_what_a_machine_saw_is_found_counted_and_filtered(newsroom: Newsroom) -> None:
    asset_id = newsroom.asset("Calle", project="alfa", people=["Ana Ruiz"])
    with newsroom.database.transaction() as connection:
        for kind, value in (("object", "bicicleta"), ("person", "Luis Mora"), ("person", "ana ruiz")):
            connection.execute(
                "insert into tags (asset_id, kind, value, score, times, model) values (%s, %s, %s, 0.9, 1, 'm')",
                (asset_id, kind, value),
            )
    newsroom.indexer.index([asset_id])
    for q in ("bicicleta ", "tag:bicicleta ", 'person:"Luis Mora" ', "luis mora "):
        assert newsroom.found(q, newsroom.issuer.token("ana")) == {asset_id}
    answer = newsroom.get("assets", newsroom.issuer.token("ana"), q="bicicleta ")
    assert {b["value"] for b in answer["facets"]["person"]} == {"Ana Ruiz", "Luis Mora"}
    assert answer["hits"][0]["why"] == [{"engine": "tantivy", "field": "seen"}]
