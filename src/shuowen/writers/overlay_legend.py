"""The legend below an overlay: patches of colour with words, wrapped to the sheet's width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shuowen.writers.overlay_style import Color, Font, Sheet

# In font sizes: a row's height, a patch's side, the gap after a patch and after an entry.
_ROW, _PATCH, _GAP, _SPACE = 1.7, 1.0, 0.4, 1.4


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Words, and the colour that they explain, if any."""

    text: str
    color: Color | None


@dataclass(frozen=True, kw_only=True)
class _Placed:
    entry: Entry
    x: float
    row_index: int


def legend_height(entries: Sequence[Entry], font: Font, font_px: int, width: int) -> int:
    """Height in pixels that `entries` need on a sheet of `width` pixels."""
    num_rows = max(placed.row_index for placed in _wrap(entries, font, font_px, width)) + 1
    return round((num_rows + 1) * _ROW * font_px)


def write_legend(sheet: Sheet, entries: Sequence[Entry]) -> None:
    """Draw `entries` below the page's picture."""
    size = sheet.font_px
    for placed in _wrap(entries, sheet.font, size, sheet.image.width):
        x = placed.x
        y = sheet.bottom + (placed.row_index + 1) * _ROW * size
        if placed.entry.color is not None:
            patch = (x, y - _PATCH * size / 2, x + _PATCH * size, y + _PATCH * size / 2)
            sheet.draw.rectangle(patch, fill=placed.entry.color)
            x += (_PATCH + _GAP) * size
        sheet.draw.text((x, y), placed.entry.text, font=sheet.font, fill="black", anchor="lm")


def _wrap(entries: Sequence[Entry], font: Font, font_px: int, width: int) -> Iterator[_Placed]:
    """Entries from left to right; one that would cross the right edge begins a new row."""
    left = _GAP * font_px
    x, row_index = left, 0
    for entry in entries:
        patch = 0.0 if entry.color is None else (_PATCH + _GAP) * font_px
        length = patch + font.getlength(entry.text)
        if x > left and x + length + left > width:
            x, row_index = left, row_index + 1
        yield _Placed(entry=entry, x=x, row_index=row_index)
        x += length + _SPACE * font_px
