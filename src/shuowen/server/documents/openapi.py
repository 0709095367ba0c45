"""What OpenAPI says of the document paths, made of the records that they answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shuowen.config import (
    EFFORT_CHOICES,
    MAX_DPI,
    MIN_DPI,
    REPAIR_CHOICES,
    TEXT_LAYER_CHOICES,
)
from shuowen.reading.repair_choice import FORBIDDABLE
from shuowen.server.documents.records import JobList, JobRecord
from shuowen.server.documents.wishes import DOCUMENT_FORMATS

_BINARY = {"type": "string", "format": "binary"}
_OPTIONS: dict[str, Any] = {
    "pages": {"type": "string", "description": 'Such as "1,5-10" or "3-"; all when empty.'},
    "password": {
        "type": "string",
        "description": "Of an encrypted PDF. It is kept until the document has ended, not longer.",
    },
    "text_layer": {"type": "string", "enum": list(TEXT_LAYER_CHOICES)},
    "effort": {"type": "string", "enum": list(EFFORT_CHOICES)},
    "dpi": {"type": "integer", "minimum": MIN_DPI, "maximum": MAX_DPI},
    "force_repairs": {
        "type": "array",
        "items": {"type": "string", "enum": list(REPAIR_CHOICES)},
        "description": "Repairs of the page picture that are made whatever it looks like.",
    },
    "forbid_repairs": {
        "type": "array",
        "items": {"type": "string", "enum": list(FORBIDDABLE)},
        "description": "Repairs that are never made; all stands for those that are not forced.",
    },
    "min_confidence": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "Words with a character less likely right than this are marked.",
    },
    "formats": {
        "type": "array",
        "items": {"type": "string", "enum": list(DOCUMENT_FORMATS)},
        "description": "What will be fetched: the first is the default format of the result, and"
        " where documents are erased once fetched, each of these is waited for.",
    },
}
_NAME = {"type": "string", "description": "What to call the document, for people."}
_ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
    },
}
_ERRORS = {
    400: "An option or field is wrong; `param` names it.",
    404: "There is no such document, or it is somebody else's.",
    409: "It does not fit the state of the document.",
    413: "The document is too large.",
    422: "It is not a document that can be read.",
    429: "Too much at once; `Retry-After` says when to come back.",
    507: "The server's disk is full.",
}

_FILE = {"type": "object", "required": ["file"], "additionalProperties": False}
_FORM_SCHEMA = {**_FILE, "properties": {"file": _BINARY, "name": _NAME, **_OPTIONS}}
_JSON_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "description": "A public http or https address."},
        "content_base64": {"type": "string", "description": "The file's bytes."},
        "name": _NAME,
        "options": {"type": "object", "additionalProperties": False, "properties": _OPTIONS},
    },
    "oneOf": [{"required": ["url"]}, {"required": ["content_base64"]}],
}
_BODY_OPTIONS = [
    {"name": name, "in": "query", "schema": schema, "description": "For a bare document only."}
    for name, schema in {"name": _NAME, **_OPTIONS}.items()
    if name != "password"
]

SUBMIT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM_SCHEMA},
            "application/json": {"schema": _JSON_SCHEMA},
            "application/pdf": {"schema": _BINARY},
            "image/*": {"schema": _BINARY},
        },
    },
    "parameters": _BODY_OPTIONS,
}
"""The ways in which a document comes."""

RECORD = msgspec.json.schema(JobRecord)
LIST = msgspec.json.schema(JobList)


def answers(
    good: Mapping[int, str], *errors: int, schema: Mapping[str, Any] | None = None
) -> dict[int | str, dict[str, Any]]:
    """An operation's answers.

    Args:
        good: Descriptions of those without error, by status.
        errors: Statuses of errors.
        schema: JSON Schema of the good ones' bodies; None for no body.
    """
    content = {} if schema is None else {"content": _json(inlined(schema))}
    found: dict[int | str, dict[str, Any]] = {}
    for status, text in good.items():
        found[status] = {"description": text, **content}
    for status in errors:
        found[status] = {"description": _ERRORS[status], "content": _json(_ERROR_SCHEMA)}
    return found


def result_answers(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Answers of a path that gives files."""
    content = {kind: {"schema": _BINARY} for kind in media_types}
    return {
        200: {"description": "The file.", "content": content},
        304: {"description": "It is the version that `If-None-Match` names."},
        **answers({}, 400, 404, 409),
    }


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of msgspec's without references: OpenAPI looks for them elsewhere."""
    definitions = schema.get("$defs", {})

    def without(value: Any) -> Any:
        if isinstance(value, list):
            return [without(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return without(definitions[value["$ref"].rpartition("/")[2]])
        return {key: without(each) for key, each in value.items() if key != "$defs"}

    found: dict[str, Any] = without(schema)
    return found


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}
