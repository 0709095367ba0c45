"""From a detected quadrilateral and its reading to a line of the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Direction, Line, Point, Quad, Span, box_around
from shuowen.document.text import is_wide
from shuowen.engines.embedded.ctc import Reading
from shuowen.image.crops import QuadPoints


def make_line(quad: QuadPoints, reading: Reading, direction: Direction) -> Line | None:
    """The line that `reading` found in `quad` (4, 2); None when nothing was read."""
    text = reading.text.strip()
    if not text:
        return None
    start = reading.text.index(text)
    kept = slice(start, start + len(text))
    trimmed = Reading(
        text=text, confidences=reading.confidences[kept], centers=reading.centers[kept]
    )
    corners = as_quad(quad)
    return Line(
        text=text,
        confidence=trimmed.confidence,
        box=box_around(corners),
        quad=corners,
        direction=direction,
        spans=tuple(_spans(quad, trimmed, direction)),
    )


def as_quad(points: NDArray[np.floating]) -> Quad:
    """Four corners as plain numbers, to a tenth of a pixel."""
    return cast("Quad", tuple((round(float(x), 1), round(float(y), 1)) for x, y in points))


def _spans(quad: QuadPoints, reading: Reading, direction: Direction) -> Iterator[Span]:
    edges = _character_edges(reading.centers)
    for first, last in words(reading.text):
        corners = _slice_of(quad, edges[first][0], edges[last - 1][1], direction)
        yield Span(
            text=reading.text[first:last],
            box=box_around(corners),
            confidences=tuple(round(c, 4) for c in reading.confidences[first:last]),
        )


def words(text: str) -> Iterator[tuple[int, int]]:
    """Where words begin and end: runs between spaces, and every wide character alone."""
    start = 0
    for position, character in enumerate(text):
        if character.isspace() or is_wide(character):
            if start < position:
                yield start, position
            if not character.isspace():
                yield position, position + 1
            start = position + 1
    if start < len(text):
        yield start, len(text)


def _character_edges(centers: tuple[float, ...]) -> list[tuple[float, float]]:
    """Begin and end of every character along the line, halfway between neighbours."""
    if len(centers) == 1:
        return [(0.0, 1.0)]
    middles = [(a + b) / 2 for a, b in zip(centers, centers[1:], strict=False)]
    first = max(2 * centers[0] - middles[0], 0.0)
    last = min(2 * centers[-1] - middles[-1], 1.0)
    return list(zip([first, *middles], [*middles, last], strict=True))


def _slice_of(quad: QuadPoints, start: float, end: float, direction: Direction) -> list[Point]:
    """The part of `quad` between two shares of its length in reading direction."""
    if direction == "vertical":
        left, right = (quad[0], quad[3]), (quad[1], quad[2])
    else:
        left, right = (quad[0], quad[1]), (quad[3], quad[2])
    return [
        (round(float(point[0]), 1), round(float(point[1]), 1))
        for side in (left, right)
        for share in (start, end)
        for point in (side[0] + (side[1] - side[0]) * share,)
    ]
