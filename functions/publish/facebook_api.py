"""What the Graph API wants and says: fields, bodies, offsets, errors. Pure.

Sources: "Video API: resumable upload" (phases, offsets, subcode 1363037), "Handling errors", "Video API: error codes".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from functions.publish.connector import Job
from functions.publish.faults import Fault, quoted

WRONG_OFFSET = 1363037
# codes of the error object (Graph API: Handling Errors; Video API: Error Codes)
_CODES = {1: "channel-error", 2: "channel-error", 4: "rate-limited", 17: "rate-limited", 32: "rate-limited", 613: "rate-limited", 10: "forbidden",
          102: "credentials", 190: "credentials", 200: "forbidden", 299: "forbidden", 368: "policy", 100: "invalid", 803: "not-found"}  # fmt: skip
_SUBCODES = {1363030: "channel-timeout", 1363019: "channel-error", 1363033: "connection-lost", 1363042: "forbidden", 1363005: "forbidden",
             1363023: "unfit", 1363022: "unfit", 1363031: "unfit", 1363024: "unfit", 1363020: "unfit", 1363021: "session-expired",
             1363041: "session-expired", WRONG_OFFSET: "channel-error"}  # fmt: skip


def words(job: Job) -> dict[str, str]:
    """The fields of `finish` beside the session."""
    fields = {
        "title": job.texts.title,
        "description": job.texts.description,
        "custom_labels": f'["{job.marker}"]',
    }
    starts = job.publication.publish_at
    if starts is not None and starts > job.now:
        fields |= {
            "published": "false",
            "unpublished_content_type": "SCHEDULED",
            "scheduled_publish_time": str(int(starts.timestamp())),
        }
    return fields


def multipart(
    boundary: str, fields: Mapping[str, str], size: int, data: Iterator[bytes], name: str = "video_file_chunk", file: str = "chunk"
) -> tuple[int, str, Iterator[bytes]]:  # fmt: skip
    """Length, content type and body of multipart/form-data (RFC 7578) whose last part is a stream."""
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    first, last = head.encode(), f"\r\n--{boundary}--\r\n".encode()

    def parts() -> Iterator[bytes]:
        yield first
        yield from data
        yield last

    return len(first) + size + len(last), f"multipart/form-data; boundary={boundary}", parts()


def _error(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, Mapping) else {}


def right_offsets(answer: httpx.Response) -> tuple[int, int] | None:
    """The offsets that the server expects, when ours were wrong."""
    error = _error(answer)
    if error.get("error_subcode") != WRONG_OFFSET:
        return None
    try:
        return int(error["error_data"]["start_offset"]), int(error["error_data"]["end_offset"])
    except (KeyError, TypeError, ValueError):
        return None


def is_missing(answer: httpx.Response) -> bool:
    """`Object with ID does not exist` is code 100 with subcode 33."""
    error = _error(answer)
    return answer.status_code == 404 or (error.get("code") == 100 and error.get("error_subcode") == 33)


def explain(answer: httpx.Response) -> Fault | None:
    """The fault of an error object; None when there is none."""
    error = _error(answer)
    if not error:
        return None
    code = _SUBCODES.get(error.get("error_subcode", 0)) or _CODES.get(error.get("code", 0))
    if code is None:
        code = "channel-error" if error.get("is_transient") or answer.status_code >= 500 else "invalid"
    after = 300.0 if code == "rate-limited" else None
    numbers = f"{error.get('code')}/{error.get('error_subcode', 0)}"
    return Fault(code, f"Facebook: error {quoted(numbers)}", after_s=after)


def phase_of(video: Mapping[str, Any], name: str) -> str:
    return str(video.get("status", {}).get(name, {}).get("status", "not_started"))
