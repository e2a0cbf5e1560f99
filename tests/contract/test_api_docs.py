"""The front door's documentation names every setting of its own, and none that nobody reads."""

from __future__ import annotations

import re

from acervo import settings
from acervo.function import FrameSettings
from functions.api.main import Settings as ApiSettings
from functions.webhook.main import Settings as WebhookSettings
from knative.local.stack import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()
EVERYWHERE = {name for name, _ in settings.variables(FrameSettings)}
IN_ARCHITECTURE = {"OIDC_ISSUER", "OIDC_JWKS_URL", "OIDC_AUDIENCE", "OIDC_ROLES_CLAIM", "OIDC_GROUPS_CLAIM"}


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    read = {name for kind in (ApiSettings, WebhookSettings) for name, _ in settings.variables(kind)}
    shown = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", TEXT.split("## Settings")[1]))
    assert shown == read - EVERYWHERE - IN_ARCHITECTURE
