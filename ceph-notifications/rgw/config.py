"""What one single-node cluster is: where its data lies, which ports it takes, whose keys it knows. No effects here."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

DAEMONS = ("mon", "osd", "rgw")
LONGEST_SOCKET = 107  # sizeof(sockaddr_un.sun_path) - 1
LONGEST_SOCKET_NAME = len("/client.rgw.a.asok")


@dataclass(frozen=True)
class Config:
    """One cluster.

    `base` counts the ports: base+10 and base+11 are the monitor's, base+12 to base+40 the messengers' of OSD and gateway.
    """

    data: Path
    rgw_port: int
    base: int
    access_key: str
    secret_key: str
    admin_access_key: str = ""  # of the gateway's administrator, who makes users; empty: there is none
    admin_secret_key: str = ""
    size_gib: int = 200  # at most, and apparent: the file is sparse

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.rgw_port}"

    @property
    def conf(self) -> Path:
        return self.data / "ceph.conf"

    @property
    def monitor_ports(self) -> tuple[int, int]:
        return self.base + 10, self.base + 11

    @property
    def messenger_ports(self) -> tuple[int, int]:
        return self.base + 12, self.base + 40

    @property
    def run(self) -> Path:
        """Where sockets and pid files lie: inside the data directory, unless that would make a socket's path too long."""
        inside = self.data / "run"
        if len(str(inside)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET:
            return inside
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"acervo-ceph-{digest}"

    def pid_file(self, daemon: str) -> Path:
        return self.run / f"{NAMES[daemon]}.pid"

    def admin_socket(self, daemon: str) -> Path:
        return self.run / f"{NAMES[daemon]}.asok"


NAMES = {"mon": "mon.a", "osd": "osd.0", "rgw": "client.rgw.a"}
EXECUTABLES = {"mon": "ceph-mon", "osd": "ceph-osd", "rgw": "radosgw"}
