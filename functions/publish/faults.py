"""What a channel can answer, as one table: whether it passes by itself, whether the channel itself is ill, what a person can do.

    Fault(code, reason)
      verdict PASSES    tried again with back-off; costs one of the attempts
              LATER     tried again at a time the channel names (quota, rate limit); costs nothing
              REFUSED   the secret is read again once; if it is still the same: final
              FINAL     fails at once, with what to do

`reason` is made by us from what the channel's documentation names (status, error code), never from a raw body: nothing secret
and nothing unbounded gets into a row or a log.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from acervo.errors import AcervoError


class Verdict(StrEnum):
    PASSES = "passes"
    LATER = "later"
    REFUSED = "refused"
    FINAL = "final"


class Entry(NamedTuple):
    verdict: Verdict
    channel_is_ill: bool  # counts for the circuit breaker
    advice: str


_P, _L, _R, _F = Verdict.PASSES, Verdict.LATER, Verdict.REFUSED, Verdict.FINAL
TABLE: dict[str, Entry] = {
    "channel-unreachable": Entry(_P, True, "See whether the channel is up and reachable from here, then retry."),
    "channel-error": Entry(_P, True, "The channel had an error of its own; retry when it has recovered."),
    "channel-timeout": Entry(_P, True, "The channel was too slow; retry when it has recovered."),
    "connection-lost": Entry(_P, True, "The connection broke during the transfer; retry."),
    "not-acknowledged": Entry(_P, False, "The channel has taken it but not confirmed it; look there, then retry."),
    "checksum-differs": Entry(_P, False, "The channel holds other bytes than we sent; retry sends them again."),
    "session-expired": Entry(_P, False, "The upload session ended on the channel's side; retry begins a new one."),
    "secrets-unavailable": Entry(_P, False, "Vault does not answer; see whether it is up and unsealed, then retry."),
    "source-unavailable": Entry(_P, False, "The object store did not deliver the rendition; see its health, then retry."),
    "rate-limited": Entry(_L, False, "Nothing to do: it goes on when the channel allows."),
    "too-early": Entry(_L, False, "Nothing to do: it goes on at its time."),
    "quota-exhausted": Entry(_L, False, "Nothing to do: it goes on when the channel's quota is reset. Ask the channel for more if this happens often."),
    "credentials": Entry(_R, False, "Renew the channel's credentials in Vault, then retry."),
    "forbidden": Entry(_F, False, "Give the account the right to do this on the channel, then retry."),
    "secret-missing": Entry(_F, False, "Put the channel's credentials into Vault, then retry."),
    "settings": Entry(_F, False, "Correct the channel's settings, then retry."),
    "unfit": Entry(_F, False, "Choose another profile, or correct what the reason names, then publish again."),
    "invalid": Entry(_F, False, "Correct what the channel complains about (title, description, format), then publish again."),
    "policy": Entry(_F, False, "The channel's rules forbid it: see its console."),
    "not-found": Entry(_F, False, "The page, list or folder that the settings name is not there: correct the settings, then retry."),
    "processing-failed": Entry(_F, False, "The channel could not process the file: choose another profile and publish again."),
    "host-key": Entry(_F, False, "The server shows another host key than the settings pin: verify it with its owner before changing anything."),
    "conflict": Entry(_F, False, "Something else has that name on the channel: remove it there or rename, then retry."),
    "rights": Entry(_F, False, "Clear the rights of the asset for this channel, then publish again."),
    "rendition-failed": Entry(_F, False, "The rendition cannot be made: see its reason, or choose another profile."),
    "asset-gone": Entry(_F, False, "The asset was deleted or rejected; nothing can be published."),
    "not-published-here": Entry(_F, False, "The project may not publish on this channel: ask an admin."),
    "gone-from-channel": Entry(_F, False, "Somebody removed it on the channel itself; publish again if that was a mistake."),
    "unknown-channel-type": Entry(_F, False, "No connector for this type is installed."),
    "internal": Entry(_P, False, "The function failed; its log says why."),
}  # fmt: skip


class Fault(AcervoError):
    """A channel (or what is needed for it) did not do what it should. `at_s` is when to come back, where the channel says."""

    def __init__(self, code: str, reason: str, *, after_s: float | None = None) -> None:
        super().__init__(code, reason[:500])
        self.after_s = after_s
        self.entry = TABLE[code]


_STATUS = {
    400: "invalid", 401: "credentials", 403: "forbidden", 404: "not-found", 408: "channel-timeout", 409: "conflict",
    410: "not-found", 413: "unfit", 415: "unfit", 422: "invalid", 425: "channel-error", 429: "rate-limited",
}  # fmt: skip


def of_status(status: int, what: str, *, retry_after: str | None = None, detail: str = "") -> Fault:
    """The fault that an HTTP status means, for `what` we did. 5xx with Retry-After waits as long as it says."""
    code = _STATUS.get(status) or ("channel-error" if status >= 500 or status < 400 else "invalid")
    after = seconds(retry_after)
    if code == "rate-limited" and after is None:
        after = 60.0
    return Fault(
        code, f"{what}: the channel answered {status}{': ' + detail if detail else ''}", after_s=after
    )


def seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110 10.2.3; a date counts as unknown: clocks differ), at most a day."""
    if retry_after is None or not retry_after.strip().isdigit():
        return None
    return float(min(int(retry_after), 86_400))


_SAFE = re.compile(r"[^\w .,:;()/#'\-]")


def quoted(text: object, most: int = 120) -> str:
    """A channel's own short word or sentence, made harmless: no line breaks, no markup, bounded."""
    return _SAFE.sub("", str(text))[:most]
