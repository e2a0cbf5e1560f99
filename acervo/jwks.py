"""The signing keys of an OIDC issuer: cached, rotated, kept through an outage of the issuer (RFC 7517).

Keys are fresh for five minutes. After that they are fetched again in passing, by one thread, while the others go on with what is there;
keys that the issuer cannot confirm stay usable for an hour. An unknown key id asks again, but never more than once in ten seconds,
so that forged tokens cannot make us hammer the issuer.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acervo.errors import Transient

log = logging.getLogger(__name__)
FRESH_S, STALE_S, PAUSE_S = 300.0, 3600.0, 10.0
FETCH_TIMEOUT_S, MAX_BYTES, MAX_KEYS = 5.0, 256 << 10, 64
MIN_RSA_BITS = 2048
ALGORITHMS = frozenset({"RS256", "PS256", "ES256"})


@dataclass(frozen=True)
class SigningKey:
    """A public key and the one algorithm it may be used with."""

    key: Any
    algorithm: str


class Keys:
    """`get(kid)` is the key of that id. Safe to use from many threads."""

    def __init__(
        self,
        url: str,
        fetch: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._fetch, self._clock = url, fetch or fetch_json, clock
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._lock = threading.Lock()

    def get(self, kid: str | None) -> SigningKey | None:
        """None when the issuer has no such key. Without a `kid` the issuer must have exactly one key.

        Raises:
            Transient: the issuer cannot be reached and what we have is older than an hour.
        """
        self._freshen()
        found = self._find(kid)
        if found is None:
            self._refresh(wait=True)
            found = self._find(kid)
        self._require()
        return found

    def check(self) -> None:
        """Whether tokens can be verified now: an issuer that is away is no matter while its keys are good.

        Raises:
            Transient: we have no keys that are less than an hour old, and the issuer does not give us any.
        """
        self._freshen()
        self._require()
        if not self._keys:
            raise Transient(
                "issuer-keys", "the identity provider has no key that we accept", retry_after_s=10
            )

    def _freshen(self) -> None:
        if not self._age_is_below(FRESH_S):
            self._refresh(wait=not self._age_is_below(STALE_S))

    def _require(self) -> None:
        if not self._age_is_below(STALE_S):
            raise Transient("issuer-unreachable", "the identity provider does not answer", retry_after_s=10)

    def _find(self, kid: str | None) -> SigningKey | None:
        keys = self._keys
        if kid is None:
            return next(iter(keys.values())) if len(keys) == 1 else None
        return keys.get(kid)

    def _age_is_below(self, seconds: float) -> bool:
        return self._fetched is not None and self._clock() - self._fetched < seconds

    def _refresh(self, wait: bool) -> None:
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if self._tried is not None and self._clock() - self._tried < PAUSE_S:
                return
            self._tried = self._clock()
            try:
                self._keys = parse(self._fetch(self._url))
                self._fetched = self._clock()
            except (Transient, ValueError) as fault:
                log.warning("signing keys not fetched: %s", fault)
        finally:
            self._lock.release()


def parse(document: Any) -> dict[str, SigningKey]:
    """Key id → key of a JWK set; keys that cannot verify a signature we accept are left out.

    Raises:
        ValueError: not a JWK set.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")
    keys: dict[str, SigningKey] = {}
    for number, entry in enumerate(entries[:MAX_KEYS]):
        key = _signing_key(entry) if isinstance(entry, dict) else None
        if key:
            keys[str(entry.get("kid") or f"#{number}")] = key
    return keys


def _signing_key(entry: dict[str, Any]) -> SigningKey | None:
    import jwt

    algorithm = entry.get("alg") or {"RSA": "RS256", "EC": "ES256"}.get(str(entry.get("kty")))
    if algorithm not in ALGORITHMS or entry.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    size = getattr(key, "key_size", 0)
    if algorithm == "ES256" and getattr(getattr(key, "curve", None), "name", "") != "secp256r1":
        return None
    if algorithm != "ES256" and size < MIN_RSA_BITS:
        return None
    return SigningKey(key, algorithm)


def fetch_json(url: str) -> Any:
    """A JSON document of bounded size, no redirects.

    Raises:
        Transient: no answer, not 200, too large.
        ValueError: not JSON.
    """
    import httpx

    try:
        with httpx.stream(
            "GET", url, timeout=FETCH_TIMEOUT_S, headers={"accept": "application/json"}
        ) as answer:
            if answer.status_code != 200:
                raise Transient("issuer-unreachable", f"the identity provider answered {answer.status_code}")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    raise Transient("issuer-unreachable", "the identity provider's keys are too large")
    except httpx.HTTPError as fault:
        raise Transient("issuer-unreachable", "the identity provider does not answer") from fault
    return json.loads(bytes(body))
