"""Paragraphs: which rows of a block run on, and which end where they end.

One idea does most of it: a line was broken on purpose when the first word of the next would have
fit behind it. That keeps poems, code, addresses, receipts and lists, and joins prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

import numpy as np

from shuowen.document.model import RegionKind
from shuowen.document.text import is_unspaced
from shuowen.reading.frame import Floats

MAX_SIZE_RATIO = 1.3
"""Rows whose letters differ more in size are not one text; measured sizes scatter by 15 %."""
FAR_PITCH = 1.4
"""Distance of two rows, in the block's usual distances, from which a new region begins."""
MIN_SHIFT = 0.4
"""Shift, in line heights, from which two rows do not begin at one edge."""
MIN_INDENT = 0.8
"""Shift to the right, in line heights, that starts a paragraph; Chinese uses two, English one."""
MAX_INDENT = 5.0
"""A larger shift is a new place on the page, not an indented paragraph."""
WIDE_GAP = 1.2
"""White within a row, in line heights, that no sentence has: rows like it are kept as they are."""

BULLET = re.compile(r"^\s*(?:[•●○◦▪■□◆◇❖➢➤►▶✓✔※·①-⑳]\s*(?=\S)|[*–—-]\s(?=\S))")
NUMBER = re.compile(
    r"^\s*(?:[(\uff08]?\d{1,3}(?:[)\uff09、](?=\D|$)|\.(?=[^\d\s]|\s))"
    r"|[(\uff08]?(?:[a-zA-Z]|[ivx]{2,4})[.)\uff09](?=\s)"
    r"|[(\uff08][一二三四五六七八九十]{1,3}[)\uff09]|[一二三四五六七八九十]{1,3}、)"
)
"""What a list's items begin with. A number may also begin a line of prose by chance."""


@dataclass(frozen=True)
class Row:
    """One level of a block: its lines left to right, and the box around them."""

    line_indices: tuple[int, ...]
    box: Floats
    height: float
    size: float
    """Size of its letters in pixels, see `letters.py`."""
    vote: RegionKind | None
    """What the layout network took it for."""
    widest_gap: float
    text: str


Paragraph = list[Row]


def split_rows(rows: Sequence[Row]) -> list[list[Row]]:
    """Stretches of rows with one size of letters and one distance."""
    if not rows:
        return []
    usual = _usual_pitch(rows)
    stretches = [[rows[0]]]
    for above, below in pairwise(rows):
        if _is_break(above, below, usual):
            stretches.append([])
        stretches[-1].append(below)
    return stretches


def find_paragraphs(rows: Sequence[Row], column_right: float) -> list[Paragraph]:
    """Paragraphs of one stretch; a row that ends on purpose ends its paragraph.

    Args:
        rows: The stretch, top to bottom.
        column_right: Where the text around the stretch ends on the right.
    """
    if not rows:
        return []
    right = _right_margin(rows, column_right)
    paragraphs = [[rows[0]]]
    for below, after in zip_longest(rows[1:], rows[2:]):
        if _ends(paragraphs[-1], below, after, right):
            paragraphs.append([])
        paragraphs[-1].append(below)
    return paragraphs


def _right_margin(rows: Sequence[Row], column_right: float) -> float:
    """Where lines were broken: where two of the rows end, else where the column ends."""
    widest = max(rows, key=lambda row: row.box[2])
    num_there = sum(widest.box[2] - row.box[2] < widest.height for row in rows)
    return float(widest.box[2]) if num_there > 1 else column_right


def _usual_pitch(rows: Sequence[Row]) -> float:
    """The lower quartile of distances from row to row, in heights of the upper one."""
    pitches = [_pitch(above, below) for above, below in pairwise(rows)]
    return float(np.quantile(pitches, 0.25)) if pitches else 1.0


def _pitch(above: Row, below: Row) -> float:
    return float((below.box[1] + below.box[3] - above.box[1] - above.box[3]) / 2)


def _is_break(above: Row, below: Row, usual: float) -> bool:
    small, large = sorted([above.size, below.size])
    is_far = _pitch(above, below) > FAR_PITCH * max(usual, small)
    return large > MAX_SIZE_RATIO * small or is_far


def is_item(row: Row) -> bool:
    """Whether a row begins like an item of a list."""
    return bool(BULLET.match(row.text) or NUMBER.match(row.text))


def _ends(paragraph: Paragraph, below: Row, after: Row | None, right: float) -> bool:
    """Whether a paragraph ends before the row `below`; `after` is the row after that."""
    above = paragraph[-1]
    unit = min(above.height, below.height)
    if max(above.widest_gap, below.widest_gap) > WIDE_GAP * unit or BULLET.match(below.text):
        return True
    shift = float(below.box[0] - above.box[0]) / unit
    if NUMBER.match(below.text) and abs(shift) > MIN_SHIFT:
        return True
    if MIN_INDENT < shift < MAX_INDENT and not _hangs(above, below, after):
        return True
    if _is_uneven(paragraph, below, shift, unit):
        return True
    return _first_word_width(below) < right - float(above.box[2])


def _hangs(above: Row, below: Row, after: Row | None) -> bool:
    """Whether an indented row goes on with an item, or with a paragraph that hangs from its first.

    A hanging paragraph stays indented; an indented first row is followed by one further left.
    """
    stays = after is not None and abs(after.box[0] - below.box[0]) < MIN_SHIFT * below.height
    return is_item(above) or stays


def _is_uneven(paragraph: Paragraph, below: Row, shift: float, unit: float) -> bool:
    """Whether rows are centred, or set to the right: then each ends where it ends.

    In prose only the first row may begin elsewhere than the second. A title may be centred.
    """
    above = paragraph[-1]
    if above.vote == below.vote == "title":
        return False
    end_shift = float(below.box[2] - above.box[2]) / unit
    is_centred = shift * end_shift < 0 and min(abs(shift), abs(end_shift)) > MIN_SHIFT
    is_flush_right = abs(end_shift) < MIN_SHIFT and abs(shift) > MIN_INDENT
    is_alike = abs(abs(shift) - abs(end_shift)) < MIN_SHIFT
    is_prose = len(paragraph) == 1 and abs(shift) < MAX_INDENT
    return (is_centred and is_alike) or (is_flush_right and not is_prose)


def _first_word_width(row: Row) -> float:
    """Width in pixels that the row's first word takes with the space before it.

    A Chinese character counts double, because closing punctuation may not begin a line.
    """
    is_chinese = is_unspaced(row.text[0])
    num_characters = 2 if is_chinese else len(row.text.split(maxsplit=1)[0]) + 1
    share = min(1.0, num_characters / len(row.text))
    return float(share * (row.box[2] - row.box[0]) + 0.5 * row.height)
