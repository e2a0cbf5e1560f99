"""Object keys: immutable, carrying the content hash, so that a CDN may cache them for ever (SPEC 3).

uploads/{project}/{asset_id}/{name}   masters/{asset_id}/{sha256}/source.{ext}   proxies/{asset_id}/{sha256}/{profile}/…
thumbs/{asset_id}/{sha256}/{profile}.webp   ondemand/{asset_id}/{sha256}/{job_id}/…
"""

from __future__ import annotations

import re
import unicodedata

IMMUTABLE = "public, max-age=31536000, immutable"
_UNSAFE = re.compile(r"[^\w.\- ]+", re.UNICODE)


def safe_name(name: str) -> str:
    """A file name that is safe as the last part of a key: no separators, no control characters, at most 200 bytes, extension kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = _UNSAFE.sub("_", last).strip(" .") or "file"
    stem, dot, extension = cleaned.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = cleaned, ""
    tail = f".{extension}" if extension else ""
    room = 200 - len(tail.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + tail


def upload(project: str, asset_id: str, name: str) -> str:
    return f"uploads/{project}/{asset_id}/{safe_name(name)}"


def project_of_upload(key: str) -> str | None:
    """The project of an object under `uploads/`, or None when the key has no project part."""
    parts = key.split("/")
    return parts[1] if len(parts) >= 3 and parts[0] == "uploads" and parts[1] else None


def master(asset_id: str, sha256: str, extension: str) -> str:
    return f"masters/{asset_id}/{sha256}/source.{extension}"


def proxy(asset_id: str, sha256: str, profile: str, file: str) -> str:
    return f"proxies/{asset_id}/{sha256}/{profile}/{file}"


def thumb(asset_id: str, sha256: str, profile: str, extension: str = "webp") -> str:
    return f"thumbs/{asset_id}/{sha256}/{profile}.{extension}"


def ondemand(asset_id: str, sha256: str, job_id: str, file: str) -> str:
    return f"ondemand/{asset_id}/{sha256}/{job_id}/{file}"
