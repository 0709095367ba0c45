"""Curves of a run: a picture drawn from metrics.jsonl, and event files for TensorBoard."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shuowen.errors import MissingExtraError
from shuowen.train.progress import read_metrics

_PANELS = (
    ("loss", "loss", "log"),
    ("accuracy", "share of target tokens guessed right", "linear"),
    ("lr", "learning rate", "linear"),
    ("grad_norm", "length of the gradient", "log"),
    ("tokens_per_second", "tokens a second", "linear"),
    ("flop_use", "share of the machine's peak", "linear"),
)
_HEIGHT_PX, _WIDTH_PX, _DPI = 260, 1100, 100


def draw_curves(metrics: Path, picture: Path) -> Path:
    """Draw all curves of a run below each other.

    Args:
        metrics: A metrics.jsonl.
        picture: A PNG file, is written.

    Returns:
        `picture`.

    Raises:
        MissingExtraError: There is no matplotlib.
    """
    lines = [line for line in read_metrics(metrics) if "loss" in line]
    panels = [panel for panel in _PANELS if any(panel[0] in line for line in lines)]
    figure, axes = _figure(max(len(panels), 1))
    for axis, (key, title, scale) in zip(axes, panels, strict=False):
        points = [(line["step"], line[key]) for line in lines if line.get(key) is not None]
        steps, values = zip(*points, strict=True)
        axis.plot(steps, values, color="0.75", linewidth=0.8)
        axis.plot(steps, _smooth(values), color="C0", linewidth=1.4)
        axis.set_ylabel(title, fontsize=8)
        axis.set_yscale(scale if min(values) > 0 else "linear")
        axis.grid(True, linewidth=0.3)
    axes[-1].set_xlabel("step")
    figure.savefig(picture, format="png")
    return picture


def _figure(num_panels: int) -> tuple[Any, list[Any]]:
    """A figure of its own, not pyplot's: no window, no state that other threads share."""
    try:
        figures = importlib.import_module("matplotlib.figure")
        backend = importlib.import_module("matplotlib.backends.backend_agg")
    except ImportError as error:
        raise MissingExtraError(
            "Drawing curves needs matplotlib.", "Run: pip install 'shuowen[train]'"
        ) from error
    size = (_WIDTH_PX / _DPI, _HEIGHT_PX * num_panels / _DPI)
    figure = figures.Figure(figsize=size, dpi=_DPI, layout="constrained")
    backend.FigureCanvasAgg(figure)
    axes = figure.subplots(num_panels, 1, sharex=True, squeeze=False)
    return figure, [row[0] for row in axes]


def _smooth(values: tuple[float, ...], keep: float = 0.95) -> list[float]:
    """Exponential mean that begins at the mean of what there is."""
    smoothed, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = keep * total + value, keep * weight + 1.0
        smoothed.append(total / weight)
    return smoothed


class EventFiles:
    """Event files that TensorBoard shows.

    Args:
        folder: Where they go.

    Raises:
        MissingExtraError: There is no tensorboard.
    """

    def __init__(self, folder: Path) -> None:
        try:
            boards = importlib.import_module("torch.utils.tensorboard")
        except ImportError as error:
            raise MissingExtraError(
                "Event files need tensorboard.", "Run: pip install tensorboard"
            ) from error
        self._writer = boards.SummaryWriter(str(folder))

    def add(self, metrics: Mapping[str, Any]) -> None:
        """Every number of a line of metrics.jsonl."""
        for name, value in metrics.items():
            if name != "step" and isinstance(value, int | float):
                self._writer.add_scalar(name, value, int(metrics["step"]))

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
