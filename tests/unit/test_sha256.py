"""SHA-256 that is put away and taken up again says what hashlib says."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo import sha256
from acervo.sha256 import BLOCK_BYTES, Sha256


@given(data=st.binary(max_size=1000), cuts=st.lists(st.integers(0, 1000), max_size=5))
def test_in_pieces_it_is_hashlibs_and_looking_changes_nothing(data: bytes, cuts: list[int]) -> None:
    digest, at = Sha256(), 0
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        digest.update(data[at:cut])
        assert digest.hexdigest() == hashlib.sha256(data[:cut]).hexdigest()
        at = cut
    digest.update(data[at:])
    assert digest.hexdigest() == hashlib.sha256(data).hexdigest()


@given(blocks=st.integers(0, 20), tail=st.binary(max_size=200))
def test_another_process_goes_on_from_32_bytes(blocks: int, tail: bytes) -> None:
    head = random.Random(blocks).randbytes(blocks * BLOCK_BYTES)
    first = Sha256()
    first.update(head)
    state = first.state()
    assert state is not None
    second = Sha256(state, len(head))
    second.update(tail)
    assert second.hexdigest() == hashlib.sha256(head + tail).hexdigest()
    assert (second.state() is None) == bool(len(tail) % BLOCK_BYTES)


def test_the_length_of_what_is_longer_than_512_mib_is_not_lost() -> None:
    """Its bits do not fit into the first of the two words that count them."""
    block, whole = bytes(64 << 20), hashlib.sha256()
    first = Sha256()
    for _ in range(9):
        first.update(block)
        whole.update(block)
    state = first.state()
    assert state is not None
    second = Sha256(state, 9 * len(block))
    second.update(b"end")
    whole.update(b"end")
    assert second.hexdigest() == whole.hexdigest()


def test_a_state_that_cannot_be_is_refused() -> None:
    for state, length in ((b"short", 64), (bytes(32), 63)):
        with pytest.raises(ValueError, match="cannot be taken up"):
            Sha256(state, length)


def test_without_the_library_it_is_hashlibs_and_gives_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_library", lambda: None)
    digest = Sha256()
    digest.update(bytes(64))
    assert (digest.state(), digest.hexdigest()) == (None, hashlib.sha256(bytes(64)).hexdigest())
    assert not sha256.resumable()
    with pytest.raises(ValueError, match="cannot be taken up"):
        Sha256(bytes(32), 64)
