"""Parts: what reading order moves about as a whole; a free line, or a table, or a figure.

The layout network is heard for tables and figures, and overruled by the lines inside: a "figure"
full of text is text, and a "table" whose rows have a single piece is a paragraph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Direction, Line, RegionKind
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.frame import Floats, straight_boxes, turned_box
from shuowen.reading.line_numbers import find_line_numbers
from shuowen.reading.order import order_blocks
from shuowen.reading.rows import find_rows, row_box

Booleans = NDArray[np.bool_]

MAX_TEXT_IN_FIGURE = 0.15
"""Share of a figure's area that its lettering covers at most; running text covers over a third."""
MIN_TABLE_ROWS = 2
"""Rows of several pieces that make a table, at least."""
MAX_LABEL_GAP = 0.6
"""White, in line heights, between the lines of one label in a figure, at most."""
NEAR = 1.5
"""White, in line heights, up to which lines set across the page's main direction are one group."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Lines that stay together, already in reading order; `kind` is None for ordinary text."""

    line_indices: tuple[int, ...]
    kind: RegionKind | None = None
    layout_box: Box | None = None
    is_stack: bool = False
    """Whether every line ends where it ends; else they run on as one paragraph."""

    @property
    def is_line(self) -> bool:
        """Whether this is a single line of ordinary text."""
        return self.kind is None and len(self.line_indices) == 1


def find_parts(
    lines: Sequence[Line], boxes: Floats, layout: Sequence[LayoutBox], direction: Direction
) -> list[Part]:
    """Shares out all lines over parts; every line is in exactly one.

    Args:
        lines: The page's lines.
        boxes: Their boxes (N, 4) in the reading frame of `direction`.
        layout: What the layout network saw, most confident first.
        direction: The page's main direction.
    """
    numbers = find_line_numbers(lines, boxes)
    parts = [Part(line_indices=tuple(numbers), is_stack=True)] if numbers else []
    free = sorted(set(range(len(lines))) - set(numbers))
    for seen in layout:
        inside = [index for index in free if seen.box.contains(lines[index].box.center)]
        if _is_solid(seen, lines, boxes, inside):
            ordered = _figure_order(boxes, inside) if seen.kind == "figure" else inside
            parts.append(Part(line_indices=tuple(ordered), kind=seen.kind, layout_box=seen.box))
            claimed = set(inside)
            free = [index for index in free if index not in claimed]
    across = [index for index in free if lines[index].direction != direction]
    for group in _groups(boxes, across, _are_near):
        parts.append(Part(line_indices=_in_own_order(lines, group)))
    along = (index for index in free if lines[index].direction == direction)
    return parts + [Part(line_indices=(index,)) for index in along]


def _is_solid(seen: LayoutBox, lines: Sequence[Line], boxes: Floats, inside: Sequence[int]) -> bool:
    if seen.kind == "table":
        rows = find_rows(boxes[list(inside)])
        return sum(len(row) > 1 for row in rows) >= max(MIN_TABLE_ROWS, len(rows) / 3)
    if seen.kind == "figure":
        text_area = sum(lines[index].box.overlap(seen.box) for index in inside)
        return text_area <= MAX_TEXT_IN_FIGURE * seen.box.area
    return False


def _figure_order(boxes: Floats, inside: Sequence[int]) -> list[int]:
    """Labels of a figure, row by row; lines close under each other are one label."""
    labels = _groups(boxes, inside, _is_next_line)
    label_boxes = np.array([row_box(boxes, label) for label in labels]).reshape(-1, 4)
    rows = find_rows(label_boxes)
    ordered = (labels[index] for row in rows for index in row)
    return [line for label in ordered for line in sorted(label, key=lambda i: boxes[i, 1])]


def _in_own_order(lines: Sequence[Line], group: Sequence[int]) -> tuple[int, ...]:
    """Lines that run across the page's main direction, in the order of their own."""
    boxes = straight_boxes([lines[index] for index in group], lines[group[0]].direction)
    blocks = order_blocks(boxes, boxes[:, 3] - boxes[:, 1])
    return tuple(group[index] for block in blocks for row in block for index in row)


def _groups(
    boxes: Floats, indices: Sequence[int], are_together: Callable[[Floats, Floats], Booleans]
) -> list[list[int]]:
    """Groups of boxes, found by spreading from each to those that are together with it."""
    waiting, groups = np.array(indices, int), []
    while len(waiting):
        group, edge = [], [waiting[0]]
        waiting = waiting[1:]
        while edge:
            group.append(int(edge.pop()))
            is_with = are_together(boxes[group[-1]], boxes[waiting])
            edge += list(waiting[is_with])
            waiting = waiting[~is_with]
        groups.append(sorted(group))
    return groups


def _are_near(box: Floats, others: Floats) -> Booleans:
    """Which of `others` (N, 4) are hardly further from a box than lines are from each other."""
    reach = NEAR * np.minimum(box[2] - box[0], others[:, 2] - others[:, 0])
    gaps = np.maximum(box[:2], others[:, :2]) - np.minimum(box[2:], others[:, 2:])
    return np.asarray((gaps <= reach[:, None]).all(axis=1))


def _is_next_line(box: Floats, others: Floats) -> Booleans:
    """Which of `others` (N, 4) stand close above or below a box."""
    lower = np.minimum(box[3] - box[1], others[:, 3] - others[:, 1])
    narrower = np.minimum(box[2] - box[0], others[:, 2] - others[:, 0])
    beside = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    gap = np.maximum(box[1], others[:, 1]) - np.minimum(box[3], others[:, 3])
    is_close = (gap > -0.5 * lower) & (gap < MAX_LABEL_GAP * lower)
    return np.asarray(is_close & (beside > 0.5 * narrower))


def part_box(part: Part, boxes: Floats, direction: Direction) -> Floats:
    """The box (4,) of a part in the reading frame: around its lines, else what the network saw."""
    if part.layout_box is not None and not part.line_indices:
        return turned_box(part.layout_box, direction)
    own = boxes[list(part.line_indices)]
    return np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)])
