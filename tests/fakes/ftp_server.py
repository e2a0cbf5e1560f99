"""A real FTP and FTPS server (pyftpdlib) in a thread."""

from __future__ import annotations

import datetime
import threading
import warnings
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pyftpdlib warns about the asyncore that it ships itself
    from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped]  # it has no types
    from pyftpdlib.handlers import (  # type: ignore[import-untyped]  # it has no types
        DTPHandler,
        FTPHandler,
        TLS_FTPHandler,
    )
    from pyftpdlib.ioloop import IOLoop  # type: ignore[import-untyped]  # it has no types
    from pyftpdlib.servers import FTPServer as Server  # type: ignore[import-untyped]  # it has no types


def certificate(folder: Path) -> tuple[Path, str]:
    """A key and a certificate for 127.0.0.1 in one file, and the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder.parent / f"{folder.name}.pem"
    file.write_bytes(private + pem)
    return file, pem.decode()


class FtpServer:
    def __init__(self, root: Path, tls: bool = False) -> None:
        self.root, self.tls, self.port = root, tls, 0
        self.break_after: int | None = None
        self.ca_pem = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self.faults: Any = None

    def settings(self, **more: Any) -> dict[str, Any]:
        tls = {"tls": "explicit", "ca_pem": self.ca_pem} if self.tls else {"tls": "none"}
        return {
            "host": "localhost" if self.tls else "127.0.0.1",
            "port": self.port,
            "folder": "in/news",
            **tls,
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
        self.break_after = self.faults = None

    def __enter__(self) -> FtpServer:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        outer = self

        class Data(DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
            def handle_read(self) -> None:
                limit = outer.break_after
                if (limit is not None and self.tot_bytes_received > limit) or (
                    outer.faults and outer.faults()
                ):
                    outer.break_after = None
                    self.cmd_channel.close()
                    self.close()
                    return
                super().handle_read()

        base: Any = FTPHandler
        authorizer = DummyAuthorizer()
        authorizer.add_user("acervo", "first", str(self.root), perm="elradfmwMT")
        if self.tls:
            base = TLS_FTPHandler
        handler: Any = type(
            "Handler",
            (base,),
            {
                "authorizer": authorizer,
                "dtp_handler": base.dtp_handler if self.tls else Data,
                "use_sendfile": False,
            },
        )
        if self.tls:
            file, self.ca_pem = certificate(self.root)
            handler.certfile = str(file)
            handler.tls_control_required = handler.tls_data_required = True
        server = Server(("127.0.0.1", 0), handler, ioloop=IOLoop())  # by default all servers share one
        self.port = server.address[1]
        self._ready.set()
        while not self._stop.is_set():
            server.ioloop.loop(timeout=0.05, blocking=False)
        server.close_all()
