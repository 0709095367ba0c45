"""Tables cut out of what was read, and as the trees that published TEDS compares.

The published measure looks at more than `evals/table_trees.py`: rows may stand in sections, and
markup inside a cell counts as tokens of its text and as nodes of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from shuowen.evals.table_trees import TableNode

_TABLE_TAG = re.compile(r"<(/?)table\b[^>]*>", re.IGNORECASE)
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
# A tag inside a cell is one token, for its beginning and its end each, written as a character
# for private use. What has no end tag has both tokens at once.
_FIRST_TAG_TOKEN, _NUM_TAG_TOKENS = 0xE000, 0x0C00
_VOID_TAGS = frozenset({"br", "hr", "img", "input", "wbr"})
_MAX_SPAN = 1000


@dataclass(frozen=True, kw_only=True)
class TableRules:
    """What a benchmark does to a table before it compares it."""

    clean: Callable[[str], str]
    """Applied to every piece of text in a cell."""
    keeps_sections: bool = False
    """Whether thead, tbody and tfoot are nodes; otherwise rows hang on the table."""
    dropped_tags: frozenset[str] = frozenset()
    """Tags inside cells that do not count; their text does."""


@dataclass(frozen=True, kw_only=True)
class MarkedTable:
    """A table's tree and how many tags stand inside its cells."""

    tree: TableNode
    num_inner_tags: int

    @property
    def num_nodes(self) -> int:
        """Elements below the table's own, as the published measure counts them."""
        return self.tree.num_nodes - 1 + self.num_inner_tags


def split_at_tables(text: str) -> Iterator[tuple[bool, str]]:
    """Stretches of `text`, in order: (whether it is an outermost HTML table, the stretch).

    A table without an end goes to the end of the text.
    """
    position, start, depth = 0, 0, 0
    for tag in _TABLE_TAG.finditer(text):
        if not tag.group(1):
            if not depth:
                start = tag.start()
                yield False, text[position:start]
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                position = tag.end()
                yield True, text[start:position]
    yield (True, text[start:]) if depth else (False, text[position:])


def html_tables(text: str) -> list[str]:
    """The outermost HTML tables in `text`."""
    return [stretch for is_table, stretch in split_at_tables(text) if is_table]


def parse_table(html: str, rules: TableRules) -> MarkedTable:
    """The tree of one table; a header cell is a cell, and end tags may be left out."""
    parser = _Parser(rules)
    parser.feed(html)
    parser.close()
    return parser.finish()


@dataclass
class _Cell:
    row_span: int
    col_span: int
    pieces: list[str] = field(default_factory=list)


class _Parser(HTMLParser):
    def __init__(self, rules: TableRules) -> None:
        super().__init__(convert_charrefs=True)
        self._rules = rules
        self._parts: list[TableNode] = []
        self._section: tuple[str, list[TableNode]] | None = None
        self._row: list[TableNode] | None = None
        self._cell: _Cell | None = None
        self._num_inner_tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self._end_cell()
            self._row = self._row if self._row is not None else []
            spans = dict(attrs)
            self._cell = _Cell(_span(spans.get("rowspan")), _span(spans.get("colspan")))
        elif tag == "tr":
            self._end_row()
            self._row = []
        elif tag in _SECTIONS:
            self._end_section()
            self._section = (tag, []) if self._rules.keeps_sections else None
        elif self._cell is not None and tag not in self._rules.dropped_tags:
            self._cell.pieces.append(_tag_token(tag, is_end=False))
            self._num_inner_tags += 1
            if tag in _VOID_TAGS:
                self._cell.pieces.append(_tag_token(tag, is_end=True))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag in _SECTIONS or tag == "table":
            self._end_section()
        elif self._cell is not None and tag not in self._rules.dropped_tags | _VOID_TAGS:
            self._cell.pieces.append(_tag_token(tag, is_end=True))

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.pieces.append(self._rules.clean(data))

    def finish(self) -> MarkedTable:
        self._end_section()
        tree = TableNode(tag="table", children=tuple(self._parts))
        return MarkedTable(tree=tree, num_inner_tags=self._num_inner_tags)

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            cell = TableNode(
                tag="td",
                row_span=self._cell.row_span,
                col_span=self._cell.col_span,
                text="".join(self._cell.pieces),
            )
            self._row.append(cell)
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            rows = self._section[1] if self._section else self._parts
            rows.append(TableNode(tag="tr", children=tuple(self._row)))
        self._row = None

    def _end_section(self) -> None:
        self._end_row()
        if self._section is not None:
            tag, rows = self._section
            self._parts.append(TableNode(tag=tag, children=tuple(rows)))
        self._section = None


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), 1), _MAX_SPAN) if re.fullmatch("[0-9]{1,5}", digits) else 1


def _tag_token(tag: str, *, is_end: bool) -> str:
    """One character for a tag, the same for the same tag in every run."""
    number = sum(ord(letter) * 31**index for index, letter in enumerate(tag)) * 2 + is_end
    return chr(_FIRST_TAG_TOKEN + number % _NUM_TAG_TOKENS)
