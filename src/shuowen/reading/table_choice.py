"""Which grid fits a table: candidates from the printed rules, the network, and the text itself.

Each candidate is judged by the same evidence: how sure its maker is, whether words that stand apart
on one level fall into one cell, and whether rows or columns stay empty. Printed rules win a tie.
The network looks again at other views of the picture only while no candidate convinces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from shuowen.document.model import Box, union_of
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.engines.embedded.ruled_grid import ruled_structure
from shuowen.engines.embedded.ruled_lines import SAME_RULE_PX, Rules
from shuowen.engines.embedded.table_structure import find_structure
from shuowen.image.page import Pixels
from shuowen.reading.rows import find_rows, row_box
from shuowen.reading.table_conflicts import conflicts
from shuowen.reading.table_rows import text_structure
from shuowen.reading.table_text import Piece, edges_of, split_at_walls

CONVINCING = 0.995
"""A candidate as good as this ends the search."""
TRUSTED = 0.8
"""Below this the text's own rows and columns are taken instead."""
RULED_BONUS = 0.01
CONFLICT_WEIGHT = 0.3
"""Of a share of conflicts against the network's confidence, which moves between 0.9 and 1."""
LEAST_INSIDE = 0.85
"""Share of the text that must lie inside a ruled grid."""
MAX_OPEN_BODY = 0.6
"""A ruled row taller than this share of the table with stacked lines in it is a body whose rows
have no rules between them."""
MIN_STACKED = 3
MAX_NETWORK_PIECES = 1500
"""A table with more text than this is left to its rules, or to its text alone."""
STRIP_PIECES = 150
"""The network stops at 500 tokens and sees 488 pixels: tables with more text than this, or higher
than twice their width, are also looked at in strips."""
MAX_STRIPS = 12
"""Each strip costs a run of the network; a very high picture gets strips higher than twice its
width instead of more of them."""
CLOSED = 0.8
"""Share of the outline's two sides that must be printed for the outline to be closed."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A grid, the text split at its walls, and how well they fit, at most 1 plus the bonus.

    `homes` has the slot of each piece.
    """

    structure: TableStructure
    pieces: tuple[Piece, ...]
    homes: tuple[int, ...]
    score: float


def choose_structure(pixels: Pixels, pieces: Sequence[Piece], rules: Rules) -> Choice:
    """The grid that fits a straightened table picture best.

    Args:
        pixels: The table, (height, width, 3) RGB, lines level.
        pieces: Its text, at least one piece, in pixels of the picture.
        rules: Its printed rules.
    """
    best: Choice | None = None
    for candidate in _candidates(pixels, pieces, rules):
        if best is None or candidate.score > best.score:
            best = candidate
        if best.score >= CONVINCING:
            return best
    if best is None or best.score < TRUSTED:
        plain = _judged(text_structure(pieces), pieces)
        return plain if best is None or plain.score > best.score else best
    return best


def _candidates(pixels: Pixels, pieces: Sequence[Piece], rules: Rules) -> Iterator[Choice]:
    ruled = ruled_structure(rules)
    if ruled is not None and _is_whole(ruled, rules, pieces):
        choice = _judged(ruled, pieces)
        yield replace(choice, score=choice.score + RULED_BONUS)
    if len(pieces) > MAX_NETWORK_PIECES:
        return
    height, width = pixels.shape[:2]
    num_strips = min(max(-(-len(pieces) // STRIP_PIECES), height // width), MAX_STRIPS)
    if num_strips > 1:
        stacked = _from_strips(pixels, pieces, num_strips)
        if stacked is not None and stacked.slots:
            yield _judged(stacked, pieces)
    for view, area in (
        (_as_it_is, Box(0, 0, width, height)),
        (_as_it_is, _text_area(pieces, width, height)),
        (_without_specks, Box(0, 0, width, height)),
    ):
        structure = _network_structure(view(pixels), area)
        if structure.slots:
            yield _judged(structure, pieces)


def _judged(structure: TableStructure, pieces: Sequence[Piece]) -> Choice:
    parts, homes = split_at_walls(pieces, structure.slots)
    score = structure.confidence - CONFLICT_WEIGHT * conflicts(structure, parts, homes)
    return Choice(structure=structure, pieces=tuple(parts), homes=tuple(homes), score=score)


def _as_it_is(pixels: Pixels) -> Pixels:
    return pixels


def _without_specks(pixels: Pixels) -> Pixels:
    """Without the single black and white pixels of faxes and cheap scans."""
    gray = cv2.medianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), 3)
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), np.uint8)


