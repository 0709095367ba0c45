"""All rows of the documents, and where a label stands among them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from shuowen.document.model import Document, Page, union_of
from shuowen.errors import CapacityError
from shuowen.server.chat.key_values.dates import FoundDate, Order, dates_in, order_told_by
from shuowen.server.chat.key_values.label_names import Keys, label_words
from shuowen.server.chat.key_values.rows import (
    Row,
    joined,
    page_rows,
    region_row,
    table_cells,
)
from shuowen.server.chat.key_values.stacked import stacked_rows
from shuowen.server.chat.key_values.words import SKIPPED, is_han, is_letters
from shuowen.source.stop import Stop

_LONG_WORD, _LONG_HAN = 5, 4
"""From so many letters, or Chinese characters, one wrong one is allowed for."""
_MISREAD = 0.9
"""What a label with a wrong character is worth."""

MOST_MATCHES, _MOST_IN_ROW, _MOST_PLACES = 300, 3, 5000
"""A label, and a word in it, do not stand more often than this; the first places count."""
LONGEST_ROW = 1000
"""Characters of a row; what is longer, as PDFs can be made to have, is no part of a form."""

Grid = list[list[Row | None]]


@dataclass(frozen=True)
class Match:
    """A label's name on a page.

    Attributes:
        row: Its row.
        first, last: Its words in the row, both included.
        quality: 1 when read as written, less with a wrong character.
    """

    row: Row
    first: int
    last: int
    quality: float

    @property
    def start(self) -> int:
        """Its first character in the row."""
        return self.row.words[self.first].start

    @property
    def end(self) -> int:
        """The character after its last."""
        return self.row.words[self.last].end


class Book:
    """The rows of some documents; `stop` ends a long search in them.

    Attributes:
        rows: Text on one level, page by page, top to bottom.
        grids: Tables as cells, in reading order.
        titles: The pages' titles, each as one row.
        labelled: Rows where labels are looked for: those of tables, `rows`, and labels that stand
            on two lines.
    """

    def __init__(self, documents: Sequence[Document], stop: Stop | None = None) -> None:
        self._stop = stop or Stop()
        self.rows: list[Row] = []
        self.grids: list[Grid] = []
        self.titles: list[Row] = []
        self._torn: set[int] = set()
        self._known: dict[Keys, list[Match]] = {}
        for number, document in enumerate(documents, start=1):
            for page in document.pages:
                self._add(page, number)
        self._index = {id(row): index for index, row in enumerate(self.rows)}
        self.labelled = [*self._cell_rows(), *self.rows, *stacked_rows(self.rows)]

    def _add(self, page: Page, document_number: int) -> None:
        rows = [row for row in page_rows(page, document_number) if len(row.text) <= LONGEST_ROW]
        tables = [region for region in page.regions if region.table]
        boxes = [region.box for region in tables if region.table and region.table.num_cols > 1]
        middles = [(row, union_of([mark.box for mark in row.marks]).center) for row in rows]
        torn = [row for row, middle in middles if any(box.contains(middle) for box in boxes)]
        self.rows += rows
        self._torn |= {id(row) for row in torn}
        self.grids += [table_cells(page, region, document_number) for region in tables]
        titles = (region for region in page.regions if region.kind == "title" and region.lines)
        self.titles += [region_row(page, region, document_number) for region in titles]

    def _cell_rows(self) -> Iterator[Row]:
        for grid in self.grids:
            for cells in grid[1:] if _has_head(grid) else grid:
                filled = [cell for cell in cells if cell and len(cell.text) <= LONGEST_ROW]
                if filled:
                    yield joined(filled)

    def is_in_table(self, row: Row) -> bool:
        """Whether a row of `rows` goes across a table's cells."""
        return id(row) in self._torn

    def rows_after(self, row: Row) -> Iterator[Row]:
        """The rows after a row of `rows`; none for any other, such as a table's."""
        start = self._index.get(id(row), len(self.rows))
        return (self.rows[index] for index in range(start + 1, len(self.rows)))

    def below(self, row: Row) -> list[Row]:
        """The three rows under a row on its page."""
        place = row.document_number, row.page_number
        following = islice(self.rows_after(row), 3)
        return [each for each in following if (each.document_number, each.page_number) == place]

    @cached_property
    def order(self) -> Order | None:
        """What comes first in the documents' dates of numbers."""
        return order_told_by(row.text for row in self.rows)

    @cached_property
    def _places(self) -> dict[str, list[tuple[Row, int]]]:
        places: dict[str, list[tuple[Row, int]]] = defaultdict(list)
        for row in self.labelled:
            for index, word in enumerate(row.words):
                if len(places[word.key]) < _MOST_PLACES:
                    places[word.key].append((row, index))
        return places

    @cached_property
    def _by_ends(self) -> dict[tuple[str, str], list[str]]:
        """All words by their first and last letter."""
        words = defaultdict(list)
        for key in self._places:
            words[key[0], key[-1]].append(key)
        return words

    @cached_property
    def dates(self) -> list[tuple[Row, FoundDate]]:
        """All dates with their rows."""
        return [(row, found) for row in self.rows for found in dates_in(row.text, self.order)]

    def check_wanted(self) -> None:
        """Raise `CapacityError` when nobody waits for the answer any more."""
        if self._stop.is_set:
            raise CapacityError("The request was broken off.")

    def matches(self, name: Keys) -> list[Match]:
        """Where a label says `name`; a long name may have one character that was read wrong.

        Raises:
            CapacityError: Nobody waits for the answer any more.
        """
        self.check_wanted()
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: Keys) -> list[Match]:
        found: dict[tuple[int, int], Match] = {}
        num_in_row: Counter[int] = Counter()
        for offset, key in enumerate(name[:2]):
            for row, index, quality in self._starts(key):
                if num_in_row[id(row)] >= _MOST_IN_ROW or len(found) >= MOST_MATCHES:
                    continue
                match = self._match(row, index, name, offset)
                if match is not None and match.quality * quality > 0.8:
                    num_in_row[id(row)] += (id(row), match.first) not in found
                    found.setdefault((id(row), match.first), match)
            if not (is_han(key) and len(name) >= _LONG_HAN):
                break
        return list(found.values())

    def _starts(self, key: str) -> Iterator[tuple[Row, int, float]]:
        """Where a word stands, or what may be meant for it, and how well that fits."""
        for near, quality in self._near(key):
            for row, index in self._places.get(near, ()):
                yield row, index, quality

    def _near(self, key: str) -> list[tuple[str, float]]:
        if not is_letters(key) or len(key) < _LONG_WORD or key in self._places:
            return [(key, 1.0)]
        near = self._by_ends.get((key[0], key[-1]), ())
        return [(word, _MISREAD) for word in near if may_be_misread(key, word)]

    def _match(self, row: Row, index: int, name: Keys, offset: int) -> Match | None:
        """The match whose word `offset` is the row's word `index`."""
        words, first = row.words, index - offset
        if first < 0:
            return None
        at, num_wrong = first, 0
        for number, key in enumerate(name):
            while number and at < len(words) and words[at].key in SKIPPED:
                at += 1
            if at >= len(words) or "\t" in row.text[words[first].start : words[at].start]:
                return None
            if words[at].key != key:
                num_wrong += 1
                if not _may_be(key, words[at].key, len(name)):
                    return None
            at += 1
        return Match(row, first, at - 1, 1.0 - 0.1 * num_wrong) if num_wrong <= 1 else None


