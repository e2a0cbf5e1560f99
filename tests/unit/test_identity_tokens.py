"""Attacks on access tokens, with a JWKS server on a real port."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from acervo import jwks
from acervo.errors import Transient
from acervo.identity import Caller, IdentitySettings, Verifier, caller_of, names_at
from acervo.jwks import Keys
from acervo.problems import Problem

ISSUER, AUDIENCE = "https://issuer.example", "urn:acervo:api"
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.ECAlgorithm
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else jwt.algorithms.RSAAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **more}


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    known = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ana",
        "iat": now,
        "exp": now + 600,
        "roles": ["editor"],
        "groups": ["/noticias"],
    }
    return {name: value for name, value in {**known, **more}.items() if value is not None}


def sign(
    key: Any = RSA,
    kid: str | None = "one",
    algorithm: str = "RS256",
    header: dict[str, Any] | None = None,
    **more: Any,
) -> str:
    return jwt.encode(claims(**more), key, algorithm, {**({"kid": kid} if kid else {}), **(header or {})})


def encode(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Issuer:
    """Serves `keys`; `body` instead, when it is set."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    body: bytes | None = None
    status: int = 200
    asked: int = 0
    url: str = ""
    clock: float = 1000.0

    def verifier(self, parties: tuple[str, ...] = ()) -> Verifier:
        keys = Keys(self.url, clock=lambda: self.clock)
        known = IdentitySettings(issuer=ISSUER, jwks_url=self.url, audience=AUDIENCE, parties=parties)
        return Verifier(known, keys)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer(
        [
            public(RSA, "one", alg="RS256", use="sig"),
            public(CURVE, "curve"),
            public(OTHER, "pss", alg="PS256"),
        ]
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            body = made.body if made.body is not None else json.dumps({"keys": made.keys}).encode()
            self.send_response(made.status)
            self.send_header("content-length", str(len(body)))
            self.send_header("location", made.url)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/jwks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def refused(issuer: Issuer, token: str) -> str:
    """The reason, for a token that must be answered 401."""
    with pytest.raises(Problem) as fault:
        issuer.verifier().verify(token)
    assert fault.value.status == 401
    assert 'error="invalid_token"' in fault.value.headers["www-authenticate"]
    return fault.value.reason


def test_a_good_token_says_who_calls(issuer: Issuer) -> None:
    caller = issuer.verifier().verify(sign(name="Ana", client_id="web"))
    assert caller == Caller("ana", "Ana", frozenset({"editor"}), frozenset({"noticias"}), "web")
    assert caller.principals == ["user:ana", "group:noticias"]
    assert issuer.verifier().verify(sign(CURVE, "curve", "ES256")).subject == "ana"
    assert issuer.verifier().verify(sign(OTHER, "pss", "PS256")).subject == "ana"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"exp": int(time.time()) - 31}, "expired"),
        ({"nbf": int(time.time()) + 86_400}, "not valid yet"),
        ({"aud": "web"}, "another audience"),
        ({"aud": None}, "lacks a claim"),
        ({"aud": [None]}, "audience"),
        ({"iss": "https://issuer.example/"}, "another issuer"),
        ({"iss": None}, "lacks a claim"),
        ({"exp": None}, "lacks a claim"),
        ({"exp": "soon"}, "not valid"),
        ({"sub": None}, "lacks a claim"),
        ({"sub": ""}, "no subject"),
        ({"sub": 5}, "not valid"),
        ({"sub": "a\x00"}, "no subject"),
        ({"sub": "x" * 256}, "no subject"),
    ],
)
def test_claims_that_do_not_fit_are_refused(issuer: Issuer, more: dict[str, Any], reason: str) -> None:
    assert reason in refused(issuer, sign(**more))


@pytest.mark.parametrize("more", [{"typ": "ID"}, {"typ": "Refresh"}, {"typ": "Logout"}, {"typ": 5}])
def test_a_token_that_is_no_access_token_is_refused(issuer: Issuer, more: dict[str, Any]) -> None:
    assert "not an access token" in refused(issuer, sign(**more))


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "JOSE", 5])
def test_a_header_that_names_another_kind_of_token_is_refused(issuer: Issuer, typ: Any) -> None:
    assert "not an access token" in refused(issuer, sign(header={"typ": typ}))


