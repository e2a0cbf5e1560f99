"""Rules: everything of a project with a tag, once ready, goes to a channel. Pure; the SQL `rule_candidates` is the same for a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acervo.channels.material import Asset


def wants(rule: Mapping[str, Any], asset: Asset) -> bool:
    """Whether a rule publishes an asset now."""
    if asset.status != "ready" or rule["project_id"] != asset.project_id or not rule["enabled"]:
        return False
    if rule["kind"] is not None and rule["kind"] != asset.kind:
        return False
    if rule["tag"] is None:
        return True
    keywords = asset.metadata.get("keywords")
    return isinstance(keywords, list) and str(rule["tag"]).lower() in {str(word).lower() for word in keywords}
