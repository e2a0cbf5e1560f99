"""What can go wrong, and what a broker or a person is told about it.

    AcervoError
     ├─ Rejected    a normal outcome: the input is hopeless (not media, truncated, hostile). Stored, answered 2xx.
     ├─ Permanent   ours or an operator's to fix (missing model, bad configuration). 422, dead letter at once.
     ├─ Transient   will pass (a service is down, a lease is held). 503 with Retry-After, retried by the broker.
     ├─ AlreadyDone the same event was handled before. 202.
     └─ Problem     an answer to an HTTP caller (RFC 9457), see `acervo.problems`.

An error knows its public text where it is made; the text of any other exception never leaves the process.
"""

from __future__ import annotations


class AcervoError(Exception):
    """`code` is stable and for programs, `reason` is for people; both may be shown to callers.

    The page tells a reason in other languages by its code: a new code needs a text in each (tests/contract/test_reasons.py).
    """

    status = 500

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Rejected(AcervoError):
    """The input can never become an asset; the handler has stored why (or the frame's caller will)."""

    status = 202


class Permanent(AcervoError):
    """Retrying cannot help until somebody changes something: straight to the dead letters."""

    status = 422


class Transient(AcervoError):
    """Try again after `retry_after_s` seconds."""

    status = 503

    def __init__(self, code: str, reason: str, retry_after_s: int = 5) -> None:
        super().__init__(code, reason)
        self.retry_after_s = retry_after_s


class AlreadyDone(AcervoError):
    """This consumer has committed this event before."""

    status = 202

    def __init__(self) -> None:
        super().__init__("already-done", "this event was handled before")
