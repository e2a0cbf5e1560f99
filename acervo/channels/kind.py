"""What a type of channel wants to be told: its settings as JSON Schema (2020-12), and the names of the credentials that lie in Vault.

One description for three readers: the API refuses settings that do not fit, the page draws its form, the connector checks before it
begins. What it needs of a file (`requirements`) is here for the same reason: the API says before what the connector would refuse. Schemas close their objects, so a password among the settings is a fault and never gets into the database. A fault names the
field and never repeats a value. `x-fault` beside a keyword is what people are told instead of the keyword's own sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from acervo.channels.requirements import Requirements

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MOST_BYTES, MOST_FAULTS = 64 << 10, 100
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """`field` is a dotted path that begins with `settings`; `code` says the kind of fault to who speaks another language."""

    field: str
    detail: str
    code: str = "unfit"

    def __str__(self) -> str:
        return f"{self.field} {self.detail}"


@dataclass(frozen=True)
class Credential:
    """A value of the channel's secret; its name, never what it is."""

    name: str
    title: str
    lines: bool = False  # a key of many lines


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """A type of channel. `sets`: one of these sets of credentials has to be there; none when it needs no secret."""

    type: str
    title: str
    description: str
    schema: Schema
    credentials: tuple[Credential, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()
    requirements: Requirements = field(default_factory=Requirements)  # of files and words

    @cached_property
    def _validator(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator  # half a cold start, and most requests need none of it

        return Draft202012Validator(dict(self.schema))

    def faults(self, settings: Mapping[str, Any]) -> list[Fault]:
        """Everything that does not fit, in the order of the fields; empty when a channel may have these settings."""
        if len(json.dumps(settings)) > MOST_BYTES:
            return [Fault("settings", f"are more than {MOST_BYTES >> 10} KiB")]
        found = [Fault(path, "must not contain NUL") for path in _with_nul("settings", settings)]
        for error in self._validator.iter_errors(dict(settings)):
            found += self._of(error)
        return sorted(dict.fromkeys(found), key=lambda fault: fault.field)[:MOST_FAULTS]

    def _of(self, error: ValidationError) -> Iterator[Fault]:
        path = ".".join(["settings", *map(str, error.absolute_path)])
        keyword = str(error.validator)
        wanted: Any = error.validator_value
        has: Any = error.instance
        if keyword == "required":
            yield from (
                Fault(f"{path}.{name}", "is missing", "missing") for name in wanted if name not in has
            )
        elif keyword == "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
            yield from (self._unknown(f"{path}.{name}", name) for name in has if name not in known)
        elif isinstance(error.schema, Mapping) and "x-fault" in error.schema:
            yield Fault(path, str(error.schema["x-fault"]))
        else:
            yield Fault(path, SENTENCES.get(keyword, lambda _: f"does not fit ({keyword})")(wanted))

    def _unknown(self, path: str, name: str) -> Fault:
        if name in {credential.name for credential in self.credentials}:
            where = f"secret/channels/{self.type}/ID"
            return Fault(path, f"is a credential: it belongs into Vault, at {where}", "credential")
        return Fault(path, "is not known", "extra-forbidden")


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": lambda wanted: f"is not {' or '.join(_TYPES.get(name, name) for name in ([wanted] if isinstance(wanted, str) else wanted))}",
    "enum": lambda wanted: f"is one of {_listed(wanted)}",
    "const": lambda wanted: f"is not {wanted}",
    "pattern": lambda _: "has not the form that is wanted",
    "minimum": lambda wanted: f"is less than {wanted}",
    "maximum": lambda wanted: f"is more than {wanted}",
    "exclusiveMinimum": lambda wanted: f"is not more than {wanted}",
    "minLength": lambda _: "is empty",
    "maxLength": lambda wanted: f"has more than {wanted} characters",
    "minItems": lambda wanted: f"has fewer than {wanted}",
    "maxItems": lambda wanted: f"has more than {wanted}",
    "maxProperties": lambda wanted: f"has more than {wanted} members",
    "uniqueItems": lambda _: "has something twice",
}  # fmt: skip


def _with_nul(path: str, value: Any) -> Iterator[str]:
    """Where a text has NUL, which PostgreSQL cannot hold."""
    if isinstance(value, str):
        if "\x00" in value:
            yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if "\x00" in name:
                yield path
            else:
                yield from _with_nul(f"{path}.{name}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _with_nul(f"{path}.{number}", item)
