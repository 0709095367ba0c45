from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.document.model import Box, Cell, Line, Page, Region, Table
from shuowen.server.mcp_search import find_passages


def region(text: str, top: float = 0.0, **fields: object) -> Region:
    box = Box(0.0, top, 100.0, top + 20)
    return Region(**{"id": f"r{top}", "kind": "text", "box": box, "text": text, **fields})  # type: ignore[arg-type]


def page(*regions: Region, number: int = 1) -> Page:
    return Page(page_number=number, status="ok", regions=regions)


def test_the_passage_that_fits_best_comes_first_with_its_place() -> None:
    pages = [
        page(region("The library opens at nine."), region("Fees are due in May.", 40)),
        page(region("Late fees: 3 yuan a week, paid at the desk."), number=2),
    ]
    found = find_passages(pages, "late fees", 5)
    assert [passage.page_number for passage in found] == [2, 1]
    assert found[0].text.startswith("Late fees")
    assert found[1].box == (0.0, 40.0, 100.0, 60.0)
    assert found[0].score > found[1].score > 0


def test_chinese_is_found_without_spaces() -> None:
    pages = [page(region("本室藏书一万二千余册。"), region("读者可在室内查阅扫描图像。", 40))]
    found = find_passages(pages, "扫描图像在哪里", 5)
    assert found[0].text.startswith("读者")


@pytest.mark.parametrize("query", ["ＳＷ－４７１１", "sw 4711", "SW-4711"])
def test_numbers_are_found_whatever_their_spelling(query: str) -> None:
    pages = [page(region("Invoice SW-4711, 3 May"), region("Order SW-4712", 40))]
    assert find_passages(pages, query, 1)[0].text.startswith("Invoice")


def test_a_table_is_found_by_its_rows() -> None:
    texts = (("Item", "Price"), ("Binding", "12"), ("Scan", "7"))
    cells = tuple(
        Cell(row_index=row, col_index=col, text=text, box=Box(col * 50, row * 20, 100, 20))
        for row, line in enumerate(texts)
        for col, text in enumerate(line)
    )
    table = region("…", kind="table", table=Table(num_rows=3, num_cols=2, cells=cells))
    found = find_passages([page(table)], "price of a scan", 9)
    assert {passage.text for passage in found} == {"Scan | 7", "Item | Price"}
    assert all(passage.kind == "table" for passage in found)


def test_a_long_region_is_cut_at_its_lines() -> None:
    lines = tuple(
        Line(
            text=f"line {number} " + "filler " * 20,
            confidence=1.0,
            box=Box(0, number * 10, 100, number * 10 + 9),
            quad=((0, 0), (1, 0), (1, 1), (0, 1)),
        )
        for number in range(30)
    )
    text = " ".join(line.text for line in lines)
    found = find_passages([page(region(text, lines=lines))], "17", 3)
    assert len(found) == 1
    assert len(found[0].text) <= 700
    assert found[0].box[1] <= 170 < found[0].box[3]


def test_what_shares_nothing_with_the_query_is_left_out() -> None:
    assert find_passages([page(region("one two three"))], "four", 5) == []
    assert find_passages([page(region("one two three"))], "?!", 5) == []
    assert find_passages([], "four", 5) == []


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text(st.characters(codec="utf-8")))
def test_any_text_and_any_query(text: str, query: str) -> None:
    found = find_passages([page(region(text))], query, 3)
    assert len(found) <= 1
    assert all(passage.score > 0 and passage.text == text.strip() for passage in found)
