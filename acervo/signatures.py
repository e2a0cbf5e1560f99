"""HMAC signatures of CloudEvents over HTTP, in both directions: systems without a token sign what they say, and we what we say. Pure.

    Acervo-Signature: keyid=cms-web, t=1767225600, v1=<hex>

`v1` is HMAC-SHA256 over `t`, `keyid`, the `ce-*` headers (names in lower case, sorted, `name:value`), the content type and the body,
separated by newlines. `t` (seconds since 1970) is good for five minutes. Keys are derived from one secret, a name and a number
(HKDF with one block, RFC 5869): none is stored, and rotating one changes its number.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HEADER = "acervo-signature"
WINDOW_S = 300
_FIELD = re.compile(r"^(keyid|t|v1)=([\w.:-]{1,200})$")


class BadSignature(ValueError):
    """Says what is wrong with it, and nothing about the key."""


@dataclass(frozen=True)
class Signature:
    key_id: str
    at: int
    digest: str

    def __str__(self) -> str:
        return f"keyid={self.key_id}, t={self.at}, v1={self.digest}"


def derive_key(secret: str, name: str, number: int) -> str:
    """The key of a name, as people write it into a configuration."""
    first = hmac.new(b"acervo.keys", secret.encode(), hashlib.sha256).digest()
    block = hmac.new(first, f"{name}\n{number}\x01".encode(), hashlib.sha256).digest()
    return "acv_" + base64.urlsafe_b64encode(block).rstrip(b"=").decode()


def sign(key: str, key_id: str, at: int, headers: Mapping[str, str], body: bytes) -> Signature:
    """The signature of a request; headers in any case."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    lines = [str(at), key_id]
    lines += [f"{name}:{known[name]}" for name in sorted(known) if name.startswith("ce-")]
    lines.append(known.get("content-type", ""))
    text = "\n".join(lines).encode() + b"\n" + body
    return Signature(key_id, at, hmac.new(key.encode(), text, hashlib.sha256).hexdigest())


def parse(header: str) -> Signature:
    """Raises BadSignature."""
    fields: dict[str, str] = {}
    for part in header[:1000].split(","):
        match = _FIELD.match(part.strip())
        if match is None or match.group(1) in fields:
            raise BadSignature("the signature is not `keyid=…, t=…, v1=…`")
        fields[match.group(1)] = match.group(2)
    if set(fields) != {"keyid", "t", "v1"} or not (fields["t"].isascii() and fields["t"].isdigit()):
        raise BadSignature("the signature is not `keyid=…, t=…, v1=…`")
    return Signature(fields["keyid"], int(fields["t"]), fields["v1"])


def check(
    signature: Signature, keys: Iterable[str], headers: Mapping[str, str], body: bytes, now: float
) -> None:
    """Raises BadSignature when none of the keys made it, or it is too old."""
    if abs(now - signature.at) > WINDOW_S:
        raise BadSignature("the signature's time is more than five minutes off")
    made = (sign(key, signature.key_id, signature.at, headers, body).digest for key in keys)
    if not any(hmac.compare_digest(digest, signature.digest) for digest in made):
        raise BadSignature("the signature is wrong")


def webhook_key(secret: str, webhook_id: str, number: int) -> str:
    """The key that a webhook's events are signed with; ids of webhooks are never used again."""
    return derive_key(secret, f"webhook:{webhook_id}", number)
