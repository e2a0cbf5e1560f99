"""Who calls: a bearer token of the configured OIDC issuer, verified here and nowhere else (RFC 6750, RFC 7519, RFC 8725, RFC 9068).

Accepted is only a signature by a key of the issuer's JWK set with the one algorithm of that key (RS256, PS256 or ES256), our audience, the
issuer, and a time inside `nbf`…`exp` with 30 s of clock skew. Where roles and groups stand in the token is configuration (dotted paths).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.datastructures import State
from starlette.requests import Request

from acervo import settings
from acervo.jwks import ALGORITHMS, Keys, SigningKey
from acervo.problems import Problem

SKEW_S = 30
MAX_TOKEN_BYTES = 16 << 10
MAX_SUBJECT, MAX_NAMES, MAX_REMEMBERED = 255, 500, 5000
TYPES = frozenset({"jwt", "at+jwt"})
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """A function that has callers nests this as `identity: IdentitySettings = settings.nested(IdentitySettings)`."""

    issuer: str = settings.variable("OIDC_ISSUER")
    jwks_url: str = settings.variable("OIDC_JWKS_URL")
    audience: str = settings.variable("OIDC_AUDIENCE")
    roles_claim: str = settings.variable("OIDC_ROLES_CLAIM", "roles")
    groups_claim: str = settings.variable("OIDC_GROUPS_CLAIM", "groups")
    parties: tuple[str, ...] = settings.variable(
        "OIDC_AUTHORIZED_PARTIES", ()
    )  # clients whose tokens count; empty: all


@dataclass(frozen=True)
class Caller:
    """A person or a machine. `client` is the OIDC client that the token was made for."""

    subject: str
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    groups: frozenset[str] = field(default_factory=frozenset)
    client: str | None = None

    @property
    def user(self) -> str:
        """How owners and the audit log name this caller."""
        return f"user:{self.subject}"

    @cached_property
    def principals(self) -> list[str]:
        """What `project_members.principal` may say for this caller to be a member."""
        return [self.user, *(f"group:{group}" for group in sorted(self.groups))]


@dataclass(frozen=True)
class _Verified:
    """A token that was good, and what made it so."""

    kid: str | None
    key: SigningKey
    caller: Caller
    expires_at: float


class Verifier:
    """Tokens in, callers out; one a process, because it keeps the issuer's keys."""

    def __init__(self, config: IdentitySettings, keys: Keys | None = None) -> None:
        self._config = config
        self._keys = keys or Keys(config.jwks_url)
        self._verified: OrderedDict[str, _Verified] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, token: str) -> Caller:
        """Raises:
        Problem: 401, with what is wrong with the token.
        Transient: the issuer's keys are not there.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise unauthorized("the token is too large")
        known = self._verified.get(token)
        # the very key that it was verified with is still the issuer's, and its time is not up
        if known and self._keys.get(known.kid) is known.key and time.time() < known.expires_at + SKEW_S:
            return known.caller
        return self._verify(token)

    def check(self) -> None:
        """Raises Transient when no token could be verified now."""
        self._keys.check()

    def _verify(self, token: str) -> Caller:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError) as fault:
            raise unauthorized("the token is not a JWT") from fault
        if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in TYPES:
            raise unauthorized("the token is not an access token")
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or "crit" in header or not isinstance(kid, str | None):
            raise unauthorized("the token is signed in a way that is not accepted")
        key = self._keys.get(kid)
        if key is None or key.algorithm != header["alg"]:
            raise unauthorized("the token is not signed by the identity provider")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                audience=self._config.audience,
                issuer=self._config.issuer,
                leeway=SKEW_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as fault:
            raise unauthorized("the token has expired") from fault
        except (jwt.PyJWTError, ValueError, OverflowError) as fault:
            raise unauthorized(_why(fault)) from fault
        caller = self._accept(claims)
        self._remember(token, _Verified(kid, key, caller, float(claims["exp"])))
        return caller

    def _accept(self, claims: Mapping[str, Any]) -> Caller:
        """The caller of verified claims, if the token is one for us."""
        # an ID token is for the page, a refresh or logout token for the issuer: Keycloak says so in the claim `typ`
        if claims.get("typ", "Bearer") not in ("Bearer", "DPoP", "JWT", "at+jwt"):
            raise unauthorized("the token is not an access token")
        caller = caller_of(claims, self._config.roles_claim, self._config.groups_claim)
        if self._config.parties and caller.client not in self._config.parties:
            raise unauthorized("the token was made for a client that is not accepted")
        return caller

    def _remember(self, token: str, verified: _Verified) -> None:
        """Tokens are shown hundreds of times in their ten minutes; the oldest of many is forgotten."""
        with self._lock:
            self._verified[token] = verified
            if len(self._verified) > MAX_REMEMBERED:
                self._verified.popitem(last=False)


def _why(fault: Exception) -> str:
    import jwt

    reasons: list[tuple[type[Exception], str]] = [
        (jwt.ImmatureSignatureError, "the token is not valid yet"),
        (jwt.InvalidAudienceError, "the token is for another audience"),
        (jwt.InvalidIssuerError, "the token is from another issuer"),
        (jwt.MissingRequiredClaimError, "the token lacks a claim"),
        (jwt.InvalidSignatureError, "the token's signature is wrong"),
    ]
    return next((text for kind, text in reasons if isinstance(fault, kind)), "the token is not valid")


def caller_of(claims: Mapping[str, Any], roles_claim: str = "roles", groups_claim: str = "groups") -> Caller:
    """The caller that verified claims speak of.

    Raises:
        Problem: 401 when there is no usable subject.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_SUBJECT or "\x00" in subject:
        raise unauthorized("the token has no subject")
    client = next((claims[n] for n in ("azp", "client_id") if isinstance(claims.get(n), str)), None)
    shown = (claims.get(name) for name in ("name", "preferred_username", "email"))
    name = next((text for text in shown if isinstance(text, str) and text.strip()), subject)
    groups = frozenset(group.lstrip("/") for group in names_at(claims, groups_claim))
    return Caller(subject, name[:MAX_SUBJECT], names_at(claims, roles_claim), groups, client)


