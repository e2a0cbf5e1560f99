"""FTP and FTPS (RFC 959, RFC 3659 SIZE and REST, RFC 4217 explicit TLS).

settings: host, port (21), tls ("explicit" by default, "none" only for servers that know no TLS), ca_pem, folder, name, sidecar.
secret: username, password.
"""

from __future__ import annotations

import contextlib
import ftplib  # broadcasters have it; TLS unless the settings say otherwise
import posixpath
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

from acervo.channels.files import FTP
from functions.publish.connector import ConnectorKind, Tools
from functions.publish.faults import Fault
from functions.publish.remote_files import Delivery
from functions.publish.rows import Channel
from functions.publish.vault import Secret


@contextlib.contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except ftplib.error_perm as fault:
        raise _of_reply(what, str(fault)[:3]) from None
    except (ftplib.error_temp, ftplib.error_proto, ftplib.error_reply) as fault:
        raise Fault("channel-error", f"{what}: the server answered {str(fault)[:3]}") from None
    except TimeoutError:
        raise Fault("channel-timeout", f"{what}: the server was too slow") from None
    except ssl.SSLCertVerificationError:
        raise Fault("host-key", f"{what}: the server's certificate cannot be trusted") from None
    except (OSError, EOFError) as fault:
        code = "channel-unreachable" if what == "connect" else "connection-lost"
        raise Fault(code, f"{what}: no connection ({type(fault).__name__})") from None


def _of_reply(what: str, code: str) -> Fault:
    """5yz replies (RFC 959 4.2)."""
    meaning = {
        "530": "credentials",
        "532": "credentials",
        "550": "not-found",
        "552": "channel-error",
        "553": "forbidden",
    }
    return Fault(
        meaning.get(code, "settings" if code.startswith("50") else "channel-error"),
        f"{what}: the server answered {code}",
    )


class FtpFiles:
    """`RemoteFiles` over one control connection."""

    def __init__(self, channel: Channel, secret: Secret, timeout_s: float) -> None:
        secret.need("username", "password")
        settings = channel.settings
        context = ssl.create_default_context(cadata=settings.get("ca_pem"))
        tls = settings.get("tls", "explicit") == "explicit"
        self._ftp: ftplib.FTP
        if tls:
            self._ftp = ftplib.FTP_TLS(context=context, timeout=timeout_s)  # noqa: S321  # FTPS is encrypted
        else:
            self._ftp = ftplib.FTP(timeout=timeout_s)  # noqa: S321  # asked for by the settings
        try:
            with _faults("connect"):
                self._ftp.connect(settings["host"], int(settings.get("port", 21)))
            with _faults("login"):
                self._ftp.login(secret["username"], secret["password"])
                if isinstance(self._ftp, ftplib.FTP_TLS):
                    self._ftp.prot_p()
                self._ftp.voidcmd("TYPE I")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with contextlib.suppress(OSError, EOFError, ftplib.Error):
            if self._ftp.sock is not None:
                self._ftp.sock.settimeout(2)
                self._ftp.quit()
        self._ftp.close()

    def size(self, path: str) -> int | None:
        try:
            with _faults("size"):
                return self._ftp.size(path)
        except Fault as fault:
            if fault.code == "not-found":
                return None
            raise

    def read(self, path: str, start: int, most: int) -> bytes:
        """The end of the file from `start` on: what is compared is always the tail."""
        data = bytearray()
        with _faults("read"), self._ftp.transfercmd(f"RETR {path}", rest=start) as connection:
            while block := connection.recv(1 << 16):
                data += block
                if len(data) > most:
                    raise Fault("channel-error", "read: the server's file is longer than it said")
            _end_tls(connection)
        self._finish("read")
        return bytes(data)

    def write(self, path: str, start: int, data: Iterable[bytes]) -> None:
        with _faults("write"), self._ftp.transfercmd(f"STOR {path}", rest=start or None) as connection:
            for chunk in data:
                connection.sendall(chunk)
            _end_tls(connection)
        self._finish("write")

    def _finish(self, what: str) -> None:
        with _faults(what):
            self._ftp.voidresp()

    def rename(self, old: str, new: str) -> None:
        with _faults("rename"):
            try:
                self._ftp.rename(old, new)
            except ftplib.error_perm:
                self.remove(new)  # servers that do not replace
                self._ftp.rename(old, new)

    def remove(self, path: str) -> None:
        try:
            with _faults("remove"):
                self._ftp.delete(path)
        except Fault as fault:
            if fault.code != "not-found":
                raise

    def make_folders(self, path: str) -> None:
        made = "/" if path.startswith("/") else ""
        for part in [part for part in path.split("/") if part not in ("", posixpath.curdir)]:
            made = posixpath.join(made, part)
            with contextlib.suppress(ftplib.error_perm), _passing():
                self._ftp.mkd(made)


@contextlib.contextmanager
def _passing() -> Iterator[None]:
    """Faults of the connection, but not a 550: the folder may be there, or the write will say what is wrong."""
    try:
        yield
    except ftplib.error_perm:
        raise
    except (ftplib.Error, OSError, EOFError):
        raise Fault("connection-lost", "folder: the connection broke") from None


def _end_tls(connection: Any) -> None:
    if isinstance(connection, ssl.SSLSocket):
        with contextlib.suppress(
            OSError
        ):  # the peer may have closed already; the reply says whether it has it all
            connection.unwrap()


def connect(channel: Channel, secret: Secret, tools: Tools) -> Delivery:
    scheme = "ftp" if channel.settings.get("tls") == "none" else "ftps"
    return Delivery(
        FtpFiles(channel, secret, tools.timeout_s), channel.settings, f"{scheme}://{channel.settings['host']}"
    )


KIND = ConnectorKind(make=connect, told=FTP)
