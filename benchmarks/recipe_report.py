"""The recipe's numbers as tables and pictures for docs/recipe.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shuowen.train.progress import read_metrics

matplotlib.use("agg")

Json = Mapping[str, Any]
_SMOOTHED_STEPS = 25


def write_tables(path: Path, numbers: Json) -> None:
    """Markdown, to be pasted."""
    makers: Mapping[str, Callable[[Any], Iterator[str]]] = {
        "training": _training_table,
        "models": _model_tables,
        "improvements": _improvement_table,
        "best of 8": _choice_table,
        "native against staged": _experiment_tables,
        "v2pe": _step_table,
    }
    lines = []
    for name, make in makers.items():
        if name in numbers:
            lines += [f"## {name.capitalize()}", "", *make(numbers[name]), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def draw_plots(folder: Path, numbers: Json, runs: Mapping[str, Path]) -> None:
    """PNG files: losses of all runs, and whatever else the numbers hold."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / "losses.png", lambda axes: _losses(axes, runs))
    if "models" in numbers:
        _save(folder / "stages.png", lambda axes: _stages(axes, numbers["models"]))
    if "best of 8" in numbers:
        _save(folder / "best_of_8.png", lambda axes: _choices(axes, numbers["best of 8"]))
    if "v2pe" in numbers:
        _save(folder / "v2pe.png", lambda axes: _steps(axes, numbers["v2pe"]["curves"]))


def percent(interval: Sequence[float | None]) -> str:
    """A share with its interval: 4.1 % (3.8 to 4.5)."""
    value, low, high = interval
    assert value is not None
    shown = f"{100 * value:.1f} %"
    return (
        shown if low is None or high is None else f"{shown} ({100 * low:.1f} to {100 * high:.1f})"
    )


def points(interval: Sequence[float | None], *, is_beyond: bool) -> str:
    """A difference in percentage points; what may be chance says so."""
    value, low, high = interval
    assert value is not None
    shown = f"{100 * value:+.1f}"
    if low is not None and high is not None:
        shown += f" ({100 * low:+.1f} to {100 * high:+.1f})"
    return shown if is_beyond else f"{shown}, may be chance"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _training_table(runs: Json) -> Iterator[str]:
    heads = ("run", "steps", "minutes", "samples", "tokens", "loss at first", "loss at last")
    rows = [
        (
            name,
            f"{facts['steps']:,}",
            f"{facts['minutes']:.1f}",
            f"{facts['samples']:,.0f}",
            f"{facts['tokens']:,.0f}",
            f"{facts['first_loss']:.3f}",
            f"{facts['last_loss']:.3f}",
        )
        for name, facts in runs.items()
        if facts["steps"]
    ]
    yield from _table(heads, rows)


def _model_tables(models: Json) -> Iterator[str]:
    sets = dict.fromkeys(name for record in models.values() for name in record)
    for name in sets:
        rows = [
            (model, label, str(s["crops"]), percent(s["cer"]), percent(s["exact"]))
            for model, record in models.items()
            for label, s in record.get(name, {"summary": {}})["summary"].items()
        ]
        yield from (f"### {name}", "")
        yield from _table(("model", "crops", "number", "CER", "exact"), rows)
        yield ""
    last = list(models.values())[-1]
    for name, record in last.items():
        told = [f"{t or 'nothing'} as {r or 'nothing'} {n}" for t, r, n in record["confusions"]]
        yield f"Most often taken for others in {name}: {'; '.join(told[:20])}."


def _improvement_table(pairs: Json) -> Iterator[str]:
    rows = [
        (
            pair,
            name,
            points(each["cer"], is_beyond=each["cer beyond chance"]),
            points(each["exact"], is_beyond=each["exact beyond chance"]),
        )
        for pair, sets in pairs.items()
        for name, each in sets.items()
    ]
    yield from _table(("", "crops", "CER, points", "exact, points"), rows)


def _choice_table(choices: Json) -> Iterator[str]:
    rows = []
    for name, record in choices.items():
        beside = [record.get(f"over {other}") for other in ("random", "greedy")]
        shown = [
            points(each["cer"], is_beyond=each["cer beyond chance"]) if each else ""
            for each in beside
        ]
        summary = record["summary"]
        rows.append((name, percent(summary["cer"]), percent(summary["exact"]), *shown))
    yield from _table(("chosen by", "CER", "exact", "CER over random", "CER over greedy"), rows)


