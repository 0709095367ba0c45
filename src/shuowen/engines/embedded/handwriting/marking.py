"""Taking what is crossed out from a line's text: it is kept beside it, as what was struck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from msgspec.structs import replace

from shuowen.document.model import Box, CrossedOut, Line, Span
from shuowen.engines.embedded.handwriting.crossed_out import Stretch, crossed_out
from shuowen.image.page import Pixels

MOSTLY = 0.65
FEW = 2
"""A word is struck out as a whole, or not at all, if so much of it is and only so few letters are
not. Of more letters some may be struck: handwriting is often read without its spaces."""
COVERED = 0.6
"""Share of a letter that has to be under a stretch: a stroke may begin before its word."""
LEGIBLE = 0.8
"""Letters read with this mean confidence are not under a scribble, whatever it is."""


@dataclass(frozen=True, kw_only=True)
class _Letter:
    """A character of a line and where it stands along it, as shares of the line's length."""

    character: str
    confidence: float
    start: float
    end: float
    is_struck: bool

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def marked(line: Line, picture: Pixels) -> Line:
    """The line without what is crossed out on it, which goes to its `crossed_out`.

    Of a line that is crossed out from end to end no text is left; its confidence stays.

    Args:
        line: A line as it was finally read, with spans.
        picture: Its picture, (48, width, 3) RGB, the text running left to right.

    Returns:
        `line` itself where nothing is crossed out.
    """
    stretches = _merged(crossed_out(picture)) if line.spans else []
    if not stretches:
        return line
    words = [_letters(line, span, stretches) for span in line.spans]
    hidden = [stretch for stretch in stretches if _hides(stretch, words)]
    if not hidden:
        return line
    if hidden != stretches:
        words = [_letters(line, span, hidden) for span in line.spans]
    return _without_struck(line, words, hidden)


def _merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches that do not overlap: several strokes over a word are one."""
    merged: list[Stretch] = []
    for stretch in stretches:
        if merged and stretch.start <= merged[-1].end:
            last = merged.pop()
            stretch = Stretch(
                start=last.start,
                end=max(last.end, stretch.end),
                is_scribble=last.is_scribble and stretch.is_scribble,
            )
        merged.append(stretch)
    return merged


def _letters(line: Line, span: Span, stretches: Sequence[Stretch]) -> list[_Letter]:
    """The characters of a word, spread evenly over its length."""
    start, end = _extent(line, span.box)
    edges = np.linspace(start, end, len(span.text) + 1).tolist()
    places = list(zip(edges, edges[1:], strict=False))
    struck = [any(_covers(stretch, *place) for stretch in stretches) for place in places]
    for whole in (True, False):
        agreeing = struck.count(whole)
        if agreeing >= MOSTLY * len(struck) and len(struck) - agreeing <= FEW:
            struck = [whole] * len(struck)
    return [
        _Letter(character=character, confidence=confidence, start=a, end=b, is_struck=is_struck)
        for character, confidence, (a, b), is_struck in zip(
            span.text, span.confidences, places, struck, strict=True
        )
    ]


def _covers(stretch: Stretch, start: float, end: float) -> bool:
    shared = min(end, stretch.end) - max(start, stretch.start)
    return shared >= COVERED * (end - start)


def _extent(line: Line, box: Box) -> tuple[float, float]:
    """Where a box on a line begins and ends, as shares of the line's length."""
    origin, along, across = (np.array(line.quad[corner]) for corner in (0, 1, 3))
    if line.direction == "vertical":
        along, across = across, along
    along, across = along - origin, across - origin
    axis = int(abs(along[1]) > abs(along[0]))
    middle = float((np.array(box.center) - origin) @ along / (along @ along))
    length = (box.width, box.height)[axis] - abs(across[axis])
    half = max(float(length / abs(along[axis])), 0.0) / 2
    return middle - half, middle + half


def _hides(stretch: Stretch, words: Sequence[Sequence[_Letter]]) -> bool:
    """Whether writing is under a stretch; under a scribble it can hardly be read, if at all.

    Where nothing was read, a scribble stands behind some word: a bar before all of them is the key
    of a chart.
    """
    letters = [letter for word in words for letter in word]
    under = [
        letter.confidence
        for letter in letters
        if letter.is_struck and stretch.start <= letter.middle <= stretch.end
    ]
    if not stretch.is_scribble:
        return bool(under)
    if not under:
        return any(letter.middle < stretch.start for letter in letters)
    return float(np.mean(under)) < LEGIBLE


def _without_struck(
    line: Line, words: Sequence[Sequence[_Letter]], stretches: Sequence[Stretch]
) -> Line:
    kept = [letter for word in words for letter in word if not letter.is_struck]
    spans = (
        piece
        for span, word in zip(line.spans, words, strict=True)
        for piece in _kept_pieces(line, span, word)
    )
    confidence = float(np.mean([letter.confidence for letter in kept])) if kept else line.confidence
    return replace(
        line,
        text=_text_without_struck(line, words),
        confidence=min(confidence, 1.0),
        spans=tuple(spans),
        crossed_out=(*line.crossed_out, *_records(line, words, stretches)),
    )


def _text_without_struck(line: Line, words: Sequence[Sequence[_Letter]]) -> str:
    """What stays of the text; where a word goes, one of the spaces around it goes too."""
    text, at = "", 0
    for span, word in zip(line.spans, words, strict=True):
        begin = line.text.index(span.text, at)
        space = line.text[at:begin]
        stays = "".join(letter.character for letter in word if not letter.is_struck)
        text += (space if not text.endswith(" ") else "") + stays
        at = begin + len(span.text)
    return (text + line.text[at:]).strip()


def _kept_pieces(line: Line, span: Span, word: Sequence[_Letter]) -> Iterator[Span]:
    """A word, or what is left of it before and after what is struck out."""
    for is_struck, group in groupby(word, key=lambda letter: letter.is_struck):
        letters = list(group)
        if not is_struck:
            yield replace(
                span,
                text="".join(letter.character for letter in letters),
                box=_part(line, span.box, word, letters),
                confidences=tuple(letter.confidence for letter in letters),
            )


def _part(line: Line, box: Box, word: Sequence[_Letter], letters: Sequence[_Letter]) -> Box:
    """The part of a word's box where some of its letters stand."""
    length = word[-1].end - word[0].start
    if len(word) == len(letters) or length <= 0:
        return box
    first, last = ((x - word[0].start) / length for x in (letters[0].start, letters[-1].end))
    if line.direction == "vertical":
        return Box(box.left, box.top + first * box.height, box.right, box.top + last * box.height)
    return Box(box.left + first * box.width, box.top, box.left + last * box.width, box.bottom)


def _records(
    line: Line, words: Sequence[Sequence[_Letter]], stretches: Sequence[Stretch]
) -> Iterator[CrossedOut]:
    struck = [letter for word in words for letter in word if letter.is_struck]
    for stretch in stretches:
        under = [
            letter.character for letter in struck if stretch.start <= letter.middle <= stretch.end
        ]
        yield CrossedOut(box=_box_of(line, stretch), text="".join(under))


def _box_of(line: Line, stretch: Stretch) -> Box:
    origin, right, far, down = (np.array(corner) for corner in line.quad)
    if line.direction == "vertical":
        right, down = down, right
    sides = ((origin, right - origin), (down, far - down))
    points = [side + way * at for side, way in sides for at in (stretch.start, stretch.end)]
    left, top = np.min(points, axis=0).tolist()
    end, bottom = np.max(points, axis=0).tolist()
    return Box(round(left, 1), round(top, 1), round(end, 1), round(bottom, 1))
