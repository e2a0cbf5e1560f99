"""What every store of an index has to do: old never over new, versions switched and rolled back, an engine that is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from acervo.errors import Transient
from functions.search.engine import Engine, EngineDown, Offer
from functions.search.index_directory import Position
from functions.search.stores import Doubtful
from tests.fix_search_engines import ASSET, SAID, Kept, ask, id_of


def test_old_never_overwrites_new_and_what_is_removed_is_gone(kept: Kept, engine: Engine) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=id_of(7), titles=("nuevo",), version=5, tags=())
    assert writer.put(own, SAID)
    assert not writer.put(replace(own, version=4, titles=("viejo",)), SAID)
    writer.commit()
    assert not writer.put(replace(own, version=4, titles=("viejo",)), SAID)
    assert not writer.put(replace(own, titles=("otra vez",)), SAID)
    assert writer.versions([id_of(7), id_of(8)]) == {id_of(7): 5}
    assert writer.put(own, SAID[:1], again=True)  # a transcript became shorter
    writer.commit()
    assert set(engine.assets(ask("nuevo "), 10).ids) == {id_of(7)}
    if Offer.PASSAGES in engine.offers:
        assert engine.passages(ask("faro "), 10, [id_of(7)]).total == 1
    writer.remove(id_of(7), 6)
    writer.commit()
    assert engine.assets(ask("nuevo "), 10).total == 0
    if Offer.PASSAGES in engine.offers:
        assert engine.passages(ask("faro "), 10, [id_of(7)]).total == 0
    assert writer.versions([id_of(7)]) == {}
    writer.close()


def test_nothing_is_seen_before_the_commit(kept: Kept, engine: Engine) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=id_of(9), titles=("secreto",), tags=())
    writer.put(own, [])
    assert engine.assets(ask("secreto "), 10).total == 0
    writer.commit()
    assert engine.assets(ask("secreto "), 10).total == 1
    writer.remove(id_of(9), 2)
    writer.commit()
    writer.close()


def test_a_version_is_built_beside_switched_and_rolled_back(kept: Kept, engine: Engine) -> None:
    before = engine.assets(ask(""), 10).total
    live = kept.store.open()
    with kept.store.rebuilding():
        beside = kept.store.begin()
        beside.put(replace(ASSET, titles=("solo esta",)), [])
        beside.commit()
        assert beside.count() == 1
        assert engine.assets(ask(""), 10).total == before
        live.close()
        kept.store.switch(beside)
    assert engine.assets(ask(""), 10).total == 1
    with kept.store.rebuilding():
        kept.store.roll_back()
    assert engine.assets(ask(""), 10).total == before
    with kept.store.rebuilding(), pytest.raises(Doubtful):
        kept.store.roll_back()


def test_the_position_is_kept_with_its_version(kept: Kept, engine: Engine) -> None:
    writer = kept.store.open()
    at = Position(datetime(2026, 11, 5, 1, 2, 3, 4, tzinfo=UTC), id_of(2))
    writer.save_position(at)
    writer.close()
    again = kept.store.open()
    assert again.position() == at
    again.close()
    with kept.store.rebuilding():
        fresh = kept.store.begin()
        assert fresh.position() == Position()
        kept.store.discard(fresh)


def test_an_engine_that_is_away_is_down_for_readers_and_transient_for_writers(
    kept: Kept, engine: Engine
) -> None:
    if kept.fake is None:
        pytest.skip("only one that we play can be switched off")
    writer = kept.store.open()
    writer.put(replace(ASSET, asset_id=id_of(11), titles=("tarde",)), SAID)
    kept.fake.down = True
    try:
        for call in (
            lambda: engine.assets(ask("faro "), 10), lambda: engine.facets(ask("")), lambda: engine.suggest("fa", None, 5),
        ):  # fmt: skip
            with pytest.raises(EngineDown):
                call()
        assert engine.ready()
        with pytest.raises(Transient):
            writer.commit()
    finally:
        kept.fake.down = False
    assert engine.assets(ask("tarde "), 10).total == 0
    again = kept.store.open()
    again.put(replace(ASSET, asset_id=id_of(11), titles=("tarde",)), SAID)
    again.commit()
    assert engine.assets(ask("tarde "), 10).total == 1
    again.remove(id_of(11), 9)
    again.commit()
