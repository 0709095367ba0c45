"""Running text: headings, paragraphs and lists, written into the columns of a page."""

from __future__ import annotations

from typing import Literal

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.flow import Flow
from shuowen.train.synthesize.layout_text import wrap
from shuowen.train.synthesize.look import Look
from shuowen.train.synthesize.sheet import Extent, Sheet, TextStyle

_NUMERALS_ZH = "一二三四五六七八九十"


def write_lines(
    sheet: Sheet,
    flow: Flow,
    text: str,
    style: TextStyle,
    *,
    indent: float = 0.0,
    hang: float = 0.0,
    align: Literal["left", "centre"] = "left",
) -> bool:
    """Write text, broken into lines, where the flow is; False when the page was full too soon.

    What is written is read in this order.

    Args:
        sheet: Paper.
        flow: Its columns.
        text: A paragraph.
        style: How it is written.
        indent: Of the first line, pixels.
        hang: Of all others, pixels.
        align: Of the lines.
    """
    room = flow.width - max(indent, hang)
    if indent > hang:
        lines = _indented(text, flow.width, indent - hang, style)
    else:
        lines = wrap(text, room, style.width)
    for number, line in enumerate(lines):
        place = flow.take(style.line_height)
        if place is None:
            return False
        left = place.left + (indent if number == 0 else hang)
        if align == "centre":
            left = place.left + max(0.0, place.width - style.width(line)) / 2
        sheet.write(line, left, place.top + (style.line_height - style.size_px) / 2, style)
        if line:
            sheet.text_lines.append(line)
    return True


def _indented(text: str, width: float, indent: float, style: TextStyle) -> list[str]:
    """Lines of which the first is shorter: it is filled first, then the rest anew."""
    first = wrap(text, width - indent, style.width)[0]
    rest = text[len(first) :].lstrip()
    return [first, *wrap(rest, width, style.width)] if rest else [first]


def write_heading(sheet: Sheet, flow: Flow, look: Look, number: int) -> bool:
    """A heading, mostly with a number, with space around it."""
    rng = sheet.rng
    text = wording.heading(rng, look.language)
    if rng.random() < 0.7:
        text = _numbered(rng, look, number) + text
    flow.skip(look.body.size_px * 0.5)
    if flow.room < 3 * look.body.line_height:
        flow.take(flow.room + 1)  # no heading at the foot of a column
    done = not flow.is_full and write_lines(sheet, flow, text, look.heading)
    flow.skip(look.body.size_px * 0.2)
    return done


def _numbered(rng: np.random.Generator, look: Look, number: int) -> str:
    if look.language == "zh" and rng.random() < 0.6:
        return f"{_NUMERALS_ZH[(number - 1) % 10]}、"
    return f"{number} " if rng.random() < 0.5 else f"{number}. "


def write_paragraph(sheet: Sheet, flow: Flow, look: Look) -> bool:
    """A paragraph of some sentences, in Chinese set in by two characters."""
    rng = sheet.rng
    text = wording.paragraph(rng, look.language, int(rng.integers(2, 6)))
    indent = 2.0 * look.body.size_px if look.language == "zh" else 0.0
    done = write_lines(sheet, flow, text, look.body, indent=indent)
    flow.skip(look.body.size_px * (0.2 if look.language == "zh" else 0.6))
    return done


def write_list(sheet: Sheet, flow: Flow, look: Look) -> bool:
    """A list with numbers or dashes."""
    rng = sheet.rng
    form = wording.pick(rng, ("{}. ", "{}) ", "({}) ", "- ", "· "))
    for number in range(1, int(rng.integers(3, 7))):
        words = wording.phrase(rng, look.language, int(rng.integers(3, 12)))
        text = form.format(number) + words
        hang = look.body.width(form.format(number))
        if not write_lines(sheet, flow, text, look.body, hang=hang):
            return False
    flow.skip(look.body.size_px * 0.5)
    return True


def place_of(flow: Flow, height: float) -> Extent | None:
    """Room for something that cannot be broken; None when the column has too little left."""
    return flow.take(height) if flow.room >= height else None
