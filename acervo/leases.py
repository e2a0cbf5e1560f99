"""A lease on one chunk of a job: two deliveries never do the same work, a killed instance loses one chunk.

    with leases.hold(call, job_id, number) as lease:        # raises AlreadyDone, Transient
        result = work(lease.spec, report=lease.report, cancelled=lease.cancelled)
        with call.commit() as done:
            remaining = lease.finish(done, result)          # None: somebody else was first
            if remaining == 0: done.say(…)

The lease is renewed once a second by a thread, which also carries progress out and a cancel request in.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from acervo.database import as_json, query
from acervo.errors import AcervoError, AlreadyDone, Permanent, Rejected, Transient

if TYPE_CHECKING:
    from acervo.function import Call, Work

log = logging.getLogger(__name__)
LEASE_S, BEAT_S = 30, 1.0
MAX_FAILURES, MAX_CLAIMS = 3, 12
# what else follows from a failed job: (work, lease, code, reason)
Failed = Callable[["Work", "Lease", str, str], None]


class Cancelled(AcervoError):
    """The job was cancelled; what was half done is thrown away."""

    status = 202

    def __init__(self) -> None:
        super().__init__("cancelled", "the job was cancelled")


class Lost(Transient):
    """Another instance has this chunk now."""

    def __init__(self) -> None:
        super().__init__("lease-lost", "another instance has this chunk", retry_after_s=10)


class Lease:
    """A claimed chunk: `spec` says what to do, `report` takes 0…1, `cancelled` is looked at between pieces of work."""

    def __init__(self, call: Call, row: dict[str, Any]) -> None:
        self.spec: dict[str, Any] = row["spec"]
        self.job_spec: dict[str, Any] = row["job_spec"]
        self.asset_id = str(row["asset_id"])
        self.job_id, self.number, self.kind = str(row["job_id"]), int(row["number"]), str(row["kind"])
        self.owner = str(row["owner"])
        self._call, self._progress = call, 0.0
        self._stop, self._cancel, self._lost = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{self.number}", daemon=True)

    def report(self, fraction: float) -> None:
        """How much of the chunk is done; written with the next renewal."""
        self._progress = min(1.0, max(0.0, fraction))

    def cancelled(self) -> bool:
        """Whether to stop now: the job was cancelled, or the lease is lost."""
        return self._cancel.is_set() or self._lost.is_set()

    def check(self) -> None:
        """Raises Cancelled or Lost."""
        if self._cancel.is_set():
            raise Cancelled
        if self._lost.is_set():
            raise Lost

    def finish(self, work: Work, result: dict[str, Any]) -> int | None:
        """Store the result and count down; the number of chunks that remain, None when another result was first."""
        if (
            query.finish_chunk(
                work.connection,
                job_id=self.job_id,
                number=self.number,
                owner=self.owner,
                result=as_json(result),
            )
            is None
        ):
            return None
        row = query.count_chunk(work.connection, job_id=self.job_id)
        return None if row is None else int(row["remaining"])

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                with self._call.database.transaction() as connection:
                    row = query.renew_chunk(
                        connection,
                        job_id=self.job_id,
                        number=self.number,
                        owner=self.owner,
                        lease_s=LEASE_S,
                        progress=self._progress,
                    )
            except Transient as fault:  # the lease itself says how long the database may be away
                log.warning("lease of chunk %d not renewed: %s", self.number, fault.reason)
                continue
            if row is None:
                self._lost.set()
                return
            if row["cancel_requested"] or row["job_state"] not in ("queued", "running"):
                self._cancel.set()
                return


@contextmanager
def hold(call: Call, job_id: str, number: int, failed: Failed | None = None) -> Iterator[Lease]:
    """Claim a chunk, keep its lease alive, and give it back when the work ends in an error.

    Args:
        failed: called in the transaction in which the job fails.

    Raises:
        AlreadyDone: the chunk is done, or its job is over.
        Transient: another instance holds it (come back when its lease would run out).
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with call.database.transaction() as connection:
        row = query.claim_chunk(connection, job_id=job_id, number=number, owner=owner, lease_s=LEASE_S)
        if row is None:
            _explain(query.look_at_chunk(connection, job_id=job_id, number=number))
        query.begin_job(connection, job_id=job_id)
    lease = Lease(call, row)
    if row["attempt"] > MAX_CLAIMS:
        _fail_job(call, lease, "too-many-attempts", f"part {number} stopped {MAX_CLAIMS} processes", failed)
        raise AlreadyDone
    lease._thread.start()
    try:
        yield lease
    except AlreadyDone:
        raise
    except (Rejected, Permanent) as fault:
        _stop(lease)
        _fail_job(call, lease, fault.code, fault.reason, failed)
        raise
    except (Cancelled, Lost, Transient, GeneratorExit):
        _stop(lease)
        _release(call, lease)
        raise
    except Exception as fault:
        _stop(lease)
        _count_failure(call, lease, fault, failed)
        raise
    finally:
        _stop(lease)


def _stop(lease: Lease) -> None:
    lease._stop.set()
    if lease._thread.is_alive():
        lease._thread.join(timeout=10)


def _explain(row: dict[str, Any] | None) -> None:
    if (
        row is None
        or row["state"] in ("done", "failed")
        or row["job_state"] not in ("queued", "running")
        or row["cancel_requested"]
    ):
        raise AlreadyDone
    raise Transient(
        "chunk-leased",
        "another instance works on this chunk",
        retry_after_s=min(LEASE_S, row["lease_left_s"] or 5),
    )


def _release(call: Call, lease: Lease) -> None:
    try:
        with call.database.transaction() as connection:
            query.release_chunk(connection, job_id=lease.job_id, number=lease.number, owner=lease.owner)
    except Transient as fault:
        log.warning("chunk %d not given back, its lease will run out: %s", lease.number, fault.reason)


def _count_failure(call: Call, lease: Lease, fault: Exception, failed: Failed | None) -> None:
    with call.database.transaction() as connection:
        row = query.fail_chunk(
            connection,
            job_id=lease.job_id,
            number=lease.number,
            owner=lease.owner,
            reason=type(fault).__name__,
        )
    if row and row["failures"] >= MAX_FAILURES:
        _fail_job(call, lease, "chunk-failed", f"part {lease.number} failed {row['failures']} times", failed)


def _fail_job(call: Call, lease: Lease, code: str, reason: str, failed: Failed | None) -> None:
    """The job and what hangs on it fail in one transaction, whether or not this event was seen before."""
    from acervo import steps
    from acervo.function import Work, flush

    with call.database.transaction() as connection:
        work = Work(connection, call.event, call.consumer)
        query.set_job_state(connection, job_id=lease.job_id, state="failed", reason_code=code, reason=reason)
        query.drop_chunks(connection, job_id=lease.job_id)
        if failed is not None:
            failed(work, lease, code, reason)
        steps.settle(work, lease.asset_id)
    flush(call.resources, work.positions)
