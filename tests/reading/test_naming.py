from __future__ import annotations

from shuowen.document.model import Line, Region
from tests.reading.built import build_regions
from tests.reading.drawn_lines import line, texts_down

BODY = texts_down(
    ["a full line of the page's body text, which goes from edge to edge"] * 12, 100, 300, 600
)


def kinds(lines: list[Line]) -> list[tuple[str, str]]:
    return [(region.kind, region.text) for region in regions(lines)]


def regions(lines: list[Line]) -> list[Region]:
    return build_regions(lines, [], (800, 1000), 1)


def test_a_running_head_and_its_page_number_are_two_regions() -> None:
    head = [line("Chapter Two", 100, 40, 220, 60), line("17", 680, 40, 700, 60)]
    named = kinds([*BODY, *head])
    assert named[0] == ("header", "Chapter Two")
    assert named[1] == ("page_number", "17")
    assert named[2][0] == "text"


def test_a_foot_comes_last() -> None:
    named = kinds([line("Annual Report 2010", 300, 950, 500, 970), *BODY])
    assert named[-1] == ("footer", "Annual Report 2010")


def test_a_page_of_a_few_lines_has_no_header() -> None:
    named = kinds([line("A greeting", 100, 40, 220, 60), line("to you", 100, 400, 160, 420)])
    assert {kind for kind, _ in named} == {"text"}


def test_a_column_s_footnote_follows_the_last_column() -> None:
    words = "these are the words of a column of text"
    left = texts_down([words] * 15, 0, 100, 380)
    right = texts_down([words] * 18, 420, 100, 380)
    note = texts_down(
        ["* a small note about the very first", "column, which goes on here for a"],
        0,
        640,
        250,
        height=15,
        pitch=20,
    )
    named = kinds([*left, *note, *right])
    assert [kind for kind, _ in named] == ["text", "text", "footnote"]
    assert named[-1][1].startswith("* a small note")


def test_a_large_short_line_is_a_title_with_a_level() -> None:
    heading = line("A Large Heading", 100, 220, 480, 260)
    title = regions([heading, *BODY])[0]
    assert (title.kind, title.level) == ("title", 1)


def test_a_large_numbered_line_is_a_heading_and_no_list() -> None:
    heading = line("三、经济法律文书的种类", 100, 220, 540, 260)
    assert kinds([heading, *BODY])[0] == ("title", "三、经济法律文书的种类")


def test_a_numbered_line_of_ordinary_size_is_a_list() -> None:
    item = line("三、经济法律文书的种类", 100, 240, 310, 260)
    assert kinds([item, *BODY])[0] == ("list", "三、经济法律文书的种类")


def test_thousands_of_single_rows_are_named_each_once() -> None:
    rows = [line(f"{row}. x", 100, 20 + 60 * row, 160, 40 + 60 * row) for row in range(1500)]
    found = build_regions(rows, [], (800, 60 * 1500 + 40), 1)
    assert sorted(own.text for region in found for own in region.lines) == sorted(
        row.text for row in rows
    )
    assert len({region.id for region in found}) == len(found)
