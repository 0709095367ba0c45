from __future__ import annotations

import numpy as np
import pytest

from shuowen.engines.embedded.records import TableStructure
from shuowen.engines.embedded.ruled_lines import find_rules
from shuowen.image.page import Pixels
from shuowen.reading import table_choice
from shuowen.reading.table_choice import MAX_STRIPS, choose_structure
from shuowen.reading.table_text import Piece
from tests.reading.table_pictures import make_line


def pieces_down(number: int) -> list[Piece]:
    lines = [make_line("ab", 20, 20 + 50 * row) for row in range(number)]
    return [Piece(line=line, box=line.box, span_boxes=(line.box,)) for line in lines]


def test_a_very_high_picture_is_looked_at_in_few_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[int, ...]] = []

    def sees_nothing(pixels: Pixels) -> TableStructure:
        looks.append(pixels.shape)
        return TableStructure(num_rows=0, num_cols=0, slots=(), confidence=0.0)

    monkeypatch.setattr(table_choice, "find_structure", sees_nothing)
    pixels = np.full((6000, 100, 3), 255, np.uint8)
    pieces = pieces_down(100)
    choice = choose_structure(pixels, pieces, find_rules(pixels, []))
    assert 3 < len(looks) <= MAX_STRIPS + (MAX_STRIPS + 1) + 3
    assert len(choice.pieces) == len(choice.homes) == len(pieces)
    assert choice.structure.num_rows == 100
