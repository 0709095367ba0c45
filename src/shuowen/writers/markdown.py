r"""Markdown (CommonMark with GitHub tables): the body of a document, to read, edit and feed on.

Headers, footers and page numbers are left out, as they would cut sentences that run over a page
break; `txt`, `html` and `json` keep them. A comment `<!-- page 2 -->` opens each page of a document
with several. A table is a GitHub table, its first row the heading; with merged cells or line breaks
in cells, which a GitHub table cannot hold, it is an HTML table.

Words that are marked as doubtful stand in `<mark title="0.43">`, with how likely they are right: it
is yellow on GitHub, in Obsidian and in most previews, and a tag to every parser. What was crossed
out follows the paragraph on which it stands, ~~struck through~~.

Text is escaped so that what looks like markup stays text, and no more than that: a `*` alone, an
`a_b` or a `[1]` mean nothing to Markdown and stay as they are.
"""

from __future__ import annotations

import re
from itertools import groupby

from shuowen.document.model import Cell, Document, Page, Region, Table
from shuowen.writers.lists import parse_list
from shuowen.writers.marks import CLOSE, OPEN, crossed_out, shown, with_marks
from shuowen.writers.plain import clean, error_sentence, single_line
from shuowen.writers.tables import html_table, shown_table, table_rows

_NOT_BODY = frozenset({"header", "footer", "page_number"})
_DEFAULT_LEVEL, _MAX_LEVEL = 2, 6

# CommonMark 0.31 and GitHub's additions. A backslash means something before punctuation only, or
# at the end of a line, where it breaks it. The marks of doubtful words will be tags.
_BACKSLASH = re.compile(rf"\\(?=[!-/:-@\[-`{{-~{OPEN}{CLOSE}]|$)", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?[0-9A-Za-z]+;)")
# Tags, comments, <links> and <mail@addresses>. Not by backslash: some renderers know no `\<`.
_TAG = re.compile(r"<(?=[A-Za-z/!?]|[^\s<@]+@)")
# `_` between letters is text; `]` makes a link only before these.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINK = re.compile(r"\](?=[(\[:])")
# Marks that work in pairs only: emphasis, strikethrough, code, GitHub's formulas.
_PAIRED = "*~`$"
# At the start of a line: heading, quote, task or link definition; bullet; number; and a line of
# marks only, which could be a rule, an underlined heading, a table's second row, or front matter.
_OPENER = re.compile(r"[#>\[]|[-+*](?=\s|$)|(?=[^\\])[-=+*:|\s~]+$")
_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_CLOSING_HASHES = re.compile(r"(?<!\S)#+$")


class MarkdownStream:
    """Markdown of a document while it is read; the pieces together are what `write` gives.

    A region's piece may be empty, as headers are left out.
    """

    def __init__(self, num_pages: int) -> None:
        """Begins a document of which `num_pages` pages will come."""
        self._are_pages_marked = num_pages > 1
        self._page_number: int | None = None
        self._is_anything_written = False
        self._is_after_list = False

    def region(self, page_number: int, region: Region) -> str:
        """The piece for the next region of a page, which it begins if need be."""
        piece = self._begin(page_number)
        if region.kind in _NOT_BODY:
            return piece
        if block := _marked_block(region):
            is_list = region.kind == "list"
            if is_list and self._is_after_list:
                # Lists that follow each other would grow together; an empty comment parts them.
                piece += self._next("<!-- -->")
            piece += self._next(block)
            self._is_after_list = is_list
        if struck := " ".join(map(_struck, crossed_out(region))):
            piece += self._next(struck)
        return piece

    def page(self, page: Page) -> str:
        """The piece that ends a page: what went wrong with it, if anything did."""
        piece = self._begin(page.page_number)
        error = error_sentence(page)
        if error:
            piece += self._next(f"> {_inline(error)}")
        self._page_number = None
        return piece

    def finish(self) -> str:
        """The piece that ends the document."""
        return "\n" if self._is_anything_written else ""

    def _begin(self, page_number: int) -> str:
        if page_number == self._page_number:
            return ""
        self._page_number = page_number
        return self._next(f"<!-- page {page_number} -->") if self._are_pages_marked else ""

    def _next(self, block: str) -> str:
        gap = "\n\n" if self._is_anything_written else ""
        self._is_anything_written = True
        self._is_after_list = False
        return gap + block


def write(document: Document) -> bytes:
    """`document` as UTF-8 Markdown."""
    stream = MarkdownStream(len(document.pages))
    pieces: list[str] = []
    for page in document.pages:
        pieces += (stream.region(page.page_number, region) for region in page.regions)
        pieces.append(stream.page(page))
    return "".join([*pieces, stream.finish()]).encode()


def _marked_block(region: Region) -> str:
    marked = with_marks(region)
    if marked is region:
        return _block(region)
    return shown(_block(marked), '<mark title="{}">'.format, "</mark>")


def _struck(text: str) -> str:
    return f"~~{_inline(text, least_marks=1)}~~"


def _block(region: Region) -> str:
    if table := shown_table(region):
        return _table(table)
    if region.kind == "title":
        return _title(region)
    if region.kind == "list":
        return _list(region.text)
    if region.kind == "figure" and not region.text.strip():
        return "<!-- figure -->"
    return escape_markdown(region.text)


def _title(region: Region) -> str:
    hashes = "#" * min(region.level or _DEFAULT_LEVEL, _MAX_LEVEL)
    text = _CLOSING_HASHES.sub(r"\\\g<0>", _inline(single_line(region.text)))
    return f"{hashes} {text}" if text else ""


def _list(text: str) -> str:
    parsed = parse_list(text)
    start = parsed.start
    markers = (f"{start + n}." if start is not None else "-" for n in range(len(parsed.items)))
    pairs = zip(markers, parsed.items, strict=True)
    return "\n".join(f"{marker} {_line(item)}" for marker, item in pairs)


def _table(table: Table) -> str:
    rows = table_rows(table)
    is_plain = all(len(row) == len(rows[0]) and all(map(_is_plain, row)) for row in rows)
    if not is_plain:
        return html_table(table)
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join((lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]))


def _is_plain(cell: Cell) -> bool:
    return cell.row_span == cell.col_span == 1 and "\n" not in clean(cell.text).strip()


def _cell(cell: Cell) -> str:
    return _inline(single_line(cell.text)).replace("|", r"\|")


def escape_markdown(text: str) -> str:
    """`text` as Markdown paragraphs that render as just this text.

    A line break stays one (two spaces at the end of the line); a blank line parts paragraphs.
    """
    lines = [line.strip() for line in clean(text).strip().split("\n")]
    groups = groupby(lines, bool)
    return "\n\n".join(_paragraph(list(group)) for is_filled, group in groups if is_filled)


def _paragraph(lines: list[str]) -> str:
    return "  \n".join(_line_start(line) for line in _inline("\n".join(lines)).split("\n"))


def _line(text: str) -> str:
    return _line_start(_inline(single_line(text)))


def _line_start(line: str) -> str:
    line = _NUMBER.sub(r"\1\\\2", line)
    return f"\\{line}" if _OPENER.match(line) else line


def _inline(text: str, least_marks: int = 2) -> str:
    text = _BACKSLASH.sub(r"\\\\", text)
    text = _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))
    text = _LINK.sub(r"\\]", _UNDERSCORE.sub(r"\\_", text))
    for mark in _PAIRED:
        if text.count(mark) >= least_marks:
            text = text.replace(mark, f"\\{mark}")
    return text
