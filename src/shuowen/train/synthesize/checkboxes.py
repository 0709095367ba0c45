"""Boxes to tick: empty, ticked, crossed or filled, drawn as a printer and a pen do."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.train.synthesize.look import Look
from shuowen.train.synthesize.sheet import Extent, Sheet

CHECKED, UNCHECKED = "☑", "□"
"""How a box is written in text."""


def choices_width(options: Sequence[str], look: Look) -> float:
    """How wide `write_choices` will be, pixels."""
    size = look.body.size_px
    return sum(size * 2.3 + look.body.width(option) for option in options)


def write_choices(
    sheet: Sheet, options: Sequence[str], checked: set[int], left: float, top: float, look: Look
) -> tuple[str, Extent]:
    """Options in a row, each with a box before it.

    Args:
        sheet: Paper.
        options: What can be chosen.
        checked: Indices of those that are.
        left, top: Corner of the row, pixels.
        look: Of the document.

    Returns:
        What is read, such as "☑男 □女", and where it stands.
    """
    size, texts, start = look.body.size_px, [], left
    style = int(sheet.rng.integers(3))
    for index, option in enumerate(options):
        is_checked = index in checked
        _draw_box(sheet, left, top + size * 0.1, size * 0.85, look)
        if is_checked:
            _tick(sheet, left, top + size * 0.1, size * 0.85, look, style)
        sheet.write(option, left + size * 1.2, top, look.body)
        gap = " " if look.language == "en" else ""
        texts.append(f"{CHECKED if is_checked else UNCHECKED}{gap}{option}")
        left += size * 2.3 + look.body.width(option)
    extent = Extent(left=start, top=top, right=left - size, bottom=top + size * 1.1)
    return " ".join(texts), extent


def _draw_box(sheet: Sheet, left: float, top: float, side: float, look: Look) -> None:
    box = Extent(left=left, top=top, right=left + side, bottom=top + side)
    sheet.box(box, outline=look.body.ink, width=max(1, round(side / 12)))


def _tick(sheet: Sheet, left: float, top: float, side: float, look: Look, style: int) -> None:
    """A tick, a cross or a filled box, a little beside where it should be."""
    ink, width = look.hand.ink, max(2, round(side / 7))
    left, top = (at + float(sheet.rng.normal(0, side * 0.06)) for at in (left, top))
    if style == 0:
        low = (left + side * 0.4, top + side * 0.85)
        sheet.rule((left + side * 0.15, top + side * 0.5), low, width, ink)
        sheet.rule(low, (left + side * 1.05, top - side * 0.1), width, ink)
    elif style == 1:
        far = (left + side * 0.9, top + side * 0.9)
        sheet.rule((left + side * 0.1, top + side * 0.1), far, width, ink)
        sheet.rule((left + side * 0.1, far[1]), (far[0], top + side * 0.1), width, ink)
    else:
        inside = Extent(left=left, top=top, right=left + side, bottom=top + side)
        sheet.box(inside.inset(side * 0.2), fill=ink)
