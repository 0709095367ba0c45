"""The share of a page's checks that pass: olmOCR-bench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shuowen.evals.judges.checked_page import CheckedPage
from shuowen.evals.reading import Reading


class Check(Protocol):
    """One thing that must be so on a page."""

    def passes(self, page: CheckedPage) -> bool:
        """Whether it is."""
        ...


@dataclass(frozen=True, kw_only=True)
class PageChecks:
    """All checks of one page, at least one.

    The checks are of single pages. Of a file that turns out to have several nobody can tell which
    text is which page's, and nothing is said of it. A file that could not be read fails
    all.
    """

    checks: tuple[Check, ...]
    name: str = "tests"

    def score(self, reading: Reading) -> float | None:
        """The share that pass, 0 to 1."""
        if reading.num_pages > 1:
            return None
        if reading.failure and not reading.text.strip():
            return 0.0
        page = CheckedPage(reading)
        return sum(check.passes(page) for check in self.checks) / len(self.checks)

    def weight(self, reading: Reading) -> float:
        """The number of checks: the mean over a set is the share of its checks that pass."""
        return float(len(self.checks))
