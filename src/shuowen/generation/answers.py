"""Reading what InternVL3 writes in its own marks: boxes, points, tool calls, boxed results.

Parses on request and never raises for a text; what is malformed stays text and is never guessed.
The marks `<ref>`, `<box>` and `<tool_call>` are tokens that the tokenizer keeps when it decodes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from shuowen.document.model import Box, Point
from shuowen.prompt.messages import ToolCall

SCALE = 1000
"""Coordinates are shares of the picture's width and height in thousandths."""

_MARK = re.compile(r"</?(?:ref|box)>")
_GROUP = re.compile(r"\[([^\[\]]*)\]")
_LIST = re.compile(r"[\[\]\d\s.,+-]*")
_BRACE = re.compile(r"\\boxed\s*\{|\\\\(?!boxed)|\\[{}]|[{}]")
_CALL, _CALL_END = "<tool_call>", "</tool_call>"
_JSON = json.JSONDecoder()


@dataclass(frozen=True)
class GroundedBox:
    """Something that was found in the picture.

    Attributes:
        label: What the model says it is; empty if it does not say.
        box: Where, in pixels of the picture.
    """

    label: str
    box: Box


@dataclass(frozen=True)
class GroundedPoint:
    """A place to click on, in pixels of the picture."""

    label: str
    point: Point


@dataclass(frozen=True)
class Grounding:
    """All that an answer points at.

    Attributes:
        boxes: In the order of the answer.
        points: In the order of the answer.
        notices: One sentence for each that was left out, and why.
    """

    boxes: list[GroundedBox] = field(default_factory=list)
    points: list[GroundedPoint] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def find_boxes(text: str, width_px: float, height_px: float) -> list[GroundedBox]:
    """The boxes of `find_grounding`."""
    return find_grounding(text, width_px, height_px).boxes


def find_grounding(text: str, width_px: float, height_px: float) -> Grounding:
    """Boxes and points written as `<ref>label</ref><box>[[x1, y1, x2, y2], …]</box>`.

    Two numbers are a point, four a box (InternVL's chat data format: integers 0 to 1000 of the
    original picture's width and height).

    Args:
        text: The answer.
        width_px: Width of the picture that was shown, in pixels.
        height_px: Its height.
    """
    found = Grounding()
    for label, content in _marked(text):
        groups = _number_lists(content)
        if not groups:
            found.notices.append(f"A box is not a list of numbers: {_short(content)}.")
        for numbers in groups:
            _add(found, label, numbers, width_px, height_px)
    return found


def find_bare_box(text: str, width_px: float, height_px: float) -> Box | None:
    """The first `[x1, y1, x2, y2]` without marks, as answers to referring questions have it.

    Read as InternVL's own evaluation does (`eval/refcoco/evaluate_grounding.py`): numbers that add
    up to less than 4 are shares of the picture, others thousandths.
    """
    for match in _GROUP.finditer(text):
        numbers = _numbers(match[1])
        if numbers is not None and len(numbers) == 4:
            scale = SCALE if sum(numbers) >= 4 else 1
            return _box([each / scale for each in numbers], width_px, height_px)
    return None


def find_tool_calls(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """Calls written as `<tool_call>{"name": …, "arguments": {…}}</tool_call>` (Qwen2.5's template).

    Returns:
        The text without the calls, and the calls in order; one that is not of this form stays text.
        Arguments are as the model wrote them. Ids are left empty.
    """
    rest, calls, start = [], [], 0
    while (opening := text.find(_CALL, start)) >= 0:
        begin = opening + len(_CALL)
        call, end = _tool_call(text, begin)
        if call is None:
            rest.append(text[start:begin])
            start = begin
            continue
        rest.append(text[start:opening])
        calls.append(call)
        start = end
    rest.append(text[start:])
    joined = "".join(rest)
    return (joined.strip() if calls else joined), tuple(calls)


def find_boxed(text: str) -> str | None:
    r"""What the last complete `\boxed{…}` holds, braces inside it balanced; None without one.

    `\{` and `\}` are letters, not braces.
    """
    last: tuple[int, str] | None = None
    opened: list[tuple[bool, int]] = []
    for match in _BRACE.finditer(text):
        if match[0].endswith("{") and match[0] != r"\{":
            opened.append((match[0] != "{", match.end()))
        elif match[0] == "}" and opened:
            is_boxed, start = opened.pop()
            if is_boxed and (last is None or start > last[0]):
                last = start, text[start : match.start()]
    return None if last is None else last[1].strip()


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Label and content of each `<box>…</box>`; a label holds for the boxes right after it."""
    label, label_start, box_start, last_end = "", None, None, 0
    for match in _MARK.finditer(text):
        if text[last_end : match.start()].strip() and match[0] in ("<ref>", "<box>"):
            label = ""
        if match[0] == "<ref>":
            label_start = match.end()
        elif match[0] == "</ref>" and label_start is not None:
            label, label_start = text[label_start : match.start()].strip(), None
        elif match[0] == "<box>":
            box_start = match.end()
        elif match[0] == "</box>" and box_start is not None:
            yield label, text[box_start : match.start()]
            box_start = None
        last_end = match.end()


def _number_lists(content: str) -> list[list[float]]:
    """The innermost lists, empty if there is anything but lists of numbers."""
    if not _LIST.fullmatch(content):
        return []
    lists = [_numbers(match[1]) for match in _GROUP.finditer(content)]
    return [each for each in lists if each is not None] if None not in lists else []


def _numbers(text: str) -> list[float] | None:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        return None


def _add(found: Grounding, label: str, numbers: list[float], width: float, height: float) -> None:
    shares = [each / SCALE for each in numbers]
    if len(shares) == 2 and all(0 <= each <= 1 for each in shares):
        found.points.append(GroundedPoint(label, (shares[0] * width, shares[1] * height)))
    elif box := _box(shares, width, height):
        found.boxes.append(GroundedBox(label, box))
    else:
        shown = _short(", ".join(f"{each:g}" for each in numbers))
        found.notices.append(f"[{shown}] is no box of 0 to {SCALE}, left and top first.")


def _box(shares: list[float], width: float, height: float) -> Box | None:
    if len(shares) != 4 or not all(0 <= each <= 1 for each in shares):
        return None
    left, top, right, bottom = shares
    if left >= right or top >= bottom:
        return None
    return Box(left * width, top * height, right * width, bottom * height)


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


def _tool_call(text: str, begin: int) -> tuple[ToolCall | None, int]:
    """The call that stands at `begin`, and where the text goes on after its mark."""
    start = _skip_space(text, begin)
    if not text.startswith("{", start):
        return None, begin
    try:
        _, end = _JSON.raw_decode(text, start)
        call = msgspec.json.decode(text[start:end], type=_Call)
    except (ValueError, msgspec.DecodeError, RecursionError):
        return None, begin
    arguments = bytes(call.arguments).decode()
    closing = _skip_space(text, end)
    if not call.name or arguments[:1] != "{" or not text.startswith(_CALL_END, closing):
        return None, begin
    return ToolCall(call.name, arguments), closing + len(_CALL_END)


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
