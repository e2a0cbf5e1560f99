"""A channel to publish on: a CMS that keeps to its contract, with its credentials in the vault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes import cms as cms_fake
from tests.fakes.cms import FakeCms
from tests.fakes.http_server import FakeServer
from tests.fix_publish import World


class Site:
    def __init__(self, world: World, fake: FakeCms, server: FakeServer) -> None:
        self.world, self.fake, self.server = world, fake, server
        world.bao.put("cms", "site", token="cms-1")
        world.channel("site", "cms", cms_fake.settings(server.url))

    def titles(self) -> list[str]:
        return [item["headline"] for item in self.fake.items.values()]


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    fake = FakeCms()
    with FakeServer(fake) as server:
        yield Site(world, fake, server)
