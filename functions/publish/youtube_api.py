"""What the YouTube Data API v3 wants and says: bodies, costs, errors, ranges. Pure.

Sources: "Resumable uploads" (308 and Range), "Videos: insert/update", "Errors", "Quota calculator" (units; reset at midnight Pacific).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import httpx

from functions.publish.connector import Job
from functions.publish.faults import Fault, of_status, quoted

RESET_ZONE = "America/Los_Angeles"
DAILY_UNITS = 10_000
COSTS = {
    "videos.insert": 1600, "videos.update": 50, "videos.delete": 50, "videos.list": 1, "thumbnails.set": 50, "captions.insert": 400,
    "captions.list": 50, "playlistItems.insert": 50, "playlistItems.list": 1, "channels.list": 1,
}  # fmt: skip
PIECE = 64 << 20  # of one PUT: a multiple of 256 KiB, as the protocol asks
_QUOTA = {"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"}
_REASONS = {
    "rateLimitExceeded": "rate-limited", "userRateLimitExceeded": "rate-limited", "uploadRateLimitExceeded": "rate-limited",
    "authError": "credentials", "youtubeSignupRequired": "forbidden", "forbidden": "forbidden", "insufficientPermissions": "forbidden",
    "accountDelegationForbidden": "forbidden", "forbiddenLicenseSetting": "policy", "forbiddenPrivacySetting": "policy",
    "videoNotFound": "not-found", "playlistNotFound": "not-found", "backendError": "channel-error", "internalError": "channel-error",
    "processingFailure": "channel-error", "playlistContainsMaximumNumberOfVideos": "conflict",
}  # fmt: skip
_RANGE = re.compile(r"bytes=0-(\d+)$")


def is_quota(answer: httpx.Response) -> bool:
    return _reason(answer) in _QUOTA


def explain(answer: httpx.Response) -> Fault | None:
    """The fault of an error body {"error": {"errors": [{"reason"}]}}; None when it is none."""
    reason = _reason(answer)
    if reason == "uploadLimitExceeded":
        return Fault(
            "quota-exhausted",
            "YouTube: the account has uploaded its number of videos for now",
            after_s=6 * 3600,
        )
    if reason in _QUOTA:
        return Fault("quota-exhausted", "YouTube: the project's quota is used up", after_s=3600)
    if reason is None:
        return None
    code = _REASONS.get(reason) or (
        "invalid" if reason.startswith("invalid") or reason.endswith("Required") else ""
    )
    after = 30.0 if code == "rate-limited" else None
    if code:
        return Fault(code, f"YouTube: {quoted(reason)}", after_s=after)
    return of_status(
        answer.status_code, "YouTube", retry_after=answer.headers.get("retry-after"), detail=quoted(reason)
    )


def _reason(answer: httpx.Response) -> str | None:
    try:
        error = answer.json()["error"]
        found = error["errors"][0]["reason"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return str(found)


def resource(job: Job, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`snippet` and `status` of a video. The marker goes into the tags, which only its owner sees."""
    options = {**settings.get("defaults", {}), **job.texts.options}
    starts = job.publication.publish_at
    scheduled = starts is not None and starts > job.now
    snippet: dict[str, Any] = {
        "title": job.texts.title, "description": job.texts.description, "tags": [*job.texts.tags, job.marker],
        "categoryId": str(options.get("category_id", "25")),  # News & Politics
    }  # fmt: skip
    if job.texts.language:
        snippet["defaultLanguage"] = snippet["defaultAudioLanguage"] = job.texts.language
    status: dict[str, Any] = {
        "privacyStatus": "private" if scheduled else options.get("privacy", "public"),
        "selfDeclaredMadeForKids": bool(options.get("made_for_kids", False)), "embeddable": bool(options.get("embeddable", True)),
    }  # fmt: skip
    if scheduled and starts is not None:
        status["publishAt"] = starts.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"snippet": snippet, "status": status}


def received(answer: httpx.Response) -> int:
    """Bytes that a resumable session has, from its 308."""
    found = _RANGE.match(answer.headers.get("range", ""))
    return int(found.group(1)) + 1 if found else 0


def standing(item: Mapping[str, Any]) -> str:
    """`processing`, `live` or `gone` of a video resource. Raises Fault for one that failed or was rejected."""
    status = item.get("status", {})
    state = status.get("uploadStatus")
    if state == "failed":
        raise Fault(
            "processing-failed",
            f"YouTube could not process it: {quoted(status.get('failureReason', 'unknown'))}",
        )
    if state == "rejected":
        raise Fault("policy", f"YouTube rejected it: {quoted(status.get('rejectionReason', 'unknown'))}")
    if state == "deleted":
        return "gone"
    if state == "processed" and not status.get("publishAt"):
        return "live"
    return "processing"
