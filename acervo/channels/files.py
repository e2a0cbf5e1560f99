"""SFTP and FTP(S): a file on somebody's server."""

from __future__ import annotations

from acervo.channels.kind import ChannelKind, Credential
from acervo.channels.shapes import choice, form, host, port, remote_file, requirements, text

_HOST_KEY = {
    **text("Public key", 5000),
    "pattern": r"^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( [^\r\n]*)?$",
    "x-fault": "is not a public key as `ssh-keyscan` prints it after the host's name",
}
_USER, _PASSWORD = Credential("username", "User"), Credential("password", "Password")

SFTP = ChannelKind(
    type="sftp", title="SFTP", description="Files on a server over SSH; its host keys are pinned.",
    schema=form(
        ("host", "host_keys"),
        host=host(),
        port=port(22),
        host_keys={"type": "array", "title": "Host keys", "items": _HOST_KEY, "minItems": 1, "maxItems": 20,
                   "description": "Keys of the server that are trusted; any other ends the attempt."},
        **remote_file(),
        requirements=requirements(),
    ),
    credentials=(_USER, _PASSWORD, Credential("private_key", "Private key (OpenSSH, without passphrase)", lines=True)),
    sets=(("username", "private_key"), ("username", "password")),
)  # fmt: skip

FTP = ChannelKind(
    type="ftp", title="FTP / FTPS", description="Files on an FTP server, over TLS unless the settings say otherwise.",
    schema=form(
        ("host",),
        host=host(),
        port=port(21),
        tls=choice("TLS", "explicit", "none", default="explicit"),
        ca_pem=text("Certificate authority (PEM), unless it is a public one", 50_000, pattern=r"^\s*-----BEGIN CERTIFICATE-----"),
        **remote_file(),
        requirements=requirements(),
    ),
    credentials=(_USER, _PASSWORD),
    sets=(("username", "password"),),
)  # fmt: skip
