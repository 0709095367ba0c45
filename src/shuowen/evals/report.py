"""What a bench run found, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shuowen.evals.bench import EngineRun
from shuowen.evals.confidence_check import Calibration
from shuowen.evals.formats.totals import Total
from shuowen.evals.intervals import Estimate
from shuowen.evals.measures import CER, LOST, STANDARD, TEDS, Measure, judge_measures
from shuowen.evals.published import not_judged_in, published_totals
from shuowen.evals.summary import (
    COMPARED,
    Comparison,
    GroupedBy,
    Summary,
    compare,
    summarise_run,
    summarise_total,
)

NONE = "-"
"""Stands for a score that there is none of: tables of an engine that gives no HTML, say."""
WITH_INTERVAL = frozenset({CER.key, LOST.key, TEDS.key})
"""The measures whose interval is printed; the JSON and the web page have all of them."""


def format_table(runs: Sequence[EngineRun], by: GroupedBy) -> str:
    """Aligned columns: a row for each set or kind of damage and engine, and one in all for each."""
    measures = measures_of(runs)
    groups = [summarise_run(run, by) for run in runs]
    names = dict.fromkeys(summary.name for each in groups for summary in each)
    rows = [each for name in names for group in groups for each in group if each.name == name]
    rows += [summarise_total(run) for run in runs]
    headings = [by, "engine", "items", "pages", *(each.heading for each in measures), "failed"]
    cells = [headings, *(_row(summary, measures) for summary in rows)]
    if len(runs) == 1:
        return align([[row[0], *row[2:]] for row in cells])
    return align(cells, num_left=2)


def format_comparison(runs: Sequence[EngineRun], baseline: EngineRun, by: GroupedBy) -> str:
    """Every other engine beside the baseline: ratio, and difference with what it may be by chance.

    Empty when there is no other engine.
    """
    headings = [by, "engine", "items"]
    for measure in COMPARED:
        headings += [f"{measure.heading}: ratio", "difference", ""]
    rows = []
    for run in runs:
        if run is not baseline:
            rows += _comparison_rows(compare(run, baseline, by))
    return align([headings, *rows], num_left=2) if rows else ""


def format_confidences(runs: Sequence[EngineRun]) -> str:
    """How far each engine's confidences can be believed; empty when none gives any."""
    headings = ["confidence", "of", "number", "wrong", "ECE", "80 % of errors found", "precision"]
    rows = []
    for run in runs:
        check = run.confidences
        if check is None:
            continue
        rows.append(_confidence_row(run.engine, "lines", check.lines))
        if check.characters is not None:
            rows.append(_confidence_row(run.engine, "characters", check.characters))
    return align([headings, *rows], num_left=2) if rows else ""


def format_totals(runs: Sequence[EngineRun], form: str) -> str:
    """What the public benchmark `form` publishes, a row a figure and engine; else empty."""
    rows = [
        [total.name, run.engine, *_total_cells(total)]
        for run in runs
        for total in published_totals(form, run)
    ]
    return align([["published as", "engine", "value", "of", ""], *rows], num_left=2) if rows else ""


def format_not_judged(runs: Sequence[EngineRun]) -> str:
    """What the benchmark scores and this bench does not, a line each; empty when it scores all."""
    return "\n".join(
        f"Not judged in {name}: {each.name}, {each.num_tests}"
        f" {'test' if each.num_tests == 1 else 'tests'}. {each.reason}"
        for name, each in not_judged_in(runs)
    )


def measures_of(runs: Iterable[EngineRun]) -> list[Measure]:
    """The standard measures and those of all judges that scored something."""
    return [*STANDARD, *judge_measures([result for run in runs for result in run.results])]


def align(rows: Sequence[Sequence[str]], *, num_left: int = 1) -> str:
    """Rows of equal length as lines of text: `num_left` columns to the left, others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        left = map(str.ljust, row[:num_left], widths)
        right = map(str.rjust, row[num_left:], widths[num_left:])
        lines.append("  ".join([*left, *right]).rstrip())
    return "\n".join(lines)


def failure_lines(runs: Sequence[EngineRun]) -> list[str]:
    """One line for each item that failed: which, by which engine if there are several, and why."""
    return [
        f"{each.set_name}/{each.file}{f' ({run.engine})' if len(runs) > 1 else ''}: {each.failure}"
        for run in runs
        for each in run.results
        if each.failure
    ]


def format_estimate(estimate: Estimate | None, *, digits: int = 4, interval: bool = True) -> str:
    """ "0.0421 [0.031 0.055]", or "-" for none."""
    if estimate is None:
        return NONE
    shown = f"{estimate.value:.{digits}f}"
    if not interval or estimate.low is None or estimate.high is None:
        return shown
    return f"{shown} [{estimate.low:.{digits - 1}f} {estimate.high:.{digits - 1}f}]"


def _row(summary: Summary, measures: Sequence[Measure]) -> list[str]:
    scores = [_score(summary.scores.get(measure.key), measure) for measure in measures]
    counts = [str(summary.num_items), str(summary.num_pages)]
    return [summary.name, summary.engine, *counts, *scores, str(summary.num_failures)]


def _score(estimate: Estimate | None, measure: Measure) -> str:
    digits = 2 if measure.key == "seconds_per_page" else 4
    return format_estimate(estimate, digits=digits, interval=measure.key in WITH_INTERVAL)


def _comparison_rows(comparisons: Sequence[Comparison]) -> list[list[str]]:
    by_name: dict[str, dict[str, Comparison]] = {}
    for each in comparisons:
        by_name.setdefault(each.name, {})[each.measure] = each
    rows = []
    for name, measured in by_name.items():
        first = next(iter(measured.values()))
        row = [name, first.engine, str(first.num_items)]
        for measure in COMPARED:
            row += _compared_cells(measured.get(measure.key))
        rows.append(row)
    return rows


def _compared_cells(comparison: Comparison | None) -> list[str]:
    """Ratio, difference, and in words whether it is more than chance."""
    if comparison is None:
        return [NONE, NONE, ""]
    ratio = format_estimate(comparison.paired.ratio, digits=3)
    difference = format_estimate(comparison.paired.difference)
    return [ratio, difference, verdict(comparison)]


def verdict(comparison: Comparison) -> str:
    """ "better" or "worse", "chance" when the interval of the difference holds 0, or "too few"."""
    if not comparison.paired.has_enough_groups:
        return "too few"
    if not comparison.paired.is_beyond_chance:
        return "chance"
    return "better" if comparison.paired.difference.value < 0 else "worse"


def _total_cells(total: Total) -> list[str]:
    note = ", ".join(filter(None, ["less is better" if total.is_loss else "", total.note]))
    return [f"{total.value:.4f}", f"{total.out_of:g}", note]


def _confidence_row(engine: str, kind: str, calibration: Calibration) -> list[str]:
    found = calibration.detection
    return [
        engine,
        kind,
        str(calibration.num),
        str(calibration.num_wrong),
        f"{calibration.expected_error:.4f}",
        NONE if found is None else f"at {found.threshold:.3f}, {found.flagged:.1%} to look at",
        NONE if found is None else f"{found.precision:.3f}",
    ]
