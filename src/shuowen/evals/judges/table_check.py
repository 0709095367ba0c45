"""Whether a table has a cell with the right cells around it: a table check of olmOCR-bench."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.judges.checked_page import CheckedPage, normalise
from shuowen.evals.judges.table_grid import Direction, Grid, parse_grid

MIN_LIKENESS = 0.5
"""However many characters may differ, cells less alike than this are not the same."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What must stand next to a cell, or at the head of its row or column."""

    direction: Direction
    text: str
    is_heading: bool = False


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """Whether some table has a cell like `cell` with everything in `around` like what is there."""

    cell: str
    around: tuple[Around, ...] = ()
    max_diffs: int = 0
    ignores_pipe_tables: bool = False

    def passes(self, page: CheckedPage) -> bool:
        """Looks at HTML tables, and unless they are to be ignored at Markdown's."""
        tables = page.html_tables if self.ignores_pipe_tables else page.tables
        return any(self._is_in(parse_grid(table)) for table in tables)

    def _is_in(self, grid: Grid) -> bool:
        return any(
            all(self._fits(grid, index, each) for each in self.around)
            for index in self._like(self.cell, grid, range(len(grid.cells)))
        )

    def _fits(self, grid: Grid, index: int, wanted: Around) -> bool:
        find = grid.headings if wanted.is_heading else grid.neighbours
        return bool(self._like(wanted.text, grid, find(index, wanted.direction)))

    def _like(self, text: str, grid: Grid, indices: Iterable[int]) -> list[int]:
        ratio = import_from_bench_extra("rapidfuzz.fuzz").ratio
        wanted = normalise(text)
        threshold = max(MIN_LIKENESS, 1 - self.max_diffs / max(len(wanted), 1))
        return [
            index
            for index in indices
            if ratio(wanted, normalise(grid.cells[index].text)) / 100 >= threshold
        ]
