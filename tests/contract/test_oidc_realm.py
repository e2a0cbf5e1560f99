"""The realm for Keycloak says what Acervo reads: checked against the code, without a Keycloak."""

from __future__ import annotations

import json
from typing import Any

from acervo.access import Role
from acervo.identity import caller_of
from knative.local.stack import AUDIENCE, ROOT

REALM: dict[str, Any] = json.loads((ROOT / "knative" / "keycloak" / "realm.json").read_text())
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
SCOPES = {scope["name"]: scope for scope in REALM["clientScopes"]}
MAPPERS = {mapper["name"]: mapper for mapper in SCOPES["acervo"]["protocolMappers"]}


def test_the_roles_are_those_of_the_access_table_and_groups_give_them() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == set(Role)
    assert {role for group in REALM["groups"] for role in group["realmRoles"]} == set(Role)


def test_access_tokens_have_the_audience_and_the_claims_that_the_api_reads() -> None:
    assert MAPPERS["audience"]["config"]["included.custom.audience"] == AUDIENCE
    claims = {"sub": "u", "azp": "web", "typ": "Bearer", "preferred_username": "ana",
              MAPPERS["roles"]["config"]["claim.name"]: ["editor", "offline_access"], MAPPERS["groups"]["config"]["claim.name"]: ["/noticias", "/grupo/tv"]}  # fmt: skip
    caller = caller_of(claims)
    assert (caller.name, caller.client) == ("ana", "web")
    assert caller.roles == {"editor", "offline_access"}
    assert caller.principals == ["user:u", "group:grupo/tv", "group:noticias"]
    assert all(mapper["config"]["access.token.claim"] == "true" for mapper in MAPPERS.values())


def test_keycloaks_own_place_for_roles_can_be_configured_too() -> None:
    assert caller_of({"sub": "u", "realm_access": {"roles": ["admin"]}}, "realm_access.roles").roles == {
        "admin"
    }


def test_every_client_gets_the_scope_and_no_flow_that_hands_out_passwords() -> None:
    for client in CLIENTS.values():
        assert {"acervo", "basic"} <= set(client["defaultClientScopes"]) <= set(SCOPES)
        assert not client["implicitFlowEnabled"]
        assert not client["directAccessGrantsEnabled"]
        assert not client["fullScopeAllowed"]
    assert {mapping["client"] for mapping in REALM["scopeMappings"]} == set(CLIENTS)
    assert all(set(mapping["roles"]) == set(Role) for mapping in REALM["scopeMappings"])


def test_people_sign_in_with_pkce_and_machines_with_a_secret_that_is_not_here() -> None:
    for name in ("web", "cli"):
        assert CLIENTS[name]["publicClient"]
        assert CLIENTS[name]["attributes"]["pkce.code.challenge.method"] == "S256"
        assert not any("*" in uri for uri in CLIENTS[name]["redirectUris"])
    assert (CLIENTS["cms"]["publicClient"], CLIENTS["cms"]["serviceAccountsEnabled"]) == (False, True)
    assert "secret" not in {key for client in CLIENTS.values() for key in client}
    assert not any("credentials" in user for user in REALM["users"])
    assert [user["username"] for user in REALM["users"]] == ["service-account-cms"]


def test_access_tokens_are_short_and_refresh_tokens_are_used_once() -> None:
    assert 300 <= REALM["accessTokenLifespan"] <= 900
    assert (REALM["revokeRefreshToken"], REALM["refreshTokenMaxReuse"]) == (True, 0)
