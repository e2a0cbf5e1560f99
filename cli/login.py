"""Signing in: by the browser of this machine (RFC 8252, PKCE) or by a code that is typed on another one (RFC 8628)."""

from __future__ import annotations

import base64
import hashlib
import http.server
import secrets
import time
import webbrowser
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from cli.config import Config
from cli.tokens import TIMEOUT_S, NotSignedIn, discover, grant

SCOPE = "openid profile offline_access"
BROWSER_WAIT_S = 300
LOOK_S = 1.0
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_DONE = "<!doctype html><meta charset=utf-8><title>Acervo</title><p>Listo. Puede cerrar esta página. / Done. You can close this page."


def by_browser(config: Config, show: Callable[[str], None]) -> dict[str, Any]:
    """Tokens, after the person signed in at the address that is shown (and opened).

    Raises:
        NotSignedIn: refused, or nobody came back in time.
    """
    known = discover(config.issuer)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    answer: dict[str, str] = {}

    class Callback(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            found = {name: values[0] for name, values in parse_qs(asked.query).items()}
            ours = asked.path == "/callback" and secrets.compare_digest(found.get("state", ""), state)
            if ours:
                answer.update(found)
            body = _DONE.encode() if ours else b""
            self.send_response(200 if ours else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Callback) as server:
        redirect = f"http://127.0.0.1:{server.server_port}/callback"
        query = {
            "client_id": config.client, "response_type": "code", "scope": SCOPE, "redirect_uri": redirect, "state": state,
            "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "consent",
        }  # fmt: skip
        address = f"{known['authorization_endpoint']}?{urlencode(query)}"
        show(address)
        webbrowser.open(address)
        server.timeout = LOOK_S
        deadline = time.monotonic() + BROWSER_WAIT_S
        while not answer and time.monotonic() < deadline:
            server.handle_request()
    if "code" not in answer:
        raise NotSignedIn(answer.get("error_description") or answer.get("error") or "nobody signed in")
    return grant(
        known["token_endpoint"], grant_type="authorization_code", code=answer["code"], redirect_uri=redirect,
        client_id=config.client, code_verifier=verifier,
    )  # fmt: skip


def by_device(config: Config, show: Callable[[str, str], None]) -> dict[str, Any]:
    """Tokens, after the person typed the code that is shown with its address.

    Raises:
        NotSignedIn: refused, or the code expired.
    """
    known = discover(config.issuer)
    form = {"client_id": config.client, "scope": SCOPE}
    started = httpx.post(known["device_authorization_endpoint"], data=form, timeout=TIMEOUT_S)
    started.raise_for_status()
    asked = started.json()
    show(asked.get("verification_uri_complete") or asked["verification_uri"], asked["user_code"])
    pause, deadline = float(asked.get("interval", 5)), time.monotonic() + float(asked["expires_in"])
    while time.monotonic() < deadline:
        time.sleep(pause)
        try:
            return grant(
                known["token_endpoint"], grant_type=DEVICE_GRANT, device_code=asked["device_code"], client_id=config.client
            )  # fmt: skip
        except NotSignedIn as fault:
            if str(fault) == "slow_down":
                pause += 5
            elif str(fault) != "authorization_pending":
                raise
    raise NotSignedIn("the code has expired")