def names_at(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The names under a claim, as a list or separated by spaces. `path` is a claim's name or a dotted path (`realm_access.roles`)."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names[:MAX_NAMES] if isinstance(name, str) and name)


def unauthorized(detail: str, code: str = "invalid-token") -> Problem:
    """401 as RFC 6750 wants it; without any token there is no `error` to name. A header has plain ASCII, without quotes."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in detail)
    error = "" if code == "no-token" else f', error="invalid_token", error_description="{plain}"'
    return Problem(401, code, detail, headers={"www-authenticate": f'Bearer realm="acervo"{error}'})


def bearer(request: Request) -> str:
    """The token of the Authorization header.

    Raises:
        Problem: 401 when there is none, or more than one.
    """
    found = request.headers.getlist("authorization")
    scheme, _, token = found[0].partition(" ") if len(found) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("send an access token as `Authorization: Bearer …`", "no-token")
    return token.strip()


def verifier(request: Request) -> Verifier:
    """The verifier of this process, made on first use from `resources.settings.identity`."""
    return _verifier(request.app.state)


def _verifier(state: State) -> Verifier:
    with _lock:
        if not hasattr(state, "verifier"):
            state.verifier = Verifier(state.resources.settings.identity)
        made: Verifier = state.verifier
        return made


def can_verify(state: State) -> None:
    """For `/readyz` (acervo/readiness.py). Raises Transient when no token could be verified now."""
    _verifier(state).check()


def authenticate(request: Request) -> Caller:
    """Who makes this request; for synchronous endpoints (it may fetch the issuer's keys).

    Raises:
        Problem: 401 with WWW-Authenticate.
        Transient: the identity provider cannot be reached (503).
    """
    return verifier(request).verify(bearer(request))
