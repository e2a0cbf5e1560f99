"""Fixtures by concern, one file each."""

from __future__ import annotations

pytest_plugins = ["tests.fix_postgres", "tests.fix_ceph"]
