"""Text of a table: which line, or which piece of a line, belongs to which cell.

A text detector often runs over the white between two columns. Such a line is split between the
words on both sides, so that every piece lies in exactly one cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, Span, box_around, union_of
from shuowen.engines.embedded.records import CellSlot
from shuowen.image.perspective import Flattening, Segments

Floats = NDArray[np.float64]

SHARED_ROW = 0.5
"""Share of a line's height by which it must lie in a cell to be of the cell's row."""
MIN_OVERRUN = 1.0
"""Line heights by which a line must reach into a cell, unless it covers half of it."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A line, or a part of one, with its boxes in the straightened table picture.

    `line` is the text in page pixels; `box` and `span_boxes` are straightened.
    """

    line: Line
    box: Box
    span_boxes: tuple[Box, ...]


def straightened(lines: Sequence[Line], flattening: Flattening, origin: Box) -> list[Piece]:
    """Lines of the page as pieces in the straightened picture of a crop.

    Args:
        lines: Lines in page pixels.
        flattening: Of the crop.
        origin: The crop's place on the page.
    """

    def moved(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return flattening.points([(x - origin.left, y - origin.top) for x, y in points])

    def flat(box: Box) -> Box:
        # The upright box around a sloping word is too tall; its middle lines are honest.
        (x, y), (width, height) = box.center, (box.width / 2, box.height / 2)
        ends = moved([(x - width, y), (x + width, y), (x, y - height), (x, y + height)])
        return Box(ends[0][0], ends[2][1], ends[1][0], ends[3][1])

    return [
        Piece(
            line=line,
            box=box_around(moved(line.quad)),
            span_boxes=tuple(flat(span.box) for span in line.spans),
        )
        for line in lines
    ]


def text_edges(lines: Sequence[Line]) -> Segments:
    """Upper and lower edges of horizontal lines, (N, 4)."""
    edges = [
        (*start, *end)
        for line in lines
        if line.direction == "horizontal"
        for start, end in ((line.quad[0], line.quad[1]), (line.quad[3], line.quad[2]))
    ]
    return np.array(edges, np.float64).reshape(-1, 4)


def edges_of(boxes: Sequence[Box | None]) -> Floats:
    """Boxes as rows (left, top, right, bottom), (N, 4); NaN for None."""
    nowhere = (np.nan,) * 4
    rows = [nowhere if b is None else (b.left, b.top, b.right, b.bottom) for b in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


def place(pieces: Sequence[Piece], slots: Sequence[CellSlot]) -> list[int]:
    """The slot of each piece: the largest overlap over union, else the nearest edges.

    Args:
        pieces: Text in the slots' frame.
        slots: At least one of them with a box.

    Returns:
        An index into `slots` for every piece.
    """
    slot_edges = edges_of([slot.box for slot in slots])
    return [_best(edges, slot_edges) for edges in edges_of([piece.box for piece in pieces])]


def split_at_walls(
    pieces: Sequence[Piece], slots: Sequence[CellSlot]
) -> tuple[list[Piece], list[int]]:
    """Splits pieces that run over two or more cells of a row, where the others are empty.

    Args:
        pieces: Text in the slots' frame.
        slots: At least one of them with a box.

    Returns:
        The pieces and parts, and the slot of each.
    """
    homes = place(pieces, slots)
    full = np.zeros(len(slots), bool)
    full[homes] = True
    slot_edges = edges_of([slot.box for slot in slots])
    split: list[Piece] = []
    split_homes: list[int] = []
    for piece, home in zip(pieces, homes, strict=True):
        parts = [piece]
        if len(piece.span_boxes) > 1:
            allowed = ~full
            allowed[home] = True
            parts = list(_split(piece, slot_edges, allowed))
        split += parts
        split_homes += [home] if len(parts) == 1 else place(parts, slots)
    return split, split_homes


def part_of(piece: Piece, start: int, end: int) -> Piece:
    """The spans `start` to `end` (exclusive) of a piece as a piece of their own."""
    if (start, end) == (0, len(piece.span_boxes)):
        return piece
    spans, boxes = piece.line.spans[start:end], piece.span_boxes[start:end]
    box = union_of([span.box for span in spans])
    confidences = [confidence for span in spans for confidence in span.confidences]
    line = msgspec.structs.replace(
        piece.line,
        text=_text_between(piece.line, start, end),
        box=box,
        quad=quad_of(box),
        spans=spans,
        confidence=sum(confidences) / max(len(confidences), 1),
    )
    return replace(piece, line=line, box=union_of(list(boxes)), span_boxes=boxes)


def quad_of(
    box: Box,
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]:
    """The corners of a box, clockwise from the top left."""
    return (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )


def _best(box: Floats, slots: Floats) -> int:
    """Overlap first, then RapidTable's distance: both corners', plus the nearer corner's again."""
    over = (slots[:, 0] < box[2]) & (slots[:, 2] > box[0])
    over &= (slots[:, 1] < box[3]) & (slots[:, 3] > box[1])
    near = np.flatnonzero(over)
    likeness = _likeness(box, slots[near])
    # A box or a cell without an area overlaps nothing.
    best = likeness.max(initial=0.0)
    near = near[likeness == best] if best > 0 else np.arange(len(slots))
    corners = np.abs(box - slots[near]).reshape(-1, 2, 2).sum(axis=2)
    distance = np.nan_to_num(corners.sum(axis=1) + corners.min(axis=1), nan=np.inf)
    return int(near[distance.argmin()])


