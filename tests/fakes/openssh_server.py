"""OpenSSH's own server, when the machine has it: `sshd` as a child on a free port, for whoever runs the tests, by key, SFTP only."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncssh

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
START_S = 30
CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/known
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
X11Forwarding no
LogLevel ERROR
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {root}
"""


class OpenSshServer:
    """`root` is where relative paths begin."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.root, self.port = folder, folder / "files", port
        self.root.mkdir(parents=True)
        self._host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        self._host.write_private_key(folder / "host")
        (folder / "host").chmod(0o600)
        user.write_public_key(folder / "known")
        self.secret = {"username": getpass.getuser(), "private_key": user.export_private_key().decode()}
        (folder / "config").write_text(CONFIG.format(port=port, folder=folder, root=self.root))

    def settings(self, **more: Any) -> dict[str, Any]:
        key = self._host.export_public_key().decode().strip()
        return {"host": "127.0.0.1", "port": self.port, "host_keys": [key], "folder": "in/news", **more}

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

    def __enter__(self) -> OpenSshServer:
        assert SSHD is not None
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it drops its privileges
        command = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "--",
            SSHD,
            "-D",
            "-e",
            "-f",
            str(self.folder / "config"),
        ]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "sshd does not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)

    def cut(self) -> int:
        """Kill whoever serves a connection; how many there were."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        children = [int(word) for word in listed.stdout.split()]
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return len(children)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                return line.recv(4) == b"SSH-"
        except OSError:
            return False
