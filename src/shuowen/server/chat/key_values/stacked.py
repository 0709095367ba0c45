"""Labels on two lines with their value beside them, as on tickets: 发票 over 代码, and a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from shuowen.document.model import Box
from shuowen.server.chat.key_values.rows import Mark, Row
from shuowen.server.chat.key_values.words import is_han, words_of

_MOST_CHARACTERS = 4
"""Each half of such a label is no longer."""
_ALIGNED, _NEAR, _BESIDE = 0.6, 1.6, 2.5
"""In line heights: how far the halves' edges may differ, their lines and the value be apart."""

_NEARBY = 30
"""Pieces before and after a half among which its value is looked for: it is on the same level."""

_Piece = tuple[Row, int, int, Box]
"""A row, characters of it, and where they stand on the level page."""


def stacked_rows(rows: Sequence[Row]) -> Iterator[Row]:
    """A row for each such label: both halves as one word, a tab, and what stands beside them."""
    pieces = [piece for row in rows for piece in _pieces(row)]
    for index, upper in enumerate(pieces):
        if not _is_short_label(upper):
            continue
        for lower in pieces[index + 1 : index + 8]:
            if _is_short_label(lower) and _is_under(lower, upper):
                nearby = pieces[max(0, index - _NEARBY) : index + _NEARBY]
                value = _beside(upper, lower, nearby)
                if value is not None:
                    yield _joined(upper, lower, value)
                break


def _pieces(row: Row) -> Iterator[_Piece]:
    tabs = {at + 1 for at, character in enumerate(row.text) if character == "\t"}
    bounds = sorted({*row.joints, *tabs, len(row.text)})
    for start, end in pairwise(bounds):
        part = row.part(start, end)
        if part is not None:
            yield row, start, end, part.level


def _is_short_label(piece: _Piece) -> bool:
    row, start, end, _ = piece
    words = words_of(row.text[start:end])
    return 2 <= len(words) <= _MOST_CHARACTERS and all(is_han(word.key) for word in words)


def _is_under(lower: _Piece, upper: _Piece) -> bool:
    row, below, above = upper[0], lower[3], upper[3]
    is_same_page = (lower[0].document_number, lower[0].page_number) == (
        row.document_number,
        row.page_number,
    )
    most = _ALIGNED * row.height
    is_aligned = abs(below.left - above.left) < most and abs(below.right - above.right) < most
    return is_same_page and is_aligned and 0 < below.top - above.top < _NEAR * row.height


def _beside(upper: _Piece, lower: _Piece, pieces: Sequence[_Piece]) -> _Piece | None:
    """The nearest piece to the right of both halves, between their levels."""
    box, row = upper[3].union(lower[3]), upper[0]
    found = [
        piece
        for piece in pieces
        if piece[0].page_number == row.page_number
        and piece[0].document_number == row.document_number
        and 0 <= piece[3].left - box.right < _BESIDE * row.height
        and box.top < piece[3].center[1] < box.bottom
    ]
    return min(found, key=lambda piece: piece[3].left, default=None)


def _joined(upper: _Piece, lower: _Piece, value: _Piece) -> Row:
    text = ""
    marks: list[Mark] = []
    for row, start, end, _ in (upper, lower, value):
        text += "\t" if row is value[0] and (start, end) == value[1:3] else ""
        by = len(text) - start
        own = [mark for mark in row.marks if start <= mark.start < end]
        marks += [replace(mark, start=mark.start + by, end=mark.end + by) for mark in own]
        text += row.text[start:end].strip()
    return replace(upper[0], text=text, marks=tuple(marks), joints=frozenset())
