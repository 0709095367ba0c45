from __future__ import annotations

from hypothesis import given, settings

from shuowen.document.model import Document, Region
from shuowen.writers.plain import clean
from shuowen.writers.tables import shown_table
from shuowen.writers.text import write
from tests.document.strategies import documents
from tests.writers.doubtful import (
    crossed_out_region,
    doubtful_region,
    doubtful_regions,
    doubtful_table,
    without_doubt,
)
from tests.writers.sample import MERGED, SAMPLE, document_of, page_of, region


def letters(text: str) -> str:
    return "".join(clean(text).split())


@given(documents())
@settings(deadline=None)
def test_everything_that_was_read_is_there_in_order(document: Document) -> None:
    wanted = ""
    for page in document.pages:
        for part in page.regions:
            table = shown_table(part)
            cells = sorted(table.cells, key=lambda c: (c.row_index, c.col_index)) if table else []
            wanted += "".join(cell.text for cell in cells) if table else part.text
    shown = write(document).decode()
    kept = "".join(line for line in shown.splitlines() if not line.startswith("[Page "))
    assert letters(kept) == letters(wanted)
    assert shown.count("\f") == max(len(document.pages) - 1, 0)


def test_regions_pages_rows_and_cells_are_told_apart() -> None:
    first = page_of(region("header", "页眉"), region("table", "", table=MERGED))
    second = page_of(region("page_number", "2"), page_number=2)
    assert write(document_of(first, second)).decode() == (
        "页眉\n\n"
        "项目\t金额 Amount\t\t备注 Notes\n"
        "\t2023\t2024\t\n"
        "收入\t=1+1\t<b>12</b> & 13\t\n"
        "合计\t\t\t| a |\n"
        "\f2\n"
    )


def test_a_failed_page_says_so_in_its_place() -> None:
    assert write(SAMPLE).decode().split("\f")[1] == (
        "[Page 2 could not be read: Page 2 of 年报 <2024>.pdf holds a broken picture. "
        "Scan it again.]\n"
    )


def test_nothing_in_a_document_can_steer_a_terminal() -> None:
    page = page_of(region("text", "a\x1b[2J\x9b31mb\x07\r\nc\x0cd\ud800"))
    assert write(document_of(page)).decode() == "a[2J31mb\nc\nd\N{REPLACEMENT CHARACTER}\n"


def written(region: Region) -> str:
    return write(document_of(page_of(region))).decode()


def test_doubtful_words_stand_in_white_brackets() -> None:
    doubts = {"two": 0.43, "three": 0.07}
    assert written(doubtful_region("one two three\nfour", doubts)) == "one ⟦two three?⟧\nfour\n"
    table = doubtful_table(["one", "two"], ["three\ntwo", "x"], doubts=doubts)
    assert written(table) == "one\t⟦two?⟧\n⟦three?⟧ ⟦two?⟧\tx\n"


@given(doubtful_regions())
@settings(deadline=None)
def test_brackets_change_no_text(region: Region) -> None:
    bare = written(region).replace("⟦", "").replace("?⟧", "")
    plain = written(without_doubt(region))
    assert bare == plain.replace("⟦", "").replace("?⟧", "")


def test_crossed_out_writing_is_left_out() -> None:
    assert written(crossed_out_region("kept", "old")) == "kept\n"
