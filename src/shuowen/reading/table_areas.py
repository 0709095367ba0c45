"""Where the tables of a page are.

The layout network misses tables that are blurred, photographed or cut out alone: it calls them
figures. So its figures, networks of printed rules and, where it says nothing, the page as a whole
are tested for what makes a table: rows of several pieces, and columns, parted by white or by
rules, of which one at least is narrower than prose is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, Point, union_of
from shuowen.engines.embedded.records import LayoutBox, TableStructure
from shuowen.engines.embedded.ruled_grid import ruled_structure
from shuowen.engines.embedded.ruled_lines import Rules, bands, find_rules
from shuowen.image.page import Pixels
from shuowen.image.perspective import flatten
from shuowen.reading.rows import find_rows
from shuowen.reading.table_rows import find_columns
from shuowen.reading.table_text import Floats, edges_of, straightened, text_edges

SURE = 1.0
"""Confidence of areas that passed the test: they come before what the network says of them."""
LEAST_ROWS = 2
LEAST_SHARED_ROWS = 0.6
"""Share of the levels of text that hold pieces of several columns; a receipt's head and foot, set
over its whole width, leave it fewer."""
LEAST_FILLED = 0.55
"""Share of the places where a level and a column cross that hold text: few of a chart's."""
MAX_ASPECT = 8.0
"""The column with the shortest pieces has pieces of at most this many line heights: columns of
prose are wider, a table has at least one of numbers, words or names."""
CROSSING = 0.05
"""Share of the pieces that may run over the white between columns."""
MIN_PAGE_SHARE = 0.8
"""Share of the page's lines that no region claims, for the page to be tested as a whole."""
INSIDE = 0.5
LEAST_IN_GRID = 0.85
"""Share of an area's lines inside the grid that its rules close."""
MAX_GAP = 1.5
"""White in line heights between a table and a row of pieces that belongs to it."""
MAP_PX = 4
"""Side of a square on the map of slots."""
MIN_TEXT_CELLS = 0.4
"""Share of the cells of a ruled table that hold text: a chart's or a writing grid's do not."""
LEAST_TEXT_CELLS = LEAST_ROWS * 2
"""Cells of a ruled table that hold text: a frame around a note, or a chart's axes, have fewer."""
MAX_THROUGH_WALLS = 0.15
"""Share of the lines that walls of a ruled table run through: folds and scanner streaks do."""
WALL_MARGIN = 0.25
"""Line heights by which a line's box may reach over a wall: detectors draw boxes generously."""


def table_areas(
    layout: Sequence[LayoutBox], lines: Sequence[Line], size: tuple[int, int], pixels: Pixels
) -> list[LayoutBox]:
    """The layout with its tables found, grown and freed of what lies inside them.

    Args:
        layout: What the layout network saw.
        lines: The page's lines.
        size: Width and height of the page in pixels.
        pixels: The upright page, (height, width, 3) RGB.

    Returns:
        Boxes, most confident first.
    """
    if not lines:
        return list(layout)
    rules = find_rules(pixels, [line.box for line in lines])
    ruled = _rule_networks(rules)
    tables = [_grown(seen, ruled) for seen in layout if seen.kind == "table"]
    for box in (*ruled, *_doubtful(layout, lines, size)):
        free = [line for line in lines if not _is_in_any(line.box.center, tables)]
        if _is_table(box, free, pixels):
            tables = [table for table in tables if table.box.share_inside(box) <= INSIDE]
            tables.append(LayoutBox(kind="table", box=box, confidence=SURE))
    tables = [replace(table, box=_with_next_rows(table.box, lines)) for table in tables]
    others = [
        seen
        for seen in layout
        if seen.kind != "table"
        and not any(seen.box.share_inside(table.box) > INSIDE for table in tables)
    ]
    return sorted([*tables, *others], key=lambda seen: -seen.confidence)


def _is_in_any(point: Point, areas: Sequence[LayoutBox]) -> bool:
    return any(area.box.contains(point) for area in areas)


def _rule_networks(rules: Rules) -> list[Box]:
    """Boxes around rules that cross, largest first."""
    both = cv2.dilate(cv2.bitwise_or(rules.horizontal, rules.vertical), np.ones((7, 7), np.uint8))
    boxes = []
    for first, band in bands(np.asarray(both, np.uint8)):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(band)
        for index in range(1, count):
            left, top, width, height, _ = (int(value) for value in stats[index])
            own = labels[top : top + height, left : left + width] == index
            top += first
            window = slice(top, top + height), slice(left, left + width)
            if np.any(rules.horizontal[window][own]) and np.any(rules.vertical[window][own]):
                edges = np.array([left, top, left + width, top + height]) / rules.scale
                boxes.append(Box(*edges.tolist()))
    return sorted(boxes, key=lambda box: -box.area)


def _grown(seen: LayoutBox, ruled: Sequence[Box]) -> LayoutBox:
    """A table as far as the printed rules that it lies on."""
    box = seen.box
    for network in ruled:
        if network.share_inside(box) > INSIDE or box.share_inside(network) > INSIDE:
            box = box.union(network)
    return replace(seen, box=box)


def _with_next_rows(table: Box, lines: Sequence[Line]) -> Box:
    """A table with the rows of several pieces right above and below it, such as its head."""
    free = [line.box for line in lines if not table.contains(line.box.center)]
    boxes = edges_of(free)
    rows = [union_of([free[index] for index in row]) for row in find_rows(boxes) if len(row) > 1]
    for row in sorted(rows, key=lambda row: abs(row.center[1] - table.center[1])):
        gap = max(row.top - table.bottom, table.top - row.bottom)
        beside = min(row.right, table.right) - max(row.left, table.left)
        if -row.height / 2 < gap < MAX_GAP * row.height and beside > INSIDE * row.width:
            table = table.union(row)
    return table


