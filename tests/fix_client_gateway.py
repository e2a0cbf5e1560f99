"""A second gateway over the cluster of the tests, as S3 clients are given one: `rgw enable apis = s3` and nothing else."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from rgw import daemons
from rgw.gateway import break_leases
from tests.fix_ceph import Ceph, free_port

APIS = "rgw enable apis = s3, sts, iam, notifications, admin"
STARTS_S, STOPS_S = 60.0, 60.0


@pytest.fixture(scope="module")
def client_gateway(ceph: Ceph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its endpoint."""
    folder, port = tmp_path_factory.mktemp("client-gateway"), free_port()
    known = ceph.config.conf.read_text()
    assert APIS in known
    conf = folder / "ceph.conf"
    conf.write_text(
        known.replace(APIS, "rgw enable apis = s3")
        .replace("[client.rgw.a]", "[client.rgw.clients]")
        .replace(f"endpoint=127.0.0.1:{ceph.config.rgw_port}", f"endpoint=127.0.0.1:{port}")
        .replace(f"run dir = {ceph.config.run}", f"run dir = {folder}")
        .replace(f"pid file = {ceph.config.run}", f"pid file = {folder}")
        .replace(f"admin socket = {ceph.config.run}", f"admin socket = {folder}")
    )
    with (folder / "out").open("wb") as out:
        gateway = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "radosgw", "-f", "-c", str(conf), "-n", "client.rgw.clients"],
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        daemons.wait_http(f"http://127.0.0.1:{port}", time.monotonic() + STARTS_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        # a gateway that is killed goes on being asked about each user and bucket for 30 s, and whoever makes one waits for it
        gateway.terminate()
        gateway.wait(timeout=STOPS_S)
        # each gateway takes queues under a lease of 90 s, and a dead one would hold up the notifications of the tests to come
        break_leases(str(ceph.config.conf))
