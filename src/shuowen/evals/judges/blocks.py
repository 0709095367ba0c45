"""What was read, as the blocks that page benchmarks compare: text, formulas and tables.

A reading with HTML of a whole page gives its elements; any other gives its Markdown: HTML and pipe
tables, formulas between dollar signs or \\[ \\] and \\( \\), and text between blank lines, as
OmniDocBench cuts Markdown (opendatalab/OmniDocBench, utils/extract.py). A formula inside a line
stays in its text and is a block of its own besides, last of all, for truths that stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Literal

from shuowen.evals.judges.table_markup import split_at_tables
from shuowen.evals.reading import Reading

BlockKind = Literal["text", "formula", "inline formula", "table", "margin"]
"""A margin is a header, a footer or a page number that the reader knows for one."""

_PAGE_MARKUP = re.compile(r"<(?:html|body|p|h[1-6]|section|article|li)\b", re.IGNORECASE)
_BLOCK_TAGS = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "figure")
    + ("figcaption", "div", "section", "article", "header", "footer", "main")
)
_KIND_OF_CLASS: dict[str, BlockKind] = {
    "formula": "formula",
    "header": "margin",
    "footer": "margin",
    "page_number": "margin",
}
_LINE_TAGS = frozenset({"br", "li", "dt", "dd"})
_SILENT_TAGS = frozenset({"style", "script", "title"})
# Bounded, so that beginnings without an end cost no more than their number.
_PICTURE = re.compile(r"!\[.{0,1000}?\]\(.{0,1000}?\)")
_FENCE = re.compile(r"^[ \t]*```.*$", re.MULTILINE)
_DISPLAY = re.compile(r"\$\$(.{1,4000}?)\$\$|\\\[(.{1,4000}?)\\\]", re.DOTALL)
_INLINE = re.compile(r"\$([^$]{1,1000})\$|\\\((.{1,1000}?)\\\)", re.DOTALL)
_PIPE_TABLE = re.compile(r"(?:^[ \t]*\|.*\|[ \t]*(?:\n|\Z)){2,}", re.MULTILINE)
_PIPE_RULE = re.compile(r"[\s:|-]*-[\s:|-]*")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of a page: text, LaTeX without its delimiters, or a table as HTML."""

    kind: BlockKind
    content: str
    place: int = 0
    """Where in the reading; a formula in a line has the place of its text."""


@lru_cache(maxsize=16)
def read_blocks(reading: Reading) -> tuple[Block, ...]:
    """The blocks of a reading in its order, formulas inside lines after all others."""
    text = reading.html or reading.text
    parse = _html_blocks if is_page_html(text) else _markdown_blocks
    blocks: list[Block] = []
    for is_table, stretch in split_at_tables(text):
        blocks.extend([Block(kind="table", content=stretch)] if is_table else parse(stretch))
    placed = [replace(block, place=place) for place, block in enumerate(blocks)]
    inline = [_inline_blocks(block) for block in placed if block.kind == "text"]
    return (*placed, *(block for found in inline for block in found))


def is_page_html(text: str) -> bool:
    """Whether `text` is HTML as a whole, and not Markdown with a table in HTML at most."""
    return _PAGE_MARKUP.search(text) is not None


def _inline_blocks(text: Block) -> Iterator[Block]:
    for found in _INLINE.finditer(text.content):
        latex = found.group(1) or found.group(2)
        yield Block(kind="inline formula", content=latex, place=text.place)


def _markdown_blocks(text: str) -> Iterator[Block]:
    text = _FENCE.sub("", _PICTURE.sub("", text))
    for is_table, stretch in _split(_PIPE_TABLE, text):
        if is_table:
            yield Block(kind="table", content=pipe_table_html(stretch))
            continue
        for is_formula, piece in _split(_DISPLAY, stretch):
            if is_formula:
                yield Block(kind="formula", content=piece.strip().strip("$").strip())
            else:
                yield from _paragraphs(piece)


def _paragraphs(text: str) -> Iterator[Block]:
    """Text between blank lines; where there are none, every line by itself."""
    pieces = re.split(r"\n[ \t]*\n", text.strip())
    for piece in pieces if len(pieces) > 1 else text.strip().split("\n"):
        if piece.strip():
            yield Block(kind="text", content=piece.strip())


def _split(pattern: re.Pattern[str], text: str) -> Iterator[tuple[bool, str]]:
    position = 0
    for found in pattern.finditer(text):
        yield False, text[position : found.start()]
        yield True, found.group()
        position = found.end()
    yield False, text[position:]


def pipe_table_html(markdown: str) -> str:
    """A Markdown pipe table as HTML, without the line of dashes.

    First row and first column are headings, as olmOCR-bench takes them.
    """
    stripped = [line.strip() for line in markdown.strip().split("\n")]
    lines = [line.removeprefix("|").removesuffix("|") for line in stripped]
    rows = [line.split("|") for line in lines if not _PIPE_RULE.fullmatch(line)]
    html = [
        "".join(_pipe_cell(cell, is_heading=not (row and col)) for col, cell in enumerate(cells))
        for row, cells in enumerate(rows)
    ]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in html)}</table>"


def _pipe_cell(text: str, *, is_heading: bool) -> str:
    tag = "th" if is_heading else "td"
    return f"<{tag}>{escape(text.strip(), quote=False)}</{tag}>"


def _html_blocks(html: str) -> list[Block]:
    parser = _BlockParser()
    parser.feed(html)
    parser.close()
    parser.end_block()
    return parser.blocks


class _BlockParser(HTMLParser):
    """Collects `blocks`: what stands between the tags of elements that begin a new line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._kind: BlockKind = "text"
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT_TAGS:
            self._silent += 1
        elif tag in _BLOCK_TAGS:
            self.end_block()
            classes = (dict(attrs).get("class") or "").split()
            kinds = [_KIND_OF_CLASS[each] for each in classes if each in _KIND_OF_CLASS]
            self._kind = kinds[0] if kinds else "text"
        elif tag in _LINE_TAGS:
            self._pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT_TAGS:
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCK_TAGS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(data)

    def end_block(self) -> None:
        text = "".join(self._pieces).strip()
        if text:
            self.blocks.append(Block(kind=self._kind, content=text))
        self._pieces, self._kind = [], "text"
