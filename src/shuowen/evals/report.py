"""What a bench run found, as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from shuowen.evals.bench import (
    ItemResult,
    Summary,
    summarise,
    summarise_by_degradation,
    summarise_by_set,
)
from shuowen.evals.table_scores import TableScore
from shuowen.evals.text_scores import TextScore

HEADINGS = ("items", "pages", "CER", "lost", "F1", "TEDS", "TEDS-S", "s/page", "failed")
TOTAL = "total"

GroupedBy = Literal["set", "degradation"]


def format_table(results: Sequence[ItemResult], by: GroupedBy) -> str:
    """Aligned columns: a row for each set or kind of damage, and one for all results."""
    groups = summarise_by_set(results) if by == "set" else summarise_by_degradation(results)
    rows = [[by, *HEADINGS], *(_row(each) for each in [*groups, summarise(TOTAL, results)])]
    return align(rows)


def align(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as lines of text: the first column to the left, others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    )


def failure_lines(results: Sequence[ItemResult]) -> list[str]:
    """One line for each item that failed: which, and why."""
    failed = [result for result in results if result.failure]
    return [f"{each.set_name}/{each.file}: {each.failure}" for each in failed]


def to_json(results: Sequence[ItemResult], options: str) -> bytes:
    """Everything: the options of the run, totals, sets, kinds of damage and every item."""
    report = {
        "options": options,
        "total": _summary_record(summarise(TOTAL, results)),
        "sets": [_summary_record(summary) for summary in summarise_by_set(results)],
        "degradations": [_summary_record(each) for each in summarise_by_degradation(results)],
        "items": [_item_record(result) for result in results],
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def _row(summary: Summary) -> list[str]:
    table = summary.table
    return [
        summary.name,
        str(summary.num_items),
        str(summary.num_pages),
        f"{summary.text.cer:.4f}",
        f"{summary.text.lost:.4f}",
        f"{summary.text.f1:.4f}",
        f"{table.teds:.4f}" if table else "-",
        f"{table.teds_structure:.4f}" if table else "-",
        f"{summary.seconds_per_page:.2f}",
        str(summary.num_failures),
    ]


def _summary_record(summary: Summary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "num_items": summary.num_items,
        "num_pages": summary.num_pages,
        "num_failures": summary.num_failures,
        "seconds_per_page": summary.seconds_per_page,
        **_scores(summary.text, summary.table),
    }


def _item_record(result: ItemResult) -> dict[str, Any]:
    return {
        "set": result.set_name,
        "file": result.file,
        "degradation": result.degradation,
        "num_pages": result.num_pages,
        "seconds": result.seconds,
        "failure": result.failure,
        **_scores(result.text, result.table),
    }


def _scores(text: TextScore, table: TableScore | None) -> dict[str, float | int | None]:
    return {
        "num_errors": text.num_errors,
        "num_truth": text.num_truth,
        "cer": text.cer,
        "lost": text.lost,
        "f1": text.f1,
        "teds": table.teds if table else None,
        "teds_structure": table.teds_structure if table else None,
    }
