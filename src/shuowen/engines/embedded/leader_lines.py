"""Lines that end in, or hold, a leader get as many dots as the picture has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from shuowen.document.model import Box, Line, Quad, Span
from shuowen.engines.embedded.leaders import Leader, find_leaders
from shuowen.image.page import Pixels

DOT_LIKE = frozenset(".…·‥,:、。-_~'`")
"""What a recogniser makes of dots."""
HINT = re.compile(r"[.…·‥]\s*$|[.…·‥]\s*[.…·‥]")
"""A line with these may have a leader."""
MAX_SLOPE = 0.03
"""Lines that slope more are left as they were read: their box holds other lines' ink too."""
ROOM = 60.0
"""How far behind its end a line's dots are looked for, in heights of the line."""
MAX_DOT = 0.3
"""Largest dot, in heights of the line."""
MAX_DISTANCE = 3.0
"""How far from the text the first dot may be, in distances of the dots."""
COUNTED = 0.95
"""Confidence in each dot of a row in which all are evenly spaced."""


@dataclass(frozen=True, kw_only=True)
class _Character:
    """A character of a line that is no space: its span, place there, middle and text position."""

    span_index: int
    index: int
    x: float
    position: int


def with_leaders(line: Line, pixels: Pixels, boxes: Sequence[Box]) -> Line:
    """The line with its dots counted; itself where it has no leader.

    Args:
        line: What was read, in pixels of `pixels`.
        pixels: The page, (height, width, 3).
        boxes: All lines of the page; dots are not looked for beyond the next one.
    """
    if not HINT.search(line.text) or not _is_level(line):
        return line
    area = _area(line.box, pixels, boxes)
    top, left = round(area.top), round(area.left)
    crop = pixels[top : round(area.bottom), left : round(area.right)]
    largest = max(round(MAX_DOT * line.box.height), 3)
    for leader in find_leaders(crop, largest) if crop.size else ():
        line = _with_leader(line, Leader(dots=leader.dots + (left, top, 0, 0)))
    return line


def _is_level(line: Line) -> bool:
    (x0, y0), (x1, y1) = line.quad[:2]
    return line.direction == "horizontal" and abs(y1 - y0) <= MAX_SLOPE * max(x1 - x0, 1.0)


def _area(box: Box, pixels: Pixels, boxes: Sequence[Box]) -> Box:
    """The line with the free space behind it."""
    middle = box.center[1]
    beyond = [o.left for o in boxes if o.top < middle < o.bottom and o.left > box.center[0]]
    right = min([box.right + ROOM * box.height, float(pixels.shape[1]), *beyond])
    return Box(max(box.left, 0.0), max(box.top, 0.0), max(right, box.right), box.bottom)


def _with_leader(line: Line, leader: Leader) -> Line:
    """The line with this leader's dots in the place of those that were read."""
    start = leader.dots[0, 0] - leader.pitch / 2
    end = leader.dots[-1, 0] + leader.pitch / 2
    characters = _characters(line)
    if not characters:
        return line
    before = [c for c in characters if c.x < start]
    inside = [c for c in characters if start <= c.x <= end]
    while before and line.text[before[-1].position] in ".…·‥":
        inside.insert(0, before.pop())
    # Dots that were read as a leader's first ones may stand a little before it.
    if any(line.text[c.position] not in DOT_LIKE for c in inside):
        return line
    if before and start - _right_of(line, before[-1]) > MAX_DISTANCE * leader.pitch:
        return line
    return _rebuilt(line, leader, len(before), len(before) + len(inside), characters)


def _characters(line: Line) -> list[_Character]:
    """The line's characters but its spaces; none where its spans do not make up its text."""
    positions = [n for n, character in enumerate(line.text) if not character.isspace()]
    places = [(n, i) for n, span in enumerate(line.spans) for i in range(len(span.text))]
    if len(positions) != len(places):
        return []
    return [
        _Character(span_index=n, index=i, x=_x_of(line.spans[n], i + 0.5), position=position)
        for position, (n, i) in zip(positions, places, strict=True)
    ]


def _x_of(span: Span, place: float) -> float:
    return span.box.left + span.box.width * place / len(span.text)


def _right_of(line: Line, character: _Character) -> float:
    return _x_of(line.spans[character.span_index], character.index + 1)


def _rebuilt(
    line: Line, leader: Leader, first: int, last: int, characters: Sequence[_Character]
) -> Line:
    """The line without its characters `first` up to `last`, and with the leader there."""
    dots = _dots_span(leader)
    head, tail = characters[:first], characters[last:]
    before = line.text[: head[-1].position + 1] if head else ""
    after = line.text[tail[0].position :] if tail else ""
    spans = (*_spans(line, head), dots, *_spans(line, tail))
    confidences = [number for span in spans for number in span.confidences]
    box = line.box.union(dots.box)
    return msgspec.structs.replace(
        line,
        text=f"{before}{' ' if before else ''}{dots.text}{' ' if after else ''}{after}",
        confidence=sum(confidences) / len(confidences),
        spans=spans,
        box=box,
        quad=_widened(line.quad, box.right - line.box.right),
    )


def _dots_span(leader: Leader) -> Span:
    x, y, width, height = leader.dots.T
    edges = (x - width / 2).min(), (y - height / 2).min(), (x + width / 2).max()
    box = Box(*(round(float(edge), 1) for edge in (*edges, (y + height / 2).max())))
    count = len(leader.dots)
    return Span(text="." * count, box=box, confidences=(COUNTED,) * count)


def _spans(line: Line, characters: Sequence[_Character]) -> list[Span]:
    """The spans, or parts of spans, that these neighbouring characters make."""
    spans = []
    for number in dict.fromkeys(c.span_index for c in characters):
        own = [c.index for c in characters if c.span_index == number]
        span, kept = line.spans[number], slice(own[0], own[-1] + 1)
        left, right = (round(_x_of(span, edge), 1) for edge in (kept.start, kept.stop))
        box = Box(left, span.box.top, right, span.box.bottom)
        part = Span(text=span.text[kept], box=box, confidences=span.confidences[kept])
        spans.append(span if part.text == span.text else part)
    return spans


def _widened(quad: Quad, by: float) -> Quad:
    """The quadrilateral with its right side moved along its own direction by `by` pixels."""
    corners = np.array(quad, np.float64)
    along = corners[1] - corners[0]
    corners[1:3] += along / max(float(np.hypot(*along)), 1.0) * by
    (a, b), (c, d), (e, f), (g, h) = corners.round(1).tolist()
    return (a, b), (c, d), (e, f), (g, h)
