"""Fields that an installation adds to the metadata: a JSON Schema (2020-12) of an object, in `METADATA_SCHEMA`.

What the schema does not name is refused unless it says `additionalProperties`. Without a schema there are no extra fields.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from acervo import problems
from acervo.errors import Permanent

NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
MAX_FAULTS = 20


@lru_cache(maxsize=8)
def schema_of(text: str) -> dict[str, Any]:
    """Raises Permanent when the configuration is no schema of an object."""
    if not text.strip():
        return NOTHING
    import jsonschema

    try:
        schema = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(schema)
    except (ValueError, jsonschema.SchemaError) as fault:
        raise Permanent("metadata-schema", "METADATA_SCHEMA is not a JSON Schema") from fault
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise Permanent("metadata-schema", "METADATA_SCHEMA does not describe an object")
    return {"additionalProperties": False, **schema}


def check(text: str, extra: Any) -> None:
    """Raises Problem (422) with every field that does not fit."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema_of(text), format_checker=jsonschema.FormatChecker())
    faults = [
        {
            "field": ".".join(("metadata.extra", *map(str, fault.absolute_path))),
            "detail": fault.message[:200],
            "code": "unfit",
        }
        for fault, _ in zip(validator.iter_errors(extra), range(MAX_FAULTS), strict=False)
    ]
    if faults:
        raise problems.invalid(faults)
