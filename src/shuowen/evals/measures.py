"""The measures of a report: each a sum over a sum, so that all get their intervals alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shuowen.evals.intervals import Part
from shuowen.evals.results import ItemResult

Sums = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A score: what an item adds to the sum above and the sum below, None if it says nothing."""

    key: str
    heading: str
    is_loss: bool
    """Whether less is better."""
    sums: Callable[[ItemResult], Sums | None]

    def parts(self, results: Iterable[ItemResult]) -> list[Part]:
        """What each of `results` adds, in order; those of which nothing is known are left out."""
        return [
            Part(group=result.group, numerator=sums[0], denominator=sums[1])
            for result in results
            if (sums := self.sums(result)) is not None
        ]


def _cer(result: ItemResult) -> Sums | None:
    text = result.text
    return None if text is None else (text.num_errors, text.num_truth)


def _lost(result: ItemResult) -> Sums | None:
    text = result.text
    return None if text is None else (text.num_truth - text.num_common, text.num_truth)


def _f1(result: ItemResult) -> Sums | None:
    text = result.text
    return None if text is None else (2 * text.num_common, text.num_read + text.num_truth)


def _edit(result: ItemResult) -> Sums | None:
    return None if result.text is None else (result.text.normalised_distance, 1)


def _order(result: ItemResult) -> Sums | None:
    return None if result.order is None else (result.order.distance, 1)


def _teds(result: ItemResult) -> Sums | None:
    return None if result.table is None else (result.table.teds, 1)


def _teds_structure(result: ItemResult) -> Sums | None:
    return None if result.table is None else (result.table.teds_structure, 1)


def _seconds(result: ItemResult) -> Sums | None:
    return result.seconds, result.reading.num_pages


CER = Measure(key="cer", heading="CER", is_loss=True, sums=_cer)
LOST = Measure(key="lost", heading="lost", is_loss=True, sums=_lost)
EDIT = Measure(key="edit", heading="edit", is_loss=True, sums=_edit)
F1 = Measure(key="f1", heading="F1", is_loss=False, sums=_f1)
ORDER = Measure(key="order", heading="order", is_loss=True, sums=_order)
TEDS = Measure(key="teds", heading="TEDS", is_loss=False, sums=_teds)
TEDS_S = Measure(key="teds_structure", heading="TEDS-S", is_loss=False, sums=_teds_structure)
SECONDS = Measure(key="seconds_per_page", heading="s/page", is_loss=True, sums=_seconds)

STANDARD = (CER, LOST, EDIT, F1, ORDER, TEDS, TEDS_S, SECONDS)
"""Those of every report, in its order."""


def judge_measures(results: Sequence[ItemResult]) -> list[Measure]:
    """The mean of every judge that scored an item, by name, in order of appearance."""
    names = dict.fromkeys(name for result in results for name in result.judged)
    return [_judge_measure(name) for name in names]


def _judge_measure(name: str) -> Measure:
    def sums(result: ItemResult) -> Sums | None:
        judged = result.judged.get(name)
        return None if judged is None else (judged.weight * judged.score, judged.weight)

    return Measure(key=f"judge:{name}", heading=name, is_loss=False, sums=sums)
