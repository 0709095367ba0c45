"""What OpenAPI says of the foreign paths, from the same tables that check their requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shuowen.server.compat.fields import FieldTable

_BINARY = {"type": "string", "format": "binary"}


def json_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A request whose body is JSON."""
    return _body({"application/json": {"schema": dict(schema)}})


def multipart_body(table: FieldTable, files: Collection[str]) -> dict[str, Any]:
    """A request whose body is a form with files, all of which it needs."""
    schema = table.schema()
    schema["required"] = sorted({*schema["required"], *files})
    return _body({"multipart/form-data": {"schema": schema}})


def raw_body(*headers: Mapping[str, Any]) -> dict[str, Any]:
    """A request whose body is the document itself."""
    kinds = ("application/pdf", "image/*", "text/*", "application/octet-stream")
    described = _body({kind: {"schema": _BINARY} for kind in kinds})
    return {**described, "parameters": list(headers)} if headers else described


def header(name: str, description: str) -> dict[str, Any]:
    """A header that a request may have."""
    return {"in": "header", "name": name, "description": description, "schema": {"type": "string"}}


def query(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An operation with one more parameter in its address."""
    parameter = {"in": "query", "name": name, "description": description, "schema": dict(schema)}
    return {"parameters": [parameter]}


def answers(description: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    """What comes back: JSON, or other types, or an error."""
    kinds = media_types or ("application/json",)
    error = {"application/json": {"schema": {"type": "object", "required": ["error"]}}}
    return {
        200: {"description": description, "content": {kind: {"schema": {}} for kind in kinds}},
        "4XX": {"description": "The request is refused; `error` says why.", "content": error},
        "5XX": {"description": "The server cannot do it; `error` says why.", "content": error},
    }


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": dict(content)}}
