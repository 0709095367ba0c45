"""Tools, calls of them and their answers, as Qwen2.5's published chat template writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shuowen.errors import UsageError
from shuowen.prompt.messages import Tool, ToolCall
from shuowen.prompt.pieces import Mark, Piece
from shuowen.prompt.special import TOOL_CALL_END, TOOL_CALL_START

_BEFORE_TOOLS = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_AFTER_TOOLS = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments"
    " within "
)
_CALL_FORM = '\n{"name": <function-name>, "arguments": <args-json-object>}\n'


def tools_as_pieces(tools: Iterable[Tool]) -> Iterator[Piece]:
    """What follows the system prompt when there are tools; raises `UsageError` as `_json`."""
    signatures = [_signature(tool) for tool in tools]
    if not signatures:
        return
    yield _BEFORE_TOOLS + "".join("\n" + each for each in signatures) + _AFTER_TOOLS
    yield from (Mark(TOOL_CALL_START), Mark(TOOL_CALL_END), " XML tags:\n")
    yield from (Mark(TOOL_CALL_START), _CALL_FORM, Mark(TOOL_CALL_END))


def calls_as_pieces(calls: Iterable[ToolCall], *, follows_text: bool) -> Iterator[Piece]:
    """An assistant's calls, each on its own lines, with the arguments as the model wrote them."""
    for call in calls:
        if follows_text:
            yield "\n"
        follows_text = True
        name = json.dumps(call.name, ensure_ascii=False)
        body = f'\n{{"name": {name}, "arguments": {call.arguments.strip() or "{}"}}}\n'
        yield from (Mark(TOOL_CALL_START), body, Mark(TOOL_CALL_END))


def _signature(tool: Tool) -> str:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    try:
        record = {"type": "function", "function": function}
        return json.dumps(record, ensure_ascii=False, default=_as_dict)
    except (TypeError, ValueError) as error:
        message = f"The parameters of the tool {tool.name!r} are not JSON: {error}."
        raise UsageError(
            message, "Give a JSON Schema of objects, lists, text and numbers."
        ) from error


def _as_dict(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
