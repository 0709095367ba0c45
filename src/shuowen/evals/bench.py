"""Runs engines over evaluation sets and scores what they read.

The engine is handed in, so the same bench scores Shuowen and any other. An item on which it raises,
or that it reports as failed, counts as read nothing and keeps its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from shuowen.errors import InputError
from shuowen.evals.confidence_check import ConfidenceCheck, check_confidences
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.evaluated import EvaluatedEngine
from shuowen.evals.extra import require_bench_extra
from shuowen.evals.kept_readings import (
    KeptReading,
    KeptReadings,
    ReadingKey,
    reading_key,
)
from shuowen.evals.reading import Reading
from shuowen.evals.results import ItemResult, score_item, with_missing_tables


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """What one engine made of all items."""

    engine: str
    identity: str
    results: tuple[ItemResult, ...]
    num_not_asked: int = 0
    """Items with a question, which this engine cannot answer; they are in no score."""

    @property
    def num_kept(self) -> int:
        """Items whose readings are from an earlier run."""
        return sum(result.is_kept for result in self.results)

    @cached_property
    def confidences(self) -> ConfidenceCheck | None:
        """How far its confidences can be believed; None of one that gives none."""
        return check_confidences(self.results)


def run(
    sets: Iterable[EvaluationSet],
    engine: EvaluatedEngine,
    *,
    limit: int | None = None,
    jobs: int = 1,
    kept: KeptReadings | None = None,
    on_result: Callable[[ItemResult], None] = lambda result: None,
) -> EngineRun:
    """Reads and scores all items, in order; the result does not depend on `jobs`.

    Args:
        sets: What to read.
        engine: Reads one file; called from `jobs` threads at a time.
        limit: Most items a set, spread evenly over it; None for all.
        jobs: Items read at the same time, at least 1.
        kept: Readings of earlier runs, which stand for reading again, and where new ones go.
        on_result: Called with each result, in order, as soon as it is there.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
        OutputError: A reading cannot be kept.
    """
    require_bench_extra()
    items = chosen_items(sets, limit)
    asked = [item for item in items if engine.answers_questions or not item.question]
    results = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            for result in pool.map(lambda item: _read_and_score(item, engine, kept), asked):
                on_result(result)
                results.append(result)
        except BaseException:  # Ctrl-C among them: what has not begun need not begin
            engine.close()  # ends a peer's process that would be waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return EngineRun(
        engine=engine.name,
        identity=engine.identity,
        results=tuple(with_missing_tables(results)),
        num_not_asked=len(items) - len(asked),
    )


def chosen_items(sets: Iterable[EvaluationSet], limit: int | None) -> list[Item]:
    """The items of all sets, at most `limit` of each."""
    return [item for each in sets for item in spread(each.items, limit)]


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most `limit` items at even distances, so that a small sample sees the whole set."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def _read_and_score(item: Item, engine: EvaluatedEngine, kept: KeptReadings | None) -> ItemResult:
    key = None if kept is None else _key(item, engine)
    before = None if kept is None or key is None else kept.find(key)
    if before is not None:
        return score_item(item, before.reading, seconds=before.seconds, is_kept=True)
    start = time.perf_counter()
    reading = _read(item, engine)
    seconds = time.perf_counter() - start if reading.seconds is None else reading.seconds
    if kept is not None and key is not None and not reading.failure:
        kept.keep(KeptReading(key=key, seconds=seconds, reading=reading))
    return score_item(item, reading, seconds=seconds, is_kept=False)


def _key(item: Item, engine: EvaluatedEngine) -> ReadingKey | None:
    try:
        return reading_key(engine.name, engine.identity, item)
    except InputError:  # no such file: reading it will say so
        return None


def _read(item: Item, engine: EvaluatedEngine) -> Reading:
    try:
        return engine.read(item)
    except Exception as error:  # whatever breaks on one file, the others are still to be scored
        return Reading(text="", failure=f"{type(error).__name__}: {error}")
