from __future__ import annotations

from shuowen.document.model import Line
from shuowen.reading.frame import straight_boxes
from shuowen.reading.line_numbers import find_line_numbers
from tests.reading.drawn_lines import line


def transcript(num_lines: int, gap: float = 80) -> list[Line]:
    numbers = [line(str(i + 1), 0, 40 * i, 20, 40 * i + 20) for i in range(num_lines)]
    spoken = [
        line("Q. And was that so?", 20 + gap, 40 * i, 500 + gap, 40 * i + 20)
        for i in range(num_lines)
    ]
    return [*spoken, *numbers]


def found(lines: list[Line]) -> list[int]:
    return find_line_numbers(lines, straight_boxes(lines, "horizontal"))


def test_the_margin_of_a_transcript_is_line_numbers() -> None:
    assert found(transcript(25)) == list(range(25, 50))


def test_a_short_list_is_not() -> None:
    assert found(transcript(10)) == []


def test_numbers_close_to_their_text_are_not() -> None:
    assert found(transcript(25, gap=10)) == []


def test_a_column_of_figures_is_not() -> None:
    figures = [line(str(7 * i), 0, 40 * i, 20, 40 * i + 20) for i in range(25)]
    assert found(figures + transcript(25)[:25]) == []


def test_a_table_with_counted_rows_is_not() -> None:
    second = [line("3.14", 700, 40 * i, 760, 40 * i + 20) for i in range(25)]
    assert found(transcript(25) + second) == []
