"""Where the next line goes: down a column, then down the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shuowen.train.synthesize.sheet import Extent


class Flow:
    """Columns that are filled one after the other.

    Args:
        columns: In reading order, pixels of the sheet.
    """

    def __init__(self, columns: Sequence[Extent]) -> None:
        self._columns = list(columns)
        self._index = 0
        self._top = columns[0].top

    @property
    def width(self) -> float:
        """Of the column that is being filled, pixels."""
        return self._columns[min(self._index, len(self._columns) - 1)].width

    @property
    def room(self) -> float:
        """What is left of that column, pixels; 0 when all are full."""
        if self._index >= len(self._columns):
            return 0.0
        return max(0.0, self._columns[self._index].bottom - self._top)

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits."""
        return self._index >= len(self._columns)

    def take(self, height: float) -> Extent | None:
        """The next piece of a column, `height` pixels high, of the next column when need be.

        None when no column has so much left; then everything is full.
        """
        while not self.is_full and self.room < height:
            self._next_column()
        if self.is_full:
            return None
        column = self._columns[self._index]
        piece = replace(column, top=self._top, bottom=self._top + height)
        self._top += height
        return piece

    def skip(self, height: float) -> None:
        """Leave a gap, unless the column ends there."""
        self._top += min(height, self.room)

    def _next_column(self) -> None:
        self._index += 1
        if not self.is_full:
            self._top = self._columns[self._index].top
