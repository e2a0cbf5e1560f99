"""Credentials from a real OpenBao: least privilege, rotation, lost tokens, and a server that is killed and comes back unsealed."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from acervo import settings
from functions.publish import secrets_setup
from functions.publish.faults import Fault
from functions.publish.vault import Vault
from functions.publish.vault_settings import VaultSettings
from tests.fix_publish import Bao


def opened(bao: Bao, **env: str) -> Vault:
    return Vault(settings.read(VaultSettings, {**bao.env, **env}))


def test_a_secret_is_read_kept_and_read_anew_on_demand(bao: Bao) -> None:
    first = bao.put("cms", "one", token="a")
    vault = opened(bao)
    assert dict(vault.read("cms", "one")) == {"token": "a"}
    second = bao.put("cms", "one", token="b")
    assert vault.read("cms", "one").version == first
    assert (vault.read("cms", "one", fresh=True).version, second) == (second, first + 1)
    assert vault.read("cms", "one")["token"] == "b"
    vault.close()


def test_what_is_not_there_and_what_may_not_be_read_are_told_apart_from_an_outage(bao: Bao) -> None:
    vault = opened(bao)
    with pytest.raises(Fault) as missing:
        vault.read("cms", "nobody")
    with pytest.raises(Fault) as refused:
        vault.read("cms/../../other", "x")
    vault.close()
    away = opened(bao, VAULT_ADDR="http://127.0.0.1:9")
    with pytest.raises(Fault) as outage:
        away.read("cms", "one")
    away.close()
    wrong = opened(bao, VAULT_SECRET_ID="00000000-0000-0000-0000-000000000000")
    with pytest.raises(Fault) as login:
        wrong.read("cms", "one")
    wrong.close()
    codes = [fault.value.code for fault in (missing, refused, outage, login)]
    assert codes == ["secret-missing", "secret-missing", "secrets-unavailable", "secret-missing"]


def test_the_function_may_read_channels_and_nothing_else(bao: Bao) -> None:
    bao.put("cms", "one", token="a")
    vault = opened(bao)
    vault.read("cms", "one")
    with httpx.Client(base_url=bao.env["VAULT_ADDR"], headers={"X-Vault-Token": vault._token}) as http:
        assert http.get("/v1/secret/data/other").status_code == 403
        assert http.post("/v1/secret/data/channels/cms/one", json={"data": {"token": "x"}}).status_code == 403
        assert http.get("/v1/sys/mounts").status_code == 403
    vault.close()


def test_a_revoked_token_is_replaced_and_an_old_one_renewed(bao: Bao) -> None:
    bao.put("cms", "one", token="a")
    vault = opened(bao)
    vault.read("cms", "one")
    root = (bao.data / "root-token").read_text()
    first = vault._token
    httpx.post(
        f"{bao.env['VAULT_ADDR']}/v1/auth/token/revoke",
        json={"token": first},
        headers={"X-Vault-Token": root},
    ).raise_for_status()
    assert vault.read("cms", "one", fresh=True)["token"] == "a"
    second = vault._token
    assert second != first
    vault._renew_at = 0.0
    vault.read("cms", "one", fresh=True)
    assert vault._token == second
    assert vault._renew_at > 0
    vault.close()


def test_a_killed_server_comes_back_with_its_secrets_and_setting_it_up_again_changes_nothing(
    bao: Bao,
) -> None:
    bao.put("cms", "two", token="kept")
    before = {
        name: (bao.data / name).read_bytes()
        for name in ("root-token", "role-id", "secret-id", "seal.key", "config.hcl")
    }
    bao.kill()
    secrets_setup.prepare(bao.data, bao.port)
    bao.start()
    secrets_setup.setup(bao.data, bao.port)
    assert {name: (bao.data / name).read_bytes() for name in before} == before
    vault = opened(bao)
    assert vault.read("cms", "two")["token"] == "kept"
    vault.close()
    for name in before:
        assert (bao.data / name).stat().st_mode & 0o077 == 0, name


def test_in_a_cluster_the_service_account_logs_in(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c\n")
    asked: list[tuple[str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(
            (
                request.url.path,
                json.loads(request.content) if request.content else request.headers["x-vault-token"],
            )
        )
        if request.url.path == "/v1/auth/kubernetes/login":
            return httpx.Response(200, json={"auth": {"client_token": "t", "lease_duration": 1200}})
        return httpx.Response(200, json={"data": {"data": {"token": "x"}, "metadata": {"version": 4}}})

    made = settings.read(VaultSettings, {"VAULT_ADDR": "http://vault", "VAULT_K8S_TOKEN_FILE": str(token)})
    vault = Vault(made, httpx.MockTransport(answer))
    assert vault.read("cms", "one").version == 4
    assert asked == [
        ("/v1/auth/kubernetes/login", {"role": "acervo-publish", "jwt": "a.b.c"}), ("/v1/secret/data/channels/cms/one", "t"),
    ]  # fmt: skip
    vault.close()
