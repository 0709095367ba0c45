"""Lists of a form: the rows of the table whose headings name the item's fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.columns import Asked, Path, Table, ruled_table
from shuowen.server.chat.key_values.finding import Candidate, candidates
from shuowen.server.chat.key_values.form import Leaf, Rows
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.slots import Slot, slots_of
from shuowen.server.chat.key_values.unruled import unruled_tables
from shuowen.server.chat.key_values.values import value_in

Item = dict[Path, Candidate]
"""What was found for one element, by the path inside it."""

_BETWEEN = re.compile(r"[,，、;；|]")
_SURE = 0.8
"""From such a score on, a label's own text is the list, whatever tables there are."""


def items_of(form: Rows, book: Book) -> list[Item]:
    """The elements of a list, in the order of the pages; rows without any value are left out."""
    if isinstance(form.item, Leaf):
        told = candidates(Leaf(names=form.names), form.names, book)
        if told and told[0].score >= _SURE:
            return list(_split(form.item, told[0], book))
        slots = [Slot((), form.item, form.names)]
    else:
        slots = list(slots_of(form.item))
    asked: Asked = {slot.path: slot.names for slot in slots}
    strings = {slot.path for slot in slots if slot.leaf.kinds == ("string",)}
    leaves = {slot.path: slot.leaf for slot in slots}
    return [
        item
        for table in _tables(asked, strings, book)
        for cells in table.rows
        if (item := _item(table, cells, leaves, book))
    ]


def _tables(asked: Asked, strings: Collection[Path], book: Book) -> list[Table]:
    """The tables that name most of what is asked, all of one kind.

    Cells are surer than rows without rules, and make up for one heading fewer.
    """
    ruled = [table for grid in book.grids if (table := ruled_table(grid, asked))]
    unruled = unruled_tables(asked, strings, book)
    most_ruled, most_unruled = (
        max((len(table.columns) for table in tables), default=0) for tables in (ruled, unruled)
    )
    pool = ruled if ruled and most_ruled >= most_unruled - 1 else unruled
    best = max(pool, key=lambda table: len(table.columns), default=None)
    return [table for table in pool if best and table.columns.keys() == best.columns.keys()]


def _item(table: Table, cells: list[Row | None], leaves: dict[Path, Leaf], book: Book) -> Item:
    item: Item = {}
    for path, column in table.columns.items():
        cell = cells[column] if column < len(cells) else None
        if cell is None:
            continue
        value = value_in(leaves[path], cell.text, book.order)
        part = cell.part(0, len(cell.text))
        if value is not None and part is not None:
            item[path] = Candidate(value, part, None, 1.0, "table")
    return item


def _split(leaf: Leaf, told: Candidate, book: Book) -> Iterator[Item]:
    """The pieces of what stands at a list's label."""
    for piece in _BETWEEN.split(told.part.text):
        value = value_in(leaf, piece, book.order)
        if value is not None:
            yield {(): Candidate(value, told.part, told.label, told.score)}
