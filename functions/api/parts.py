"""Whether the parts in the store make the file that was announced. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Fault = dict[str, str]
MAX_FAULTS = 100


def part_count(size_bytes: int, part_size_bytes: int) -> int:
    return -(-size_bytes // part_size_bytes)


def expected_bytes(number: int, size_bytes: int, part_size_bytes: int) -> int:
    """Bytes of one part: all alike, but the last."""
    return min(part_size_bytes, size_bytes - (number - 1) * part_size_bytes)


def faults(
    size_bytes: int,
    part_size_bytes: int,
    stored: Mapping[int, tuple[str, int]],
    given: Sequence[tuple[int, str]] | None,
) -> list[Fault]:
    """What is wrong, part by part: [{field, detail}]; empty when the file is whole.

    Args:
        stored: number → (ETag, bytes), as the store lists them.
        given: (number, ETag) as the client says, in any order; None to take what the store has.
    """
    count = part_count(size_bytes, part_size_bytes)
    found: list[Fault] = []
    named = range(1, count + 1) if given is None else [number for number, _ in given]
    if given is not None:
        found += _client_faults(given, stored, count)
    missing = sorted(set(range(1, count + 1)) - (set(stored) & set(named)))
    # a part that the client names and the store lacks has its fault already
    told = {fault["field"] for fault in found}
    found += [
        fault
        for fault in (_fault(number, "is missing") for number in missing[: MAX_FAULTS + len(told)])
        if fault["field"] not in told
    ]
    found += _size_faults(size_bytes, part_size_bytes, stored, set(named) & set(range(1, count + 1)))
    return found[:MAX_FAULTS]


def _client_faults(
    given: Sequence[tuple[int, str]], stored: Mapping[int, tuple[str, int]], count: int
) -> list[Fault]:
    found: list[Fault] = []
    seen: set[int] = set()
    for number, etag in given:
        if number in seen:
            found.append(_fault(number, "is named twice"))
        elif number > count:
            found.append(_fault(number, f"is unknown: this upload has {count} parts"))
        elif number not in stored:
            found.append(_fault(number, "is not in the store: send it again"))
        elif plain(etag) != plain(stored[number][0]):
            found.append(_fault(number, "has another ETag in the store: send it again"))
        seen.add(number)
    return found


def _size_faults(
    size_bytes: int, part_size_bytes: int, stored: Mapping[int, tuple[str, int]], numbers: Iterable[int]
) -> list[Fault]:
    found: list[Fault] = []
    for number in sorted(numbers):
        wanted = expected_bytes(number, size_bytes, part_size_bytes)
        if number in stored and stored[number][1] != wanted:
            kind = "too small" if stored[number][1] < wanted else "too large"
            found.append(_fault(number, f"is {kind}: it has {stored[number][1]} bytes instead of {wanted}"))
    return found


def plain(etag: str) -> str:
    """Stores and clients quote or do not."""
    return etag.strip().strip('"').lower()


def _fault(number: int, what: str) -> Fault:
    return {"field": f"parts.{number}", "detail": f"part {number} {what}"}
