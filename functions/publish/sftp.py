"""SFTP (SSH file transfer, version 3). The server's host key is pinned in the channel's settings: an unknown key ends the attempt.

settings: host, port (22), host_keys (["ssh-ed25519 AAAA…", …]), folder, name, sidecar. secret: username, and password or private_key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import posixpath
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import asyncssh

from acervo.channels.files import SFTP
from acervo.errors import AcervoError
from functions.publish.connector import ConnectorKind, Tools
from functions.publish.faults import Fault, quoted
from functions.publish.remote_files import Delivery
from functions.publish.rows import Channel
from functions.publish.vault import Secret

T = TypeVar("T")
CONNECT_S, WRITE_BYTES = 15.0, 4 << 20
logging.getLogger("asyncssh").setLevel(
    logging.WARNING
)  # below that it tells of users, hosts and every channel


@contextlib.contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise Fault(
            "host-key", f"{what}: the server's host key is not one of those in the settings"
        ) from None
    except asyncssh.PermissionDenied:
        raise Fault("credentials", f"{what}: the server refused the login") from None
    except asyncssh.SFTPPermissionDenied:
        raise Fault("forbidden", f"{what}: the server does not allow it") from None
    except asyncssh.SFTPNoSuchFile:
        raise Fault("not-found", f"{what}: there is no such folder on the server") from None
    except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost):
        raise Fault("connection-lost", f"{what}: the connection broke") from None
    except asyncssh.SFTPError as fault:
        raise Fault("channel-error", f"{what}: the server answered {quoted(fault.code)}") from None
    except (asyncssh.DisconnectError, asyncssh.ChannelOpenError):
        raise Fault("channel-unreachable", f"{what}: the server ended the connection") from None
    except TimeoutError:
        raise Fault("channel-timeout", f"{what}: the server was too slow") from None
    except asyncssh.KeyImportError:
        raise Fault("settings", f"{what}: a key cannot be read") from None
    except OSError as fault:
        code = "channel-unreachable" if what == "connect" else "connection-lost"
        raise Fault(code, f"{what}: no connection ({type(fault).__name__})") from None


class SftpFiles:
    """A session on an event loop of its own: the worker's thread is synchronous."""

    def __init__(self, channel: Channel, secret: Secret, timeout_s: float) -> None:
        secret.need("username")
        self._timeout_s = timeout_s
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_forgotten)
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            with _faults("connect"):
                self._run(self._connect(channel.settings, secret), CONNECT_S)
        except BaseException:
            self.close()
            raise

    async def _connect(self, settings: Mapping[str, Any], secret: Secret) -> None:
        pinned = [asyncssh.import_public_key(key) for key in settings["host_keys"]]
        keys = [asyncssh.import_private_key(secret["private_key"])] if secret.get("private_key") else None
        self._connection = await asyncssh.connect(
            settings["host"], int(settings.get("port", 22)), known_hosts=(pinned, [], []), username=secret["username"],
            password=secret.get("password"), client_keys=keys, config=None, agent_path=None, keepalive_interval=15,
            preferred_auth="publickey,password",
        )  # fmt: skip
        self._sftp = await self._connection.start_sftp_client()

    def _run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(work, timeout_s or self._timeout_s))

    def close(self) -> None:
        with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
            if self._connection is not None:
                self._connection.abort()
                self._run(self._connection.wait_closed(), 5)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    # -- RemoteFiles --------------------------------------------------------------------------------------------------
    def size(self, path: str) -> int | None:
        try:
            with _faults("size"):
                return self._run(self._sftp.stat(path)).size
        except Fault as fault:
            if fault.code == "not-found":
                return None
            raise

    def read(self, path: str, start: int, most: int) -> bytes:
        async def work() -> bytes:
            async with self._sftp.open(path, "rb") as file:
                data = await file.read(most, start)
                return data if isinstance(data, bytes) else data.encode()

        with _faults("read"):
            return self._run(work())

    def write(self, path: str, start: int, data: Iterable[bytes]) -> None:
        async def work() -> None:
            position = start
            async with self._sftp.open(path, "r+b" if start else "wb") as file:
                for chunk in _joined(data):
                    await asyncio.wait_for(file.write(chunk, position), self._timeout_s)
                    position += len(chunk)

        with _faults("write"):
            self._loop.run_until_complete(work())

    def rename(self, old: str, new: str) -> None:
        with _faults("rename"):
            try:
                self._run(self._sftp.posix_rename(old, new))  # OpenSSH's extension: replaces in one step
            except asyncssh.SFTPOpUnsupported:
                self.remove(new)
                self._run(self._sftp.rename(old, new))

    def remove(self, path: str) -> None:
        with _faults("remove"), contextlib.suppress(asyncssh.SFTPNoSuchFile):
            self._run(self._sftp.remove(path))

    def make_folders(self, path: str) -> None:
        with _faults("folder"):
            if path and path != posixpath.curdir:
                self._run(self._sftp.makedirs(path, exist_ok=True))


def _forgotten(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A broken connection fails every write that was under way; the first one is the fault, the others tell nothing new."""
    if not isinstance(context.get("exception"), asyncssh.Error | OSError):
        loop.default_exception_handler(context)


def _joined(data: Iterable[bytes]) -> Iterator[bytes]:
    """Larger pieces: a write waits for all its answers, so a far server wants many of them under way."""
    parts: list[bytes] = []
    try:
        for part in data:
            parts.append(part)
            if sum(map(len, parts)) >= WRITE_BYTES:
                yield b"".join(parts)
                parts = []
    except AcervoError:  # the slice is over, or the source is away: what was read is not lost
        if parts:
            yield b"".join(parts)
        raise
    if parts:
        yield b"".join(parts)


def connect(channel: Channel, secret: Secret, tools: Tools) -> Delivery:
    files = SftpFiles(channel, secret, tools.timeout_s)
    return Delivery(files, channel.settings, f"sftp://{channel.settings['host']}")


KIND = ConnectorKind(make=connect, told=SFTP)
