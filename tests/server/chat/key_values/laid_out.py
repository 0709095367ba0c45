"""Pages made by hand: pieces of text at places, and tables."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.document.model import (
    Box,
    Cell,
    Document,
    Line,
    Page,
    Quad,
    Region,
    RegionKind,
    Repair,
    SourceInfo,
    Span,
    Table,
)

HEIGHT, LETTER = 20.0, 10.0

Piece = tuple[str, float, float]
"""Text, and its left and top edge; a letter is 10 wide, a Chinese one 20, a line 20 high."""


def line(text: str, left: float, top: float) -> Line:
    """A line whose words know their places."""
    spans, at = [], left
    for index, word in enumerate(text.split(" ")):
        at += LETTER if index else 0
        right = at + _width(word)
        box = Box(at, top, right, top + HEIGHT)
        spans.append(Span(text=word, box=box, confidences=(0.9,) * len(word)))
        at = right
    box = Box(left, top, at, top + HEIGHT)
    return Line(text=text, confidence=0.9, box=box, quad=_quad(box), spans=tuple(spans))


def region(pieces: Sequence[Piece], kind: RegionKind = "text") -> Region:
    """Pieces that belong together."""
    lines = tuple(line(*piece) for piece in pieces)
    text = "\n".join(each.text for each in lines)
    return Region(id="made", kind=kind, box=_around(lines), text=text, lines=lines)


def table(rows: Sequence[Sequence[str]], top: float = 0.0, width: float = 200.0) -> Region:
    """A table without spans; an empty text is an empty cell."""
    lines: list[Line] = []
    cells = []
    for row_index, row in enumerate(rows):
        for col_index, text in enumerate(row):
            left, cell_top = col_index * width, top + row_index * 30.0
            indices = (len(lines),) if text else ()
            lines += [line(text, left, cell_top)] if text else []
            cells.append(
                Cell(row_index=row_index, col_index=col_index, text=text, line_indices=indices)
            )
    made = Table(num_rows=len(rows), num_cols=len(rows[0]), cells=tuple(cells))
    whole = tuple(lines)
    return Region(id="made", kind="table", box=_around(whole), text="", lines=whole, table=made)


def document(*regions: Region, repair: Repair | None = None, name: str = "made") -> Document:
    """A document of one page of 1000 by 2000 pixels."""
    page = Page(
        page_number=1,
        status="ok",
        width_px=1000,
        height_px=2000,
        regions=regions,
        repair=repair or Repair(),
    )
    source = SourceInfo(name=name, media_type="image/png", num_bytes=1, sha256="0")
    return Document(source=source, num_pages=1, status="ok", pages=(page,))


def written(*pieces: Piece) -> Document:
    """A document of one region."""
    return document(region(pieces))


def _width(word: str) -> float:
    return sum(2 * LETTER if ord(letter) > 0x2E80 else LETTER for letter in word)


def _around(lines: Sequence[Line]) -> Box:
    boxes = [each.box for each in lines]
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _quad(box: Box) -> Quad:
    return (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
