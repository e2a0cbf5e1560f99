"""A tenant token: lets a browser ask Meilisearch itself, inside a filter that it cannot take off, for a few minutes.

HS256 over a search-only key, never the master key. It cannot be taken back before it ends, so it ends soon.
"""

from __future__ import annotations

from functions.search.engine import Scope
from functions.search.meilisearch_query import scope_filter

LIFE_S = 600


def tenant_token(key_uid: str, key: str, uid: str, scope: Scope, now_s: float) -> str:
    """For one index only, inside the scope; an empty scope finds nothing."""
    import jwt

    rule = {"filter": " AND ".join(scope_filter(scope))} if scope is not None else {}
    claims = {"apiKeyUid": key_uid, "exp": int(now_s) + LIFE_S, "searchRules": {uid: rule}}
    return jwt.encode(claims, key, "HS256")
