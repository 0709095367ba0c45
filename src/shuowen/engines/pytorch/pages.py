"""Which pages of the key-value cache belong to whom: numbers only, no tensors.

Pages that follow one another are attended in place; scattered ones must first be gathered. So a
sequence is given the pages after its last one whenever they are free, and when it starts, the gap
that it is expected to fill is claimed for it. A claim is a wish: when nothing else is free, others
take the pages all the same.

A page is *held* by one or more sequences (they share a prefix), or *kept* for a later request with
the same prefix (`prefix_cache`), or free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class PageTable:
    """The pages of one sequence, in order.

    Attributes:
        pages: Page numbers.
        runs: The same as [first page, number of pages], pages that follow one another joined.
        claim: First page and end (exclusive) of the gap that the sequence is expected to fill.
    """

    pages: list[int] = field(default_factory=list)
    runs: list[list[int]] = field(default_factory=list)
    claim: tuple[int, int] = (0, 0)

    def append(self, page: int) -> None:
        """Add a page at the end."""
        self.pages.append(page)
        if self.runs and sum(self.runs[-1]) == page:
            self.runs[-1][1] += 1
        else:
            self.runs.append([page, 1])

    def cut(self, num_pages: int) -> list[int]:
        """Keep the first `num_pages`; returns the others."""
        rest = self.pages[num_pages:]
        self._rebuild(self.pages[:num_pages])
        return rest

    def replace(self, index: int, page: int) -> None:
        """Put another page in a place."""
        self.pages[index] = page
        self._rebuild(self.pages)

    def _rebuild(self, pages: Sequence[int]) -> None:
        self.pages, self.runs = [], []
        for page in pages:
            self.append(page)


class PagePool:
    """Free pages and reference counts.

    Args:
        num_pages: How many pages there are.
    """

    def __init__(self, num_pages: int) -> None:
        self.num_pages = num_pages
        self.num_free = num_pages
        self.references: NDArray[np.int32] = np.zeros(num_pages, np.int32)
        self.is_free: NDArray[np.bool_] = np.ones(num_pages, np.bool_)
        self._claimed: NDArray[np.bool_] = np.zeros(num_pages, np.bool_)

    def take(self, table: PageTable, num_pages: int, expected: int) -> None:
        """Append free pages to a table, each held once.

        Args:
            table: The sequence that wants them.
            num_pages: At most `num_free`.
            expected: How many the sequence will likely want, these counted; sizes the claim.
        """
        assert num_pages <= self.num_free
        wanted = num_pages - self._extend(table, num_pages)
        while wanted:
            wanted -= self._start_run(table, wanted, expected)

    def can_extend(self, table: PageTable) -> bool:
        """Whether the page after a sequence's last one is free and claimed by nobody else."""
        page = table.pages[-1] + 1 if table.pages else self.num_pages
        if page >= self.num_pages or not self.is_free[page]:
            return False
        return not self._claimed[page] or table.claim[0] <= page < table.claim[1]

    def hold(self, page: int) -> None:
        """Count one more holder of a page that is held or kept."""
        assert not self.is_free[page]
        self.references[page] += 1

    def drop(self, page: int) -> bool:
        """Count one holder less; True where that was the last one."""
        assert self.references[page] > 0
        self.references[page] -= 1
        return not self.references[page]

    def free(self, page: int) -> None:
        """Make a page free that nobody holds."""
        assert not self.references[page] and not self.is_free[page]
        self.is_free[page] = True
        self.num_free += 1

    def unclaim(self, table: PageTable) -> None:
        """Give up a sequence's claim."""
        first, end = table.claim
        self._claimed[first:end] = False
        table.claim = (0, 0)

    def _use(self, table: PageTable, page: int) -> None:
        self.is_free[page] = False
        self.num_free -= 1
        self.references[page] = 1
        table.append(page)

    def _extend(self, table: PageTable, num_pages: int) -> int:
        """Take the pages right after the last one; returns how many were free."""
        for count in range(num_pages):
            if not self.can_extend(table):
                return count
            self._use(table, table.pages[-1] + 1)
        return num_pages

    def _start_run(self, table: PageTable, num_pages: int, expected: int) -> int:
        """Take pages from one gap; returns how many."""
        gaps = list(_gaps(self.is_free & ~self._claimed)) or list(_gaps(self.is_free))
        wide_enough = [gap for gap in gaps if gap[1] - gap[0] >= expected]
        if wide_enough:
            first, end = min(wide_enough, key=lambda gap: gap[1] - gap[0])
        else:
            first, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        taken = min(num_pages, end - first)
        self._claim(table, first, min(end, first + max(expected, taken)))
        for page in range(first, first + taken):
            self._use(table, page)
        return taken

    def _claim(self, table: PageTable, first: int, end: int) -> None:
        self.unclaim(table)
        if not self._claimed[first:end].any():
            self._claimed[first:end] = True
            table.claim = (first, end)


def _gaps(is_open: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and end (exclusive) of every run of True."""
    edges = np.flatnonzero(np.diff(is_open.astype(np.int8), prepend=0, append=0))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
