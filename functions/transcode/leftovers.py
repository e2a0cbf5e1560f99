"""What a job that is over left in the object store and nobody can use.

Pieces that files were joined of are of no use when the job is over, however it ended. A film's stream is its pieces: they go only when it
came to nothing. Their folder is the same for every attempt: it stays when the stream is there, or when another job is at work in it.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from acervo.database import query
from acervo.function import Call
from functions.transcode.profiles import HLS

IN_VAIN = ("failed", "cancelled")
MAX_KEYS, LOOK_EVERY = 100_000, 100


def sweep(call: Call, job_id: str) -> None:
    """Delete what is of no use of a job's pieces. Twice is safe; a job that is not over keeps them.

    Raises:
        Transient: the store or the database is away.
    """
    with call.database.transaction() as connection:
        job = query.get_job(connection, job_id=job_id)
    if job is None or not job["spec"].get("folder"):
        return
    in_vain = job["state"] in IN_VAIN or job["cancel_requested"]
    if not in_vain and (job["state"] != "done" or job["spec"].get("stream")):
        return
    folder = f"{job['spec']['folder']}/"
    found = call.objects.keys(call.objects.proxies, folder, limit=MAX_KEYS)
    while some := list(islice(found, LOOK_EVERY)):
        if job["spec"].get("stream") and _is_used(call, job):
            return
        for key in some:
            call.objects.delete(call.objects.proxies, key)


def _is_used(call: Call, job: dict[str, Any]) -> bool:
    with call.database.transaction() as connection:
        stream = query.rendition_of(connection, asset_id=job["asset_id"], profile=HLS)
        if stream is not None and stream["status"] == "ready":
            return True
        return (
            query.folder_is_used(connection, asset_id=job["asset_id"], folder=job["spec"]["folder"])
            is not None
        )