def _has_head(grid: Grid) -> bool:
    """Whether a table's first row names its columns: words only, and numbers under them."""
    if len(grid) < 3 or len(grid[0]) < 3:
        return False
    digits = [[any(map(str.isdigit, cell.text)) for cell in row if cell] for row in grid[:2]]
    return len(digits[0]) == len(grid[0]) and not any(digits[0]) and any(digits[1])


def may_be_misread(word: str, read: str) -> bool:
    """Whether what was read may stand for `word`, and is no word of labels itself."""
    return is_one_off(word, read) and read not in label_words()


def is_one_off(word: str, other: str) -> bool:
    """Whether two words differ in one letter inside: another one, one more or one less.

    At the ends one letter makes another word: "supplier", "supplies".
    """
    if abs(len(word) - len(other)) > 1 or other[:1] != word[:1] or other[-1:] != word[-1:]:
        return False
    shorter, longer = sorted((word, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), None)
    if at is None:
        return True
    rest = shorter[at + 1 :] if len(shorter) == len(longer) else shorter[at:]
    return rest == longer[at + 1 :]


def _may_be(key: str, read: str, num_words: int) -> bool:
    if is_han(key):
        return is_han(read) and num_words >= _LONG_HAN
    return len(key) >= _LONG_WORD and may_be_misread(key, read)
