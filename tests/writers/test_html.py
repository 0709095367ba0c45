from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from shuowen.document.model import Document, RegionKind, Table
from shuowen.writers.html import guess_language, write
from shuowen.writers.plain import clean
from shuowen.writers.tables import shown_table
from tests.document.strategies import documents, tables
from tests.writers.sample import SAMPLE, document_of, page_of, region

_VOID = {"meta", "br"}
_OURS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "p", "br", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "td", "th"),
}
_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "aria-label", "role"),
    *("start", "rowspan", "colspan"),
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
