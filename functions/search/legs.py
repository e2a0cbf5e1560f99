"""One question to every engine, and one ranked list out of what they say.

The *lead* is the first engine that has passages (any, when none has): totals, facets and passages are its word alone, because numbers of
two engines cannot be added. When it fails, the next engine that answered counts instead, and the answer says which. The others only rank.

Meaning is one leg: of the lead when it has vectors, in the same trip as the words (which wait for the query's vector, but not for long), of
pgvector otherwise. Pictures that look like the words are another, where a model for them is configured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from functions.search.cursor import FIRST, WINDOW
from functions.search.engine import (
    Ask,
    Assets,
    Embedder,
    Engine,
    Facets,
    Found,
    Meaning,
    Offer,
    OneTrip,
    Order,
    PassageId,
    Passages,
    Picture,
    Pictures,
    Wanted,
)
from functions.search.fusion import Fused, Leg, fuse, grouped
from functions.search.loosening import as_typed
from functions.search.query_tree import Query, Word, excludes, words_of
from functions.search.waiting import Call, Lanes, LeftOut, Waiting

FUSED = FIRST  # of each leg; below that the assets follow in the lead's own order
NEAREST = 30  # by meaning: what is far away is noise
WEIGHTS = {"tantivy": 1.0, "elasticsearch": 1.0, "meilisearch": 0.8}
SAID_WEIGHT, MEANING_WEIGHT = 0.7, 0.5
PICTURE_WEIGHT = 0.3  # its best (0.3 / 61) is below the last of FUSED words (1 / 160): alone it comes after what was found by its letters
VECTOR_SHARE = 0.3  # of the deadline, that words wait for the vector they travel with
MEANING = "meaning"  # the lane of the embedder and of vectors outside the engines
PICTURE = "picture"  # the same, of pictures
UNWRITTEN = (f":{MEANING}", f":{PICTURE}")  # legs that look at no letters


@dataclass(frozen=True)
class Ranked:
    """What the engines said, fused. `spoken` is complete when the lead found no more passages than these, and no word was unfinished; `seen`: the likest frame of an asset."""

    hits: Sequence[Fused]
    total: int
    facets: Facets
    counted_by: str
    spoken: Passages
    left_out: tuple[LeftOut, ...]
    engine_s: float
    seen: Mapping[str, Picture] = field(default_factory=dict)


class Legs:
    def __init__(
        self, engines: Sequence[Engine], lanes: Lanes, deadline_s: float,
        meaning: Meaning | None = None, embedder: Embedder | None = None, pictures: Pictures | None = None,
    ) -> None:  # fmt: skip
        self._engines, self._lanes, self.deadline_s = engines, lanes, deadline_s
        self._meaning, self._embedder, self._pictures = meaning, embedder, pictures

    def lead(self) -> Engine | None:
        """None when no engine has an index."""
        ready = [engine for engine in self._engines if engine.ready()]
        return next((e for e in ready if Offer.PASSAGES in e.offers), ready[0] if ready else None)

    def ask(self, lead: Engine, ask: Ask, needed: int, facets: bool = True) -> Ranked:
        """The list is the same however many of it are `needed`: deep pages only make it longer."""
        ranks = ask.query.tree is not None and ask.order is Order.RELEVANCE
        waiting = Waiting(self._lanes, self.deadline_s)
        others = [e for e in self._engines if e is not lead and ranks and e.ready()]
        calls = [(e, waiting.start(e.name, "assets", _assets(e, ask))) for e in others]
        travels = ranks and Offer.NEAREST in lead.offers
        near = self._start_meaning(waiting, ask) if ranks and not travels else None
        looked = self._start_pictures(waiting, ask) if ranks else None
        vector = self._vector(waiting, ask) if travels else ()
        wanted = Wanted(
            FUSED if needed <= FUSED else WINDOW,
            FUSED if ranks and Offer.PASSAGES in lead.offers else 0,
            facets,
            vector,
            NEAREST if vector else 0,
        )
        found = self._start_lead(waiting, lead, ask, wanted)()
        also = [(e, waiting.result(call, None)) for e, call in calls]
        nearest: Sequence[str] = waiting.result(near, ()) if near else found.nearest or ()
        meant = Leg(f"{self._whose(lead, travels)}:{MEANING}", nearest, MEANING_WEIGHT)
        seen: Sequence[Picture] = waiting.result(looked, ()) if looked else ()
        return self._fuse(
            lead, ask, found, [(e, a) for e, a in also if a is not None], meant, seen, facets, waiting
        )

    # -- asking ----------------------------------------------------------------------------------------------------
    def _start_lead(self, waiting: Waiting, lead: Engine, ask: Ask, wanted: Wanted) -> Callable[[], Found]:
        if Offer.ONE_TRIP in lead.offers:
            trip = cast(OneTrip, lead)
            call = waiting.start(lead.name, "assets", lambda: trip.find(ask, wanted))

            def whole() -> Found:
                found: Found = waiting.result(call, Found(None))
                asked = (
                    ("facets", wanted.facets, found.facets),
                    ("passages", wanted.passages, found.passages),
                    (MEANING, wanted.nearest, found.nearest),
                )
                for leg, was_wanted, part in asked:
                    if was_wanted and part is None and found.assets is not None:
                        waiting.left_out.append(LeftOut(lead.name, leg, "down"))
                return found

            return whole
        assets = waiting.start(lead.name, "assets", lambda: lead.assets(ask, wanted.window))
        facets = waiting.start(lead.name, "facets", lambda: lead.facets(ask)) if wanted.facets else None
        spoken = replace(ask, query=as_typed(ask.query))
        passages = (
            waiting.start(lead.name, "passages", lambda: lead.passages(spoken, wanted.passages, counted=False))
            if wanted.passages else None
        )  # fmt: skip
        return lambda: Found(
            waiting.result(assets, None),
            waiting.result(passages, None) if passages else None,
            waiting.result(facets, None) if facets else None,
        )

    def _start_meaning(self, waiting: Waiting, ask: Ask) -> Call | None:
        embedder, meaning, text = self._embedder, self._meaning, _meaningful(ask.query)
        if embedder is None or meaning is None or not text:
            return None
        return waiting.start(MEANING, MEANING, lambda: meaning.nearest(embedder.vector(text), ask, NEAREST))

    def _start_pictures(self, waiting: Waiting, ask: Ask) -> Call | None:
        pictures, text = self._pictures, _meaningful(ask.query)
        if pictures is None or not text:
            return None
        return waiting.start(PICTURE, PICTURE, lambda: pictures.nearest(text, ask, NEAREST))

    def _vector(self, waiting: Waiting, ask: Ask) -> Sequence[float]:
        """Of the words; empty when they have none, or none in time."""
        embedder, text = self._embedder, _meaningful(ask.query)
        if embedder is None or not text:
            return ()
        call = waiting.start(MEANING, MEANING, lambda: embedder.vector(text))
        vector: Sequence[float] = waiting.result(call, (), self.deadline_s * VECTOR_SHARE)
        return vector

    def _whose(self, lead: Engine, travels: bool) -> str:
        """Who answers for the meaning."""
        return lead.name if travels or self._meaning is None else self._meaning.name

    def like(self, lead: Engine | None, ask: Ask, asset_id: str) -> tuple[list[Leg], list[LeftOut]]:
        """By words that are telling, and by what the asset's own vectors are near to."""
        waiting = Waiting(self._lanes, self.deadline_s)
        words = (
            waiting.start(lead.name, "assets", lambda: lead.assets(ask, FUSED))
            if lead and ask.query.tree
            else None
        )
        meaning = self._meaning
        own = Ask(Query(), ask.scope)
        near = (
            waiting.start(MEANING, "meaning", lambda: [
                meaning.nearest(vector, own, NEAREST) for vector in meaning.vectors_of(asset_id)
            ]) if meaning else None
        )  # fmt: skip
        legs = []
        if words and lead:
            legs.append(Leg(f"{lead.name}:assets", waiting.result(words, Assets([], 0)).ids))
        if near and meaning:
            legs += [Leg(f"{meaning.name}:meaning", ids, MEANING_WEIGHT) for ids in waiting.result(near, [])]
        return legs, waiting.left_out

    # -- fusing ----------------------------------------------------------------------------------------------------
    def _fuse(
        self, lead: Engine, ask: Ask, found: Found, also: Sequence[tuple[Engine, Assets]], meant: Leg,
        seen: Sequence[Picture], facets: bool, waiting: Waiting,
    ) -> Ranked:  # fmt: skip
        assets = found.assets or Assets([], 0)
        spoken = found.passages or Passages([], 0)
        said = grouped(passage.asset_id for passage in spoken.ids)
        if said and assets.total:
            said = self._matching(lead, ask, said, assets, waiting)
        elif not assets.total:
            said = []
        legs = [
            Leg(f"{lead.name}:assets", assets.ids[:FUSED], WEIGHTS.get(lead.name, 1.0)),
            Leg(f"{lead.name}:said", said, SAID_WEIGHT),
            *(Leg(f"{e.name}:assets", ranked.ids[:FUSED], WEIGHTS.get(e.name, 1.0)) for e, ranked in also),
        ]
        whose = self._pictures.name if self._pictures else ""
        looks = Leg(f"{whose}:{PICTURE}", [picture.asset_id for picture in seen], PICTURE_WEIGHT)
        ranked = fuse([*legs, meant, looks])
        if len(assets.ids) > FUSED:
            known = {fused.id for fused in ranked}
            below = (f"{lead.name}:assets",)
            ranked += [Fused(id_, 0.0, below) for id_ in assets.ids[FUSED:] if id_ not in known]
        counter, total, counted = self._counts(lead, ask, found, also, facets, waiting)
        return Ranked(
            ranked[:WINDOW], max(total, len(said)), counted, counter, spoken, tuple(waiting.left_out), waiting.waited_s,
            {picture.asset_id: picture for picture in seen},
        )  # fmt: skip

    def _counts(
        self, lead: Engine, ask: Ask, found: Found, also: Sequence[tuple[Engine, Assets]], facets: bool, waiting: Waiting
    ) -> tuple[str, int, Facets]:  # fmt: skip
        """Who counted, how many, and by what."""
        if found.assets is not None or not also:
            return lead.name, found.assets.total if found.assets else 0, found.facets or {}
        engine, assets = also[0]
        if not facets:
            return engine.name, assets.total, {}
        again = Waiting(self._lanes, self.deadline_s)  # the first deadline is over: the lead was waited for
        call = again.start(engine.name, "facets", lambda: engine.facets(ask))
        counted = again.result(call, {})
        waiting.left_out += again.left_out
        waiting.waited_s += again.waited_s
        return engine.name, assets.total, counted

    def _matching(
        self, lead: Engine, ask: Ask, said: Sequence[str], found: Assets, waiting: Waiting
    ) -> list[str]:
        """A passage may have every word while its asset is excluded by another (`-word`): only assets that match count."""
        if not excludes(ask.query.tree):
            return list(said)
        if found.total <= len(found.ids):
            known = frozenset(found.ids)
        else:
            unknown = sorted(set(said).difference(found.ids))
            call = waiting.start(lead.name, "passages", lambda: lead.among(ask, unknown))
            known = waiting.result(call, frozenset()) | frozenset(found.ids)
        return [asset_id for asset_id in said if asset_id in known]


