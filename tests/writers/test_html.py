from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from shuowen.document.model import Document, Region, RegionKind, Table
from shuowen.writers import html as html_writer
from shuowen.writers.html import guess_language, write
from shuowen.writers.plain import clean
from shuowen.writers.tables import shown_table
from tests.document.strategies import documents, tables
from tests.writers.doubtful import (
    crossed_out_region,
    doubtful_region,
    doubtful_regions,
    doubtful_table,
    without_doubt,
)
from tests.writers.sample import SAMPLE, document_of, page_of, region

_VOID = {"meta", "br"}
_OURS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "p", "br", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "td", "th"),
    *("mark", "del"),
}
_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "aria-label", "role"),
    *("start", "rowspan", "colspan", "title"),
}


class Outline(HTMLParser):
    """What a browser sees: tags that must nest, and the text of the body."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.body = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _OURS
        assert {name for name, _ in attrs} <= _ATTRIBUTES
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "body" in self.open:
            self.body += data

    def slots(self) -> list[list[tuple[int, int]]]:
        """Row by row, the (row span, column span) of each cell."""
        rows: list[list[tuple[int, int]]] = []
        for tag, attrs in self.tags:
            if tag == "tr":
                rows.append([])
            if tag in ("td", "th"):
                rows[-1].append((int(attrs.get("rowspan") or 1), int(attrs.get("colspan") or 1)))
        return rows


def only(kind: RegionKind, text: str, table: Table | None = None) -> str:
    return write(document_of(page_of(region(kind, text, table=table)))).decode()


def letters(text: str) -> str:
    return "".join(clean(text).split())


@given(documents())
@settings(deadline=None)
def test_every_document_is_well_formed_and_holds_all_its_text(document: Document) -> None:
    outline = Outline(write(document).decode())
    shown = letters(outline.body)
    for page in document.pages:
        for part in page.regions:
            table = shown_table(part)
            wanted = [cell.text for cell in table.cells] if table else [part.text]
            assert part.kind == "list" or all(letters(text) in shown for text in wanted)


@given(tables())
@settings(deadline=None)
def test_spans_fill_the_grid_exactly(table: Table) -> None:
    outline = Outline(only("table", "", table))
    taken: set[tuple[int, int]] = set()
    for row_index, cells in enumerate(outline.slots()):
        for row_span, col_span in cells:
            col = next(n for n in range(99) if (row_index, n) not in taken)
            slots = {(row_index + r, col + c) for r in range(row_span) for c in range(col_span)}
            assert not slots & taken
            taken |= slots
    grid = {(r, c) for r in range(table.num_rows) for c in range(table.num_cols)}
    assert taken == (grid if table.cells else set())


def test_pages_and_regions_are_anchors_and_a_failed_page_says_why() -> None:
    html = write(SAMPLE).decode()
    ids = {attrs["id"] for _, attrs in Outline(html).tags if "id" in attrs}
    assert {"page-1", "page-2", "page-3"} <= ids
    assert {part.id for page in SAMPLE.pages for part in page.regions} <= ids
    assert 'role="alert">Page 2 could not be read: ' in html
    assert "&lt;a lot&gt;" in html


def test_kinds_keep_their_meaning() -> None:
    assert "<h2 " in only("title", "无级")
    assert ' start="3"' in only("list", "3. c\n4. d")
    assert ' class="header">' in only("header", "页眉")
    assert "<p id" not in only("text", " \x00 ")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("说文解字 by Xu Shen", "zh"),
        ("東京都は日本の首都である", "ja"),
        ("대한민국 헌법 大韓民國", "ko"),
        (
            "Explaining graphs and analysing characters, 字 by 字, is a long task of many words",
            "en",
        ),
        ("", "en"),
    ],
)
def test_the_language_follows_the_script(text: str, tag: str) -> None:
    assert guess_language(document_of(page_of(region("text", text)))) == tag


def marked(*regions: Region) -> str:
    return write(document_of(page_of(*regions))).decode()


def test_doubtful_words_are_highlighted_and_a_legend_says_so() -> None:
    two = '<mark class="doubt" title="0.43">two</mark>'
    html = marked(doubtful_region("one two\n<two>", {"two": 0.43, "<two>": 0.1}))
    assert f"one {two}<br>" in html
    assert '<mark class="doubt" title="0.10">&lt;two&gt;</mark></p>' in html
    assert '<p class="legend">Highlighted words' in html
    assert f"<td>{two}</td>" in marked(doubtful_table(["one", "two"], doubts={"two": 0.43}))
    assert f"<li>{two}</li>" in marked(doubtful_region("- two", {"two": 0.43}, "list"))


def test_the_legend_is_chinese_too_where_the_text_is() -> None:
    html = marked(doubtful_region("说文解字 许慎", {"许慎": 0.3}))
    assert "可能有误" in html
    assert "Highlighted words" in html


@given(doubtful_regions())
@settings(deadline=None)
def test_highlights_change_no_text(region: Region) -> None:
    with_doubt, plain = marked(region), marked(without_doubt(region))
    Outline(with_doubt)
    bare = re.sub(r'<mark class="doubt" title="0\.\d\d">|</mark>', "", with_doubt)
    bare = re.sub(r'<p class="legend">.*</p>\n', "", bare)
    assert bare.replace(html_writer._MARKS_STYLE, "") == plain


def test_crossed_out_writing_follows_the_element_it_stands_on() -> None:
    html = marked(crossed_out_region("kept", "<b>", ""))
    assert '">kept</p>\n<p class="crossed-out"><del>&lt;b&gt;</del> <del>…</del></p>\n' in html
    assert ".crossed-out {" in html
    assert ".crossed-out {" not in marked(crossed_out_region("kept"))
