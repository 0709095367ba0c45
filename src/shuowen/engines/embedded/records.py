"""What the embedded networks answer, before reading makes a page of it."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.document.model import Box, RegionKind


@dataclass(frozen=True, kw_only=True)
class LayoutBox:
    """A part of the page that the layout network found; `box` in pixels of the picture given."""

    kind: RegionKind
    box: Box
    confidence: float


@dataclass(frozen=True, kw_only=True)
class CellSlot:
    """A table cell's place in the grid; `box` in pixels of the table picture, None if unknown."""

    row_index: int
    col_index: int
    row_span: int
    col_span: int
    box: Box | None


@dataclass(frozen=True, kw_only=True)
class TableStructure:
    """A table's grid without its text; `confidence` 0 to 1.

    The first `num_header_rows` rows name the columns.
    """

    num_rows: int
    num_cols: int
    slots: tuple[CellSlot, ...]
    confidence: float
    num_header_rows: int = 0
