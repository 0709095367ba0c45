"""The gate's result for people and for programs. Needs no torch."""

from __future__ import annotations

import msgspec

from shuowen.train.gate_result import GateResult, JudgedSet

_HEAD = (
    "| set | items | error before | after | rise, points | 95 % interval | broken | verdict |\n"
    "|---|--:|--:|--:|--:|--:|--:|---|\n"
)


def table(result: GateResult) -> str:
    """A Markdown table with one row a set; rates in percent, rises in points."""
    return _HEAD + "".join(map(_row, result.sets))


def _row(judged: JudgedSet) -> str:
    change = judged.change
    cells = (
        change.name,
        str(change.num_items),
        f"{100 * change.before:.2f} %",
        f"{100 * change.after:.2f} %",
        f"{100 * change.rise:+.2f}",
        f"{100 * change.low:+.2f} to {100 * change.high:+.2f}",
        str(len(change.broken)),
        judged.refusal or "kept",
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def note(result: GateResult, kept: str) -> str:
    """What stands beside refused weights."""
    reasons = "".join(
        f"- {each.change.name}: {each.refusal}.\n" for each in result.sets if each.refusal
    )
    return (
        f"# Refused\n\nThese weights were not put in the place of {kept}, because they forgot"
        f" something:\n\n{reasons}\n{table(result)}\nMore general data in the mixture, a lower"
        " learning rate or an adapter instead of all weights help against it.\n"
    )


def as_json(result: GateResult) -> bytes:
    """All numbers, and the names of all items that broke."""
    sets = [
        {
            "name": each.change.name,
            "num_items": each.change.num_items,
            "error_rate_before": each.change.before,
            "error_rate_after": each.change.after,
            "rise_interval": [each.change.low, each.change.high],
            "broken": each.change.broken,
            "refusal": each.refusal,
        }
        for each in result.sets
    ]
    data = msgspec.json.encode({"is_accepted": result.is_accepted, "sets": sets})
    return msgspec.json.format(data, indent=2) + b"\n"
