"""What channels want to be told: what fits passes, what does not is named by its field, and no value is ever repeated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from acervo.channels import OURS, kinds
from tests.fakes.cms import settings as cms_settings

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEqSE0sVdG5mMh0S9eTbYtQ1kb6uCBBrIwQYbJ7e9m"
SFTP = {"host": "tv.example", "host_keys": [KEY]}
MOS = {"host": "ncs.example", "mos_id": "ACERVO", "ncs_id": "NCS"}
CMS = cms_settings("https://cms.example/api")
EVENTS = {"mode": "event", "url": "https://cms.example/events?site=1"}


def faults(type_: str, settings: dict[str, Any]) -> dict[str, str]:
    return {fault.field: fault.detail for fault in kinds()[type_].faults(settings)}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.type)
def test_every_schema_is_one_and_describes_each_of_its_fields(kind: Any) -> None:
    Draft202012Validator.check_schema(kind.schema)
    for name, described in kind.schema["properties"].items():
        assert described.get("title"), name
    assert {name for names in kind.sets for name in names} == {one.name for one in kind.credentials}


@pytest.mark.parametrize(
    ("type_", "settings"),
    [
        ("sftp", SFTP),
        ("sftp", {**SFTP, "port": 2222, "folder": "/in/news", "name": "{stem}_{marker}.{extension}", "sidecar": False}),
        ("sftp", {**SFTP, "requirements": {"most_aspect": "16:9", "least_aspect": 1.5, "kinds": ["video"], "needs_title": True}}),
        ("ftp", {"host": "10.0.0.9", "tls": "none"}),
        ("web", {"base_url": "https://cdn.example/media"}),
        ("youtube", {}),
        ("youtube", {"defaults": {"privacy": "unlisted"}, "costs": {"videos.insert": 100}}),
        ("facebook", {"page_id": "123"}),
        ("cms", CMS),
        ("cms", {**CMS, "create": {"path": "/x", "json": {"a": ["{options.section}", {"b": "no {Name} of ours { }"}]}}}),
        ("cms", EVENTS),
        ("mos", {**MOS, "path_prefix": "/mnt/playout"}),
        ("mos", {**MOS, "delivery": {"type": "sftp", **SFTP}}),
        ("mos", {**MOS, "delivery": {"type": "ftp", "host": "h"}}),
    ],
)  # fmt: skip
def test_what_fits_passes(type_: str, settings: dict[str, Any]) -> None:
    assert faults(type_, settings) == {}


@pytest.mark.parametrize(
    ("type_", "settings", "field"),
    [
        ("sftp", {"host": "h"}, "settings.host_keys"),
        ("sftp", {**SFTP, "host_keys": []}, "settings.host_keys"),
        ("sftp", {**SFTP, "host_keys": [KEY, "tv.example " + KEY]}, "settings.host_keys.1"),
        ("sftp", {**SFTP, "host": "sftp://tv"}, "settings.host"),
        ("sftp", {**SFTP, "port": "22"}, "settings.port"),
        ("sftp", {**SFTP, "port": 0}, "settings.port"),
        ("sftp", {**SFTP, "name": "{marker}/../x"}, "settings.name"),
        ("sftp", {**SFTP, "name": "{title}_{marker}"}, "settings.name"),
        ("sftp", {**SFTP, "name": "x"}, "settings.name"),
        ("sftp", {**SFTP, "folder": "a\x00b"}, "settings.folder"),
        ("sftp", {**SFTP, "requirements": {"most_bites": 5}}, "settings.requirements.most_bites"),
        ("sftp", {**SFTP, "requirements": {"most_aspect": "wide"}}, "settings.requirements.most_aspect"),
        ("sftp", {**SFTP, "requirements": {"kinds": ["film"]}}, "settings.requirements.kinds.0"),
        ("ftp", {"host": "h", "tls": "implicit"}, "settings.tls"),
        ("web", {"base_url": "cdn.example"}, "settings.base_url"),
        ("web", {"base_url": "https://me:secret@cdn.example"}, "settings.base_url"),
        ("web", {"base_url": "https://cdn.example", "prefix": "../x"}, "settings.prefix"),
        ("youtube", {"defaults": {"privacy": "secret"}}, "settings.defaults.privacy"),
        ("facebook", {}, "settings.page_id"),
        ("cms", {}, "settings.base_url"),
        ("cms", {**CMS, "create": {"path": "items"}}, "settings.create.path"),
        ("cms", {**CMS, "create": {"path": "/items", "json": {"a": ["{nonsense}"]}}}, "settings.create.json.a.0"),
        ("cms", {**CMS, "lookup": {"path": "/{nonsense}"}}, "settings.lookup.path"),
        ("cms", {**CMS, "lookup": {"path": "/x", "id": "id"}}, "settings.lookup.id"),
        ("cms", {**CMS, "auth": {"type": "header"}}, "settings.auth.header"),
        ("cms", {"mode": "event"}, "settings.url"),
        ("mos", MOS, "settings.path_prefix"),
        ("mos", {**MOS, "delivery": {"type": "scp"}}, "settings.delivery.type"),
        ("mos", {**MOS, "delivery": {"type": "sftp", "host": "h"}}, "settings.delivery.host_keys"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_field(type_: str, settings: dict[str, Any], field: str) -> None:
    assert field in faults(type_, settings)


def test_a_credential_among_the_settings_is_sent_to_vault() -> None:
    found = faults("sftp", {**SFTP, "password": "hush-hush"})
    assert found == {
        "settings.password": "is a credential: it belongs into Vault, at secret/channels/sftp/ID"
    }


def test_settings_have_a_size() -> None:
    assert "settings" in faults("cms", {**CMS, "create": {"path": "/x", "json": {"a": "x" * 70_000}}})


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["hush-hush", "{hush-hush}", "\x00hush-hush"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["host", "path", "json", "type", "a"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_NAMES = sorted({name for kind in OURS for name in kind.schema["properties"]} | {"password"})


@given(st.sampled_from(OURS), st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6))
def test_whatever_they_are_told_a_value_is_never_repeated(kind: Any, settings: dict[str, Any]) -> None:
    for fault in kind.faults(settings):
        assert fault.field.startswith("settings")
        assert "hush" not in str(fault)
