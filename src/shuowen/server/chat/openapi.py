"""The chat path's part of the OpenAPI document, made of the same records that requests meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shuowen.prompt.options import MAX_TILES
from shuowen.server.chat import fields
from shuowen.server.chat.body import ChatBody, StreamOptions
from shuowen.server.chat.field_rules import Field
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.messages import MAX_MESSAGES
from shuowen.server.chat.model import DETAIL_TILES
from shuowen.server.chat.sampling import FORMS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_ROLES = ["system", "developer", "user", "assistant", "tool"]
_TYPED: Mapping[str, Schema] = {
    "response_format": {
        "type": ["object", "null"],
        "properties": {
            "type": {"enum": list(FORMS)},
            "json_schema": {"type": "object", "properties": {"schema": {"type": "object"}}},
            "regex_schema": _TEXT,
        },
        "required": ["type"],
    },
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": ["string", "null"]},
                "code": _TEXT,
            },
            "required": ["message", "type", "param", "code"],
        }
    },
    "required": ["error"],
}
_ANSWER: Schema = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "object": {"const": "chat.completion"},
        "created": {"type": "integer"},
        "model": _TEXT,
        "choices": {"type": "array", "items": {"type": "object"}, "minItems": 1},
        "usage": {"type": "object"},
        "shuowen": {"type": "object", "description": "What OpenAI has no field for."},
    },
    "required": ["id", "object", "created", "model", "choices", "usage"],
}


def _part(kind: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **properties},
        "required": ["type", *properties],
    }


def _parts() -> Schema:
    address: Schema = {"type": "string", "description": "A data URL, or an http or https address."}
    url: Schema = {
        "type": "object",
        "properties": {
            "url": address,
            "detail": {"enum": ["auto", *DETAIL_TILES]},
            "max_dynamic_patch": {"type": "integer", "minimum": 1, "maximum": MAX_TILES},
        },
        "required": ["url"],
    }
    file: Schema = {
        "type": "object",
        "properties": {"file_data": address, "filename": _TEXT},
        "required": ["file_data"],
    }
    return {
        "anyOf": [
            _part(fields.TEXT, text=_TEXT),
            _part(fields.IMAGE, image_url=url),
            _part(fields.FILE, file=file),
            _part(fields.INPUT_TEXT, text=_TEXT),
            _part(fields.INPUT_IMAGE, image_url=address),
            _part(fields.INPUT_FILE, file_data=address),
            _part(fields.VIDEO, video_url={"type": "object", "properties": {"url": address}}),
        ]
    }


def _messages() -> Schema:
    content = {"anyOf": [_TEXT, {"type": "array", "items": _parts()}, {"type": "null"}]}
    message = {
        "type": "object",
        "properties": {
            "role": {"enum": _ROLES},
            "content": content,
            "tool_call_id": _TEXT,
            "tool_calls": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["role"],
    }
    return {"type": "array", "items": message, "minItems": 1, "maxItems": MAX_MESSAGES}


def _described(field: Field) -> str:
    """What becomes of a field, for the three kinds of models."""
    rules = {"reader": field.reader, "engine": field.engine, "upstream": field.upstream}
    return "; ".join(
        f"{kind}: {rule.treatment}{f' ({rule.note})' if rule.note else ''}"
        for kind, rule in rules.items()
    )


def _body() -> Schema:
    typed: Schema = msgspec.json.schema(ChatBody)["$defs"]["ChatBody"]["properties"]
    typed["messages"] = _messages()
    typed["stream_options"] = msgspec.json.schema(StreamOptions)["$defs"]["StreamOptions"]
    typed |= _TYPED
    properties = {
        field.name: {**typed.get(field.name, {}), "description": _described(field)}
        for field in FIELDS.fields
        if not field.place
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["model", "messages"],
        "additionalProperties": False,
    }


CHAT_OPENAPI: Schema = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _body()}}},
    "responses": {
        "200": {
            "description": "The answer; events of chunks where stream is true.",
            "content": {
                "application/json": {"schema": _ANSWER},
                "text/event-stream": {"schema": _TEXT},
            },
        },
        "default": {
            "description": "An error.",
            "content": {"application/json": {"schema": _ERROR}},
        },
    },
}
