"""Tables without rules, as on receipts: rows that stand under a line of headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shuowen.document.model import Box
from shuowen.server.chat.key_values.book import Book, Match
from shuowen.server.chat.key_values.columns import (
    LEAST_WORTH,
    TOTALS,
    Asked,
    Columns,
    Path,
    Table,
    is_enough,
)
from shuowen.server.chat.key_values.rows import WIDE_GAP, Mark, Row, joined
from shuowen.server.chat.key_values.words import is_letters, label_keys

_END_GAP = 3.5
"""White, in line heights, from which a row no longer belongs to what is above."""
_HEAD_SHARE = 0.3
"""Share of a line's words that must be headings that are asked for."""
_CROWDED = 20.0
"""What two numbers in one column cost, in line heights of bad alignment."""
_MOST_COLUMNS = 60
"""Of a table; a line of more words is something else, and would take long to align with."""
_BARE_NUMBER = re.compile(r"[$¥￥€£]?[-−+]?\d[\d.,]*")


@dataclass(frozen=True)
class _Head:
    row: Row
    columns: Columns
    places: list[Box]
    """Of all columns, the ones that nobody asks for too."""


def unruled_tables(asked: Asked, strings: Collection[Path], book: Book) -> list[Table]:
    """What stands under lines of headings that name enough of what is asked.

    Args:
        asked: What the headings may say.
        strings: Which of them are text: a row's name stands in the first of these.
        book: The documents.
    """
    tables = []
    heads = [head for head in _heads(asked, book) if len(head.places) <= _MOST_COLUMNS]
    ends = frozenset(id(head.row) for head in heads)
    for head in heads:
        texts = [column for path, column in head.columns.items() if path in strings]
        candidates = texts or range(len(head.places))
        name_column = min(candidates, key=lambda column: head.places[column].left)
        rows = list(_items(head, name_column, _rows_under(head, ends, book)))
        if rows:
            tables.append(Table(head.columns, rows))
    return tables


def _heads(asked: Asked, book: Book) -> Iterator[_Head]:
    claims: dict[int, list[tuple[float, Path, Match]]] = defaultdict(list)
    for path, names in asked.items():
        for name, worth in names.items():
            for match in book.matches(name):
                if worth * match.quality >= LEAST_WORTH:
                    claims[id(match.row)].append((worth * match.quality, path, match))
    for row in book.rows:
        chosen = _chosen(claims.get(id(row), []))
        if is_enough(dict.fromkeys(chosen, 0), asked) and _is_head(row, list(chosen.values())):
            yield _head(row, chosen)


def _chosen(claims: list[tuple[float, Path, Match]]) -> dict[Path, Match]:
    """The longest and best matches of a row, none over another."""
    chosen: dict[Path, Match] = {}
    for _, path, match in sorted(claims, key=lambda c: (-(c[2].last - c[2].first), -c[0])):
        is_free = all(
            match.end <= other.start or match.start >= other.end for other in chosen.values()
        )
        if path not in chosen and is_free:
            chosen[path] = match
    return chosen


def _is_head(row: Row, matches: Sequence[Match]) -> bool:
    words = [word for word in row.words if is_letters(word.key)]
    named = [w for w in words if any(m.start <= w.start < m.end for m in matches)]
    has_digits = any(word.key.isdigit() for word in row.words)
    return not has_digits and len(named) >= _HEAD_SHARE * len(words)


def _head(row: Row, chosen: dict[Path, Match]) -> _Head:
    columns, taken = Columns(), []
    places: list[Box] = []
    for path, match in chosen.items():
        part = row.part(match.start, match.end)
        if part is not None:
            columns[path] = len(places)
            places.append(part.level)
            taken.append((match.start, match.end))
    for mark in row.marks:
        if all(mark.end <= start or mark.start >= end for start, end in taken):
            places.append(mark.level)
    return _Head(row, columns, places)


