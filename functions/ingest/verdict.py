"""Why an upload cannot become an asset: a stable code for programs, a sentence for an editor. The table is the only list.

`keeps` says what becomes of the object under `uploads/`. Where the bytes are certainly worthless, or are kept elsewhere, it is
deleted (the archive is versioned: they can be brought back for as long as the lifecycle keeps old versions). Where it is us
who could be wrong, the object stays until the asset is deleted, so that an operator can look at it.
"""

from __future__ import annotations

from dataclasses import dataclass

from acervo.errors import Rejected


@dataclass(frozen=True)
class Verdict:
    """`sentence` may hold `{detail}`."""

    sentence: str
    keeps: bool = False


VERDICTS: dict[str, Verdict] = {
    "empty": Verdict("The file is empty: nothing arrived. Please upload it again."),
    "text": Verdict("This is a text file, not video, audio or an image, whatever its name says."),
    "executable": Verdict("This is a program, not video, audio or an image."),
    "archive": Verdict("This is a compressed archive. Please unpack it and upload the files inside."),
    "document": Verdict("This is a document, not video, audio or an image."),
    "playlist": Verdict(
        "This is a list that points to other files, not a recording. Please upload the recording itself."
    ),
    "vector-image": Verdict("Vector graphics (SVG, EPS) are not taken. Please export it as PNG or JPEG."),
    "camera-raw": Verdict("This is a camera raw file. Please develop it and upload a JPEG or TIFF.", keeps=True),
    "unsupported-format": Verdict("This kind of file ({detail}) is not supported.", keeps=True),
    "unsupported-codec": Verdict("The codec of this file ({detail}) is not supported.", keeps=True),
    "not-media": Verdict("This is not a video, audio or image file that can be recognised.", keeps=True),
    "truncated": Verdict("The file is cut off: {detail}. Please upload it again from the original."),
    "damaged": Verdict("The file is damaged and cannot be played or shown: {detail}.", keeps=True),
    "external-media": Verdict(
        "This file only points to media in other files (a reference movie). Please export it as self-contained."
    ),
    "no-picture-or-sound": Verdict("There is neither picture nor sound in this file."),
    "too-many-pixels": Verdict("The picture is too large: {detail}.", keeps=True),
    "checksum-mismatch": Verdict(
        "What arrived is not what was sent: the checksums differ. Please upload it again.", keeps=True
    ),
    "size-mismatch": Verdict("What arrived is not what was announced: {detail}. Please upload it again.", keeps=True),
    "duplicate": Verdict("This project already has exactly these bytes: {detail}."),
    "too-slow": Verdict("Reading this file took longer than any honest file takes.", keeps=True),
    "too-much-memory": Verdict("Reading this file took more memory than any honest file needs.", keeps=True),
    "decoder-crashed": Verdict("The file is damaged: the decoder fell over it.", keeps=True),
}  # fmt: skip


def rejected(code: str, detail: str = "") -> Rejected:
    """The error of a code of the table, with its sentence."""
    return Rejected(code, VERDICTS[code].sentence.format(detail=detail))


def sentence(fault: Rejected) -> str:
    """What an editor reads; the sandbox's own errors get our words."""
    verdict = VERDICTS.get(fault.code)
    if verdict is None or "{detail}" in verdict.sentence:
        return fault.reason
    return verdict.sentence


def keeps_upload(code: str) -> bool:
    """Whether the object under `uploads/` stays."""
    verdict = VERDICTS.get(code)
    return verdict is None or verdict.keeps
