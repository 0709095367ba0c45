"""Finding the passages of a read document that fit a query best.

Passages are regions, pieces of long ones, and rows of tables, each with its place on the page. What
holds the query as it stands comes first; the others by the words that they share with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from shuowen.document.model import Box, Cell, Line, Page, Region, RegionKind, union_of
from shuowen.document.text import join_lines
from shuowen.server.chat.passages import relevance

_MAX_CHARACTERS = 600
"""A region that is longer is cut into pieces at its lines."""
_PHRASE_SCORE = 100.0

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of a document.

    Attributes:
        page_number: Its page, from 1.
        box: Where it stands: left, top, right, bottom in pixels of the page's picture.
        kind: What it is part of: text, title, table, …
        text: What it says.
        score: How well it fits, above 0; comparable within one search only.
    """

    page_number: int
    box: tuple[float, float, float, float]
    kind: RegionKind
    text: str
    score: float


def find_passages(pages: Iterable[Page], query: str, num_passages: int) -> list[Passage]:
    """The passages that fit best, best first; those that share nothing with the query are left out.

    Args:
        pages: What was read.
        query: Words, or a question.
        num_passages: How many at most.
    """
    pieces = [piece for page in pages for region in page.regions for piece in _pieces(page, region)]
    scores = relevance([piece.text for piece in pieces], query)
    phrase = _plain(query)
    ranked = []
    for piece, score in zip(pieces, scores, strict=True):
        if phrase and phrase in _plain(piece.text):
            score += _PHRASE_SCORE
        if score > 0:
            ranked.append(piece.passage(score))
    ranked.sort(key=lambda passage: -passage.score)  # stable: the earlier in the document first
    return ranked[:num_passages]


@dataclass(frozen=True)
class _Piece:
    page_number: int
    kind: RegionKind
    box: Box
    text: str

    def passage(self, score: float) -> Passage:
        box = self.box
        edges = (round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1))
        return Passage(
            page_number=self.page_number,
            kind=self.kind,
            box=edges,
            text=self.text,
            score=round(score, 2),
        )


def _pieces(page: Page, region: Region) -> Iterator[_Piece]:
    for box, text in _parts(region):
        if text.strip():
            yield _Piece(page.page_number, region.kind, box, text.strip())


def _parts(region: Region) -> Iterator[tuple[Box, str]]:
    if region.table is not None:
        cells = sorted(region.table.cells, key=lambda cell: (cell.row_index, cell.col_index))
        for _, row in groupby(cells, lambda cell: cell.row_index):
            yield _row(region, list(row))
    elif len(region.text) <= _MAX_CHARACTERS or not region.lines:
        yield region.box, region.text
    else:
        for lines in _groups(region.lines):
            yield union_of([line.box for line in lines]), join_lines(lines)


def _row(region: Region, cells: Sequence[Cell]) -> tuple[Box, str]:
    boxes = [cell.box for cell in cells if cell.box is not None]
    text = " | ".join(cell.text.replace("\n", " ") for cell in cells if cell.text)
    return (union_of(boxes) if boxes else region.box), text


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines in a row, together no longer than a passage should be."""
    group: list[Line] = []
    for line in lines:
        if group and sum(len(each.text) for each in group) + len(line.text) > _MAX_CHARACTERS:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _plain(text: str) -> str:
    """Letters and digits alone, so that spacing and punctuation make no difference."""
    return "".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
