"""A run in the figures that a public benchmark publishes, and which of them are not given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shuowen.evals.bench import EngineRun
from shuowen.evals.formats.totals import TOTALS, Mean, SetMeans, Total
from shuowen.evals.judges.not_judged import NotJudged, not_judged
from shuowen.evals.results import ItemResult
from shuowen.evals.summary import grouped


def published_totals(form: str, run: EngineRun) -> list[Total]:
    """The totals of the benchmark `form` (`loading.EvaluationData`); none of other data."""
    if form not in TOTALS:
        return []
    return TOTALS[form]([_means(*each) for each in grouped(run.results, "set").items()])


def not_judged_in(runs: Iterable[EngineRun]) -> list[tuple[str, NotJudged]]:
    """What the benchmark of these runs scores and this bench does not, with the set's name."""
    items = {result.identity: result.item for run in runs for result in run.results}
    return not_judged(items.values())


def _means(name: str, results: Sequence[ItemResult]) -> SetMeans:
    judges = dict.fromkeys(judge for result in results for judge in result.judged)
    return SetMeans(name=name, means={judge: _mean(results, judge) for judge in judges})


def _mean(results: Sequence[ItemResult], judge: str) -> Mean:
    scores = [result.judged[judge] for result in results if judge in result.judged]
    weight = sum(each.weight for each in scores)
    total = sum(each.weight * each.score for each in scores)
    return Mean(value=total / weight if weight else 0.0, weight=weight)
