"""Making a model call a tool: its answer is held to the JSON of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shuowen.errors import FieldError
from shuowen.generation.params import Constraint, JsonSchema
from shuowen.prompt.messages import Tool, ToolCall

_ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


def forced_call(tools: Sequence[Tool], choice: str, constraint: Constraint | None) -> JsonSchema:
    """What an answer must look like that is a call of one of the tools.

    Args:
        tools: What may be called.
        choice: "required", or the name of the one tool.
        constraint: What the answer must look like otherwise.

    Raises:
        FieldError: The answer is to have another form too.
    """
    if constraint is not None:
        message = "An answer cannot be a call and have a response_format."
        raise FieldError(message, "Leave one of them out.", param="response_format")
    calls = [
        {
            "type": "object",
            "properties": {
                "name": {"const": tool.name},
                "arguments": tool.parameters or _ANY_OBJECT,
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
        if choice in ("required", tool.name)
    ]
    return JsonSchema(calls[0] if len(calls) == 1 else {"anyOf": calls})


def read_forced_call(text: str) -> ToolCall | None:
    """The call that such an answer is; None when it was cut off."""
    try:
        call = msgspec.json.decode(text, type=_Call)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    return ToolCall(call.name, bytes(call.arguments).decode())
