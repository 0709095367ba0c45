from __future__ import annotations

import pytest

from shuowen.document.model import Line
from shuowen.reading.drafts import PageLines, make_row
from shuowen.reading.frame import straight_boxes
from shuowen.reading.letters import letter_sizes
from shuowen.reading.paragraphs import Row, find_paragraphs, is_item, split_rows
from tests.reading.drawn_lines import CHINESE, chinese, line, texts_down


def rows_of(lines: list[Line]) -> list[Row]:
    boxes = straight_boxes(lines, "horizontal")
    page = PageLines(
        lines=lines, boxes=boxes, sizes=letter_sizes(lines, boxes), votes=[None] * len(lines)
    )
    return [make_row([index], page) for index in range(len(lines))]


def lengths(lines: list[Line]) -> list[int]:
    return [
        len(paragraph)
        for paragraph in find_paragraphs(rows_of(lines), max(own.box.right for own in lines))
    ]


def test_full_lines_run_on() -> None:
    assert lengths(texts_down(["the quick brown fox jumps"] * 4, 0, 0, 400)) == [4]


def test_an_indented_line_begins_a_paragraph() -> None:
    first = [chinese(CHINESE[:18], 40, 0), chinese(CHINESE[:20], 0, 30)]
    second = [chinese(CHINESE[:18], 40, 60), chinese(CHINESE[:20], 0, 90)]
    assert lengths([*first, *second]) == [2, 2]


def test_a_line_with_room_for_the_next_word_ends_its_paragraph() -> None:
    lines = [
        line("this line is full of words", 0, 0, 400, 20),
        line("and this is short", 0, 30, 250, 50),
        line("a new one begins here now", 0, 60, 400, 80),
    ]
    assert lengths(lines) == [2, 1]


def test_a_ragged_line_without_room_for_a_long_word_runs_on() -> None:
    lines = [
        line("the government of the", 0, 0, 330, 20),
        line("internationalisation office", 0, 30, 400, 50),
    ]
    assert lengths(lines) == [2]


def test_a_poem_keeps_its_lines() -> None:
    poem = [
        chinese("床前明月光，", 0, 0),
        chinese("疑是地上霜。", 0, 30),
        chinese("举头望明月，", 0, 60),
    ]
    wide = chinese(CHINESE[:20], 0, 90)
    assert lengths([*poem, wide]) == [1, 1, 1, 1]


def test_an_address_in_a_wide_column_keeps_its_lines() -> None:
    address = [chinese("北京市海淀区清华园一号", 0, 0), chinese("清华大学图书馆", 0, 30)]
    assert [len(found) for found in find_paragraphs(rows_of(address), 800)] == [1, 1]


def test_a_quotation_set_narrow_runs_on() -> None:
    quoted = texts_down(["the quick brown fox jumps"] * 4, 40, 0, 400)
    assert [len(found) for found in find_paragraphs(rows_of(quoted), 800)] == [4]


def test_centred_lines_keep_their_ends() -> None:
    lines = [
        line("Nora L. Keenan", 100, 0, 300, 20),
        line("National Center for Prevention", 0, 30, 400, 50),
        line("Kate M. Shaw", 120, 60, 280, 80),
    ]
    assert lengths(lines) == [1, 1, 1]


def test_amounts_set_to_the_right_keep_their_lines() -> None:
    lines = [
        line("Total incl. tax: 118.35", 100, 0, 400, 20),
        line("Cash 9: 118.35", 200, 30, 400, 50),
        line("Change and savings: 3.06", 60, 60, 400, 80),
        line("Saved: 0.00", 250, 90, 400, 110),
    ]
    assert len(lengths(lines)) >= 3


def test_a_hanging_item_is_one_paragraph() -> None:
    lines = [
        line("1) the first item is so long", 0, 0, 400, 20),
        line("that it needs a second line", 40, 30, 400, 50),
        line("2) the second item is short.", 0, 60, 400, 80),
    ]
    assert lengths(lines) == [2, 1]


def test_larger_letters_and_larger_gaps_break_a_stretch() -> None:
    lines = [
        line("A Heading", 0, 0, 240, 40),
        *texts_down(["some text under the heading"] * 3, 0, 60, 400),
        *texts_down(["and more after a large gap"] * 3, 0, 220, 400),
    ]
    assert [len(stretch) for stretch in split_rows(rows_of(lines))] == [1, 3, 3]


def test_no_rows_make_nothing() -> None:
    assert split_rows([]) == []
    assert find_paragraphs([], 0) == []


@pytest.mark.parametrize(
    "text",
    ["• item", "1. item", "2) item", "(3) item", "a) item", "（一）项", "三、项", "① 项", "- item"],
)
def test_items_are_known_by_their_mark(text: str) -> None:
    assert is_item(rows_of([line(text, 0, 0, 100, 20)])[0])


@pytest.mark.parametrize("text", ["men. They", "3.14 is pi", "98.1% of all", "-- a pause", "A man"])
def test_other_beginnings_are_no_items(text: str) -> None:
    assert not is_item(rows_of([line(text, 0, 0, 100, 20)])[0])