def test_access_tokens_say_what_they_are_or_nothing(issuer: Issuer) -> None:
    for typ in ("JWT", "at+jwt", "application/at+jwt"):
        assert issuer.verifier().verify(sign(header={"typ": typ}, typ="Bearer")).subject == "ana"


def test_only_the_clients_that_configuration_names_are_accepted(issuer: Issuer) -> None:
    verifier = issuer.verifier(("web", "cms"))
    assert verifier.verify(sign(azp="web")).client == "web"
    assert verifier.verify(sign(client_id="cms")).client == "cms"
    for more in ({"azp": "other"}, {}, {"azp": ["web"]}, {"azp": "other", "client_id": "web"}):
        with pytest.raises(Problem, match="not accepted"):
            verifier.verify(sign(**more))


def test_a_token_inside_the_issuers_outage_is_refused_when_it_is_forged(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    verifier.verify(sign())
    issuer.status = 500
    with pytest.raises(Problem):
        verifier.verify(sign(OTHER, "one"))


def test_a_token_that_was_good_is_not_good_for_longer_than_it_says(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    token = sign(exp=int(time.time()) - 28)
    assert verifier.verify(token) is verifier.verify(token)
    deadline = time.monotonic() + 10
    while time.time() < int(jwt.decode(token, options={"verify_signature": False})["exp"]) + 30:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(Problem, match="expired"):
        verifier.verify(token)


def test_a_token_that_was_good_ends_with_its_key(issuer: Issuer) -> None:
    verifier, token = issuer.verifier(), sign()
    verifier.verify(token)
    issuer.keys = [public(OTHER, "one", alg="RS256")]  # the same name, another key
    issuer.clock += 400
    with pytest.raises(Problem, match="signature is wrong"):
        verifier.verify(token)


def test_a_reason_cannot_break_the_header() -> None:
    from acervo.identity import unauthorized

    header = unauthorized('a "quote", \\ and … more').headers["www-authenticate"]
    assert header.isascii()
    assert header.count('"') == 6


def test_thirty_seconds_of_clock_skew_are_forgiven(issuer: Issuer) -> None:
    now = int(time.time())
    assert issuer.verifier().verify(sign(exp=now - 20, nbf=now + 20)).subject == "ana"


def test_a_token_without_a_signature_is_refused(issuer: Issuer) -> None:
    for algorithm in ("none", "None", "NONE", "nOnE"):
        token = f"{encode({'alg': algorithm, 'kid': 'one'})}.{encode(claims())}."
        assert "not accepted" in refused(issuer, token)


def test_the_public_key_is_not_an_hmac_secret(issuer: Issuer) -> None:
    import hashlib
    import hmac

    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encode({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{encode(claims())}"
    token = f"{signed}.{encode(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"
    assert "not accepted" in refused(issuer, token)


def test_a_key_is_good_for_one_algorithm_only(issuer: Issuer) -> None:
    assert "not signed by" in refused(issuer, sign(RSA, "one", "PS256"))
    assert "not accepted" in refused(issuer, sign(RSA, "one", "RS512"))
    assert "not signed by" in refused(issuer, sign(OTHER, "curve", "RS256"))


def test_a_key_in_the_token_itself_is_not_looked_at(issuer: Issuer) -> None:
    header = {"jwk": public(OTHER, "one"), "jku": "http://evil.example/jwks", "x5u": "http://evil.example"}
    assert "signature is wrong" in refused(issuer, sign(OTHER, "one", header=header))


def test_a_changed_token_is_refused(issuer: Issuer) -> None:
    head, _, signature = sign().split(".")
    body = encode(claims(roles=["admin"]))
    assert "signature is wrong" in refused(issuer, f"{head}.{body}.{signature}")
    assert refused(issuer, sign()[:-8])


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "ñ.ñ.ñ", f"{encode([])}.e30.x", f"{encode(b'{')}.e30.x", f"{encode({'alg': 5})}.e30.x",
     f"{encode({'alg': 'RS256', 'kid': 5})}.e30.x", f"{encode({'alg': 'RS256', 'kid': 'one', 'crit': ['x'], 'x': 1})}.e30.x", "\x00", "e30.e30.e30"],
)  # fmt: skip
def test_what_is_not_a_token_is_refused(issuer: Issuer, token: str) -> None:
    refused(issuer, token)


def test_a_huge_token_is_refused_before_it_is_looked_at(issuer: Issuer) -> None:
    assert "too large" in refused(issuer, sign(junk="x" * 20_000))
    assert issuer.asked == 0


def test_an_unknown_key_asks_the_issuer_once_in_ten_seconds(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    verifier.verify(sign())
    for _ in range(20):
        with pytest.raises(Problem):
            verifier.verify(sign(OTHER, "forged"))
    assert issuer.asked == 1
    issuer.clock += 11
    with pytest.raises(Problem):
        verifier.verify(sign(OTHER, "forged"))
    assert issuer.asked == 2


def test_a_rotated_key_is_found_and_the_old_one_ends(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    verifier.verify(sign())
    issuer.keys = [public(OTHER, "two")]
    issuer.clock += 11
    assert verifier.verify(sign(OTHER, "two")).subject == "ana"
    with pytest.raises(Problem):
        verifier.verify(sign())


def test_keys_outlive_an_outage_of_the_issuer_for_an_hour(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    verifier.verify(sign())
    issuer.status = 500
    issuer.clock += 3500
    assert verifier.verify(sign()).subject == "ana"
    issuer.clock += 200
    with pytest.raises(Transient):
        verifier.verify(sign())
    issuer.status = 200
    issuer.clock += 11
    assert verifier.verify(sign()).subject == "ana"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": 5}'), (200, b" " * 300_000)],
)
def test_an_issuer_that_answers_nonsense_is_an_outage_not_a_refusal(
    issuer: Issuer, status: int, body: bytes
) -> None:
    issuer.status, issuer.body = status, body
    with pytest.raises(Transient):
        issuer.verifier().verify(sign())


def test_an_issuer_that_is_away_is_an_outage(issuer: Issuer) -> None:
    verifier = Verifier(IdentitySettings(issuer=ISSUER, jwks_url="http://127.0.0.1:1/", audience=AUDIENCE))
    with pytest.raises(Transient):
        verifier.verify(sign())


def test_a_token_without_a_key_id_needs_an_issuer_with_one_key(issuer: Issuer) -> None:
    assert "not signed by" in refused(issuer, sign(kid=None))
    issuer.keys = issuer.keys[:1]
    assert issuer.verifier().verify(sign(kid=None)).subject == "ana"


def test_keys_that_cannot_verify_anything_are_left_out() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  # this is what must be left out
    p384 = ec.generate_private_key(ec.SECP384R1())
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"}
    entries = [
        public(weak, "weak"),
        public(p384, "p384"),
        secret,
        public(RSA, "enc", use="enc"),
        {"kty": "RSA"},
        "x",
        public(RSA, "good"),
    ]
    assert set(jwks.parse({"keys": entries})) == {"good"}


def test_many_threads_ask_once(issuer: Issuer) -> None:
    verifier = issuer.verifier()
    faults: list[Exception] = []

    def ask() -> None:
        try:
            verifier.verify(sign())
        except (Problem, Transient) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, issuer.asked) == ([], 1)


@pytest.mark.parametrize(
    ("path", "known", "expected"),
    [
        ("roles", {"roles": ["a", "b"]}, {"a", "b"}),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("https://x.example/roles", {"https://x.example/roles": ["a"]}, {"a"}),
        ("scope", {"scope": "a b"}, {"a", "b"}),
        ("roles", {"roles": [1, None, "", "a"]}, {"a"}),
        ("roles.deep", {"roles": ["a"]}, set()),
        ("roles", {"roles": {"a": 1}}, set()),
        ("roles", {}, set()),
    ],
)
def test_roles_are_found_where_configuration_says(
    path: str, known: dict[str, Any], expected: set[str]
) -> None:
    assert names_at(known, path) == expected


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ({"name": "Ana"}, "Ana"),
        ({"preferred_username": "ana1", "name": " "}, "ana1"),
        ({"email": "a@x"}, "a@x"),
        ({}, "s"),
        ({"name": 5}, "s"),
    ],
)
def test_a_caller_has_a_name_for_people(known: dict[str, Any], name: str) -> None:
    assert caller_of({"sub": "s", **known}).name == name
