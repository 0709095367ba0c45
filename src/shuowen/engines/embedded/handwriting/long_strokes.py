"""Long strokes along a line of writing: what strikes words out, underlines them, or is a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.handwriting.ink import Band, Ink, Mask, band_of

_RUN_PX = 44
"""Shortest run of deep ink, in a line 48 pixels high, that may belong to a long stroke."""
_LEAST_PX = 50
"""Shorter strokes are not measured: most lines of print have runs nearly as long, by chance."""
_REACH_PX = 12
"""How far from a stroke ink is looked for: about a third of a letter's height."""
_ACROSS_PX = 7
"""Ink above and ink below a stroke are one stroke that crosses it if no further apart than this."""
_BENT_PX = 60
"""Strokes longer than this may bend; shorter ones are seen as straight."""
_TALL = np.ones((3, 1), np.uint8)
_LONG = np.ones((1, _RUN_PX), np.uint8)

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LongStroke:
    """A long stroke, measured; lengths in pixels of a picture that is 48 high.

    Attributes:
        left: First column.
        right: Column after the last.
        thickness: Rows that it covers, median over its columns.
        thinnest: The same, lower quartile: a line made by letters that touch has thin places.
        thickest: The same, highest decile.
        level: Its height in the band of the other ink: 0 at the top, 1 at the bottom.
        text_height: Height of that band.
        above: Share of its columns with other ink close above.
        below: Share of its columns with other ink close below.
        tips_above: Strokes of the other ink that come down to it.
        tips_below: Strokes of the other ink that come up to it.
        crossings: Places where ink comes both from above and from below.
        widest_gap: Most columns in a row where it runs over white.
        is_rule: Whether it goes from one edge of the picture to the other.
    """

    left: int
    right: int
    thickness: float
    thinnest: float
    thickest: float
    level: float
    text_height: int
    above: float
    below: float
    tips_above: int
    tips_below: int
    crossings: int
    widest_gap: int
    is_rule: bool

    @property
    def length(self) -> int:
        """Its length in pixels."""
        return self.right - self.left

    def shared(self, other: LongStroke) -> float:
        """Share of the longer one's length that both go along, 0 to 1."""
        both = min(self.right, other.right) - max(self.left, other.left)
        return max(both, 0) / max(self.length, other.length)


def long_strokes(ink: Ink) -> list[LongStroke]:
    """All long strokes of a line's ink; none where there is no other ink to judge them by."""
    # A slanted stroke is a staircase of runs: made taller by a pixel each way, they hang together.
    opened = cv2.morphologyEx(cv2.dilate(ink.deep, _TALL), cv2.MORPH_OPEN, _LONG)
    if not cv2.countNonZero(opened):
        return []
    others = ink.mask & (1 - np.asarray(cv2.dilate(opened, _TALL), np.uint8))
    band = band_of(others)
    if band is None:
        return []
    return [_measured(left, part, others, band) for left, part in _pieces(opened)]


def _pieces(opened: object) -> Iterator[tuple[int, Mask]]:
    """Every long connected piece: its first column, and its mask at the picture's whole height."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.asarray(opened, np.uint8), connectivity=8
    )
    for label in range(1, count):
        left, width = int(stats[label, cv2.CC_STAT_LEFT]), int(stats[label, cv2.CC_STAT_WIDTH])
        if width >= _LEAST_PX:
            yield left, np.asarray(labels[:, left : left + width] == label, np.uint8)


def _measured(left: int, part: Mask, others: Mask, band: Band) -> LongStroke:
    width = part.shape[1]
    # The piece is taller by a pixel above and below than the ink that it was found by.
    columns = part.sum(axis=0, dtype=np.float64)
    thickness = float(np.median(columns)) - 2
    thin, thick = np.quantile(columns, (0.25, 0.9)).tolist()
    path = _path(part, columns)
    beside = _Beside.of(others[:, left : left + width], path, max(thickness, 2.0) / 2)
    return LongStroke(
        left=left,
        right=left + width,
        thickness=thickness,
        thinnest=thin - 2,
        thickest=thick - 2,
        level=band.level(float(path.mean())),
        text_height=band.height,
        above=float(beside.above.mean()),
        below=float(beside.below.mean()),
        tips_above=_num_runs(beside.tips_above),
        tips_below=_num_runs(beside.tips_below),
        crossings=_num_runs(_widened(beside.tips_above) & _widened(beside.tips_below)),
        widest_gap=_longest_run(~(beside.above | beside.below)),
        is_rule=left <= 1 and left + width >= others.shape[1] - 1,
    )


def _path(part: Mask, columns: Floats) -> Floats:
    """The stroke's row in every column: a straight line or a parabola through its middle."""
    rows = np.arange(part.shape[0], dtype=np.float64) @ part / columns
    xs = np.arange(len(columns), dtype=np.float64)
    degree = 2 if len(columns) > _BENT_PX else 1
    return np.asarray(np.polyval(np.polyfit(xs, rows, degree), xs), np.float64)


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """For every column of a stroke, (length,), whether other ink is close, and whether it touches.

    Ink touches where it is seen both right beside the stroke and two pixels further.
    """

    above: Booleans
    below: Booleans
    tips_above: Booleans
    tips_below: Booleans

    @classmethod
    def of(cls, others: Mask, path: Floats, half: float) -> _Beside:
        steps = np.arange(2, _REACH_PX, dtype=np.float64)[:, None] + 0.5
        above = _seen(others, path - half - steps)
        below = _seen(others, path + half + steps)
        return cls(
            above=_any(above),
            below=_any(below),
            tips_above=_any(above[0:2]) & _any(above[2:4]),
            tips_below=_any(below[0:2]) & _any(below[2:4]),
        )


def _any(steps: Booleans) -> Booleans:
    """(steps, length) to (length,)."""
    return np.asarray(steps.any(axis=0), np.bool_)


def _seen(others: Mask, rows: Floats) -> Booleans:
    """Whether ink is at some rows, (steps, length), of each column; outside the picture is none."""
    indices = np.rint(rows).astype(np.intp)
    inside = (indices >= 0) & (indices < others.shape[0])
    clipped = np.clip(indices, 0, others.shape[0] - 1)
    found = others[clipped, np.arange(others.shape[1])] > 0
    return np.asarray(found & inside, np.bool_)


def _widened(columns: Booleans) -> Booleans:
    wide = cv2.dilate(columns.astype(np.uint8)[None], np.ones((1, _ACROSS_PX), np.uint8))
    return np.asarray(wide[0] > 0, np.bool_)


def _edges(columns: Booleans) -> NDArray[np.intp]:
    """Where runs begin and end, one after the other."""
    return np.flatnonzero(np.diff(columns.astype(np.int8), prepend=0, append=0))


def _num_runs(columns: Booleans) -> int:
    return len(_edges(columns)) // 2


def _longest_run(columns: Booleans) -> int:
    edges = _edges(columns)
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
