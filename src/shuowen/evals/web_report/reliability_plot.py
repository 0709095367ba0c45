"""A reliability diagram as inline SVG: how often right, over how sure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shuowen.evals.calibration import Bin

_SIZE, _MARGIN = 220, 34


def reliability_plot(titles: tuple[str, str], bins: Sequence[Bin]) -> str:
    """The diagram; the area of a dot goes with the number of judgements in its bin.

    `titles` are in English and Chinese; the page shows the one in its language.
    """
    most = max((each.num for each in bins), default=1)
    width = _SIZE + 2 * _MARGIN
    box, label = f"0 0 {width} {width}", escape(titles[0])
    return (
        f'<svg class="plot" viewBox="{box}" role="img" aria-label="{label}">'
        f"{_titles(titles, width / 2)}{_axes()}{_curve(bins)}"
        f"{''.join(_dot(each, most) for each in bins)}</svg>"
    )


def _titles(titles: tuple[str, str], middle: float) -> str:
    return "".join(
        f'<text class="title" lang="{language}" x="{middle}" y="18">{escape(title)}</text>'
        for language, title in zip(("en", "zh"), titles, strict=True)
    )


def _axes() -> str:
    left, top = _place(0, 1)
    right, bottom = _place(1, 0)
    frame = f'<rect class="frame" x="{left}" y="{top}" width="{_SIZE}" height="{_SIZE}"/>'
    ideal = f'<line class="ideal" x1="{left}" y1="{bottom}" x2="{right}" y2="{top}"/>'
    labels = [
        f'<text x="{_place(value, 0)[0]}" y="{bottom + 14}">{value:g}</text>'
        f'<text class="side" x="{left - 6}" y="{_place(0, value)[1] + 4}">{value:g}</text>'
        for value in (0, 0.5, 1)
    ]
    middle = left + _SIZE / 2
    names = [
        f'<text lang="en" x="{middle}" y="{bottom + 28}">confidence → share right ↑</text>',
        f'<text lang="zh" x="{middle}" y="{bottom + 28}">置信度 → 正确率 ↑</text>',
    ]
    return "".join([frame, ideal, *labels, *names])


def _curve(bins: Sequence[Bin]) -> str:
    points = " ".join(
        f"{x:.1f},{y:.1f}" for x, y in (_place(each.confidence, each.accuracy) for each in bins)
    )
    return f'<polyline class="curve" points="{points}"/>'


def _dot(each: Bin, most: int) -> str:
    x, y = _place(each.confidence, each.accuracy)
    radius = 2 + 4 * (each.num / most) ** 0.5
    told = f"{each.num}: {each.confidence:.3f} → {each.accuracy:.3f}"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{told}</title></circle>'


def _place(x: float, y: float) -> tuple[float, float]:
    return _MARGIN + x * _SIZE, _MARGIN - 8 + (1 - y) * _SIZE
