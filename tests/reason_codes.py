"""Every reason that the service can give a person, read from its code: group → code → whether its sentence says more than the code does.

The groups are those of the page's catalogues (`web/src/i18n/reason`). A reason is found where it is made: a literal code beside its text, as
an argument of an error (whatever is derived from those of `acervo.errors`) or of a call that stores one. A text that is no literal has
something in it (a number, a name) that the code does not say. Tables are read as they are.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from functions.api import openapi
from functions.api.main import endpoints
from functions.ingest.verdict import VERDICTS
from functions.publish.faults import TABLE

ROOT = Path(__file__).parents[1]
Codes = dict[str, bool]

# what stores or carries a reason: which of its arguments is the code (the text is the next one)
_PLACES = {
    "AcervoError": 0,
    "Problem": 1,
    "Wait": 0,
    "Withdraw": 0,
    "Fail": 0,
    "_fail_job": 2,
    "_problem": 1,
    "_set_rest": 4,
    "Obstacle": -1,
    "Measure": -1,
}
_KEYWORDS = {"reason_code", "code"}
_TEXTS = {"reason", "detail", "fault"}
# the page never asks for what is refused so: events of other systems, keys of S3 clients
NOT_ON_THE_PAGE = {
    "not-a-cloudevent", "source-exists", "source-reserved", "credential-revoked", "too-many-credentials", "no-s3-administration",
    "gateway-serves-topics",
}  # fmt: skip
NO_EVENT = {"not-ready"}  # what a probe is answered


class Said(NamedTuple):
    file: str
    kind: str  # an error's class (the nearest of ours), or what was called
    code: str
    more: bool


@cache
def _trees() -> dict[str, ast.Module]:
    files = [file for folder in ("acervo", "functions") for file in sorted((ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files}


@cache
def _kinds() -> dict[str, str]:
    """Class of an error → the nearest of `Rejected`, `Permanent`, `Transient`, `Problem`, `Fault`, `AcervoError`."""
    known = {name: name for name in ("AcervoError", "Rejected", "Permanent", "Transient", "Problem", "Fault")}
    classes = [
        node for tree in _trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    while True:
        found = {
            node.name: known[base.id]
            for node in classes
            for base in node.bases
            if isinstance(base, ast.Name) and base.id in known and node.name not in known
        }
        if not found:
            return known
        known |= found


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _literals(value)]
    return []


def _is_literal(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant)


def _said(file: str, call: ast.Call) -> Iterator[Said]:
    name = (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )
    kind = _kinds().get(name, name)
    error = kind in _kinds()
    place = _PLACES.get(kind, 0 if error else -1)
    words = {keyword.arg: keyword.value for keyword in call.keywords}
    code: ast.expr | None = next((words[word] for word in _KEYWORDS & set(words)), None)
    text: ast.expr | None = next((words[word] for word in _TEXTS & set(words)), None)
    if (error or kind in _PLACES) and 0 <= place < len(call.args):
        code = call.args[place]
        text = call.args[place + 1] if place + 1 < len(call.args) else text
    if code is not None and (error or kind in _PLACES or "reason_code" in words):
        yield from (Said(file, kind, one, not _is_literal(text)) for one in _literals(code))


@cache
def _all() -> tuple[Said, ...]:
    calls = (
        (file, node)
        for file, tree in _trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    )
    return tuple(said for file, call in calls for said in _said(file, call))


def _pairs(file: str) -> Codes:
    """(code, text, …) tuples of a file that returns them."""
    tuples = [
        node.elts for node in ast.walk(_trees()[file]) if isinstance(node, ast.Tuple) and len(node.elts) > 1
    ]
    return {
        code.value: not _is_literal(text)
        for code, text, *_ in tuples
        if isinstance(code, ast.Constant) and isinstance(code.value, str) and isinstance(text, ast.Constant | ast.JoinedStr) and " " in ast.unparse(text)
    }  # fmt: skip


def _given(kinds: set[str], *under: str, without: tuple[str, ...] = ("-",)) -> Codes:
    found: defaultdict[str, bool] = defaultdict(bool)
    for said in _all():
        if said.kind in kinds and said.file.startswith(under) and not said.file.startswith(without):
            found[said.code] |= said.more
    return dict(found)


def given_by(kind: str) -> set[str]:
    """The codes of one kind of error, or of what is called so."""
    return {said.code for said in _all() if said.kind == kind}


def _merged(*codes: Codes) -> Codes:
    return {code: any(one.get(code, False) for one in codes) for one in codes for code in one}


def _rights() -> Codes:
    """Codes that are chosen before their sentence is written have one with a date in it."""
    pairs = _pairs("acervo/rights.py")
    texts = [
        node.value
        for node in ast.walk(_trees()["acervo/rights.py"])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {code: pairs.get(code, True) for code in texts if re.fullmatch(r"rights-[a-z]+(-[a-z]+)*", code)}


# what pydantic says of a limit of a JSON Schema; those of the second table name the number
_SCHEMA_SAYS = {
    "pattern": "string-pattern-mismatch", "enum": "literal-error", "required": "missing", "additionalProperties": "extra-forbidden",
}  # fmt: skip
SCHEMA_LIMITS = {
    "maxLength": "string-too-long", "minLength": "string-too-short", "maximum": "less-than-equal", "minimum": "greater-than-equal",
    "maxItems": "too-long", "minItems": "too-short",
}  # fmt: skip
_TYPE_SAYS = {
    "string": "string-type",
    "integer": "int-type",
    "number": "float-type",
    "boolean": "bool-type",
    "array": "list-type",
}


@cache
def _schema_faults() -> set[str]:
    """What the models of requests can find wrong: their descriptions say what they look at."""
    known = openapi.build(endpoints)
    found: set[str] = set()
    seen: set[str] = set()

    def look(part: Any) -> None:
        if isinstance(part, list):
            for one in part:
                look(one)
        if not isinstance(part, dict):
            return
        if name := part.get("$ref"):
            if name not in seen:
                seen.add(name)
                look(known["components"]["schemas"][name.rsplit("/", 1)[-1]])
            return
        found.update(code for word, code in {**_SCHEMA_SAYS, **SCHEMA_LIMITS}.items() if word in part)
        if part.get("format") == "uuid":
            found.add("uuid-parsing")
        elif isinstance(part.get("type"), str) and "enum" not in part:
            found.update({_TYPE_SAYS[part["type"]]} if part["type"] in _TYPE_SAYS else ())
        for word, one in part.items():
            for inner in one.values() if word == "properties" else [one]:
                look(inner)

    for path in known["paths"].values():
        for operation in path.values():
            look(operation.get("requestBody", {}).get("content", {}))
    return found


def _written_faults() -> Codes:
    """`{"field": …, "detail": …, "code": …}`, and those of a channel's settings."""
    found: Codes = {}
    for file, tree in _trees().items():
        for node in ast.walk(tree):
            words: dict[str, ast.expr] = {}
            if isinstance(node, ast.Dict):
                words = {
                    str(key.value): value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
            elif (
                file == "acervo/channels/kind.py"
                and isinstance(node, ast.Call)
                and ast.unparse(node.func) == "Fault"
            ):
                words = dict(zip(("field", "detail", "code"), node.args, strict=False))
                words.setdefault("code", ast.Constant("unfit"))
            if {"field", "detail", "code"} <= set(words):
                for code in _literals(words["code"]):
                    found[code] = found.get(code, False) or not _is_literal(words["detail"])
    return found


def _left_out(codes: Codes, *others: str) -> Codes:
    return {code: more for code, more in codes.items() if code not in others}


def groups() -> dict[str, Codes]:
    """What each group's catalogue has to have."""
    rights = _rights()
    works = ("functions/enrich/", "functions/transcode/", "acervo/")
    waits = {"Wait", "Withdraw", "Fail", "rest_publication", "_set_rest", "replace"}
    refused = _merged(
        _given({"Problem"}, "acervo/", "functions/api/", "functions/search/"), _given({"Rejected"}, "functions/api/"),
        _given({"Permanent"}, "acervo/edits.py"), _pairs("acervo/access.py"),
    )  # fmt: skip
    platform = _merged(
        _given({"Transient"}, "acervo/", "functions/"), _given({"_problem"}, "acervo/function.py"),
        # what others may say is answered one by one, not by a problem
        _given({"Permanent"}, "functions/ingest/", "functions/publish/", "functions/search/", "functions/api/", without=("functions/api/events_in.py",)),
    )  # fmt: skip
    return {
        "file": _merged(
            {code: "{detail}" in verdict.sentence for code, verdict in VERDICTS.items()},
            _given({"Rejected", "Permanent"}, *works, without=("acervo/edits.py",)),
            _given({"set_status", "set_job_state", "_fail_job", "mark_rejected"}, "acervo/", "functions/"),
        ),
        "channel": _merged(
            dict.fromkeys(TABLE, True), _given(waits, "functions/publish/"), rights, _pairs("functions/publish/backoff.py"), {"rendition-ordered": True},
        ),
        "advice": dict.fromkeys(TABLE, False),
        "rights": rights,
        "refused": _left_out(refused, *NOT_ON_THE_PAGE),
        "platform": _left_out(platform, *NO_EVENT),
        "field": _merged(dict.fromkeys(_schema_faults(), False), _written_faults()),
    }  # fmt: skip
