"""Many results under one name: every measure with its interval, and engines side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import degradation_family
from shuowen.evals.intervals import Estimate, PairedEstimate, estimate, estimate_pair
from shuowen.evals.measures import CER, LOST, STANDARD, Measure, judge_measures
from shuowen.evals.results import ItemResult

GroupedBy = Literal["set", "degradation"]
TOTAL = "total"
COMPARED = (LOST, CER)
"""The measures in which engines are held against a baseline."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The scores of one engine's results under one name."""

    name: str
    engine: str
    num_items: int
    num_pages: int
    num_groups: int
    num_failures: int
    scores: Mapping[str, Estimate]
    """By the key of the measure; one that says nothing of these items is not in it."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One engine beside the baseline in one measure, on the items that both read or failed on."""

    name: str
    engine: str
    baseline: str
    measure: str
    num_items: int
    value: float
    baseline_value: float
    paired: PairedEstimate


def summarise(name: str, engine: str, results: Sequence[ItemResult]) -> Summary:
    """The scores of all `results` as one."""
    measures = [*STANDARD, *judge_measures(results)]
    scores = {each.key: estimate(each.parts(results)) for each in measures}
    return Summary(
        name=name,
        engine=engine,
        num_items=len(results),
        num_pages=sum(result.reading.num_pages for result in results),
        num_groups=len({result.group for result in results}),
        num_failures=sum(bool(result.failure) for result in results),
        scores={key: each for key, each in scores.items() if each is not None},
    )


def summarise_run(run: EngineRun, by: GroupedBy) -> list[Summary]:
    """One summary a set or kind of damage, in order of appearance."""
    groups = grouped(run.results, by)
    return [summarise(name, run.engine, results) for name, results in groups.items()]


def summarise_total(run: EngineRun) -> Summary:
    """All of a run as one."""
    return summarise(TOTAL, run.engine, run.results)


def grouped(results: Iterable[ItemResult], by: GroupedBy) -> dict[str, list[ItemResult]]:
    """`results` by set or by kind of damage (`degradation_family`), in order of appearance."""
    groups: defaultdict[str, list[ItemResult]] = defaultdict(list)
    for result in results:
        groups[_KEYS[by](result)].append(result)
    return dict(groups)


def compare(run: EngineRun, baseline: EngineRun, by: GroupedBy) -> list[Comparison]:
    """`run` beside `baseline` for each set or kind of damage, and in all, by each of `COMPARED`."""
    ours, theirs = grouped(run.results, by), grouped(baseline.results, by)
    pairs = [(name, ours[name], theirs[name]) for name in ours if name in theirs]
    found = []
    for name, mine, others in [*pairs, (TOTAL, list(run.results), list(baseline.results))]:
        for measure in COMPARED:
            compared = _compare(name, mine, others, measure, (run.engine, baseline.engine))
            found += [compared] if compared else []
    return found


def _compare(
    name: str,
    mine: Sequence[ItemResult],
    others: Sequence[ItemResult],
    measure: Measure,
    engines: tuple[str, str],
) -> Comparison | None:
    theirs = {result.identity: result for result in others}
    both = [(each, theirs[each.identity]) for each in mine if each.identity in theirs]
    parts = measure.parts(pair[0] for pair in both)
    other_parts = measure.parts(pair[1] for pair in both)
    paired = estimate_pair(parts, other_parts)
    value, other_value = estimate(parts), estimate(other_parts)
    if paired is None or value is None or other_value is None:
        return None
    return Comparison(
        name=name,
        engine=engines[0],
        baseline=engines[1],
        measure=measure.key,
        num_items=len(parts),
        value=value.value,
        baseline_value=other_value.value,
        paired=paired,
    )


_KEYS: Mapping[GroupedBy, Callable[[ItemResult], str]] = {
    "set": lambda result: result.set_name,
    "degradation": lambda result: degradation_family(result.item.degradation),
}
