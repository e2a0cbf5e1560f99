"""The spool, the pauses and the watchdog's eye, without processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rgw.bridge.sender import pause_s
from rgw.bridge.spool import Spool
from rgw.bridge.watchdog import Stillness
from rgw.config import LONGEST_SOCKET, Config
from rgw.store import choose


def record(key: str, sequencer: str = "01") -> dict[str, Any]:
    return {
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "b"},
            "object": {"key": key, "versionId": "v" + sequencer, "sequencer": sequencer},
        },
    }


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool.db", 1 << 30)
    yield made
    made.close()


def test_a_record_told_twice_is_kept_once_and_not_again_after_it_was_sent(spool: Spool) -> None:
    assert spool.add([record("a"), record("a")], [], 1.0) == 1
    [item] = spool.take(2.0, 10)
    spool.sent(item, "event")
    assert spool.add([record("a")], [], 3.0) == 0
    assert spool.depth().pending == 0
    assert spool.was_sent("event")


def test_only_the_oldest_record_of_an_object_is_due_even_while_it_waits(spool: Spool) -> None:
    spool.add([record("a", "01"), record("a", "02"), record("b", "01")], [], 1.0)
    taken = spool.take(2.0, 10)
    assert [(item.record["s3"]["object"]["key"], item.seq) for item in taken] == [("a", 1), ("b", 3)]
    spool.retry(taken[0], 100.0)
    assert [item.seq for item in spool.take(2.0, 10)] == [3]
    assert [item.seq for item in spool.take(100.0, 10)] == [1, 3]


def test_what_was_looked_up_stays_looked_up(spool: Spool, tmp_path: Path) -> None:
    spool.add([record("a")], [], 1.0)
    [item] = spool.take(2.0, 1)
    assert not item.resolved
    spool.resolve(item, record("a", "77"))
    other = Spool(tmp_path / "spool.db", 1 << 30)
    [again] = other.take(2.0, 1)
    other.close()
    assert again.resolved
    assert again.record["s3"]["object"]["versionId"] == "v77"


def test_the_age_is_that_of_the_oldest(spool: Spool) -> None:
    assert spool.depth().oldest_at is None
    spool.add([record("a")], [], 5.0)
    spool.add([record("b")], [("x", "no record")], 9.0)
    assert (spool.depth().pending, spool.depth().oldest_at, spool.depth().quarantined) == (2, 5.0, 1)


def test_putting_back_takes_only_records(spool: Spool) -> None:
    spool.add([], [("not json", "broken")], 1.0)
    assert spool.requeue([1, 2], 2.0) == 0
    assert spool.depth().quarantined == 1


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_to_a_cap_and_never_beyond(failures: int, jitter: float) -> None:
    assert 0 < pause_s(failures, 10.0, jitter) <= 10.0
    assert pause_s(failures, 10.0, 0) <= pause_s(failures + 1, 10.0, 0)


def test_a_queue_hangs_when_a_push_is_pending_and_none_ends() -> None:
    stillness = Stillness()
    assert stillness.see(pending=1, ended=5, now=0) == 0
    assert stillness.see(pending=1, ended=5, now=7) == 7
    assert stillness.see(pending=2, ended=6, now=8) == 0
    assert stillness.see(pending=0, ended=6, now=20) == 0
    assert stillness.see(pending=1, ended=6, now=21) == 1


def test_of_several_versions_the_one_with_the_bytes_and_the_nearest_time_is_chosen() -> None:
    def version(name: str, etag: str, second: int) -> dict[str, Any]:
        return {
            "VersionId": name,
            "ETag": f'"{etag}"',
            "LastModified": datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC),
        }

    told = {"eventTime": "2026-01-01T00:00:10.2Z", "s3": {"object": {"eTag": "x"}}}
    versions = [
        version("late", "x", 30),
        version("right", "x", 10),
        version("other", "y", 10),
        version("null", "x", 10),
    ]
    assert choose(iter(versions), told) == "right"
    assert choose(iter(versions[2:]), told) == ""


def test_sockets_of_a_directory_with_a_long_name_lie_elsewhere() -> None:
    short = Config(Path("/data"), 1, 1, "", "")
    assert short.run == Path("/data/run")
    long = Config(Path("/data") / ("x" * 100), 1, 1, "", "")
    for config in (short, long):
        for daemon in ("mon", "osd", "rgw"):
            assert len(str(config.admin_socket(daemon))) <= LONGEST_SOCKET
    assert long.run != Config(Path("/data") / ("y" * 100), 1, 1, "", "").run
