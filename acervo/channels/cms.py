"""A CMS by REST requests from configuration, or by CloudEvents (docs/cms-contract.md)."""

from __future__ import annotations

from typing import Any

from acervo.channels.kind import ChannelKind, Credential
from acervo.channels.shapes import address, choice, form, requirements, switch, text, whole

REQUESTS = ("lookup", "create", "upload", "update", "delete", "status")
WORDS = ("marker", "publication_id", "asset_id", "project_id", "external_id", "revision", "profile", "title", "description", "tags", "language",
         "credit", "kind", "mime_type", "size_bytes", "file_name", "media_url", "publish_at")  # fmt: skip
_KNOWN = rf"^(?![\s\S]*\{{(?!(?:{'|'.join(WORDS)}|options\.[a-z_]+)\}})[a-z_]+(?:\.[a-z_]+)?\}})"
_WORDS = {
    "pattern": _KNOWN,
    "x-fault": "uses a {name} that is not known (known: " + ", ".join(WORDS) + ", options.…)",
}
_POINTER = {
    "type": "string", "maxLength": 500, "pattern": r"^(/([^~]|~[01])*)?$", "x-fault": "is not a JSON pointer (RFC 6901)",
}  # fmt: skip
_TEMPLATE: dict[str, Any] = {
    "if": {"type": "string"}, "then": _WORDS,
    "items": {"$ref": "#/$defs/template"}, "additionalProperties": {"$ref": "#/$defs/template"},
}  # fmt: skip


def _request(title: str, method: str, **more: Any) -> dict[str, Any]:
    path = rf"{_KNOWN}/"
    properties: dict[str, Any] = {
        "method": choice("Method", "GET", "POST", "PUT", "PATCH", "DELETE", default=method),
        "path": text("Path", 2000, pattern=path, **{"x-fault": f"must begin with /, and of names in braces have only {', '.join(WORDS)}, options.…"}),
        "params": {"type": "object", "title": "Query", "maxProperties": 50, "additionalProperties": {"$ref": "#/$defs/template"}},
        "json": {"$ref": "#/$defs/template", "title": "Body"},
    }  # fmt: skip
    return {**form(("path",), **properties, **more), "title": title}


def _states(title: str, *default: str) -> dict[str, Any]:
    return {
        "type": "array",
        "title": title,
        "items": {"type": ["string", "number", "boolean"]},
        "maxItems": 50,
        "default": list(default),
    }


def _at(title: str, default: str | None) -> dict[str, Any]:
    return {**_POINTER, "title": title, **({"default": default} if default else {})}


_ID = {"id": _at("Where the id is", "/id"), "url": _at("Where the address is", "/url")}
_auth = {
    **form(("type",), type=choice("Type", "bearer", "basic", "header", default="bearer"),
           header=text("Header", 100, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")),
    "title": "Authentication", "if": {"properties": {"type": {"const": "header"}}, "required": ["type"]}, "then": {"required": ["header"]},
}  # fmt: skip

CMS = ChannelKind(
    type="cms", title="CMS", description="A content management system, by the requests that it understands or by CloudEvents.",
    schema={
        "$defs": {"template": _TEMPLATE},
        **form(
            (),
            mode=choice("How it is spoken to", "rest", "event", default="rest"),
            auth=_auth,
            base_url=address("Address of its API"),
            lookup=_request("Find an item by {marker}", "GET", **_ID),
            create=_request("Create an item", "GET", **_ID),
            upload=_request("Send the bytes", "GET", resume=switch("Understands ranges", False), sha256=_at("Where the checksum is", None)),
            update=_request("Change the words", "GET"),
            delete=_request("Take it down", "GET"),
            status=_request("How it stands", "GET", state=_at("Where the state is", "/state"), live=_states("Published", "published"),
                            processing=_states("Still at it"), failed=_states("Failed", "failed")),
            url=text("Where events are posted", 2000, pattern=r"^https?://[^\s/?#@]+[^\s]*$", **{"x-fault": "is not an http or https address"}),
            acknowledges=switch("It says when it is published", False),
            acknowledge_within_s=whole("It says so within, seconds", 1, 30 * 86_400, default=86_400),
            media_url_s=whole("The link to the bytes lives, seconds", 60, 7 * 86_400, default=86_400),
            requirements=requirements(),
        ),
        "if": {"properties": {"mode": {"const": "event"}}, "required": ["mode"]},
        "then": {"required": ["url"]},
        "else": {"required": ["base_url", "lookup", "create"]},
    },
    credentials=(Credential("token", "Token"), Credential("username", "User"), Credential("password", "Password")),
    sets=(("token",), ("username", "password")),
)  # fmt: skip
