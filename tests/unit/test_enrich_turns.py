"""Who speaks when: windows, voices of a part, voices over a recording, and names that stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.enrich import part_voices, turns, voices
from functions.enrich.part_voices import Voices, Window
from functions.enrich.turns import Turn, V

SPEAKERS = np.eye(8, dtype=np.float32)


def sounds(
    *who: int, spread: float = 0.25, seed: int = 1
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A vector for each: a person's own direction and some noise."""
    rows = SPEAKERS[list(who)] + np.random.default_rng(seed).normal(0, spread / 3, (len(who), 8))
    made: np.ndarray[tuple[int, int], np.dtype[np.float32]] = rows / np.linalg.norm(
        rows, axis=1, keepdims=True
    )
    return made.astype(np.float32)


def part(start_ms: int, *who: int, each_ms: int = 3_000, seed: int = 1) -> Voices:
    """Each speaks once, for so long."""
    spans = [(start_ms + n * 4_000, start_ms + n * 4_000 + each_ms) for n in range(len(who))]
    windows = [(n, w) for n, span in enumerate(spans) for w in part_voices.plan_windows([span])]
    return part_voices.tell_apart([w for _, w in windows], sounds(*(who[n] for n, _ in windows), seed=seed))


# -- windows ----------------------------------------------------------------------------------------------------------
@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 20_000)), max_size=6))
def test_windows_answer_for_every_moment_of_a_stretch_once(spans: list[tuple[int, int]]) -> None:
    for start, length in spans:
        found = part_voices.plan_windows([(start, start + length)])
        if length < part_voices.LEAST_WINDOW_MS:
            assert found == []
            continue
        assert [w.from_ms for w in found] == [start, *(w.until_ms for w in found[:-1])]
        assert found[-1].until_ms == start + length
        assert all(start <= w.start_ms <= w.from_ms < w.until_ms <= w.end_ms <= start + length for w in found)
        assert {w.length_ms for w in found} == {min(length, part_voices.WINDOW_MS)}


# -- clustering -------------------------------------------------------------------------------------------------------
def test_the_likest_are_put_together_until_no_two_are_alike() -> None:
    who = [0, 1, 0, 2, 1, 1, 0, 2]
    assert voices.agglomerate(sounds(*who), [1] * 8, 0.6, 8).tolist() == [0, 1, 0, 2, 1, 1, 0, 2]


def test_there_are_never_more_groups_than_asked_for() -> None:
    assert voices.agglomerate(sounds(*range(8)), [1] * 8, 0.9, 3).max() == 2


def test_nothing_and_one_are_grouped_too() -> None:
    assert voices.agglomerate(np.zeros((0, 4), np.float32), [], 0.5, 3).tolist() == []
    assert voices.agglomerate(sounds(3), [1], 0.5, 3).tolist() == [0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=40), st.integers(0, 9))
def test_people_who_sound_nothing_alike_are_told_apart_whatever_the_order(who: list[int], seed: int) -> None:
    groups = voices.agglomerate(sounds(*who, spread=0.1, seed=seed), [1] * len(who), 0.6, 8)
    assert len(set(zip(who, groups.tolist(), strict=True))) == len(set(who)) == groups.max() + 1
    assert list(dict.fromkeys(groups.tolist())) == list(range(groups.max() + 1)), (
        "numbered as they first come"
    )


