from __future__ import annotations

from shuowen.document.model import Box
from shuowen.engines.embedded.records import CellSlot
from shuowen.reading.table_text import Piece, place, split_at_walls
from tests.reading.table_pictures import make_line


def piece(text: str, left: float, top: float) -> Piece:
    line = make_line(text, left, top)
    return Piece(line=line, box=line.box, span_boxes=tuple(span.box for span in line.spans))


def test_parts_come_with_their_cells() -> None:
    slots = [
        CellSlot(
            row_index=row,
            col_index=col,
            row_span=1,
            col_span=1,
            box=Box(100 * col, 40 * row, 100 * col + 100, 40 * row + 40),
        )
        for row in range(2)
        for col in range(3)
    ]
    pieces = [piece("Apple", 10, 10), piece("12 3.50 10", 150, 10), piece("Pear 7 late", 10, 50)]
    parts, homes = split_at_walls(pieces, slots)
    assert [(part.line.text, home) for part, home in zip(parts, homes, strict=True)] == [
        ("Apple", 0),
        ("12", 1),
        ("3.50 10", 2),
        ("Pear 7", 3),
        ("late", 4),
    ]
    assert homes == place(parts, slots)