def _likeness(box: Floats, others: Floats) -> Floats:
    """Intersection over union of a box with boxes, (N, 4), that it overlaps."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = sides.prod(axis=1)
    union = _area(box[None]) + _area(others) - shared
    return np.asarray(shared / np.maximum(union, 1e-9))


def _area(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _split(piece: Piece, slots: Floats, allowed: NDArray[np.bool_]) -> Iterator[Piece]:
    """The parts of a piece of several spans that lie in different cells, or the whole piece."""
    covered = slots[allowed & _runs_over(piece.box, slots)]
    start = 0
    for cell, following in pairwise(covered[np.argsort(covered[:, 0])]):
        cut = _cut(piece, float(cell[2] + following[0]) / 2)
        if cut > start:
            yield part_of(piece, start, cut)
            start = cut
    yield part_of(piece, start, len(piece.span_boxes))


def _runs_over(line: Box, slots: Floats) -> NDArray[np.bool_]:
    height = np.minimum(line.bottom, slots[:, 3]) - np.maximum(line.top, slots[:, 1])
    width = np.minimum(line.right, slots[:, 2]) - np.maximum(line.left, slots[:, 0])
    low = np.minimum(line.height, slots[:, 3] - slots[:, 1])
    narrow = np.minimum((slots[:, 2] - slots[:, 0]) / 2, MIN_OVERRUN * line.height)
    return np.asarray((height >= SHARED_ROW * low) & (width >= narrow))


def _cut(piece: Piece, wall: float) -> int:
    """The first span right of a wall, at the gap that is near to it and wide."""
    gaps = [
        (abs((a.right + b.left) / 2 - wall) - 2 * max(b.left - a.right, 0.0), index)
        for index, (a, b) in enumerate(pairwise(piece.span_boxes), start=1)
    ]
    return min(gaps)[1]


def _text_between(line: Line, start: int, end: int) -> str:
    """The line's own text, white space included, from span `start` up to span `end`."""
    positions, at = [], 0
    for span in line.spans:
        found = line.text.find(span.text, at)
        if found < 0:  # the spans do not spell the line
            return _spelled(line.spans[start:end])
        positions.append(found)
        at = found + len(span.text)
    stop = positions[end] if end < len(positions) else len(line.text)
    return line.text[positions[start] : stop].strip()


def _spelled(spans: Sequence[Span]) -> str:
    return " ".join(span.text for span in spans)
