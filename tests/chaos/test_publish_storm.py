"""A storm: 500 publications to 5 channels, instances killed at random, faults, duplicates, disorder, secrets rotated in the middle.

Every publication ends published exactly once, or failed with a reason; none is stuck; what failed is retried as a person would,
until everything is there, still once. Time is helped along (back-offs and leases of killed instances end early), nothing else is.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from acervo.events import Event
from acervo.outbox import Sender
from tests.chaos.publish_broker import WorstBroker
from tests.fakes import cms as cms_fake
from tests.fakes.cms import FakeCms
from tests.fakes.facebook import FakeFacebook
from tests.fakes.ftp_server import FtpServer
from tests.fakes.http_server import FakeServer, Trouble
from tests.fakes.sftp_server import SftpServer
from tests.fakes.youtube import FakeYouTube
from tests.fix_ceph import free_port
from tests.fix_publish import World

ROOT = Path(__file__).parent.parent.parent
ASSETS = int(os.environ.get("PUBLISH_STORM_ASSETS", "100"))
CHANNELS = ("tube", "page", "site", "sftp", "ftp")
INSTANCES, FAULTS, STORM_S, CALM_S = 3, 0.30, 25.0, 240.0


@contextlib.contextmanager
def instances(env: dict[str, str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        "setpriv",
        "--pdeathsig",
        "TERM",
        "--",
        sys.executable,
        "-m",
        "tests.chaos.publish_instances",
        str(port),
        str(INSTANCES),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Storm:
    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random
        self.raging = True
        self.tube, self.page, self.site = FakeYouTube(), FakeFacebook(), FakeCms()

    def trouble(self, method: str, path: str) -> Trouble | None:
        """30 % of what carries bytes or creates something, a tenth of what only asks."""
        share = FAULTS if method in ("POST", "PUT") and path != "/token" else FAULTS / 3
        if not self.raging or self.random.random() >= share:
            return None
        return Trouble(self.random.choice(["refuse", "cut", "lost"]), self.random.randrange(60_000))

    def breaks(self) -> bool:
        return self.raging and self.random.random() < FAULTS / 3

    def shown(self) -> dict[str, Counter[str]]:
        """For each channel: marker → how often it is there."""
        return {
            "tube": Counter(video["snippet"]["tags"][-1] for video in self.tube.videos.values()),
            "page": Counter(label for video in self.page.posts for label in video["labels"]),
            "site": Counter(item["ref"] for item in self.site.items.values()),
        }


def files_shown(server: Any) -> Counter[str]:
    names = [Path(name).name for name in server.files() if not name.endswith((".xml", ".part"))]
    return Counter(name.rsplit("_", 1)[-1].removesuffix(".mp4") for name in names)


def help_time_along(world: World, launcher: int) -> None:
    """Back-offs, breakers and the leases of the dead are over."""
    alive = [str(pid) for pid in children(launcher)]
    world.sql(
        "update asset_distributions set due_at = now() where due_at > now() and (failures > 0 or reason_code in ('channel-down', 'quota-exhausted', 'rate-limited'))"
    )
    world.sql("update channels set open_until = null where open_until is not null")
    world.sql(
        "update asset_distributions set lease_until = now() where lease_until > now() and not split_part(lease_owner, ':', 2) = any(%s)",
        alive,
    )


def until(holds: Callable[[], bool], each: Callable[[], None], deadline_s: float, what: str) -> None:
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, what
        each()
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_every_publication_ends_once_or_with_a_reason(
    world: World, sftp_server: SftpServer, ftp_server: FtpServer, tmp_path: Path
) -> None:
    random = Random(20261124)
    storm = Storm(world, random)
    sftp_server.clear()
    ftp_server.clear()
    sftp_server.faults = ftp_server.faults = storm.breaks
    for secret_of, values in {
        ("youtube", "tube"): {"client_id": "client", "client_secret": "hush", "refresh_token": "refresh-1"},
        ("facebook", "page"): {"access_token": "page-token-1"}, ("cms", "site"): {"token": "cms-1"},
        ("sftp", "sftp"): {"username": "acervo", "password": "first"}, ("ftp", "ftp"): {"username": "acervo", "password": "first"},
    }.items():  # fmt: skip
        world.bao.put(*secret_of, **values)
    rotated = {
        "refresh": secrets.token_hex(12),
        "page": secrets.token_hex(12),
        "cms": secrets.token_hex(12),
        "sftp": secrets.token_hex(12),
    }
    port, log = free_port(), tmp_path / "instances.log"
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(FakeServer(fake)) for fake in (storm.tube, storm.page, storm.site)]
        for server in servers:
            server.trouble = storm.trouble
        tube, page, site = (server.url for server in servers)
        world.channel(
            "tube",
            "youtube",
            {"api_url": tube, "token_url": f"{tube}/token", "daily_units": 100_000_000},
            max_concurrent=8,
        )
        world.channel(
            "page", "facebook", {"page_id": "page", "api_url": page, "upload_url": page}, max_concurrent=8
        )
        world.channel("site", "cms", cms_fake.settings(site), max_concurrent=8)
        world.channel("sftp", "sftp", sftp_server.settings(), max_concurrent=8)
        world.channel("ftp", "ftp", ftp_server.settings(), max_concurrent=8)
        assets = [world.asset(name=f"Pieza {number}.mov") for number in range(ASSETS)]
        for asset in assets:
            world.rendition(asset, data=secrets.token_bytes(40_000 + random.randrange(20_000)))
        broker = stack.enter_context(WorstBroker(f"http://127.0.0.1:{port}/", random))
        launcher = stack.enter_context(
            instances({**world.env, "K_SINK": broker.url, "PUBLISH_TIMEOUT_S": "5"}, port, log)
        )
        wishes = [(asset, channel) for asset in assets for channel in CHANNELS]
        random.shuffle(wishes)
        for asset, channel in wishes:
            event = Event(id=str(uuid.uuid4()), source="/storm", type="acervo.publication.requested.v1", subject=asset,
                          data={"asset_id": asset, "channel_id": channel})  # fmt: skip
            broker.put(event)
        sender = Sender(broker.url)
        stack.callback(sender._client.close)

        def tick() -> None:
            help_time_along(world, launcher.pid)
            sender.sweep(world.resources.database)
            broker.put(
                Event(
                    id=str(uuid.uuid4()),
                    source="/storm",
                    type="dev.knative.sources.ping",
                    data={"every": "minute"},
                )
            )

        kills = 0
        until_s = time.monotonic() + STORM_S
        while time.monotonic() < until_s:
            tick()
            for _ in range(2):
                time.sleep(random.random() * 0.8)
                alive = children(launcher.pid)
                if alive:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(random.choice(alive), signal.SIGKILL)
                        kills += 1
            if kills >= 10 and rotated:
                rotate(world, storm, sftp_server, rotated)
        storm.raging = False

        def settled() -> bool:
            states = world.states()
            return sum(states.values()) == len(wishes) and set(states) <= {"published", "failed"}

        until(settled, tick, CALM_S, f"stuck: {world.states()}")
        failed = world.sql(
            "select reason_code, reason, advice from asset_distributions where state = 'failed'"
        )
        assert all(row["reason_code"] and row["reason"] and row["advice"] for row in failed)
        check_once(world, storm, sftp_server, ftp_server, whole=False)
        letters = threading.Event()

        def replay() -> None:
            tick()
            if not letters.is_set():
                for row in world.sql(
                    "select event from dead_letters where event_type = 'acervo.publication.retried.v1'"
                ):
                    data = row["event"]["data"]
                    broker.put(
                        Event(
                            id=str(uuid.uuid4()),
                            source="/person",
                            type="acervo.publication.retried.v1",
                            data=data,
                        )
                    )
                letters.set()

        until(
            lambda: world.states() == {"published": len(wishes)}, replay, CALM_S, "retried, but not published"
        )
        check_once(world, storm, sftp_server, ftp_server, whole=True)
        counts = f"{kills} kills, {broker.delivered} deliveries, {broker.failed} failed, {len(failed)} publications had failed"
    text = log.read_text(errors="replace")
    assert kills > 10, counts
    assert storm.tube.spent, counts
    for secret in ("hush", "refresh-1", "page-token-1", *rotated.values()):
        assert secret not in text, "a secret is in the log"
    print(counts)


def rotate(world: World, storm: Storm, server: SftpServer, rotated: dict[str, str]) -> None:
    """New secrets in Vault, then the old ones end on the channels."""
    if storm.tube.refresh_tokens != {"refresh-1"}:
        return
    storm.tube.refresh_tokens.add(rotated["refresh"])
    storm.page.tokens.add(rotated["page"])
    storm.site.tokens.add(rotated["cms"])
    world.bao.put(
        "youtube", "tube", client_id="client", client_secret="hush", refresh_token=rotated["refresh"]
    )
    world.bao.put("facebook", "page", access_token=rotated["page"])
    world.bao.put("cms", "site", token=rotated["cms"])
    world.bao.put("sftp", "sftp", username="acervo", password=rotated["sftp"])
    server.passwords["acervo"] = rotated["sftp"]
    storm.tube.refresh_tokens.discard("refresh-1")
    storm.page.tokens.discard("page-token-1")
    storm.site.tokens.discard("cms-1")


def check_once(
    world: World, storm: Storm, sftp_server: SftpServer, ftp_server: FtpServer, *, whole: bool
) -> None:
    """Nothing is anywhere twice; what we call published is there (and, at the end, everything is)."""
    shown = {**storm.shown(), "sftp": files_shown(sftp_server), "ftp": files_shown(ftp_server)}
    for channel, found in shown.items():
        twice = {marker: count for marker, count in found.items() if count != 1}
        assert twice == {}, f"{channel}: published more than once"
        rows = world.sql("select id, state from asset_distributions where channel_id = %s", channel)
        marked = {
            f"acervo-{str(row['id']).replace('-', '')[:20]}" for row in rows if row["state"] == "published"
        }
        assert marked <= set(found), f"{channel}: said to be published, but not there"
        if whole:
            assert (len(marked), set(found)) == (ASSETS, marked)
