"""A read document as rows of text, every part of which knows where it stands.

Labels and their values are told by where they stand, so pages are laid level first: a turned or
leaning page becomes upright, and pieces on one level become one row, with a tab where there is
more white than between words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from shuowen.document.model import Box, Line, Page, Region, union_of
from shuowen.document.text import is_unspaced
from shuowen.image.frame import turned_frame
from shuowen.reading.place import between
from shuowen.reading.rows import find_rows
from shuowen.server.chat.key_values.words import Word, words_of

WIDE_GAP = 0.9
"""White, in line heights, from which two pieces of a row are apart and not one phrase."""
_WIDE_GAP_IN_LINE = 2.0
"""The same between two words that were read as one line."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Where characters `start` to `end` of a row stand, level and on the page as it came."""

    start: int
    end: int
    level: Box
    box: Box
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a row: its text as it was read, and where it stands."""

    text: str
    level: Box
    box: Box
    confidence: float
    page_number: int
    document_number: int


@dataclass(frozen=True)
class Row:
    """Text on one level of a page, or of a table's cells.

    Attributes:
        text: What was read, pieces apart by a space, or by a tab where they are far apart.
        marks: Places of its words, in order; at least one.
        joints: Where a new piece begins in `text`.
        page_number, document_number: Both from 1.
    """

    text: str
    marks: tuple[Mark, ...]
    joints: frozenset[int]
    page_number: int
    document_number: int

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words and signs in comparable form."""
        return words_of(self.text)

    @cached_property
    def level(self) -> Box:
        """The level box around the row."""
        return union_of([mark.level for mark in self.marks])

    @cached_property
    def height(self) -> float:
        """Height of its text in pixels, above 0."""
        return max(1.0, float(np.median([mark.level.height for mark in self.marks])))

    def part(self, start: int, end: int) -> Part | None:
        """Characters `start` to `end` without white at the ends; None when nothing is left."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        end = start + len(text.strip())
        marks = [mark for mark in self.marks if mark.start < end and mark.end > start]
        if start >= end or not marks:
            return None
        return Part(
            text=" ".join(self.text[start:end].split()),
            level=union_of([_cut(mark, start, end, mark.level) for mark in marks]),
            box=union_of([_cut(mark, start, end, mark.box) for mark in marks]),
            confidence=sum(mark.confidence for mark in marks) / len(marks),
            page_number=self.page_number,
            document_number=self.document_number,
        )

    def segment(self, position: int) -> tuple[int, int]:
        """Bounds of the run without tabs that holds `position`."""
        end = self.text.find("\t", position)
        return self.text.rfind("\t", 0, position) + 1, len(self.text) if end < 0 else end

    def segments(self) -> list[tuple[int, int]]:
        """Bounds of all runs without tabs."""
        bounds, start = [], 0
        for piece in self.text.split("\t"):
            if piece.strip():
                bounds.append((start, start + len(piece)))
            start += len(piece) + 1
        return bounds


def _cut(mark: Mark, start: int, end: int, box: Box) -> Box:
    """The part of a word's box that characters `start` to `end` of the row take up.

    On a turned page only the level box can be cut; the other stays whole.
    """
    if box is not mark.level and box != mark.level:
        return box
    width = box.width / ((mark.end - mark.start) or 1)
    left = box.left + width * max(0, start - mark.start)
    right = box.right - width * max(0, mark.end - end)
    return Box(round(left, 1), box.top, round(right, 1), box.bottom)


class _Placed(NamedTuple):
    line: Line
    level: Line


def page_rows(page: Page, document_number: int) -> list[Row]:
    """The page's rows, top to bottom; columns side by side are apart by tabs."""
    placed = _level(page, [line for region in page.regions for line in region.lines])
    flat = [each for each in placed if _is_flat(each.line)]
    boxes = np.array([list(_edges(each.level.box)) for each in flat], float).reshape(-1, 4)
    groups = [[flat[index] for index in row] for row in find_rows(boxes)]
    groups += [[each] for each in placed if not _is_flat(each.line)]
    return [_row(group, page, document_number) for group in groups]


def region_row(page: Page, region: Region, document_number: int) -> Row:
    """A region's lines one after another, as one phrase; it has at least one."""
    return _cell(_level(page, region.lines), page, document_number)


