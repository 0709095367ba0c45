"""Whose turn it is: the regions that are final while the rest of the page is still being read.

The page is planned again when more of it is known. A region that was given stays as it is; lines
that a later plan puts elsewhere are not given a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from shuowen.document.model import Box, Line, RegionKind, union_of
from shuowen.reading.growing_text import LINES_AFTER
from shuowen.reading.regions import RegionPlan


class Turns:
    """Hands out each line of a page once."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._given_without_lines: set[tuple[RegionKind, Box]] = set()

    def ready(
        self,
        plans: Sequence[RegionPlan],
        lines: Mapping[int, Line],
        is_read: Callable[[Sequence[int]], bool],
    ) -> list[RegionPlan]:
        """The regions that come next and are whole.

        Args:
            plans: All regions in reading order, as far as one knows.
            lines: The page's lines by number.
            is_read: Whether all lines with these numbers were read. A region has its turn when its
                lines and a few behind it were.
        """
        left = [plan for each in plans if (plan := self._left_of(each, lines))]
        order = [number for plan in left for number in plan.line_numbers]
        ready: list[RegionPlan] = []
        end = 0
        for plan in left:
            start, end = end, end + len(plan.line_numbers)
            if not is_read(order[start : end + LINES_AFTER]):
                break
            ready.append(plan)
        self._given.update(order[: sum(len(plan.line_numbers) for plan in ready)])
        self._given_without_lines |= {(p.kind, p.box) for p in ready if not p.paragraphs}
        return ready

    def _left_of(self, plan: RegionPlan, lines: Mapping[int, Line]) -> RegionPlan | None:
        """The plan without lines that were given."""
        if not plan.paragraphs:
            return None if (plan.kind, plan.box) in self._given_without_lines else plan
        if self._given.isdisjoint(plan.line_numbers):
            return plan
        rest = (
            tuple(number for number in paragraph if number not in self._given)
            for paragraph in plan.paragraphs
        )
        paragraphs = tuple(paragraph for paragraph in rest if paragraph)
        if not paragraphs:
            return None
        box = union_of([lines[number].box for paragraph in paragraphs for number in paragraph])
        return replace(plan, paragraphs=paragraphs, box=box)