def _text_area(pieces: Sequence[Piece], width: int, height: int) -> Box:
    """The text with a line's height around it: nearer than the picture where margins are wide."""
    box = union_of([piece.box for piece in pieces])
    rim = float(np.median([piece.box.height for piece in pieces]))
    return Box(
        max(box.left - rim, 0),
        max(box.top - rim, 0),
        min(box.right + rim, width),
        min(box.bottom + rim, height),
    )


def _network_structure(pixels: Pixels, area: Box) -> TableStructure:
    left = min(int(area.left), pixels.shape[1] - 1)
    top = min(int(area.top), pixels.shape[0] - 1)
    right, bottom = max(int(area.right), left + 1), max(int(area.bottom), top + 1)
    found = find_structure(pixels[top:bottom, left:right])
    return replace(found, slots=tuple(_moved(slot, left, top) for slot in found.slots))


def _from_strips(pixels: Pixels, pieces: Sequence[Piece], num_strips: int) -> TableStructure | None:
    """The grid from strips between levels of text, if all strips have the same columns.

    One more strip is tried when they have not: a cut through a head can hide its columns.
    """
    height, width = pixels.shape[:2]
    boxes = edges_of([piece.box for piece in pieces])
    levels = [row_box(boxes, row) for row in find_rows(boxes)]
    for number in (num_strips, num_strips + 1):
        starts = [len(levels) * strip // number for strip in range(1, number)]
        cuts = [float(levels[start - 1][3] + levels[start][1]) / 2 for start in starts if start]
        strips = [
            _network_structure(pixels, Box(0, top, width, bottom))
            for top, bottom in pairwise([0.0, *cuts, float(height)])
            if bottom - top >= 1
        ]
        if len({strip.num_cols for strip in strips}) == 1:
            return _stacked(strips)
    return None


def _stacked(strips: Sequence[TableStructure]) -> TableStructure:
    """Grids with the same columns, one under the other; the first one's head is the head."""
    slots: list[CellSlot] = []
    num_rows = 0
    for strip in strips:
        slots += [replace(slot, row_index=slot.row_index + num_rows) for slot in strip.slots]
        num_rows += strip.num_rows
    confidence = min(strip.confidence for strip in strips)
    return replace(strips[0], num_rows=num_rows, slots=tuple(slots), confidence=confidence)


def _moved(slot: CellSlot, x: float, y: float) -> CellSlot:
    box = slot.box and Box(
        slot.box.left + x, slot.box.top + y, slot.box.right + x, slot.box.bottom + y
    )
    return replace(slot, box=box)


def _is_whole(ruled: TableStructure, rules: Rules, pieces: Sequence[Piece]) -> bool:
    """Whether rules frame the text and part all of its rows, not only head and body."""
    if ruled.num_rows * ruled.num_cols < 4:
        return False
    outline = union_of([slot.box for slot in ruled.slots if slot.box is not None])
    inside = sum(len(p.line.text) for p in pieces if outline.contains(p.box.center))
    if inside < LEAST_INSIDE * sum(len(p.line.text) for p in pieces):
        return False
    least = MAX_OPEN_BODY * outline.height if _is_closed(outline, rules) else 0.0
    return not any(_is_open_row(ruled, row, least, pieces) for row in range(ruled.num_rows))


def _is_closed(outline: Box, rules: Rules) -> bool:
    """Whether the left and the right side of the table are printed."""
    top, bottom = round(outline.top * rules.scale), round(outline.bottom * rules.scale)
    for x in (outline.left, outline.right):
        at = round(x * rules.scale)
        side = rules.vertical[top:bottom, max(at - SAME_RULE_PX, 0) : at + SAME_RULE_PX + 1]
        if not side.size or side.any(axis=1).mean() < CLOSED:
            return False
    return True


def _is_open_row(
    ruled: TableStructure, row: int, least_height: float, pieces: Sequence[Piece]
) -> bool:
    """Whether two cells of a row that is this high hold stacked lines."""
    cells = [
        slot.box
        for slot in ruled.slots
        if slot.row_index == row and slot.row_span == 1 and slot.box is not None
    ]
    stacked = [
        cell
        for cell in cells
        if cell.height > least_height
        and sum(cell.contains(piece.box.center) for piece in pieces) >= MIN_STACKED
    ]
    return len(stacked) >= 2
