"""Which tools a model may call: what the request says, under the server's policy.

Chat programs send dozens of tools with every message (Open WebUI: 36). A reader has no use for
them, and refusing would refuse every message, so the policy says what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from shuowen.errors import FieldError
from shuowen.prompt.messages import Tool
from shuowen.server.chat import fields
from shuowen.server.chat.body import ChatBody, shaped
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.model import ModelKind
from shuowen.server.options import ToolPolicy

MAX_TOOLS = 128
_HINT = 'Choose "none", "auto", "required", or {"type": "function", "function": {"name": "…"}}.'


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """What a model is told of tools.

    Attributes:
        tools: What it may call.
        choice: "auto", "required", or the name of the tool that it must call.
        notices: What a person should know.
    """

    tools: tuple[Tool, ...] = ()
    choice: str = "auto"
    notices: tuple[str, ...] = ()


class _ToolBody(msgspec.Struct):
    function: dict[str, Any]
    type: str = "function"


class _FunctionBody(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


def tool_use(body: ChatBody, kind: ModelKind, policy: ToolPolicy) -> ToolUse:
    """What becomes of a body's `tools` and `tool_choice`.

    Args:
        body: The body.
        kind: Who answers; a reader calls no tools, whatever the policy.
        policy: auto and forward: the model may call them; ignore: they are left out, which the
            answer says; reject: a request that has tools is refused.

    Raises:
        FieldError: The policy refuses them; a call is required that nobody can make; a tool or the
            choice is malformed.
    """
    given = body.tools or []
    choice, allowed = _choice(body.tool_choice)
    if policy == "reject" and given:
        hint = "Leave tools out."
        raise FieldError("This server is set to refuse tools.", hint, param="tools")
    if not given and choice not in ("auto", "none"):
        raise FieldError("tool_choice needs tools.", "Add tools.", param="tool_choice")
    if policy == "ignore" or kind == "reader":
        return _ignored(given, choice, kind)
    if choice == "none" or not given:
        return ToolUse()
    tools = tuple(_tool(each, f"tools[{i}]", kind) for i, each in enumerate(_limited(given)))
    if allowed is not None:
        tools = _only(tools, allowed)
    if choice not in ("auto", "required", *(each.name for each in tools)):
        message = f"tool_choice names {choice[:60]!r}, which is not among the tools."
        raise FieldError(message, "Name one of tools.", param="tool_choice")
    return ToolUse(tools=tools, choice=choice)


def _ignored(given: Sequence[Any], choice: str, kind: ModelKind) -> ToolUse:
    who = "The reader calls no tools" if kind == "reader" else "This server is set to ignore tools"
    if choice not in ("auto", "none"):
        message = f"{who}, so that it cannot be made to call one."
        raise FieldError(message, "Leave tool_choice out.", param="tool_choice")
    notice = f"{who}; {len(given)} were left out."
    return ToolUse(notices=(notice,) if given and choice == "auto" else ())


def _limited(given: Sequence[Any]) -> Sequence[Any]:
    if len(given) > MAX_TOOLS:
        message = f"There are {len(given)} tools; the limit is {MAX_TOOLS}."
        raise FieldError(message, "Leave some out.", param="tools")
    return given


def _choice(given: str | Mapping[str, Any] | None) -> tuple[str, tuple[str, ...] | None]:
    """The choice, and which tools it leaves where it says so."""
    if given is None:
        return "auto", None
    if isinstance(given, str):
        if given not in ("none", "auto", "required"):
            message = f"tool_choice is {given[:60]!r}."
            raise FieldError(message, _HINT, param="tool_choice")
        return given, None
    if given.get("type") == "function":
        return _name(given.get("function"), "tool_choice.function"), None
    allowed = given.get("allowed_tools")
    if given.get("type") == "allowed_tools" and isinstance(allowed, dict):
        return _allowed(allowed)
    raise FieldError("tool_choice has another form.", _HINT, param="tool_choice")


def _allowed(given: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    where = "tool_choice.allowed_tools"
    mode, tools = given.get("mode", "auto"), given.get("tools")
    if mode not in ("auto", "required") or not isinstance(tools, list):
        hint = 'Write {"mode": "auto", "tools": […]}.'
        raise FieldError(f"{where} has another form.", hint, param=where)
    names = []
    for index, each in enumerate(tools):
        inner = each.get("function") if isinstance(each, dict) else None
        names.append(_name(inner, f"{where}.tools[{index}].function"))
    return mode, tuple(names)


def _name(given: Any, param: str) -> str:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or not name:
        raise FieldError(f"{param} has no name.", _HINT, param=param)
    return name


def _only(tools: Sequence[Tool], names: Sequence[str]) -> tuple[Tool, ...]:
    for name in names:
        if name not in (each.name for each in tools):
            message = f"tool_choice allows {name[:60]!r}, which is not among the tools."
            raise FieldError(message, "Name some of tools.", param="tool_choice.allowed_tools")
    return tuple(each for each in tools if each.name in names)


def _tool(given: Any, param: str, kind: ModelKind) -> Tool:
    if not isinstance(given, dict):
        raise FieldError(f"{param} is not an object.", "Write functions.", param=param)
    if given.get("type", "function") != "function":
        message = f"{param} is no function; the model knows no other tools."
        raise FieldError(message, 'Write {"type": "function", …}.', param=f"{param}.type")
    body = shaped(FIELDS.kept(fields.TOOL, given, kind, param), _ToolBody, param)
    where = f"{param}.function"
    kept = FIELDS.kept(fields.FUNCTION, body.function, kind, where)
    function = shaped(kept, _FunctionBody, where)
    if not function.name:
        raise FieldError(f"{where} has no name.", "Name it.", param=f"{where}.name")
    tool = Tool(name=function.name, description=function.description or "")
    return replace(tool, parameters=function.parameters or {})
