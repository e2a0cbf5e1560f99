"""Secrets of one machine: made once, kept, and a platform that was made by an earlier version gets what came later."""

from __future__ import annotations

import json
from pathlib import Path

from knative.local.stack import Stack


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    first, again = Stack(tmp_path), Stack(tmp_path)
    assert first.secret_manifests() == again.secret_manifests()
    assert (tmp_path / "generated.json").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_came_with_a_later_version_is_added_and_the_others_stay(tmp_path: Path) -> None:
    made = Stack(tmp_path)
    before = {name: made.secret(name) for name in ("objects-secret-key", "database-password")}
    file = tmp_path / "generated.json"
    old = {name: value for name, value in json.loads(file.read_text()).items() if "admin-" not in name}
    file.write_text(json.dumps(old))
    later = Stack(tmp_path)
    assert {name: later.secret(name) for name in before} == before
    assert later.ceph.admin_secret_key == later.secret("objects-admin-secret-key") != ""
    assert Stack(tmp_path).ceph == later.ceph


def test_the_gateways_administrator_is_not_the_platforms_user(tmp_path: Path) -> None:
    ceph = Stack(tmp_path).ceph
    assert ceph.admin_access_key != ceph.access_key
    assert ceph.admin_secret_key != ceph.secret_key
