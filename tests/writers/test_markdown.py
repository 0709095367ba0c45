from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shuowen.document.model import Document, RegionKind, Table
from shuowen.writers.lists import parse_list
from shuowen.writers.markdown import escape_markdown, write
from shuowen.writers.plain import clean
from tests.document.strategies import documents, texts
from tests.writers.sample import MERGED, PLAIN, cell, document_of, page_of, region

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BREAKS = {"softbreak", "hardbreak"}
_SAFE_BLOCK = re.compile(r"<!--.*-->\n?|<table>\n(?:<tr>.*</tr>\n)*</table>\n?")


def words(text: str) -> str:
    return " ".join(text.split())


def inline_text(token: Token) -> str:
    """The text of an inline token, in which there must be nothing but text and line breaks."""
    children = token.children or []
    assert {child.type for child in children} <= {"text", *_BREAKS}
    return "".join("\n" if child.type in _BREAKS else child.content for child in children)


def rendered(markdown: str) -> tuple[list[str], str]:
    """The block types, and the text, that a Markdown parser sees."""
    tokens = PARSER.parse(markdown)
    blocks = [token.type for token in tokens if token.type != "inline"]
    return blocks, "\n".join(inline_text(token) for token in tokens if token.type == "inline")


def only(kind: RegionKind, text: str, *, level: int | None = None) -> str:
    return write(document_of(page_of(region(kind, text, level=level)))).decode()


def written_table(table: Table) -> str:
    return write(document_of(page_of(region("table", "", table=table)))).decode()


@given(texts)
@settings(deadline=None, max_examples=500)
def test_escaped_text_renders_as_paragraphs_of_just_this_text(text: str) -> None:
    blocks, shown = rendered(escape_markdown(text))
    assert words(shown) == words(clean(text))
    assert set(blocks) <= {"paragraph_open", "paragraph_close"}


@pytest.mark.parametrize("piece", ["<", "<1", "&", "&#1", "_", "]", "\\", "# ", "*", "1."])
def test_a_long_row_of_marks_is_escaped_in_one_go(piece: str) -> None:
    # With a pattern that looks to the end of the row from every mark this would not come back.
    assert len(escape_markdown(piece * 100_000)) >= 100_000


def test_an_address_in_brackets_is_no_link() -> None:
    assert escape_markdown("<1@b.example> <<1@b.example>") == ("&lt;1@b.example> <&lt;1@b.example>")


@given(texts)
@settings(deadline=None)
def test_escaped_text_keeps_its_lines(text: str) -> None:
    _, shown = rendered(escape_markdown(text))
    wanted = [words(line) for line in clean(text).split("\n") if line.strip()]
    assert [words(line) for line in shown.split("\n") if line.strip()] == wanted


@given(texts, st.integers(1, 9))
@settings(deadline=None)
def test_a_title_is_a_heading_of_its_level_and_nothing_else(text: str, level: int) -> None:
    markdown = only("title", text, level=level)
    blocks, shown = rendered(markdown)
    assert words(shown) == words(clean(text))
    assert blocks == (["heading_open", "heading_close"] if words(clean(text)) else [])
    assert not markdown or markdown.split(" ")[0] == "#" * min(level, 6)


@given(st.lists(texts.map(lambda text: words(clean(text))), min_size=4, max_size=4))
@settings(deadline=None)
def test_table_cells_render_as_just_their_text(cells: list[str]) -> None:
    table = Table(
        num_rows=2,
        num_cols=2,
        cells=tuple(cell(n // 2, n % 2, text) for n, text in enumerate(cells)),
    )
    tokens = PARSER.parse(written_table(table))
    assert tokens[0].type == "table_open"
    assert [words(inline_text(token)) for token in tokens if token.type == "inline"] == cells


@given(texts)
@settings(deadline=None)
def test_a_list_renders_as_its_items(text: str) -> None:
    blocks, shown = rendered(only("list", text))
    items = parse_list(text).items
    assert blocks.count("list_item_open") == len(items)
    assert shown.split("\n") == [words(item) for item in items] or not items


@given(documents())
@settings(deadline=None)
def test_no_document_smuggles_html_or_links_into_its_markdown(document: Document) -> None:
    tokens = PARSER.parse(write(document).decode())
    html = [token.content for token in tokens if token.type == "html_block"]
    assert all(_SAFE_BLOCK.fullmatch(block) for block in html)
    for token in tokens:
        if token.type == "inline":
            inline_text(token)


@pytest.mark.parametrize(
    "text",
    [
        "snake_case and f(x)[0] cost $5, 2 * 3 = 6, a < b, see [1] & more~",
        "C:\\Users\\许慎 #1 (50%) - 3.5 + x_1",
        "说文解字，东汉许慎著。-5 ℃！《诗》“曰”",
    ],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert escape_markdown(text) == text


def test_only_the_body_is_written_and_pages_are_marked_where_there_are_several() -> None:
    page = page_of(region("header", "公司年报"), region("text", "正文"), region("page_number", "7"))
    assert write(document_of(page)).decode() == "正文\n"
    second = page_of(region("footer", "脚"), page_number=2)
    assert write(document_of(page, second)).decode() == (
        "<!-- page 1 -->\n\n正文\n\n<!-- page 2 -->\n"
    )
    assert write(document_of()) == b""


def test_neighbouring_lists_stay_two_lists_and_keep_their_numbers() -> None:
    page = page_of(region("list", "1. a\n2. b"), region("list", "1) c\n3) d"))
    assert write(document_of(page)).decode() == "1. a\n2. b\n\n<!-- -->\n\n- 1\\) c\n- 3\\) d\n"


def test_merged_cells_and_line_breaks_take_an_html_table_others_a_github_table() -> None:
    assert written_table(PLAIN).startswith("| 姓名 | a\\|b |  |\n| --- | --- | --- |\n")
    assert '<th colspan="2">金额 Amount</th>' in written_table(MERGED)
    broken = Table(num_rows=1, num_cols=1, cells=(cell(0, 0, "a\nb"),))
    assert written_table(broken) == "<table>\n<tr><td>a<br>b</td></tr>\n</table>\n"


def test_a_table_whose_cells_are_empty_still_gives_its_text() -> None:
    empty = Table(num_rows=1, num_cols=1, cells=(cell(0, 0, ""),))
    page = page_of(region("table", "读到的字", table=empty))
    assert write(document_of(page)).decode() == "读到的字\n"
