"""Carrying lines and regions between the upright picture and the original page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, Region, Span, Table, union_of
from shuowen.engines.embedded.lines import as_quad
from shuowen.image.frame import Frame

Points = NDArray[np.float64]
Carry = Callable[[Points], Points]

EDGE_STEPS = 8
"""So many points of an edge are carried: on a bent page the middle of a line hangs lower, or stands
higher, than its ends."""


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Moves records of the document through `carry`, a map of points (n, 2).

    Upright boxes are cut off at the edges of a picture of `size`, width and height; quadrilaterals
    say where the text is, be it outside.
    """

    carry: Carry
    size: tuple[int, int]

    def line(self, line: Line) -> Line:
        """The line at its new place."""
        moved = self._outline(np.array(line.quad))
        spans = tuple(self._span(span) for span in line.spans)
        struck = tuple(
            msgspec.structs.replace(each, box=self.box(each.box)) for each in line.crossed_out
        )
        quad, box = as_quad(moved[:4]), self._around(moved)
        return msgspec.structs.replace(line, quad=quad, box=box, spans=spans, crossed_out=struck)

    def region(self, region: Region) -> Region:
        """The region, its lines and its cells at their new places."""
        lines = tuple(self.line(line) for line in region.lines)
        # Around lines that were turned one by one, for the turned box of a region is larger.
        is_text = lines and region.table is None and region.kind != "figure"
        box = union_of([line.box for line in lines]) if is_text else self.box(region.box)
        table = region.table and self._table(region.table)
        return msgspec.structs.replace(region, box=box, lines=lines, table=table)

    def box(self, box: Box) -> Box:
        """The upright box around where the box's edges go."""
        corners = [
            [box.left, box.top],
            [box.right, box.top],
            [box.right, box.bottom],
            [box.left, box.bottom],
        ]
        return self._around(self._outline(np.array(corners)))

    def _outline(self, corners: Points) -> Points:
        """Where points along the edges between `corners` (4, 2) go; first the corners."""
        edges = np.roll(corners, -1, axis=0) - corners
        shares = np.arange(EDGE_STEPS)[:, None, None] / EDGE_STEPS
        return self.carry((corners + edges * shares).reshape(-1, 2)).round(1)

    def _around(self, points: Points) -> Box:
        inside = np.clip(points, 0.0, self.size)
        return Box(*inside.min(axis=0).tolist(), *inside.max(axis=0).tolist())

    def _span(self, span: Span) -> Span:
        return msgspec.structs.replace(span, box=self.box(span.box))

    def _table(self, table: Table) -> Table:
        cells = tuple(
            msgspec.structs.replace(cell, box=cell.box and self.box(cell.box))
            for cell in table.cells
        )
        return msgspec.structs.replace(table, cells=cells)


def to_original(frame: Frame, size: tuple[int, int]) -> Placing:
    """From the upright picture back to the page as it came, of `size` (width, height)."""
    return Placing(carry=frame.to_original, size=size)


def between(start: Frame, end: Frame) -> Placing | None:
    """From one upright picture of a page to another, both flattened alike; None for the same."""
    if start is end:
        return None
    return Placing(carry=lambda points: start.points_in(end, points), size=end.size)