def _experiment_tables(found: Json) -> Iterator[str]:
    operations = ", ".join(f"{name} {count:.2e}" for name, count in found["flops"].items())
    yield from (f"Operations: {operations}.", "")
    yield from _model_tables(found["models"])
    yield ""
    yield from _improvement_table(found["improvements"])


def _step_table(found: Json) -> Iterator[str]:
    rows = [
        (
            name,
            f"{low} to {high}",
            f"{each['step']:g}",
            percent(each["cer"]),
            percent(each["exact"]),
        )
        for name, curve in found["curves"].items()
        for each in curve
        for low, high in [each["tiles"]]
    ]
    yield from _table(("trained with δ", "tiles", "read with δ", "CER", "exact"), rows)
    yield ""
    for tiles, each in found["drawn over one"].items():
        gain = each["difference"]
        shown = points(gain["cer"], is_beyond=gain["cer beyond chance"])
        yield f"{tiles}: δ drawn, read with {each['step']:g}, over δ = 1: CER {shown} points."


def _save(path: Path, draw: Callable[[Axes], None]) -> None:
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.grid(alpha=0.3)
    draw(axes)
    figure.savefig(path, dpi=110)


def _losses(axes: Axes, runs: Mapping[str, Path]) -> None:
    for name, folder in runs.items():
        lines = [each for each in read_metrics(folder / "metrics.jsonl") if "loss" in each]
        starts = range(0, len(lines), _SMOOTHED_STEPS)
        chunks = [lines[start : start + _SMOOTHED_STEPS] for start in starts]
        losses = [fmean(each["loss"] for each in chunk) for chunk in chunks]
        axes.plot([chunk[-1]["step"] for chunk in chunks], losses, label=name)
    axes.set(xlabel="step", ylabel=f"loss, mean of {_SMOOTHED_STEPS} steps", yscale="log")
    axes.legend()


def _stages(axes: Axes, models: Json) -> None:
    sets = list(dict.fromkeys(name for record in models.values() for name in record))
    width = 0.8 / len(sets)
    for number, name in enumerate(sets):
        intervals = [record[name]["summary"]["all"]["cer"] for record in models.values()]
        places = [index + number * width for index in range(len(intervals))]
        _bars(axes, places, intervals, width, label=name)
    axes.set_xticks([index + 0.4 - width / 2 for index in range(len(models))], list(models))
    axes.set_ylabel("character error rate, %")
    axes.legend()


def _choices(axes: Axes, choices: Json) -> None:
    intervals = [record["summary"]["cer"] for record in choices.values()]
    _bars(axes, list(range(len(intervals))), intervals, 0.8)
    axes.set_xticks(range(len(intervals)), list(choices), rotation=20)
    axes.set_ylabel("character error rate, %")


def _bars(
    axes: Axes,
    places: Sequence[float],
    intervals: Sequence[Sequence[float]],
    width: float,
    label: str | None = None,
) -> None:
    values = [100 * value for value, _, _ in intervals]
    below = [100 * (v - (v if low is None else low)) for v, low, _ in intervals]
    above = [100 * ((v if high is None else high) - v) for v, _, high in intervals]
    axes.bar(places, values, width, yerr=[below, above], capsize=3, label=label)


def _steps(axes: Axes, curves: Json) -> None:
    for name, style in zip(curves, ("-o", "--s"), strict=True):
        axes.set_prop_cycle(None)  # the same colour for the same tiles
        for tiles in dict.fromkeys(tuple(each["tiles"]) for each in curves[name]):
            curve = [each for each in curves[name] if tuple(each["tiles"]) == tiles]
            label = f"δ {'drawn' if name == 'drawn' else '= 1'}, {tiles[0]} to {tiles[1]} tiles"
            rates = [100 * each["cer"][0] for each in curve]
            axes.plot([each["step"] for each in curve], rates, style, label=label)
    axes.set_xscale("log", base=2)
    axes.set(xlabel="δ when reading", ylabel="character error rate, %", ylim=(0, None))
    axes.legend(fontsize=8)
