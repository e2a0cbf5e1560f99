"""Parts of an answer are done aside while threads are free, and by whoever asks when they are not."""

from __future__ import annotations

import threading

import pytest

from functions.search.aside import Aside


def test_who_finds_no_free_thread_does_the_part_itself_and_threads_are_free_again_afterwards() -> None:
    aside, go, mine = Aside(2, "test"), threading.Event(), threading.get_ident()

    def part() -> int:
        if threading.get_ident() != mine:
            assert go.wait(20)
        return threading.get_ident()

    results = [aside.start(part) for _ in range(3)]
    assert results[2]() == mine
    go.set()
    assert mine not in {results[0](), results[1]()}
    for _ in range(10):  # one after the other: each gives its thread back, however it ends
        done = threading.Event()
        start = aside.start(done.set)
        start()
        assert done.is_set()


def test_what_a_part_raises_is_raised_where_its_result_is_asked_for() -> None:
    def fail() -> None:
        raise ValueError("of the part")

    for most in (1, 0):
        aside = Aside(max(1, most), "test")
        held = aside.start(threading.Event().is_set) if most == 0 else None
        with pytest.raises(ValueError, match="of the part"):
            aside.start(fail)()
        if held:
            held()
