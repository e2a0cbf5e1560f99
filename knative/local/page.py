"""The built page: hashed names for ever, the page itself never; every path without a file is one of its own router's.

The build leaves its Content Security Policy in `.vite/policy.txt`, with holes for the object store and the issuer: one policy, filled in here
on one machine and by NGINX in a cluster (knative/web). Files lie there compressed, too; aiohttp sends what the browser takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOREVER, NEVER = "public, max-age=31536000, immutable", "no-cache"
#: of every file; a build without a policy of its own is at least framed by nobody
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_NO_POLICY = "frame-ancestors 'none'"
_NO_PAGE = """<!doctype html><html lang="en"><title>Acervo</title><h1>The page is not built yet</h1>
<p>The API answers at <code>/api/v1</code>. Build the page in <code>web/</code>, then load this again.</p></html>
"""


class NoFile(LookupError):
    """A name with an extension that the build does not have: not a path of the page's own."""


@dataclass(frozen=True)
class Page:
    """`folder`: what `npm run build` made. `holes`: what the policy's `${…}` stand for."""

    folder: Path
    holes: Mapping[str, str]

    def answer(self, path: str) -> web.StreamResponse:
        """
        Raises:
            NoFile
        """
        index = self.folder / "index.html"
        if not index.is_file():
            return web.Response(
                text=_NO_PAGE, content_type="text/html", headers={"Cache-Control": "no-store"}
            )
        names = path.strip("/").split("/")
        wanted = (self.folder / path.lstrip("/")).resolve()
        hidden = any(name.startswith(".") for name in names)
        if not hidden and wanted.is_relative_to(self.folder) and wanted.is_file() and wanted != index:
            return web.FileResponse(wanted, headers=self._headers(wanted.parent.name == "assets"))
        if "." in names[-1]:
            raise NoFile(path)
        return web.FileResponse(index, headers=self._headers(hashed=False))

    def _headers(self, hashed: bool) -> dict[str, str]:
        return {
            **_HEADERS,
            "Content-Security-Policy": self.policy(),
            "Cache-Control": FOREVER if hashed else NEVER,
        }

    def policy(self) -> str:
        """Read each time: a new build has new digests, and the runtime goes on."""
        try:
            text = (self.folder / ".vite" / "policy.txt").read_text().strip()
        except FileNotFoundError:
            return _NO_POLICY
        for name, value in self.holes.items():
            text = text.replace(f"${{{name}}}", value)
        return text
