"""Fixtures by concern, one file each."""

from __future__ import annotations

pytest_plugins = [
    "tests.fix_postgres",
    "tests.fix_ceph",
    "tests.fix_client_gateway",
    "tests.fix_models",
    "tests.fix_speech",
    "tests.fix_voices",
    "tests.fix_media",
    "tests.fix_enrichment",
    "tests.fix_hearing",
    "tests.fix_oidc",
    "tests.fix_search",
    "tests.fix_search_people",
    "tests.fix_search_engines",
    "tests.fix_api",
    "tests.fix_flaky",
    "tests.fix_publish",
    "tests.fix_site",
    "tests.fix_runtime",
    "tests.fix_platform",
]