def table_cells(page: Page, region: Region, document_number: int) -> list[list[Row | None]]:
    """A table's grid: the text of each slot where a cell with text begins, else None."""
    table = region.table
    if table is None:
        return []
    is_wide = table.num_cols > 1
    placed = _level(page, region.lines)
    grid: list[list[Row | None]] = [[None] * table.num_cols for _ in range(table.num_rows)]
    for cell in table.cells:
        if is_wide and cell.col_span >= table.num_cols:
            continue  # a title or a note inside the frame; `page_rows` has it
        lines = [placed[index] for index in cell.line_indices if index < len(placed)]
        if lines and cell.row_index < table.num_rows and cell.col_index < table.num_cols:
            grid[cell.row_index][cell.col_index] = _cell(lines, page, document_number)
    return grid


def joined(cells: Sequence[Row]) -> Row:
    """Cells as one row, apart by tabs."""
    text = ""
    marks: list[Mark] = []
    joints: set[int] = set()
    for cell in cells:
        text += "\t" if text else ""
        marks += _moved(cell.marks, len(text))
        joints |= {joint + len(text) for joint in cell.joints}
        text += cell.text
    return replace(cells[0], text=text, marks=tuple(marks), joints=frozenset(joints))


def _is_flat(line: Line) -> bool:
    # A lone "1" is taller than wide, and stands in a row all the same.
    return line.direction == "horizontal" or len(line.text.strip()) <= 2


def _level(page: Page, lines: Sequence[Line]) -> list[_Placed]:
    repair = page.repair
    if not repair.rotation_degrees and not repair.skew_degrees:
        return [_Placed(line, line) for line in lines]
    size = page.width_px, page.height_px
    turned = turned_frame(size, repair.rotation_degrees)
    placing = between(turned_frame(size, 0), turned.straightened(repair.skew_degrees))
    return [_Placed(line, placing.line(line) if placing else line) for line in lines]


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _row(lines: Sequence[_Placed], page: Page, document_number: int) -> Row:
    whites = [""]
    for left, right in zip(lines, lines[1:], strict=False):
        gap = right.level.box.left - left.level.box.right
        height = min(left.level.box.height, right.level.box.height)
        whites.append("\t" if gap > WIDE_GAP * height else " ")
    return _written(lines, whites, page, document_number)


def _cell(lines: Sequence[_Placed], page: Page, document_number: int) -> Row:
    """A cell's lines one after another, as one phrase."""
    whites = [""]
    for above, below in zip(lines, lines[1:], strict=False):
        is_han = is_unspaced(above.line.text[-1]) and is_unspaced(below.line.text[0])
        whites.append("" if is_han else " ")
    row = _written(lines, whites, page, document_number)
    return replace(row, text=row.text.replace("\t", " "))


def _written(
    lines: Sequence[_Placed], whites: Sequence[str], page: Page, document_number: int
) -> Row:
    text, joints = "", set()
    marks: list[Mark] = []
    for placed, white in zip(lines, whites, strict=True):
        text += white
        joints.add(len(text))
        own = _marks(placed)
        marks += _moved(own, len(text))
        text += _spaced(placed, own)
    return Row(text, tuple(marks), frozenset(joints), page.page_number, document_number)


def _marks(placed: _Placed) -> list[Mark]:
    """The places of a line's words; of the line when its words do not spell it."""
    marks: list[Mark] = []
    position, text = 0, placed.line.text
    for span, level in zip(placed.line.spans, placed.level.spans, strict=True):
        start = text.find(span.text, position)
        if start < 0:
            marks = []
            break
        position = start + len(span.text)
        confidence = sum(span.confidences) / (len(span.confidences) or 1)
        mark = Mark(start=start, end=position, level=level.box, box=span.box, confidence=confidence)
        marks.append(mark)
    line, level_box = placed.line, placed.level.box
    whole = Mark(start=0, end=len(text), level=level_box, box=line.box, confidence=line.confidence)
    return marks or [whole]


def _spaced(placed: _Placed, marks: Sequence[Mark]) -> str:
    """The line's text, of the same length, with tabs where its words are far apart."""
    text = placed.line.text.replace("\t", " ")
    height = placed.level.box.height
    for left, right in zip(marks, marks[1:], strict=False):
        white = text[left.end : right.start]
        gap = right.level.left - left.level.right
        if white and white.isspace() and gap > _WIDE_GAP_IN_LINE * height:
            text = text[: left.end] + "\t" * len(white) + text[right.start :]
    return text


def _moved(marks: Sequence[Mark], by: int) -> list[Mark]:
    return [replace(mark, start=mark.start + by, end=mark.end + by) for mark in marks]
