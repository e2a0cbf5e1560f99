"""Speaker turns: who speaks from when to when. A voice keeps the name that it had in an earlier run: the one that spoke at the same time. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

JOIN_MS = 1_500  # a shorter pause does not end a turn
V = TypeVar("V", int, str)  # a voice by its number in a part or a run, or by its name
VOICE = re.compile(r"S(\d{1,6})")


@dataclass(frozen=True)
class Turn(Generic[V]):
    start_ms: int
    end_ms: int
    voice: V


def merge(turns: Iterable[Turn[V]]) -> list[Turn[V]]:
    """In order of time; turns of one voice with hardly a pause between them are one."""
    merged: list[Turn[V]] = []
    for turn in sorted(turns, key=lambda one: (one.start_ms, one.end_ms)):
        last = merged[-1] if merged else None
        if last and last.voice == turn.voice and turn.start_ms - last.end_ms <= JOIN_MS:
            merged[-1] = replace(last, end_ms=max(last.end_ms, turn.end_ms))
        elif turn.end_ms > turn.start_ms:
            merged.append(turn)
    return merged


def name(turns: Sequence[Turn[int]], before: Sequence[Turn[str]], taken: Iterable[str]) -> list[Turn[str]]:
    """Turns with names instead of numbers.

    Args:
        before: named turns of an earlier run, whoever told them apart: who speaks when they did has their name.
        taken: names that were ever given; a voice that is new gets another.
    """
    names: dict[int, str] = {}
    for voice, known in sorted(shared := _shared(turns, before), key=lambda pair: -shared[pair]):
        if voice not in names and known not in names.values():
            names[voice] = known
    numbers = [int(found[1]) for one in taken if (found := VOICE.fullmatch(one))]
    fresh = max(numbers, default=0)
    for turn in turns:
        if turn.voice not in names:
            fresh += 1
            names[turn.voice] = f"S{fresh}"
    return [Turn(turn.start_ms, turn.end_ms, names[turn.voice]) for turn in turns]


def _shared(turns: Sequence[Turn[int]], before: Sequence[Turn[str]]) -> dict[tuple[int, str], int]:
    """(voice, earlier voice) → for how many ms both speak; in one pass over both, each in order of time."""
    shared: dict[tuple[int, str], int] = {}
    at = 0
    for turn in turns:
        while at < len(before) and before[at].end_ms <= turn.start_ms:
            at += 1
        for number in range(at, len(before)):
            earlier = before[number]
            if earlier.start_ms >= turn.end_ms:
                break
            ms = min(turn.end_ms, earlier.end_ms) - max(turn.start_ms, earlier.start_ms)
            pair = turn.voice, earlier.voice
            shared[pair] = shared.get(pair, 0) + ms
    return shared
