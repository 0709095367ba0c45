from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Cell, Line, Region, Span, Table
from shuowen.engines.embedded.calibration import calibrated, shared_calibration
from shuowen.reading.doubt import assessed, mean_confidence, with_doubt

BOX = Box(0, 0, 10, 10)
QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def line_of(*words: tuple[str, tuple[float, ...]], confidence: float = 0.5) -> Line:
    spans = tuple(Span(text=text, box=BOX, confidences=numbers) for text, numbers in words)
    text = " ".join(text for text, _ in words) or "bare"
    return Line(text=text, confidence=confidence, box=BOX, quad=QUAD, spans=spans)


def flags(line: Line) -> list[bool]:
    return [span.is_doubtful for span in line.spans]


def test_one_unsure_character_makes_its_word_doubtful() -> None:
    line = line_of(("one", (0.9, 0.4, 0.9)), ("two", (0.9, 0.5, 0.9)))
    assert flags(with_doubt(line, 0.5)) == [True, False]
    assert flags(with_doubt(line, 0.51)) == [True, True]
    assert with_doubt(line, 0.0) is line


def test_marks_are_renewed() -> None:
    marked = with_doubt(line_of(("one", (0.4, 0.9, 0.9))), 0.5)
    assert flags(with_doubt(marked, 0.3)) == [False]


def test_a_mean_counts_characters() -> None:
    lines = [line_of(("ab", (0.5, 0.7))), line_of(("c", (0.9,))), line_of(confidence=0.1)]
    assert mean_confidence(lines[:2]) == pytest.approx(2.1 / 3)
    assert mean_confidence(lines[2:]) == 0.1
    assert mean_confidence(lines) == pytest.approx((2.1 + 4 * 0.1) / 7, abs=1e-4)
    assert mean_confidence([]) is None


def test_all_of_a_region_is_calibrated() -> None:
    lines = (line_of(("ab", (0.99, 0.3))), line_of(("c", (0.999,))))
    cells = (
        Cell(row_index=0, col_index=0, text="ab", confidence=0.6, line_indices=(0,)),
        Cell(row_index=0, col_index=1, text="c", confidence=0.9, line_indices=(1,)),
        Cell(row_index=1, col_index=0),
    )
    table = Table(num_rows=2, num_cols=2, cells=cells)
    region = Region(id="p1-a", kind="table", box=BOX, text="ab\tc", lines=lines, table=table)
    found = assessed(region, 0.9)
    own = [calibrated(line) for line in lines]
    assert [line.confidence for line in found.lines] == [line.confidence for line in own]
    assert [flags(line) for line in found.lines] == [[True], [False]]
    assert found.confidence == mean_confidence(own)
    assert found.table is not None
    assert [cell.confidence for cell in found.table.cells] == [
        mean_confidence(own[:1]),
        mean_confidence(own[1:]),
        None,
    ]
    assert found.text == region.text
    assert [cell.text for cell in found.table.cells] == ["ab", "c", ""]


def test_doubt_goes_by_what_is_calibrated() -> None:
    (probability,) = shared_calibration().characters([0.5])
    region = Region(id="p1-a", kind="text", box=BOX, text="a", lines=(line_of(("a", (0.5,))),))
    assert flags(assessed(region, probability).lines[0]) == [False]
    assert flags(assessed(region, probability + 1e-3).lines[0]) == [True]


def test_a_region_without_lines_has_no_confidence() -> None:
    region = Region(id="p1-a", kind="figure", box=BOX, text="")
    assert assessed(region, 0.5) == region


@given(st.lists(st.floats(0, 1), min_size=1).map(tuple), st.floats(0, 1), st.floats(0, 1))
def test_who_asks_for_more_sees_no_less_doubt(
    numbers: tuple[float, ...], one: float, other: float
) -> None:
    line = line_of(*(("x", (number,)) for number in numbers))
    few, many = flags(with_doubt(line, min(one, other))), flags(with_doubt(line, max(one, other)))
    assert all(after for before, after in zip(few, many, strict=True) if before)
