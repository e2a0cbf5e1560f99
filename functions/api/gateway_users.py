"""Users of the Ceph gateway that are made for one key each: RGW's admin operations and its IAM call PutUserPolicy, from version 16 on.

A user owns nothing, can own no bucket and may do nothing before it has its policy, which is its own: nobody else's statements are read or
written, and a kill in between leaves nothing open. The policy comes last, because RGW 16 forgets it when a user gets another key. Needs a gateway user with the caps `users=*;user-policy=*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from acervo import settings
from acervo.errors import Permanent, Transient

TIMEOUT_S = 10.0
POLICY = "uploads"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class AdminSettings:
    """Keys of the gateway's administrator; empty: nobody can make S3 credentials here."""

    access_key: str = settings.variable("S3_ADMIN_ACCESS_KEY", "")
    secret_key: str = settings.variable("S3_ADMIN_SECRET_KEY", "")
    on_open_gateway: bool = settings.variable(
        "S3_CREDENTIALS_ON_OPEN_GATEWAY", False
    )  # see client_gateway.py


@dataclass(frozen=True)
class Key:
    access_key: str
    secret_key: str


class GatewayUsers:
    """Makes and removes them; each call is bounded in time, and again is fine."""

    def __init__(self, endpoint: str, region: str, admin: AdminSettings) -> None:
        self._endpoint, self._region, self._admin = endpoint.rstrip("/"), region, admin

    def make(self, user: str, name: str, policy: str) -> Key:
        """The user's key; the gateway thinks of the secret, so that it is in no address and no log.

        Raises:
            Permanent: the gateway refuses the administrator.
            Transient: it does not answer.
        """
        wanted = {
            "uid": user,
            "display-name": name,
            "max-buckets": "-1",
            "key-type": "s3",
            "generate-key": "true",
        }
        (key,) = self._ask("PUT", "/admin/user", wanted).json()["keys"]
        policed = {
            "Action": "PutUserPolicy",
            "UserName": user,
            "PolicyName": POLICY,
            "PolicyDocument": policy,
        }
        self._ask("POST", "/", {}, form=policed)
        return Key(key["access_key"], key["secret_key"])

    def remove(self, user: str) -> None:
        """Its keys are refused from now on; what it has put stays. None already is fine."""
        self._ask("DELETE", "/admin/user", {"uid": user, "purge-data": "false"}, also=(404,))

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        also: tuple[int, ...] = (),
    ) -> Any:
        """The answer, signed for by the administrator (AWS signature version 4)."""
        import httpx  # with botocore on first use: the front door rarely needs them here
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        body = urlencode(form, quote_via=quote) if form else None
        request = AWSRequest(
            method,
            self._endpoint + path,
            params=dict(params),
            data=body,
            headers={"content-type": _FORM} if body else {},
        )
        S3SigV4Auth(Credentials(self._admin.access_key, self._admin.secret_key), "s3", self._region).add_auth(
            request
        )
        signed = request.prepare()
        try:
            answer = httpx.request(
                method,
                signed.url,
                content=body,
                headers=dict(signed.headers.items()),
                timeout=TIMEOUT_S,
                trust_env=False,
            )
        except httpx.HTTPError as fault:
            raise Transient("objects-unreachable", "the object store did not answer") from fault
        if answer.is_success or answer.status_code in also:
            return answer
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise Transient("objects-unavailable", f"the object store answered {answer.status_code}")
        raise Permanent(
            "objects-forbidden", f"the object store refused its administrator ({answer.status_code})"
        )