@settings(deadline=None)
@given(st.integers(2, 25), st.integers(0, 10_000), st.floats(-0.2, 0.8))
def test_average_linkage_is_what_it_says(count: int, seed: int, least: float) -> None:
    """Against the definition: the pair of groups with the greatest mean likeness of members, again and again."""
    chance = np.random.default_rng(seed)
    vectors = chance.normal(0, 1, (count, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    weights = chance.integers(1, 5, count)
    groups = [[n] for n in range(count)]
    while len(groups) > 1:
        alike = {
            (a, b): float(
                np.average(
                    [vectors[i] @ vectors[j] for i in groups[a] for j in groups[b]],
                    weights=[weights[i] * weights[j] for i in groups[a] for j in groups[b]],
                )
            )
            for a in range(len(groups))
            for b in range(a + 1, len(groups))
        }
        (a, b), likeness = max(alike.items(), key=lambda item: item[1])
        if likeness < least:
            break
        groups[a] += groups.pop(b)
    found = voices.agglomerate(vectors.astype(np.float32), weights.tolist(), least, count)
    assert {frozenset(np.flatnonzero(found == g).tolist()) for g in set(found.tolist())} == set(
        map(frozenset, groups)
    )


def test_what_hardly_speaks_goes_to_the_voice_that_it_is_most_like() -> None:
    vectors = sounds(0, 0, 0, 1, 1, 1, 2)
    vectors[6] = (vectors[6] + 0.6 * vectors[4]) / np.linalg.norm(vectors[6] + 0.6 * vectors[4])
    groups = voices.settle(vectors, np.array([0, 0, 0, 1, 1, 1, 2]), [1] * 7, 2)
    assert groups.tolist() == [0, 0, 0, 1, 1, 1, 1]


# -- parts ------------------------------------------------------------------------------------------------------------
def test_a_part_tells_its_voices_apart_and_survives_its_way_through_the_database() -> None:
    found = part(10_000, 0, 1, 0)
    assert [(t.start_ms, t.end_ms, t.voice) for t in found.turns] == [
        (10_000, 13_000, 0), (14_000, 17_000, 1), (18_000, 21_000, 0),
    ]  # fmt: skip
    again = Voices.from_json(found.to_json("m@1"))
    assert again.turns == found.turns
    assert again.total_ms == found.total_ms == [6_000, 3_000]
    assert np.abs(again.vectors - found.vectors).max() < 1e-3


def test_a_part_in_which_nobody_speaks_has_no_voices() -> None:
    empty = part_voices.tell_apart([], np.zeros((0, 0), np.float32))
    silent = part_voices.tell_apart([Window(0, 1_600, 0, 1_600)], np.zeros((1, 8), np.float32))
    for one in (empty, silent):
        assert Voices.from_json(one.to_json("m@1")).turns == []
    assert part_voices.join([Voices.from_json(empty.to_json("m@1")), silent]) == []


def test_voices_of_parts_are_joined_however_each_part_numbers_them() -> None:
    """The second part hears the other person first; in the third somebody new speaks."""
    joined = part_voices.join([part(0, 0, 1), part(100_000, 1, 0, seed=2), part(200_000, 2, 0, seed=3)])
    assert [turn.voice for turn in joined] == [0, 1, 1, 0, 2, 0]


def test_a_turn_goes_on_over_the_seam_of_two_parts() -> None:
    first = part_voices.tell_apart(
        part_voices.plan_windows([(90_000, 100_000)]),
        sounds(*[4] * 12)[: len(part_voices.plan_windows([(90_000, 100_000)]))],
    )
    second = part_voices.tell_apart(
        part_voices.plan_windows([(100_000, 104_000)]),
        sounds(*[4] * 12, seed=5)[: len(part_voices.plan_windows([(100_000, 104_000)]))],
    )
    assert part_voices.join([first, second]) == [Turn(90_000, 104_000, 0)]


def test_a_day_of_talk_is_joined_in_bounds() -> None:
    """More part-local voices than a day can have; two people among them."""
    count = 206 * part_voices.MOST_PART_VOICES
    parts = [
        Voices(sounds(*[n % 2] * 4, seed=n), [5_000] * 4, [Turn(n * 420_000 + 6_000 * i, n * 420_000 + 6_000 * i + 5_000, i) for i in range(4)])
        for n in range(count // 4)
    ]  # fmt: skip
    joined = part_voices.join(parts)
    assert {turn.voice for turn in joined} == {0, 1}


# -- names ------------------------------------------------------------------------------------------------------------
def talk(*whose: V, each_ms: int = 5_000) -> list[Turn[V]]:
    return [Turn(n * 6_000, n * 6_000 + each_ms, voice) for n, voice in enumerate(whose)]


def named(
    found: Sequence[Turn[int]], before: Sequence[Turn[str]] = (), taken: Sequence[str] = ()
) -> list[str]:
    return [turn.voice for turn in turns.name(found, before, taken)]


def test_voices_are_named_in_the_order_in_which_they_speak() -> None:
    assert named(talk(0, 1, 0, 2)) == ["S1", "S2", "S1", "S3"]


def test_a_voice_keeps_its_name_when_somebody_new_is_heard_before_it() -> None:
    before = talk("S1", "S1", "S2")
    assert named(talk(0, 1, 2), before, ["S1", "S2"]) == ["S1", "S3", "S2"]
    # the first one was nobody's before: the run finds three where there were two
    later = [Turn(t.start_ms + 30_000, t.end_ms + 30_000, t.voice) for t in before]
    found = [*talk(0), *(Turn(t.start_ms + 30_000, t.end_ms + 30_000, t.voice) for t in talk(1, 1, 2))]
    assert named(found, later, ["S1", "S2"]) == ["S3", "S1", "S1", "S2"]


def test_of_a_voice_that_falls_into_two_the_one_that_speaks_longer_keeps_the_name() -> None:
    before = [Turn(0, 5_000, "S1"), Turn(6_000, 16_000, "S1")]
    found = [Turn(0, 5_000, 0), Turn(6_000, 16_000, 1)]
    assert named(found, before, ["S1"]) == ["S2", "S1"]


def test_a_name_that_somebody_had_is_never_given_to_somebody_else() -> None:
    assert named(talk(0), [], ["S7", "Ana", "S3"]) == ["S8"]


@pytest.mark.parametrize("shift_ms", [0, 150, -150])
def test_names_stay_when_a_run_cuts_a_little_differently(shift_ms: int) -> None:
    before = talk("S2", "S1", "S2", "S3", "S1")
    found = [Turn(max(0, t.start_ms + shift_ms), t.end_ms + shift_ms, t.voice) for t in talk(0, 1, 0, 2, 1)]
    assert named(found, before, ["S1", "S2", "S3"]) == ["S2", "S1", "S2", "S3", "S1"]
