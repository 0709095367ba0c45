"""From the messages of a body to checked ones: roles, their order, and what each may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from shuowen.errors import FieldError
from shuowen.prompt.messages import Role, ToolCall
from shuowen.server.chat import fields
from shuowen.server.chat.body import shaped
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.model import ChatMessage, ChatText
from shuowen.server.chat.parts import PartReader

MAX_MESSAGES = 1000

_ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "system": "system",
        "developer": "system",  # what OpenAI's newer models call it
        "user": "user",
        "assistant": "assistant",
        "tool": "tool",
    }
)


class _MessageBody(msgspec.Struct):
    role: str
    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


class _CallBody(msgspec.Struct):
    function: dict[str, Any]
    id: str = ""
    type: str = "function"


class _FunctionBody(msgspec.Struct):
    name: str
    arguments: str = ""


def read_messages(given: Sequence[Mapping[str, Any]], parts: PartReader) -> tuple[ChatMessage, ...]:
    """The messages of a body.

    Args:
        given: As they were decoded.
        parts: Reads what they hold.

    Raises:
        FieldError: There are none or too many; a field, role or part is unknown or in the wrong
            place; there is nothing to answer.
        ShuowenError: What `Media.open` raises.
    """
    if not given:
        raise FieldError("There are no messages.", "Say something.", param="messages")
    if len(given) > MAX_MESSAGES:
        message = f"There are {len(given)} messages; the limit is {MAX_MESSAGES}."
        raise FieldError(message, "Leave out the oldest.", param="messages")
    bodies = [_body(each, f"messages[{i}]", parts) for i, each in enumerate(given)]
    _check_order(bodies)  # before anything is fetched
    messages = [_message(each, f"messages[{i}]", parts) for i, each in enumerate(bodies)]
    last = len(messages) - 1
    _check_says_something(messages[last], f"messages[{last}].content")
    return tuple(messages)


def _body(given: Mapping[str, Any], param: str, parts: PartReader) -> _MessageBody:
    body = shaped(FIELDS.kept(fields.MESSAGE, given, parts.kind, param), _MessageBody, param)
    if body.role == "function":
        hint = 'Write {"role": "tool", "tool_call_id": "…"}.'
        raise FieldError("The role function is deprecated.", hint, param=f"{param}.role")
    if body.role not in _ROLES:
        hint = f"Choose one of: {', '.join(_ROLES)}."
        message = f"{param}.role is {body.role[:60]!r}."
        raise FieldError(message, hint, param=f"{param}.role")
    return body


def _check_order(bodies: Sequence[_MessageBody]) -> None:
    """Answers of tools follow the calls; the last turn is one that can be answered."""
    called: set[str] = set()
    for index, body in enumerate(bodies):
        if body.role == "assistant":
            called = {str(each.get("id", "")) for each in body.tool_calls or ()}
        elif body.role == "user":
            called = set()
        elif body.role == "tool" and (body.tool_call_id or "") not in called:
            param = f"messages[{index}].tool_call_id"
            hint = "Let it follow the assistant's message that has this id in its tool_calls."
            raise FieldError(f"{param} answers no call.", hint, param=param)
    last = len(bodies) - 1
    if bodies[last].role not in ("user", "tool"):
        param = f"messages[{last}].role"
        message = f"The last message is from the role {bodies[last].role}."
        raise FieldError(message, "End with a user's or a tool's message.", param=param)


def _message(body: _MessageBody, param: str, parts: PartReader) -> ChatMessage:
    role = _ROLES[body.role]
    found = parts.read(body.content, f"{param}.content")
    if body.refusal and role == "assistant" and not found:
        found = (ChatText(body.refusal),)
    if role in ("system", "assistant"):
        for index, part in enumerate(found):
            if not isinstance(part, ChatText):
                where = f"{param}.content[{index}]"
                message = f"A {body.role} message holds a file."
                raise FieldError(message, "Put pictures in user messages.", param=where)
    if body.tool_calls and role != "assistant":
        where = f"{param}.tool_calls"
        raise FieldError(f"A {body.role} message calls tools.", "Only assistants do.", param=where)
    return ChatMessage(
        role=role,
        parts=found,
        tool_calls=_calls(body.tool_calls or (), f"{param}.tool_calls", parts),
        tool_call_id=body.tool_call_id or "",
    )


def _calls(
    given: Sequence[Mapping[str, Any]], param: str, parts: PartReader
) -> tuple[ToolCall, ...]:
    calls = []
    for index, each in enumerate(given):
        where = f"{param}[{index}]"
        call = shaped(FIELDS.kept(fields.TOOL_CALL, each, parts.kind, where), _CallBody, where)
        if call.type != "function":
            message = f"Calls of the type {call.type[:60]!r} are not understood."
            raise FieldError(message, "Use functions.", param=f"{where}.type")
        inner = f"{where}.function"
        kept = FIELDS.kept(fields.CALL_FUNCTION, call.function, parts.kind, inner)
        function = shaped(kept, _FunctionBody, inner)
        calls.append(ToolCall(name=function.name, arguments=function.arguments, id=call.id))
    return tuple(calls)


def _check_says_something(message: ChatMessage, param: str) -> None:
    has_file = any(not isinstance(part, ChatText) for part in message.parts)
    if message.role == "user" and not has_file and not message.text.strip():
        raise FieldError("The last message is empty.", "Ask something.", param=param)
