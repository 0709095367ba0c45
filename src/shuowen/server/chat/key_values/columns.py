"""Tables by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shuowen.server.chat.key_values.book import Grid
from shuowen.server.chat.key_values.label_names import Keys
from shuowen.server.chat.key_values.names import Names
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.words import is_han, label_keys

Path = tuple[str | int, ...]
Asked = Mapping[Path, Names]
"""What the heading of each column that is asked for may say."""
Columns = dict[Path, int]
"""Which column holds what is asked for."""

LEAST_WORTH = 0.6
"""Headings that fit worse than this are others."""
TOTALS = frozenset(
    label_keys(name)
    for name in (
        *("total", "totals", "subtotal", "sub total", "grand total", "net total", "sum"),
        *("合计", "总计", "小计", "共计"),
    )
)
"""What the first cell of a row says that adds up the others and is not one of them."""

_HEAD_ROWS = 3
"""A table's headings stand in one of its first rows."""
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]?")
_LONGER = 0.85
"""What a heading that says more than a name is worth at most."""


@dataclass(frozen=True)
class Table:
    """What stands under headings.

    Attributes:
        columns: Which columns are asked for.
        rows: Cell by cell; None for an empty one.
    """

    columns: Columns
    rows: list[list[Row | None]]


def ruled_table(grid: Grid, asked: Asked) -> Table | None:
    """The table of a grid, when its headings name enough of what is asked."""
    best, below = Columns(), 0
    for index, heads in enumerate(grid[:_HEAD_ROWS]):
        columns = named_columns(heads, asked)
        if len(columns) > len(best):
            best, below = columns, index + 1
    if not is_enough(best, asked):
        return None
    rows = [row for row in grid[below:] if any(row) and not adds_up(row)]
    return Table(best, rows)


def is_enough(columns: Columns, asked: Asked) -> bool:
    """Whether headings name so much of what is asked that it is this table that is meant."""
    return len(columns) >= min(2, len(asked))


def adds_up(cells: Iterable[Row | None]) -> bool:
    """Whether a row is the sum of the others."""
    first = next((cell for cell in cells if cell is not None), None)
    return first is not None and label_keys(first.text) in TOTALS


def named_columns(heads: Sequence[Row | None], asked: Asked) -> Columns:
    """The columns whose headings say what is asked: the best fits first, nothing twice."""
    claims = [
        (worth, path, index)
        for index, head in enumerate(heads)
        if head is not None
        for path, names in asked.items()
        if (worth := heading_worth(head.text, names)) >= LEAST_WORTH
    ]
    columns = Columns()
    for _, path, index in sorted(claims, key=lambda claim: -claim[0]):
        if path not in columns and index not in columns.values():
            columns[path] = index
    return columns


def heading_worth(text: str, names: Names) -> float:
    """How well a heading fits names, 0 to about 1; units in brackets do not matter."""
    forms = _forms(text)
    exact = max((names[form] for form in forms if form in names), default=0.0)
    if exact or not forms:
        return exact
    longest = max(forms, key=len)
    shares = (
        worth * len(name) / len(longest)
        for name, worth in names.items()
        if len(name) < len(longest) and _holds(longest, name)
    )
    return _LONGER * max(shares, default=0.0)


def _forms(text: str) -> set[Keys]:
    """What a heading says: all of it, without brackets, its Latin half and its Chinese half."""
    whole, bare = label_keys(text), label_keys(_BRACKETS.sub(" ", text))
    latin = tuple(key for key in bare if not is_han(key))
    han = tuple(key for key in bare if is_han(key))
    return {form for form in (whole, bare, latin, han) if form}


def _holds(keys: Keys, name: Keys) -> bool:
    places = range(len(keys) - len(name) + 1)
    return any(keys[at : at + len(name)] == name for at in places)
