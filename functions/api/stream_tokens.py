"""Tokens for players, which cannot send headers: one asset, some hours, in the URL. Nothing else accepts them.

They are HMAC-signed by a secret that only the API has, and name their own audience; an access token is never accepted in a URL.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from acervo.identity import unauthorized

AUDIENCE = "acervo:stream"
TTL_S = 4 * 3600
MIN_SECRET_BYTES = 32


@dataclass(frozen=True)
class Viewer:
    """Who got the token, and until when it is good."""

    subject: str
    expires_at: int


def issue(secret: str, asset_id: str, subject: str, ttl_s: int = TTL_S) -> tuple[str, int]:
    """A token, and when it expires (seconds since 1970)."""
    import jwt  # on first use, with cryptography: a tenth of a cold start

    expires_at = int(time.time()) + ttl_s
    claims = {"aud": AUDIENCE, "asset": asset_id, "sub": subject, "exp": expires_at}
    return jwt.encode(claims, secret, algorithm="HS256"), expires_at


def verify(secret: str, token: str, asset_id: str) -> Viewer:
    """Raises Problem (401) when it is forged, expired or for another asset."""
    import jwt

    try:
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["exp", "sub", "asset"]}
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError) as fault:
        raise unauthorized("the stream's token is not valid or has expired: ask for a new stream") from fault
    if claims["asset"] != asset_id:
        raise unauthorized("the stream's token is for another asset")
    return Viewer(claims["sub"], claims["exp"])
