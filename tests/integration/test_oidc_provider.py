"""The provider of a one-machine Acervo, asked as a browser, a command line and a machine ask it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.fix_oidc import AUDIENCE, Oidc, make, pkce

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def claims_of(oidc: Oidc, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(httpx.get(oidc.jwks_url).json()).keys[0]
    claims: dict[str, Any] = jwt.decode(token, key.key, ["RS256"], audience=audience, issuer=oidc.issuer)
    return claims


def test_a_person_signs_in_with_a_password_and_gets_a_token_for_the_api(oidc: Oidc) -> None:
    verifier, challenge = pkce()
    answer = oidc.exchange(oidc.authorize("editora", challenge=challenge), verifier).json()
    claims = claims_of(oidc, answer["access_token"])
    assert claims["sub"] == "editora"
    assert claims["roles"] == ["editor"]
    assert claims["groups"] == ["noticias"]
    assert claims["exp"] - claims["iat"] == 600
    assert claims_of(oidc, answer["id_token"], "web")["name"] == "Eva Editora"


def test_a_wrong_password_gives_no_code(oidc: Oidc) -> None:
    _, challenge = pkce()
    with pytest.raises(PermissionError, match="no son correctos"):
        oidc.authorize("otro", password="guess", challenge=challenge)


def test_the_login_page_speaks_the_language_of_the_browser(oidc: Oidc) -> None:
    for language, word in (("es-AR,es;q=0.9", "Contraseña"), ("en-GB", "Password"), ("ja", "Contraseña")):
        with httpx.Client(follow_redirects=True, headers={"accept-language": language}) as browser:
            page = browser.get(
                oidc.endpoint("auth"),
                params={
                    "client_id": "web", "response_type": "code", "scope": "openid", "redirect_uri": "http://page.example/callback",
                    "code_challenge": pkce()[1], "code_challenge_method": "S256",
                },
            )  # fmt: skip
        assert word in page.text
        assert "<script" not in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_code_is_worth_nothing_without_its_verifier(oidc: Oidc) -> None:
    _, challenge = pkce()
    answer = oidc.exchange(oidc.authorize("editora", challenge=challenge), pkce()[0])
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_a_code_without_a_challenge_is_not_given(oidc: Oidc) -> None:
    with pytest.raises(KeyError):
        oidc.authorize("editora", challenge="")


def test_refresh_tokens_rotate_and_a_used_one_ends_the_line(oidc: Oidc) -> None:
    verifier, challenge = pkce()
    first = oidc.exchange(oidc.authorize("editora", challenge=challenge), verifier).json()["refresh_token"]

    def refresh(token: str) -> httpx.Response:
        data = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "web"}
        return httpx.post(oidc.endpoint("token"), data=data)

    second = refresh(first).json()
    assert claims_of(oidc, second["access_token"])["roles"] == ["editor"]
    assert second["refresh_token"] != first
    assert refresh(first).json()["error"] == "invalid_grant"
    assert refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_machine_gets_a_token_with_its_roles_and_a_wrong_secret_none(oidc: Oidc) -> None:
    claims = claims_of(oidc, oidc.machine_token("cms"))
    assert (claims["client_id"], claims["roles"], claims["groups"]) == ("cms", ["editor"], ["noticias"])
    data = {"grant_type": "client_credentials"}
    assert httpx.post(oidc.endpoint("token"), data=data, auth=("cms", "wrong")).status_code == 401


def test_a_device_is_connected_by_a_code_that_a_person_types(oidc: Oidc) -> None:
    started = httpx.post(
        oidc.endpoint("device/auth"), data={"client_id": "cli", "scope": "openid offline_access"}
    ).json()
    poll = {"grant_type": DEVICE, "device_code": started["device_code"], "client_id": "cli"}
    assert httpx.post(oidc.endpoint("token"), data=poll).json()["error"] == "authorization_pending"
    assert "Puede cerrar" in oidc.browse(started["verification_uri"], "editora", started["user_code"])
    tokens = httpx.post(oidc.endpoint("token"), data=poll).json()
    assert claims_of(oidc, tokens["access_token"])["sub"] == "editora"
    assert tokens["refresh_token"]


def test_every_address_it_names_is_under_the_issuer_however_it_is_reached(oidc: Oidc) -> None:
    found = httpx.get(f"http://127.0.0.1:{oidc.port}/oidc/.well-known/openid-configuration").json()
    assert found["issuer"] == oidc.issuer
    assert all(url.startswith(oidc.issuer + "/") for name, url in found.items() if name.endswith("_endpoint"))
    assert found["jwks_uri"].startswith(oidc.issuer)


def test_keys_and_refresh_tokens_survive_a_restart_and_are_private(tmp_path: Path) -> None:
    oidc = make(tmp_path / "data")
    oidc.start()
    try:
        verifier, challenge = pkce()
        tokens = oidc.exchange(oidc.authorize("editora", challenge=challenge), verifier).json()
        assert oidc.stop() == 0
        for name in ("keys.json", "state.json"):
            assert stat.S_IMODE((oidc.data / name).stat().st_mode) == 0o600
        oidc.start()
        assert claims_of(oidc, tokens["access_token"])["sub"] == "editora"
        data = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "web"}
        assert httpx.post(oidc.endpoint("token"), data=data).status_code == 200
    finally:
        oidc.stop()


def test_guessing_passwords_is_stopped(tmp_path: Path) -> None:
    oidc = make(tmp_path / "data")
    oidc.start()
    try:
        for _ in range(10):
            with pytest.raises(PermissionError):
                oidc.authorize("admin", password="guess", challenge=pkce()[1])
        with pytest.raises(PermissionError, match="Demasiados"):
            oidc.authorize("admin", challenge=pkce()[1])
    finally:
        oidc.stop()
