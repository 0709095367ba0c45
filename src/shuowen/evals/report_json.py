"""What a bench run found, as JSON for programs: scores with intervals, down to each file."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec

from shuowen.evals.bench import EngineRun
from shuowen.evals.confidence_check import Calibration
from shuowen.evals.intervals import LEVEL, NUM_RESAMPLES, SEED, Estimate
from shuowen.evals.published import not_judged_in, published_totals
from shuowen.evals.results import ItemResult
from shuowen.evals.summary import Comparison, Summary, compare, summarise_run, summarise_total


def to_json(
    runs: Sequence[EngineRun], baseline: EngineRun | None = None, *, form: str = ""
) -> bytes:
    """All engines, and each beside the baseline if there is one.

    `form` is the data's (`loading.EvaluationData`), whose published totals are told.

    Every score of several items is {"value", "low", "high"}: its 95 % interval, null where one
    group is all there is.
    """
    report = {
        "intervals": {"level": LEVEL, "resamples": NUM_RESAMPLES, "seed": SEED},
        "not_judged": [
            {"set": name, "name": each.name, "num_tests": each.num_tests, "reason": each.reason}
            for name, each in not_judged_in(runs)
        ],
        "engines": [_run_record(run, form) for run in runs],
        "comparisons": [
            {"by": by, **_comparison_record(each)}
            for run in runs
            if baseline is not None and run is not baseline
            for by in ("set", "degradation")
            for each in compare(run, baseline, by)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def _run_record(run: EngineRun, form: str) -> dict[str, Any]:
    return {
        "name": run.engine,
        "identity": run.identity,
        "num_not_asked": run.num_not_asked,
        "num_kept": run.num_kept,
        "published": [
            {"name": each.name, "value": each.value, "out_of": each.out_of, "note": each.note}
            for each in published_totals(form, run)
        ],
        "total": _summary_record(summarise_total(run)),
        "sets": [_summary_record(each) for each in summarise_run(run, "set")],
        "degradations": [_summary_record(each) for each in summarise_run(run, "degradation")],
        "confidence": _confidence_record(run),
        "items": [_item_record(result) for result in run.results],
    }


def _summary_record(summary: Summary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "num_items": summary.num_items,
        "num_pages": summary.num_pages,
        "num_groups": summary.num_groups,
        "num_failures": summary.num_failures,
        **{key: _estimate_record(score) for key, score in summary.scores.items()},
    }


def _comparison_record(comparison: Comparison) -> dict[str, Any]:
    paired = comparison.paired
    return {
        "name": comparison.name,
        "engine": comparison.engine,
        "baseline": comparison.baseline,
        "measure": comparison.measure,
        "num_items": comparison.num_items,
        "value": comparison.value,
        "baseline_value": comparison.baseline_value,
        "difference": _estimate_record(paired.difference),
        "ratio": _estimate_record(paired.ratio),
        "is_beyond_chance": paired.is_beyond_chance,
    }


def _confidence_record(run: EngineRun) -> dict[str, Any] | None:
    check = run.confidences
    if check is None:
        return None
    return {
        "lines": _calibration_record(check.lines),
        "characters": check.characters and _calibration_record(check.characters),
    }


def _calibration_record(calibration: Calibration) -> dict[str, Any]:
    return {
        "num": calibration.num,
        "num_wrong": calibration.num_wrong,
        "expected_calibration_error": calibration.expected_error,
        "bins": list(calibration.bins),
        "error_detection": calibration.detection,
    }


def _item_record(result: ItemResult) -> dict[str, Any]:
    text, table, order = result.text, result.table, result.order
    return {
        "set": result.set_name,
        "file": result.file,
        "degradation": result.item.degradation,
        "group": result.item.group,
        "num_pages": result.reading.num_pages,
        "seconds": result.seconds,
        "failure": result.failure,
        "num_errors": text and text.num_errors,
        "num_truth": text and text.num_truth,
        "cer": text and text.cer,
        "lost": text and text.lost,
        "edit": text and text.normalised_distance,
        "f1": text and text.f1,
        "order": order and order.distance,
        "num_blocks": order and order.num_blocks,
        "num_blocks_matched": order and order.num_matched,
        "teds": table and table.teds,
        "teds_structure": table and table.teds_structure,
        "judged": {name: judged.score for name, judged in result.judged.items()},
    }


def _estimate_record(estimate: Estimate | None) -> dict[str, float | None] | None:
    """JSON has no infinity; a bound that is one is null."""
    if estimate is None:
        return None
    bounds = {"low": estimate.low, "high": estimate.high}
    known = {key: b if b is not None and isfinite(b) else None for key, b in bounds.items()}
    return {"value": estimate.value, **known}
