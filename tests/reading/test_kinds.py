from __future__ import annotations

import pytest

from shuowen.document.model import Box, RegionKind
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.kinds import (
    is_page_number,
    network_votes,
    starts_footnote,
    text_kind,
    title_level,
)
from tests.reading.drawn_lines import line


@pytest.mark.parametrize(
    "text", ["12", "- 3 -", "xvi", "第 5 页", "4 / 92", "Page 7", "5-3", "第三页"]
)
def test_page_numbers(text: str) -> None:
    assert is_page_number(text)


@pytest.mark.parametrize("text", ["Chapter 2", "2013年", "第三章", "Page", "civil", "12 apples"])
def test_not_page_numbers(text: str) -> None:
    assert not is_page_number(text)


@pytest.mark.parametrize(
    ("text", "rows", "ratio", "vote", "kind"),
    [
        ("图 4.1 工作过程", 1, 0.9, None, "caption"),
        ("Table 2: Results", 1, 1.0, "text", "caption"),
        ("Table 2 shows that the results of the long run", 6, 1.0, None, "text"),
        ("2.4 文档结构", 1, 1.5, None, "title"),
        ("Key Findings", 1, 1.0, "title", "title"),
        ("这是一句大字的话。", 1, 1.5, None, "text"),
        ("E = mc²", 1, 1.0, "formula", "formula"),
        ("[1] Knuth, The TeXbook.", 2, 1.0, "reference", "reference"),
        ("just a paragraph", 5, 1.0, "reference", "text"),
    ],
)
def test_kinds_by_text_size_and_vote(
    text: str, rows: int, ratio: float, vote: RegionKind | None, kind: RegionKind
) -> None:
    assert text_kind(text, rows, ratio, vote) == kind


@pytest.mark.parametrize(
    ("text", "ratio", "level"),
    [
        ("3.1.4 服务器", 1.0, 3),
        ("2 Method", 2.0, 1),
        ("Title", 2.0, 1),
        ("Part", 1.5, 2),
        ("a", 1.0, 3),
    ],
)
def test_levels_by_number_else_by_size(text: str, ratio: float, level: int) -> None:
    assert title_level(text, ratio) == level


def test_the_network_votes_where_it_covers_most() -> None:
    layout = [
        LayoutBox(kind="title", box=Box(0, 0, 100, 20), confidence=0.9),
        LayoutBox(kind="text", box=Box(0, 15, 100, 100), confidence=0.9),
    ]
    lines = [
        line("title", 0, 2, 90, 18),
        line("text", 0, 40, 90, 60),
        line("outside", 90, 40, 200, 60),
    ]
    assert network_votes(lines, layout) == ["title", "text", None]
    assert network_votes(lines, []) == [None, None, None]
    assert network_votes([], layout) == []


def test_footnotes_begin_with_a_mark() -> None:
    assert (
        starts_footnote("20 U.S. Department")
        and starts_footnote("* 数据")
        and starts_footnote("①见")
    )
    assert not starts_footnote("The text")
