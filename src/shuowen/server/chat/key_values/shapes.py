"""Values that need no label: a page's only date or e-mail, its title, the firm at its top."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.finding import Candidate, FoundBy
from shuowen.server.chat.key_values.form import Leaf
from shuowen.server.chat.key_values.names import TOLD, Names
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.values import Value, value_in

BY_SHAPE = 0.5
"""How well shape alone supports a value."""
_WORTH_ENOUGH = 0.7
_TOP_ROWS = 6

_SHAPES = {
    ("email",): re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("website",): re.compile(r"(?:https?://|www\.)[^\s<>\"，。；]+", re.IGNORECASE),
    ("phone",): re.compile(r"^\s*(?:\+?\d{1,3}[ -])?\(?\d{2,4}\)?[ -]\d{3,4}[ -]?\d{4}\s*$"),
    # Taiwan's uniform invoices print their number without a label.
    ("invoice", "no"): re.compile(r"^\s*[A-Z]{2}-?\d{8}\s*$"),
}
_FIRM = re.compile(
    r"\b(?:sdn\.?\s*bhd|bhd|ltd|limited|inc|llc|llp|corp|corporation|company|gmbh|plc|pty|"
    r"enterprises?|trading|restaurant|restoran|store|shop|mart|market|supermarket|cafe|hotel|"
    r"bakery|bakeries|pharmacy|clinic|hospital|bank|university)\b"
    r"|公司|商店|超市|超商|商行|餐[厅廳]|酒店|[饭飯]店|[药藥]店|[医醫]院|[银銀]行|大[学學]|集[团團]",
    re.IGNORECASE,
)


def by_shape(leaf: Leaf, names: Names, book: Book) -> Candidate | None:
    """The value that only one thing on the pages can be; None when none or several can."""
    if _is_asked(names, ("date",)):
        return _only(_dates(leaf, book))
    for name, shape in _SHAPES.items():
        if _is_asked(names, name):
            return _only(_shaped(leaf, book, shape))
    if names.get(("title",), 0.0) >= TOLD and book.titles:
        title = book.titles[0]
        return next(_candidate(leaf, book, title, 0, len(title.text), "heading"), None)
    return _firm(leaf, book) if _is_asked(names, ("company",)) else None


def _is_asked(names: Names, name: tuple[str, ...]) -> bool:
    return names.get(name, 0.0) >= _WORTH_ENOUGH


def _only(found: Iterator[Candidate]) -> Candidate | None:
    """The first, when all say the same."""
    candidates = list(found)
    values = {(str(each.value.value), each.value.note) for each in candidates}
    return candidates[0] if len(values) == 1 else None


def _dates(leaf: Leaf, book: Book) -> Iterator[Candidate]:
    for row, found in book.dates:
        yield from _candidate(leaf, book, row, found.start, found.end)


def _shaped(leaf: Leaf, book: Book, shape: re.Pattern[str]) -> Iterator[Candidate]:
    for row in book.rows:
        for start, end in row.segments():
            for match in shape.finditer(row.text[start:end]):
                yield from _candidate(leaf, book, row, start + match.start(), start + match.end())


def _firm(leaf: Leaf, book: Book) -> Candidate | None:
    """The first of the top lines of the first page that names a firm."""
    for row in book.rows[:_TOP_ROWS]:
        match = _FIRM.search(row.text)
        if match and not re.search("[:：]", row.text):
            start = max(joint for joint in row.joints if joint <= match.start())
            end = min((joint for joint in row.joints if joint > match.start()), default=None)
            found = _candidate(leaf, book, row, start, end or len(row.text), "heading")
            return next(found, None)
    return None


def _candidate(
    leaf: Leaf, book: Book, row: Row, start: int, end: int, found_by: FoundBy = "shape"
) -> Iterator[Candidate]:
    value, part = value_in(leaf, row.text[start:end], book.order), row.part(start, end)
    if value is not None and part is not None:
        plain = Value(value.value, start, end, value.note)
        yield Candidate(plain, part, None, BY_SHAPE, found_by)
