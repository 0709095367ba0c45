"""Table structure from a picture with SLANet-plus: a stream of HTML tokens with a box per cell.

The network reads a 488-pixel square and answers, token by token, the HTML of the table without its
text (`<tr>`, `<td`, ` colspan="2"`, `>`, `</td>` …). Each token that opens a cell comes with the
four corners of what the cell holds. `close_grid` turns the stream into slots that do not overlap
and leave no slot open.

Model: PaddlePaddle's SLANet-plus, Apache-2.0; see THIRD_PARTY.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.engines.embedded.sessions import session
from shuowen.image.page import Pixels

SIDE_PX = 488
"""The square that SLANet-plus was trained on."""

CUT_OFF = 0.75
"""What is left of the confidence in a table whose end was not reached."""

# ImageNet statistics in RGB order, applied to BGR pictures: that is how the network was trained.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)

_START, _END = "<start>", "<end>"
_SPAN = re.compile(r'(col|row)span="(\d+)"')


@dataclass(frozen=True, kw_only=True)
class CellToken:
    """One cell as it stands in the token stream: its spans, and its box if it is known."""

    row_span: int = 1
    col_span: int = 1
    box: Box | None = None


def find_structure(pixels: Pixels) -> TableStructure:
    """The grid of a table.

    Args:
        pixels: The table alone, (height, width, 3) RGB.

    Returns:
        The grid, boxes in pixels of the picture given; `confidence` is the mean probability of
        the tokens, lowered when the stream was cut off at the network's limit of 500 tokens.
    """
    network = session("slanet_plus")
    boxes_TX, probs_TV = (output[0] for output in network.run(None, {"x": _network_input(pixels)}))
    tokens = _tokens(probs_TV)
    rows = list(_rows(tokens, boxes_TX * max(pixels.shape[:2])))
    slots, num_cols = close_grid(rows)
    confidence = float(probs_TV[: len(tokens)].max(axis=1).mean())
    if tokens[-1] != _END:
        confidence *= CUT_OFF
    return TableStructure(
        num_rows=len(rows),
        num_cols=num_cols,
        slots=slots,
        confidence=min(max(confidence, 0.0), 1.0),
        num_header_rows=_num_header_rows(tokens),
    )


def close_grid(rows: Sequence[Sequence[CellToken]]) -> tuple[tuple[CellSlot, ...], int]:
    """Places cells as HTML does: each in the first free column of its row.

    Spans are cut where they would cover a taken slot or leave the table; slots that no cell
    covers become empty cells, so that the grid closes.

    Args:
        rows: The cells of each row, left to right.

    Returns:
        The slots, and the number of columns.
    """
    taken: set[tuple[int, int]] = set()
    slots: list[CellSlot] = []
    for row_index, cells in enumerate(rows):
        col_index = 0
        for cell in cells:
            while (row_index, col_index) in taken:
                col_index += 1
            slot = _placed(cell, row_index, col_index, len(rows), taken)
            slots.append(slot)
            taken.update(covered(slot))
            col_index += slot.col_span
    num_cols = max((col for _, col in taken), default=-1) + 1
    holes = sorted(
        {(row, col) for row in range(len(rows)) for col in range(num_cols)}.difference(taken)
    )
    slots += [
        CellSlot(row_index=row, col_index=col, row_span=1, col_span=1, box=None)
        for row, col in holes
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.row_index, slot.col_index))), num_cols


def covered(slot: CellSlot) -> Iterator[tuple[int, int]]:
    """Every (row, column) that a slot covers."""
    for row in range(slot.row_index, slot.row_index + slot.row_span):
        for col in range(slot.col_index, slot.col_index + slot.col_span):
            yield row, col


def _placed(
    cell: CellToken, row: int, col: int, num_rows: int, taken: set[tuple[int, int]]
) -> CellSlot:
    width = 1
    while width < cell.col_span and (row, col + width) not in taken:
        width += 1
    return CellSlot(
        row_index=row,
        col_index=col,
        row_span=min(cell.row_span, num_rows - row),
        col_span=width,
        box=cell.box,
    )


def _network_input(pixels: Pixels) -> NDArray[np.float32]:
    """The picture scaled to fit the square and normalised, (1, 3, 488, 488); the rest is zero."""
    height, width = pixels.shape[:2]
    scale = SIDE_PX / max(height, width)
    size = (max(int(width * scale), 1), max(int(height * scale), 1))
    bgr = cv2.resize(pixels, size)[:, :, ::-1].astype(np.float32) / 255
    square = np.zeros((SIDE_PX, SIDE_PX, 3), np.float32)
    square[: size[1], : size[0]] = (bgr - _MEAN) / _STD
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None])


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[str, ...]:
    words = session("slanet_plus").get_modelmeta().custom_metadata_map["character"].splitlines()
    return (_START, *words, _END)


def _tokens(probs_TV: NDArray[np.float32]) -> list[str]:
    """The most probable token at each step, up to and with the first end token."""
    vocabulary = _vocabulary()
    tokens = [vocabulary[index] for index in probs_TV.argmax(axis=1)]
    return tokens[: tokens.index(_END) + 1] if _END in tokens else tokens


def _rows(tokens: Iterable[str], boxes_TX: NDArray[np.float32]) -> Iterator[list[CellToken]]:
    """The cells of each `<tr>` in the stream, with the box that came with the opening token."""
    row: list[CellToken] | None = None
    spans: dict[str, int] = {}
    for token, corners in zip(tokens, boxes_TX, strict=False):
        if token == "<tr>":
            row = []
        elif token == "</tr>" and row is not None:
            yield row
            row = None
        elif row is None:
            continue
        elif token in ("<td", "<td></td>"):
            row.append(CellToken(box=_box(corners)))
            spans = {}
        elif row and (span := _SPAN.search(token)):
            spans[span[1]] = int(span[2])
            row[-1] = CellToken(
                row_span=spans.get("row", 1), col_span=spans.get("col", 1), box=row[-1].box
            )
    if row:
        yield row


def _num_header_rows(tokens: list[str]) -> int:
    if "</thead>" not in tokens:
        return 0
    return tokens[: tokens.index("</thead>")].count("<tr>")


def _box(corners: NDArray[np.float32]) -> Box:
    xs, ys = corners[0::2], corners[1::2]
    return Box(float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
