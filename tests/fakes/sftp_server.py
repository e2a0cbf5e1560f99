"""A real SFTP server (asyncssh) in a thread, with one user whose password can be changed and a fault that can be armed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import asyncssh


class SftpServer:
    def __init__(self, root: Path) -> None:
        self.root, self.port = root, 0
        self.passwords = {"acervo": "first"}
        self.break_after: int | None = None  # bytes of writes after which the connection is cut, once
        self.faults: Any = None  # called before each write: True cuts the connection
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.written = 0

    @property
    def host_key(self) -> str:
        return self._key.export_public_key().decode().strip()

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "host_keys": [self.host_key],
            "folder": "in/news",
            **more,
        }

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }

    def clear(self) -> None:
        for path in list(self.root.rglob("*")):
            if path.is_file():
                path.unlink()
        self.break_after, self.faults, self.written = None, None, 0
        self.passwords = {"acervo": "first"}

    def __enter__(self) -> SftpServer:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._acceptor = self._loop.run_until_complete(self._listen())
        self.port = self._acceptor.get_port()
        self._ready.set()
        self._loop.run_forever()
        self._acceptor.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        outer = self

        class Login(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return outer.passwords.get(username) == password

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                self._chan = chan
                super().__init__(chan, chroot=str(outer.root).encode())

            def write(self, file_obj: Any, offset: int, data: bytes) -> int:
                outer.written += len(data)
                if (outer.break_after is not None and outer.written > outer.break_after) or (
                    outer.faults and outer.faults()
                ):
                    outer.break_after = None
                    self._chan.get_connection().abort()
                    raise asyncssh.SFTPConnectionLost("cut")
                return int(super().write(file_obj, offset, data))  # type: ignore[arg-type]  # asyncssh types file_obj as object

        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[self._key], server_factory=Login, sftp_factory=Files
        )
