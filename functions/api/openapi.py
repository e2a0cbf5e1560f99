"""The OpenAPI 3.1 document, made from the table of endpoints and their models; and a page to read it. Nothing is written twice."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.api.endpoint import BASE, Endpoint
from functions.api.models.editing import LinkKind
from functions.api.models.platform import ProblemDetails
from functions.api.models.strict import PROJECT

VERSION = "1"
REF = "#/components/schemas/{model}"
Names = dict[Any, dict[str, Any]]  # model → the reference to its schema
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_ID: dict[str, Any] = {"type": "string", "pattern": PROJECT}
_PATHS: dict[str, dict[str, Any]] = {
    "project": _ID, "channel": _ID, "source": _ID, "edit": {"type": "integer", "minimum": 0}, "line": {"type": "integer", "minimum": 0},
    "kind": {"enum": list(get_args(LinkKind))}, "principal": {"type": "string", "pattern": "^(user|group):.+$", "maxLength": 300},
}  # fmt: skip


def build(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    schemas, names = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = BASE + _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Acervo",
            "version": VERSION,
            "description": "Digital asset management. Errors are RFC 9457 problems; lists are paginated by `cursor`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "streamToken": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[str, Any], Names]:
    """Components by name, and the reference of each model."""
    received = {model for e in endpoints for model in (e.body,) if model}
    said = {model for e in endpoints for model in e.answers.values() if isinstance(model, type)} | {
        ProblemDetails
    }
    wanted: list[Any] = [(model, "validation") for model in sorted(received, key=lambda m: m.__name__)]
    wanted += [(model, "serialization") for model in sorted(said, key=lambda m: m.__name__)]
    references, definitions = models_json_schema(wanted, ref_template=REF)
    return definitions.get("$defs", {}), {model: schema for (model, _), schema in references.items()}


def _operation(endpoint: Endpoint, names: Names) -> dict[str, Any]:
    summary, _, rest = inspect.cleandoc(endpoint.handle.__doc__ or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.tag.replace(' ', '_')}_{endpoint.handle.__name__}",
        "tags": [endpoint.tag],
        "summary": summary.replace("\n", " "),
        "responses": {
            str(status): _answer(status, answer, names) for status, answer in endpoint.answers.items()
        },
    }
    if rest:
        operation["description"] = rest
    if endpoint.who is None:
        operation["security"] = []
    elif endpoint.path.startswith("/assets/{id}/hls/"):
        operation["security"] = [{"streamToken": []}, {"bearer": []}]
    parameters = _parameters(endpoint)
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body:
        content = {"application/json": {"schema": names[endpoint.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.raw_bytes:
        operation["requestBody"] = {"required": True, "content": _cloud_events()}
    faults = {*endpoint.problems, *(() if endpoint.who is None else (401, 429, 503))}
    for status in sorted(faults):
        schema = {"schema": names[ProblemDetails]}
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": schema},
        }
    return operation


def _cloud_events() -> dict[str, Any]:
    """The body of `/events` by content mode (CloudEvents 1.0, HTTP binding); payloads are those of the catalogue."""
    event = {
        "type": "object",
        "required": ["specversion", "id", "source", "type"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1},
            "source": {"type": "string", "minLength": 1},
            "type": {"type": "string", "minLength": 1},
        },
    }
    return {
        "application/cloudevents+json": {"schema": event},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": event, "minItems": 1, "maxItems": 100}},
        "application/json": {"schema": {"type": "object", "description": "The data, with the attributes as `ce-…` headers."}},
    }  # fmt: skip


def _answer(status: int, answer: type[BaseModel] | str | None, names: Names) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(answer, str):
        described["content"] = {kind: {"schema": {"type": "string"}} for kind in answer.split()}
    elif answer is not None:
        described["content"] = {"application/json": {"schema": names[answer]}}
    return described


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in _PARAMETER.findall(endpoint.path):
        schema: dict[str, Any] = {"type": "string"}
        if name in ("id", "other"):
            schema = (
                {"type": "integer"}
                if endpoint.path.startswith("/dead")
                else {"type": "string", "format": "uuid"}
            )
        elif name in _PATHS:
            schema = _PATHS[name]
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if endpoint.query:
        schema = endpoint.query.model_json_schema(ref_template=REF)
        for name, described in schema["properties"].items():
            required = name in schema.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": described})
    for name, description in endpoint.headers.items():
        required = name == "If-Match" and endpoint.method == "PATCH"
        limits = {"minLength": 1, "maxLength": 255} if name == "Idempotency-Key" else {}
        found.append(
            {"name": name, "in": "header", "required": required, "description": description, "schema": {"type": "string", **limits}}
        )  # fmt: skip
    return found


# -- a page for people ------------------------------------------------------------------------------------------------
_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
summary{cursor:pointer;padding:.3rem 0}code{font:.95em ui-monospace,monospace}pre{overflow:auto;padding:1rem;border:1px solid #8886;border-radius:.4rem}
.verb{display:inline-block;min-width:4.5rem;font-weight:700}h2{margin-top:2rem;text-transform:capitalize}td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}
"""


def page(document: dict[str, Any]) -> str:
    """HTML with nothing from elsewhere."""
    sections: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            sections.setdefault(operation["tags"][0], []).append(_entry(verb, path, operation))
    body = "".join(
        f"<section><h2>{html.escape(tag)}</h2>{''.join(entries)}</section>"
        for tag, entries in sections.items()
    )
    schemas = "".join(
        f'<details id="{html.escape(name)}"><summary><code>{html.escape(name)}</code></summary>{_pre(schema)}</details>'
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Acervo API</title><style>{_STYLE}</style></head><body><h1>Acervo API</h1>"
        f'<p>{html.escape(document["info"]["description"])} <a href="openapi.json">openapi.json</a></p>'
        f"{body}<section><h2>Schemas</h2>{schemas}</section></body></html>"
    )


def _entry(verb: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(known['name'])}</code></td><td>{known['in']}{', required' if known['required'] else ''}</td>"
        f"<td>{html.escape(known.get('description') or known['schema'].get('description') or '')}</td></tr>"
        for known in operation.get("parameters", ())
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(known['description'])}</td><td>{_links(known)}</td></tr>"
        for status, known in operation["responses"].items()
    )
    return (
        f'<details><summary><span class="verb">{verb.upper()}</span> <code>{html.escape(path)}</code> {html.escape(operation["summary"])}</summary>'
        f"{f'<table>{rows}</table>' if rows else ''}{f'<p>Body: {_link(body)}</p>' if body else ''}<table>{answers}</table></details>"
    )


def _links(answer: dict[str, Any]) -> str:
    return " ".join(_link(content["schema"]) for content in answer.get("content", {}).values())


def _link(schema: dict[str, Any]) -> str:
    name = html.escape(schema.get("$ref", "").rsplit("/", 1)[-1])
    return (
        f'<a href="#{name}"><code>{name}</code></a>'
        if name
        else f"<code>{html.escape(schema.get('type', ''))}</code>"
    )


def _pre(schema: dict[str, Any]) -> str:
    import json

    return f"<pre>{html.escape(json.dumps(schema, indent=1, ensure_ascii=False))}</pre>"
