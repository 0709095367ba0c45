"""What an answer holds besides words, as JSON and as a picture: boxes, tool calls, results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from shuowen.cli.chat_screen import Screen
from shuowen.document.model import Box
from shuowen.generation.answers import (
    GroundedBox,
    Grounding,
    find_bare_box,
    find_boxed,
    find_grounding,
    find_tool_calls,
)
from shuowen.generation.results import Completion, Delta
from shuowen.image.page import Pixels
from shuowen.writers.overlay_style import KIND_COLORS, Color

_COLORS: tuple[Color, ...] = tuple(KIND_COLORS.values())
_FONT_SHARE, _MIN_FONT_PX = 0.02, 12
_DECIMALS = 1

Report = Callable[[str], None]
"""Takes a sentence for the person."""


def grounding_of(text: str, picture: Pixels) -> Grounding:
    """Boxes and points of an answer; without any marks, the first bare `[x1, y1, x2, y2]`."""
    height, width = picture.shape[:2]
    found = find_grounding(text, width, height)
    if not (found.boxes or found.points or found.notices):
        bare = find_bare_box(text, width, height)
        found.boxes.extend([GroundedBox("", bare)] if bare else [])
    return found


def _boxes(text: str, picture: Pixels | None, report: Report) -> Any:
    if picture is None:
        report("No picture was shown, so there are no boxes.")
        return {"boxes": [], "points": []}
    found = grounding_of(text, picture)
    for notice in found.notices:
        report(notice)
    return {
        "boxes": [{"label": each.label, "box": _rounded(_sides(each.box))} for each in found.boxes],
        "points": [{"label": each.label, "point": _rounded(each.point)} for each in found.points],
    }


def _tool_calls(text: str, picture: Pixels | None, report: Report) -> Any:
    rest, calls = find_tool_calls(text)
    listed = [{"name": call.name, "arguments": json.loads(call.arguments)} for call in calls]
    return {"text": rest, "tool_calls": listed}


def _boxed(text: str, picture: Pixels | None, report: Report) -> Any:
    found = find_boxed(text)
    if found is None:
        report(r"The answer holds no \boxed{…}.")
    return found


_FINDERS: Mapping[str, Callable[[str, Pixels | None, Report], Any]] = MappingProxyType(
    {"boxes": _boxes, "tool-calls": _tool_calls, "boxed": _boxed}
)
"""By the values of --show."""


@dataclass
class Findings:
    """Writes what answers hold, as JSON: one value, or a list of them for several answers.

    Attributes:
        kind: A value of --show.
        picture: What boxes are measured on.
    """

    screen: Screen
    kind: str
    picture: Pixels | None

    def take(self, delta: Delta) -> None:
        """Wait for all of it."""

    def finish(self, completion: Completion) -> None:
        """Write what was found in the end."""
        find = _FINDERS[self.kind]
        found = [find(each.text, self.picture, self.screen.say) for each in completion.candidates]
        shown = found if len(found) > 1 else found[0]
        self.screen.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")


def draw_grounding(found: Grounding, picture: Pixels) -> bytes:
    """Boxes and points, numbered in the answer's order, on the picture, as a PNG file.

    Labels show where they are in Latin letters, which Pillow's own font has.
    """
    sheet = Image.fromarray(picture)
    font_px = max(_MIN_FONT_PX, round(max(sheet.size) * _FONT_SHARE))
    font, thick = ImageFont.load_default(size=font_px), max(2, font_px // 6)
    draw = ImageDraw.Draw(sheet)
    for number, box in enumerate(found.boxes, start=1):
        color = _COLORS[number % len(_COLORS)]
        draw.rectangle(_sides(box.box), outline=color, width=thick)
        _label(draw, (box.box.left, box.box.top), _words(number, box.label), font, color)
    for number, point in enumerate(found.points, start=len(found.boxes) + 1):
        color, (x, y), reach = _COLORS[number % len(_COLORS)], point.point, font_px / 2
        draw.line((x - reach, y, x + reach, y), fill=color, width=thick)
        draw.line((x, y - reach, x, y + reach), fill=color, width=thick)
        _label(draw, (x + reach, y), _words(number, point.label), font, color)
    file = BytesIO()
    sheet.save(file, "PNG", compress_level=3)
    return file.getvalue()


def _words(number: int, label: str) -> str:
    return f"{number} {label}" if label.isascii() and label.isprintable() else str(number)


def _label(
    draw: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    color: Color,
) -> None:
    """White on a patch of `color`, below the corner, where it is on the picture."""
    patch = draw.textbbox(corner, words, font=font)
    draw.rectangle((patch[0] - 2, patch[1] - 2, patch[2] + 2, patch[3] + 2), fill=color)
    draw.text(corner, words, font=font, fill="white")


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _rounded(numbers: tuple[float, ...]) -> list[float]:
    return [round(each, _DECIMALS) for each in numbers]
