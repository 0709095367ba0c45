"""Tables of a page: their grid, and which text stands in which cell.

The table's picture is straightened first (`image/perspective.py`). Its grid comes from the printed
rules, from the structure network or from the text's own rows and columns (`table_choice.py`).
Every line of the region ends in exactly one cell (`table_text.py`); cells that hold ink but no text
are read again one by one (`table_ink.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from shuowen.document.model import Box, Line, Notice, Region, union_of
from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.ruled_lines import Rules, find_rules
from shuowen.image.page import Pixels
from shuowen.image.perspective import Flattening, flatten
from shuowen.reading.dashes import with_dashes
from shuowen.reading.table_cells import make_table, table_text
from shuowen.reading.table_choice import TRUSTED, Choice, choose_structure
from shuowen.reading.table_ink import find_ink
from shuowen.reading.table_text import Piece, edges_of, place, quad_of, straightened, text_edges

ReadLines = Callable[[Pixels, Sequence[TextBox]], list[Line]]
"""Reads the text in boxes of a picture; `EmbeddedEngine.read_lines`."""

RIM_PX = 6
"""Taken with a table on every side, for its outermost rules."""
MAX_PIECES = 6_000
MAX_CELLS_READ = 500
LEAST_CONFIDENCE = 0.5
"""A mark in an empty cell that is read with less stays unread."""

_PARTIAL = Notice(
    code="table_partial",
    message="The rows and columns of this table are uncertain: they follow the text alone.",
)
_TOO_LARGE = Notice(
    code="table_partial",
    message=f"This table has more than {MAX_PIECES} pieces of text; its cells were not worked out.",
)


@dataclass(frozen=True, kw_only=True)
class _Crop:
    """A table's part of the page, straightened."""

    page: Pixels
    origin: Box
    flattening: Flattening
    rules: Rules


def fill_table(region: Region, pixels: Pixels, read_lines: ReadLines | None = None) -> Region:
    """Gives a table region its cells; a region that is no table, or has no lines, stays as it is.

    Args:
        region: A region of the page, boxes in pixels of `pixels`.
        pixels: The upright page, (height, width, 3) RGB.
        read_lines: Reads cells that hold ink but no text; without it they stay empty.

    Returns:
        The region. A table whose grid is doubtful has a notice "table_partial".
    """
    if region.kind != "table" or not region.lines:
        return region
    if len(region.lines) > MAX_PIECES:
        return msgspec.structs.replace(region, notices=(*region.notices, _TOO_LARGE))
    crop, pieces = _straight_crop(region, pixels)
    choice = choose_structure(crop.flattening.pixels, pieces, crop.rules)
    pieces, homes = list(choice.pieces), list(choice.homes)
    if read_lines is not None:
        overlooked = _overlooked(crop, choice, read_lines)
        pieces += overlooked
        homes += place(overlooked, choice.structure.slots)
    table = make_table(choice.structure, pieces, homes, crop.flattening, crop.origin)
    return msgspec.structs.replace(
        region,
        table=table,
        text=table_text(table),
        lines=tuple(piece.line for piece in pieces),
        notices=region.notices if choice.score >= TRUSTED else (*region.notices, _PARTIAL),
    )


def _straight_crop(region: Region, pixels: Pixels) -> tuple[_Crop, list[Piece]]:
    origin = _rim_around(region, pixels.shape[1], pixels.shape[0])
    left, top, right, bottom = (int(edge) for edge in edges_of([origin])[0])
    picture = np.ascontiguousarray(pixels[top:bottom, left:right])
    flattening = flatten(picture, text_edges(region.lines) - np.array([left, top, left, top]))
    pieces = straightened(region.lines, flattening, origin)
    rules = find_rules(flattening.pixels, [piece.box for piece in pieces])
    return _Crop(page=pixels, origin=origin, flattening=flattening, rules=rules), pieces


def _rim_around(region: Region, width: int, height: int) -> Box:
    """The region with its lines and a rim, on whole pixels of the page; never empty."""
    box = union_of([region.box, *(line.box for line in region.lines)])
    left, top = (max(int(edge) - RIM_PX, 0) for edge in (box.left, box.top))
    right, bottom = int(box.right) + RIM_PX, int(box.bottom) + RIM_PX
    left, top = min(left, width - 1), min(top, height - 1)
    return Box(left, top, max(min(right, width), left + 1), max(min(bottom, height), top + 1))


def _overlooked(crop: _Crop, choice: Choice, read_lines: ReadLines) -> list[Piece]:
    """What the recogniser reads in the cells that hold ink but no text."""
    marks = find_ink(
        crop.flattening.pixels, choice.structure, choice.pieces, choice.homes, crop.rules
    )
    offset = np.array([crop.origin.left, crop.origin.top])
    boxes = [
        TextBox(
            quad=(crop.flattening.original_points(quad_of(mark)) + offset).astype(np.float32),
            score=1.0,
        )
        for mark in marks[:MAX_CELLS_READ]
    ]
    lines = [line for line in read_lines(crop.page, boxes) if line.confidence >= LEAST_CONFIDENCE]
    known = [piece.line for piece in choice.pieces]
    mended = with_dashes("table", [*known, *lines])[len(known) :]
    return straightened(mended, crop.flattening, crop.origin)