def _rows_under(head: _Head, ends: Collection[int], book: Book) -> Iterator[Row]:
    """The rows of a table, up to the next headings, whose ids are `ends`."""
    page = head.row.document_number, head.row.page_number
    bottom, height = head.row.level.bottom, head.row.height
    for row in book.rows_after(head.row):
        is_same_page = (row.document_number, row.page_number) == page
        is_far = row.level.top - bottom > _END_GAP * height
        if not is_same_page or is_far or id(row) in ends or _is_total(row):
            return
        book.check_wanted()
        yield row
        bottom = row.level.bottom


def _is_total(row: Row) -> bool:
    keys = [key for key in label_keys(row.text.partition("\t")[0]) if is_letters(key)][:2]
    return tuple(keys) in TOTALS or tuple(keys[:1]) in TOTALS or "".join(keys) in ("合计", "总计")


def _items(head: _Head, name_column: int, rows: Iterable[Row]) -> Iterator[list[Row | None]]:
    """Rows by column; a line with nothing but a name goes with the numbers on the next one."""
    has_numbers = len(head.places) > 1
    name: Row | None = None
    for row in rows:
        cells = _cells(row, head.places)
        filled = [index for index, cell in enumerate(cells) if cell is not None]
        if has_numbers and filled == [name_column]:
            own = cells[name_column]
            name = joined([name, own]) if name and own else own
            continue
        if cells[name_column] is None:
            cells[name_column] = name
        name = None
        yield cells


def _cells(row: Row, places: Sequence[Box]) -> list[Row | None]:
    order = sorted(range(len(places)), key=lambda index: places[index].left)
    phrases = _phrases(row)
    columns = _aligned(row, phrases, [places[index] for index in order])
    marks: list[list[Mark]] = [[] for _ in places]
    for phrase, column in zip(phrases, columns, strict=True):
        marks[order[column]] += phrase
    return [_cell(row, each) if each else None for each in marks]


def _aligned(row: Row, phrases: Sequence[Sequence[Mark]], places: Sequence[Box]) -> list[int]:
    """The column of each phrase: never back to the left, two numbers in one only as a last resort.

    The best way over all phrases is found step by step, as in a shortest path.
    """
    costs: list[tuple[float, list[int]]] = []
    was_number = False
    for phrase in phrases:
        box = Box(phrase[0].level.left, 0, phrase[-1].level.right, 1)
        is_number = _is_number(row, phrase[0])
        crowded = _CROWDED * row.height if is_number and was_number else 0.0
        following = []
        for column, place in enumerate(places):
            before = [
                (cost + (crowded if way[-1] == column else 0.0), way)
                for cost, way in costs
                if way[-1] <= column
            ]
            cost, way = min(before) if costs else (0.0, [])
            following.append((cost + _distance(box, place), [*way, column]))
        costs, was_number = following, is_number
    return min(costs)[1] if costs else []


def _phrases(row: Row) -> list[list[Mark]]:
    """Words that belong together: not over a wide gap, and numbers each for itself."""
    phrases: list[list[Mark]] = []
    for mark in row.marks:
        last = phrases[-1][-1] if phrases else None
        is_apart = last is None or (
            mark.level.left - last.level.right > WIDE_GAP * row.height
            or _is_number(row, mark)
            or _is_number(row, last)
        )
        if is_apart:
            phrases.append([mark])
        else:
            phrases[-1].append(mark)
    return phrases


def _is_number(row: Row, mark: Mark) -> bool:
    return _BARE_NUMBER.fullmatch(row.text[mark.start : mark.end]) is not None


def _distance(box: Box, place: Box) -> float:
    """How badly a phrase is aligned with a heading: left, in the middle or right."""
    edges = abs(box.left - place.left), abs(box.right - place.right)
    return min(*edges, abs(box.center[0] - place.center[0]))


def _cell(row: Row, marks: Sequence[Mark]) -> Row:
    """Some words of a row as a cell."""
    text, moved, taken = "", [], marks[0].start
    for mark in marks:
        white = row.text[taken : mark.start]
        text += white if white.isspace() or not white else " "
        by = len(text) - mark.start
        moved.append(replace(mark, start=mark.start + by, end=mark.end + by))
        text += row.text[mark.start : mark.end]
        taken = mark.end
    return replace(row, text=text.replace("\t", " "), marks=tuple(moved), joints=frozenset())
