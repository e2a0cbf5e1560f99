"""Child side: the entry that `acervo.sandbox` runs. Reads by presigned URL, pinned by ETag; holds no credentials."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from acervo.assets import Kind
from acervo.errors import Permanent
from acervo.ranges import PROBE_BLOCK, open_url
from functions.ingest import kinds

PHOTO_BLOCK = 1 << 20


def probe(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """What a file is.

    Args:
        arguments: {"url", "size", "etag", "name", "max_side", "max_pixels"}.

    Returns:
        {"kind", "media_type", "extension", "technical", "embedded"}

    Raises:
        Rejected: it can never become an asset.
        Permanent: a decoder is not installed.
        Transient: the object store broke off.
    """
    size = arguments["size"]
    with open_url(arguments["url"], size, arguments["etag"], block=PROBE_BLOCK, ahead=0) as file:
        form = kinds.sniff(file.read(min(kinds.HEAD_BYTES, size)), arguments["name"])
        if form.demuxer:
            return examine(cast(BinaryIO, file), form, arguments)
    with open_url(arguments["url"], size, arguments["etag"], block=PHOTO_BLOCK, ahead=1) as file:
        return examine(cast(BinaryIO, file), form, arguments)


def examine(file: BinaryIO, form: kinds.Format, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same of an open file. The decoders are heavy, and libvips reads its environment when it is imported: imported here.

    Raises:
        Permanent: a decoder is not installed; that says nothing about the file.
    """
    os.environ["VIPS_CONCURRENCY"] = "1"
    try:
        if form.demuxer:
            from functions.ingest import film
        else:
            from functions.ingest import photo
    except (ImportError, OSError) as fault:
        raise Permanent("decoder-missing", f"the decoder of {form.name} files is not installed") from fault
    if form.demuxer:
        found = film.examine(file, arguments["size"], form, arguments["max_pixels"])
    else:
        found = photo.examine(file, arguments["size"], form, arguments["max_side"], arguments["max_pixels"])
    kind: Kind = found["kind"]
    if not kinds.is_honest_name(arguments["name"], form, kind):
        found["technical"].setdefault("warnings", []).append(f"the name says something else than {form.name}")
    return {**found, "media_type": form.media_type(kind), "extension": form.extension(kind)}
