"""What a benchmark scores and this package does not: said in the report, and never as a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """Stands where a measure of the benchmark would, and says why it is not there.

    Its score is None for every reading, so that nothing counts as passed or failed; how many of the
    benchmark's tests it stands for is in `num_tests`.
    """

    name: str
    reason: str
    num_tests: int = 1

    def score(self, reading: Reading) -> float | None:
        """None, whatever was read."""
        return None


def not_judged(items: Iterable[Item]) -> list[tuple[str, NotJudged]]:
    """What of these items is not judged: (set, measure), the tests of a set counted together."""
    found: dict[tuple[str, str], NotJudged] = {}
    for item in items:
        for judge in item.judges:
            if isinstance(judge, NotJudged):
                key = item.set_name, judge.name
                before = found[key].num_tests if key in found else 0
                found[key] = replace(judge, num_tests=before + judge.num_tests)
    return [(set_name, judge) for (set_name, _), judge in found.items()]