def _meaningful(query: Query) -> str:
    """Only words have a meaning beside their letters: a phrase, what is said, and what is excluded are asked for as they are."""
    words = [word.text for word in words_of(query.tree) if isinstance(word, Word)]
    return "" if excludes(query.tree) else " ".join(words)


def _assets(engine: Engine, ask: Ask) -> Callable[[], Assets]:
    return lambda: engine.assets(ask, FUSED)


def below(strict: Ranked, forgiving: Ranked) -> Ranked:
    """What was found by its letters as typed first, what typos may have meant after it; counted as the forgiving one counts."""
    first = [fused for fused in strict.hits if any(not leg.endswith(UNWRITTEN) for leg in fused.legs)]
    known = {fused.id for fused in first}
    hits = [*first, *(fused for fused in forgiving.hits if fused.id not in known)]
    left_out = tuple(dict.fromkeys((*strict.left_out, *forgiving.left_out)))
    waited_s = strict.engine_s + forgiving.engine_s
    seen = {**strict.seen, **forgiving.seen}
    return replace(forgiving, hits=hits[:WINDOW], left_out=left_out, engine_s=waited_s, seen=seen)


def best_of(found: Passages, each: int) -> dict[str, list[PassageId]]:
    """Up to `each` passages of every asset, best first."""
    best: dict[str, list[PassageId]] = {}
    for passage in found.ids:
        if len(some := best.setdefault(passage.asset_id, [])) < each:
            some.append(passage)
    return best