def _doubtful(
    layout: Sequence[LayoutBox], lines: Sequence[Line], size: tuple[int, int]
) -> Iterator[Box]:
    """What may be an overlooked table: figures, and a page on which the network saw no text."""
    for seen in layout:
        if seen.kind == "figure":
            inside = [line.box for line in lines if seen.box.contains(line.box.center)]
            if inside:
                yield seen.box.union(union_of(inside))
    claimed = [seen.box for seen in layout if seen.kind not in ("figure", "title", "caption")]
    free = [line for line in lines if not any(box.contains(line.box.center) for box in claimed)]
    if len(free) >= MIN_PAGE_SHARE * len(lines):
        yield Box(0, 0, *size)


def _is_table(box: Box, lines: Sequence[Line], pixels: Pixels) -> bool:
    inside = [line for line in lines if box.contains(line.box.center)]
    if len(inside) < 2 * LEAST_ROWS:
        return False
    top, left = max(int(box.top), 0), max(int(box.left), 0)
    crop = np.ascontiguousarray(pixels[top : int(box.bottom) + 1, left : int(box.right) + 1])
    flattening = flatten(crop, text_edges(inside) - np.array([left, top, left, top]))
    pieces = straightened(inside, flattening, Box(left, top, box.right, box.bottom))
    boxes = edges_of([piece.box for piece in pieces])
    rules = find_rules(flattening.pixels, [piece.box for piece in pieces])
    return _is_ruled(rules, boxes) or _is_tabular(boxes)


def _is_ruled(rules: Rules, boxes: Floats) -> bool:
    """Whether rules close a grid around most of the text, with text in many of its cells."""
    grid = ruled_structure(rules)
    if grid is None or _num_parted_rows(grid) < LEAST_ROWS:
        return False
    owners = _owners(grid, boxes)
    in_grid = owners >= 0
    num_held = len(np.unique(owners[in_grid]))
    if num_held < max(LEAST_TEXT_CELLS, MIN_TEXT_CELLS * len(grid.slots)):
        return False
    cells = edges_of([grid.slots[owner].box for owner in owners[in_grid]])
    through = _num_through_walls(boxes[in_grid], cells)
    return in_grid.mean() >= LEAST_IN_GRID and through <= MAX_THROUGH_WALLS * len(boxes)


def _num_parted_rows(grid: TableStructure) -> int:
    """How many rows have several cells; one alone is a wall that a stray rule closed."""
    rows = Counter(
        row for slot in grid.slots for row in range(slot.row_index, slot.row_index + slot.row_span)
    )
    return sum(count > 1 for count in rows.values())


def _num_through_walls(boxes: Floats, cells: Floats) -> int:
    """How many boxes reach over the left or the right wall of their own cell."""
    over = np.maximum(cells[:, 0] - boxes[:, 0], boxes[:, 2] - cells[:, 2])
    return int((over > WALL_MARGIN * (boxes[:, 3] - boxes[:, 1])).sum())


def _owners(grid: TableStructure, boxes: Floats) -> NDArray[np.int64]:
    """The slot in which the middle of each box lies, -1 for none; looked up on a map of slots."""
    cells = np.maximum(edges_of([slot.box for slot in grid.slots]) / MAP_PX, 0).astype(int)
    owners = np.full(cells[:, [3, 2]].max(axis=0) + 1, -1, np.int64)
    for index, (left, top, right, bottom) in enumerate(cells):
        owners[top : bottom + 1, left : right + 1] = index
    xs, ys = ((boxes[:, :2] + boxes[:, 2:]) / 2 / MAP_PX).astype(int).T
    inside = (xs >= 0) & (ys >= 0) & (ys < owners.shape[0]) & (xs < owners.shape[1])
    return np.where(inside, owners[np.where(inside, ys, 0), np.where(inside, xs, 0)], -1)


def _is_tabular(boxes: Floats) -> bool:
    """Whether text alone shows rows and columns, and not those of prose.

    Of few pieces, one across the white is more than the share that is forgiven: it is forgiven in a
    second look, in which columns of a single piece are not seen.
    """
    return any(
        _is_filled_grid(boxes, find_columns(boxes, max_crossing))
        for max_crossing in (CROSSING * len(boxes), max(CROSSING * len(boxes), 1.0))
    )


def _is_filled_grid(boxes: Floats, columns: Floats) -> bool:
    """Whether levels and columns cross at text, and one column is narrower than prose."""
    rows = find_rows(boxes)
    owners = np.array([_nearest(box, columns) for box in boxes])
    filled = np.zeros((len(rows), len(columns)), bool)
    for index, row in enumerate(rows):
        filled[index, owners[row]] = True
    num_shared = int((filled.sum(axis=1) > 1).sum())
    if num_shared < max(LEAST_ROWS, LEAST_SHARED_ROWS * len(rows)) or filled.mean() < LEAST_FILLED:
        return False
    aspects = (boxes[:, 2] - boxes[:, 0]) / np.maximum(boxes[:, 3] - boxes[:, 1], 1)
    return min(float(np.median(aspects[owners == column])) for column in set(owners)) <= MAX_ASPECT


def _nearest(box: Floats, columns: Floats) -> int:
    shared = np.minimum(box[2], columns[:, 1]) - np.maximum(box[0], columns[:, 0])
    return int(np.argmax(shared))
