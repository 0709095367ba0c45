"""Runs a reader over evaluation sets and scores what it read.

The reader is a function that is handed in, so the same bench scores Shuowen and any other. An item
on which it raises, or that it reports as failed, counts as read nothing and keeps its reason.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shuowen.evals.datasets import EvaluationSet, Item, degradation_family
from shuowen.evals.extra import require_bench_extra
from shuowen.evals.table_scores import TableScore, mean_table_score, score_tables, tables_text
from shuowen.evals.text_scores import TextScore, pool_text_scores, score_text


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reader made of one file."""

    text: str
    html: str
    num_pages: int = 1
    failure: str = ""
    """Why some or all of the file could not be read; empty when all of it was."""


Reader = Callable[[Path], Reading]


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """One item's scores. `table` is None for an item whose truth is no table."""

    set_name: str
    file: str
    degradation: str
    text: TextScore
    table: TableScore | None
    num_pages: int
    seconds: float
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Scores of the items under one name, pooled (text) or as the mean over items (tables)."""

    name: str
    num_items: int
    num_pages: int
    seconds: float
    """Time spent on the items, added up; with several at once it is more than has passed."""
    text: TextScore
    table: TableScore | None
    num_failures: int

    @property
    def seconds_per_page(self) -> float:
        """Seconds that one page took; 0 when no page was read."""
        return self.seconds / self.num_pages if self.num_pages else 0.0


def run(
    sets: Iterable[EvaluationSet],
    reader: Reader,
    *,
    limit: int | None = None,
    jobs: int = 1,
    on_result: Callable[[ItemResult], None] = lambda result: None,
) -> list[ItemResult]:
    """Reads and scores all items, in order.

    Args:
        sets: What to read.
        reader: Reads one file; called from `jobs` threads at a time.
        limit: Most items a set, spread evenly over it; None for all.
        jobs: Items read at the same time, at least 1.
        on_result: Called with each result, in order, as soon as it is there.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    require_bench_extra()
    items = [item for each in sets for item in spread(each.items, limit)]
    results = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            for result in pool.map(lambda item: _read_and_score(item, reader), items):
                on_result(result)
                results.append(result)
        except BaseException:  # Ctrl-C among them: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most `limit` items at even distances, so that a small sample sees the whole set."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def score(item: Item, reading: Reading) -> tuple[TextScore, TableScore | None]:
    """What `reading` is worth: its text against the truth and, for a table, its HTML too."""
    truth = item.text if item.html is None else tables_text(item.html)
    text = score_text(reading.text, truth or "", fold_case=item.folds_case)
    return text, None if item.html is None else score_tables(reading.html, item.html)


def summarise(name: str, results: Sequence[ItemResult]) -> Summary:
    """The scores of all `results` as one."""
    tables = [result.table for result in results if result.table is not None]
    return Summary(
        name=name,
        num_items=len(results),
        num_pages=sum(result.num_pages for result in results),
        seconds=sum(result.seconds for result in results),
        text=pool_text_scores(result.text for result in results),
        table=mean_table_score(tables) if tables else None,
        num_failures=sum(bool(result.failure) for result in results),
    )


def summarise_by_set(results: Iterable[ItemResult]) -> list[Summary]:
    """One summary a set, in the order in which they were read."""
    return _summarise_by(lambda result: result.set_name, results)


def summarise_by_degradation(results: Iterable[ItemResult]) -> list[Summary]:
    """One summary a kind of damage (`degradation_family`), in order of appearance."""
    return _summarise_by(lambda result: degradation_family(result.degradation), results)


def _summarise_by(key: Callable[[ItemResult], str], results: Iterable[ItemResult]) -> list[Summary]:
    groups: defaultdict[str, list[ItemResult]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    return [summarise(name, group) for name, group in groups.items()]


def _read_and_score(item: Item, reader: Reader) -> ItemResult:
    start = time.perf_counter()
    reading = _read(item, reader)
    seconds = time.perf_counter() - start
    text, table = score(item, reading)
    return ItemResult(
        set_name=item.set_name,
        file=item.path.name,
        degradation=item.degradation,
        text=text,
        table=table,
        num_pages=reading.num_pages,
        seconds=seconds,
        failure=reading.failure,
    )


def _read(item: Item, reader: Reader) -> Reading:
    try:
        return reader(item.path)
    except Exception as error:  # whatever breaks on one file, the others are still to be scored
        return Reading(text="", html="", failure=f"{type(error).__name__}: {error}")
