"""SFTP, FTP and FTPS with real servers, object store, database and Vault."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.publish import transfer
from tests.fakes.ftp_server import FtpServer
from tests.fakes.openssh_server import OpenSshServer
from tests.fakes.sftp_server import SftpServer
from tests.fix_publish import World, wait_for


@pytest.fixture(params=["sftp", "openssh", "ftp", "ftps"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "ftps":
        with FtpServer(tmp_path, tls=True) as made:
            yield made
    else:
        shared = request.getfixturevalue(f"{request.param}_server")
        shared.clear()
        yield shared


def open_channel(world: World, server: Any, **settings: Any) -> str:
    type_ = "ftp" if isinstance(server, FtpServer) else "sftp"
    secret = (
        server.secret if isinstance(server, OpenSshServer) else {"username": "acervo", "password": "first"}
    )
    world.bao.put(type_, "tv", **secret)
    return world.channel("tv", type_, server.settings(**settings))


def test_a_file_arrives_whole_under_its_name_with_its_words_beside_it(world: World, server: Any) -> None:
    asset = world.asset()
    body = world.rendition(asset)
    publication = world.request(asset, open_channel(world, server))
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason"]) == ("published", None)
    files = server.files()
    assert files[row["external_id"]] == body
    assert "El pleno aprueba" in files[row["external_id"] + ".xml"].decode()
    assert len(files) == 2
    assert [event["external_id"] for event in world.events("acervo.publication.published.v1")] == [
        row["external_id"]
    ]


def test_a_transfer_that_breaks_goes_on_where_it_stopped(world: World, sftp_server: SftpServer) -> None:
    sftp_server.clear()
    asset = world.asset()
    body = world.rendition(asset, data=secrets.token_bytes(12 << 20))
    sftp_server.break_after = 9 << 20
    publication = world.request(asset, open_channel(world, sftp_server))
    world.pump()
    row = world.row(publication)
    assert row["state"] == "published", row["reason"]
    assert sftp_server.files()[row["external_id"]] == body
    assert sftp_server.written < len(body) + (6 << 20), "it was not sent twice"
    attempts = world.sql("select outcome, code from publication_attempts order by id")
    assert [attempt["code"] for attempt in attempts] == ["connection-lost", None]


def test_openssh_is_cut_off_in_the_middle_and_gone_on_with(
    world: World, openssh_server: OpenSshServer
) -> None:
    openssh_server.clear()
    asset = world.asset()
    body = world.rendition(asset, data=secrets.token_bytes(24 << 20))
    world.bao.put("sftp", "slow", **openssh_server.secret)
    world.channel("slow", "sftp", openssh_server.settings(), bytes_a_second=4 << 20)
    publication = world.request(asset, "slow")
    cut: list[int] = []

    def killer() -> None:
        wait_for(
            lambda: any(len(data) > 1 << 20 for data in openssh_server.files().values()), "a megabyte", 60
        )
        cut.append(openssh_server.cut())

    thread = threading.Thread(target=killer)
    thread.start()
    world.pump()
    thread.join(60)
    row = world.row(publication)
    assert row["state"] == "published", row["reason"]
    assert openssh_server.files()[row["external_id"]] == body
    assert cut == [1]
    attempts = world.sql("select code, sent_bytes from publication_attempts order by id")
    assert [attempt["code"] for attempt in attempts] == ["connection-lost", None]
    assert attempts[0]["sent_bytes"] < len(body)


def test_a_part_that_is_not_ours_is_begun_anew(world: World, server: Any) -> None:
    asset = world.asset()
    body = world.rendition(asset)
    publication = world.request(asset, open_channel(world, server))
    folder = server.root / "in" / "news"
    folder.mkdir(parents=True, exist_ok=True)
    marker = f"acervo-{publication.replace('-', '')[:20]}"
    (folder / f".Pleno_proxy_{marker}.mp4.part").write_bytes(b"x" * 100_000)
    world.pump()
    assert server.files()[world.row(publication)["external_id"]] == body


def test_a_withdrawal_leaves_nothing_and_says_so(world: World, server: Any) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, open_channel(world, server))
    world.pump()
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["live"], server.files()) == ("withdrawn", False, {})
    assert row["proof"]["size_after"] is None
    assert len(world.events("acervo.publication.withdrawn.v1")) == 1


def test_new_words_reach_the_sidecar(world: World, server: Any) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, open_channel(world, server))
    world.pump()
    world.sql("""update assets set metadata = '{"title": "Corregido"}' where id = %s""", asset)
    world.send("acervo.asset.changed.v1", {"asset_id": asset, "project_id": "news", "status": "ready"})
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["live_revision"]) == ("published", 2)
    assert "Corregido" in server.files()[row["external_id"] + ".xml"].decode()


def test_another_host_key_ends_it_at_once(world: World, sftp_server: SftpServer) -> None:
    sftp_server.clear()
    asset = world.asset()
    world.rendition(asset)
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEqSE0sVdG5mMh0S9eTbYtQ1kb6uCBBrIwQYbJ7e9m"
    publication = world.request(asset, open_channel(world, sftp_server, host_keys=[other]))
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason_code"]) == ("failed", "host-key")
    assert sftp_server.files() == {}


def test_a_rotated_password_is_read_again_without_a_failure(world: World, sftp_server: SftpServer) -> None:
    sftp_server.clear()
    channel = open_channel(world, sftp_server)
    first, second = world.asset(), world.asset()
    world.rendition(first)
    world.rendition(second)
    world.request(first, channel)
    world.pump()
    world.bao.put("sftp", "tv", username="acervo", password="second")
    sftp_server.passwords["acervo"] = "second"
    publication = world.request(second, channel)
    world.pump()
    assert world.row(publication)["state"] == "published"
    reads = world.sql(
        "select who, result, asset_id::text, detail from audit_log where what = 'secret.read' and asset_id::text = any(%s) order by id",
        [first, second],
    )
    assert [(row["who"], row["result"], row["asset_id"]) for row in reads] == [
        ("system:publish", "read", first), ("system:publish", "read", second),
    ], "each time that Vault was asked, and not when the secret was still known"  # fmt: skip
    assert reads[1]["detail"]["version"] == reads[0]["detail"]["version"] + 1
    assert reads[0]["detail"]["path"] == f"channels/sftp/{channel}"
    assert [row["code"] for row in world.sql("select code from publication_attempts")] == [None, None]


def test_a_wrong_password_fails_at_once_and_a_retry_after_mending_publishes(
    world: World, sftp_server: SftpServer
) -> None:
    sftp_server.clear()
    asset = world.asset()
    world.rendition(asset)
    channel = open_channel(world, sftp_server)
    world.bao.put("sftp", "tv", username="acervo", password="wrong")
    sftp_server.passwords["acervo"] = "third"
    publication = world.request(asset, channel)
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason_code"]) == ("failed", "credentials")
    assert "Vault" in row["advice"]
    letters = world.sql("select event, answer from dead_letters")
    assert len(letters) == 1
    world.bao.put("sftp", "tv", username="acervo", password="third")
    world.send("acervo.publication.retried.v1", letters[0]["event"]["data"])
    world.pump()
    assert world.row(publication)["state"] == "published"
    world.send("acervo.publication.retried.v1", letters[0]["event"]["data"])
    world.pump()
    assert len(world.events("acervo.publication.published.v1")) == 1


def test_a_slice_that_ends_is_gone_on_with(
    world: World, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call may send one block: the file still arrives whole, in several calls."""
    asset = world.asset()
    body = world.rendition(asset, data=secrets.token_bytes(4 << 20))
    publication = world.request(asset, open_channel(world, server))
    checks = {"n": 0}

    def check(self: transfer.Control, may_end: bool = True) -> None:
        checks["n"] += 1
        if may_end and checks["n"] % 2 == 0:
            raise transfer.SliceOver

    monkeypatch.setattr(transfer.Control, "check", check)
    world.pump()
    row = world.row(publication)
    assert row["state"] == "published", row["reason"]
    assert server.files()[row["external_id"]] == body
    assert row["claims"] >= 3
