"""Reading again only those words of a line that the first reading doubts.

The careful recogniser takes five times as long as the quick one, by the pixel. Most lines are
doubtful in one or two words only, so just these are cut out, read carefully and put back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import Reading
from shuowen.image.page import Pixels

MAX_SHARE = 0.6
"""With more of a line in doubt than this, the whole line is read again: it saves nothing to cut."""
CONTEXT = 2
"""Sure characters taken along on each side of a doubted one, where they can be cut apart."""

ReadLine = Callable[[Pixels], Reading]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Characters `first` up to `last` of a line, and where to cut: shares 0 to 1 of its length."""

    first: int
    last: int
    start: float
    end: float


def doubted_parts(reading: Reading, ink: NDArray[np.float32], doubt: float) -> list[Part]:
    """The parts of a line that its reading doubts, apart from each other.

    Args:
        reading: The first reading.
        ink: How dark each pixel column of the line is, (width,); cuts go where it is lightest.
        doubt: A character below this confidence is doubted.
    """
    cuts = _cuts(reading)
    pieces = list(zip(cuts, cuts[1:], strict=False))
    doubted = [min(reading.confidences[first:last]) < doubt for first, last in pieces]
    parts = []
    for in_doubt, group in groupby(range(len(pieces)), key=lambda n: _near(doubted, n)):
        numbers = list(group)
        if in_doubt:
            parts.append(_part(reading, pieces[numbers[0]][0], pieces[numbers[-1]][1], ink))
    return parts


def read_again(line: Pixels, reading: Reading, read: ReadLine, doubt: float) -> Reading:
    """`reading` with its doubted parts read again.

    Args:
        line: The line's picture, (height, width, 3).
        reading: What was read first.
        read: Reads a picture of a line or of a part of it.
        doubt: A character below this confidence is doubted.
    """
    if not reading.text:
        return read(line)
    ink = 255 - line.mean(axis=(0, 2), dtype=np.float32)
    parts = doubted_parts(reading, ink, doubt)
    if sum(part.end - part.start for part in parts) > MAX_SHARE:
        again = read(line)
        return again if again.text else reading
    for part in reversed(parts):  # from the end, so that earlier positions stay true
        reading = _replaced(reading, part, line, read)
    return reading


def _replaced(reading: Reading, part: Part, line: Pixels, read: ReadLine) -> Reading:
    left, right = (round(share * line.shape[1]) for share in (part.start, part.end))
    again = read(np.ascontiguousarray(line[:, left : max(right, left + 1)]))
    kept = slice(part.first, part.last)
    if not again.text:
        return reading
    centers = (part.start + center * (part.end - part.start) for center in again.centers)
    return Reading(
        text=reading.text[: part.first] + again.text + reading.text[part.last :],
        confidences=_spliced(reading.confidences, kept, again.confidences),
        centers=_spliced(reading.centers, kept, tuple(centers)),
    )


def _spliced(values: tuple[float, ...], kept: slice, new: tuple[float, ...]) -> tuple[float, ...]:
    return values[: kept.start] + new + values[kept.stop :]


def _near(doubted: list[bool], number: int) -> bool:
    return any(doubted[max(number - CONTEXT, 0) : number + CONTEXT + 1])


def _cuts(reading: Reading) -> list[int]:
    """Positions in the text at which a line may be cut: beside spaces and wide characters."""
    return [0, *_inner_cuts(reading.text), len(reading.text)]


def _inner_cuts(text: str) -> Iterator[int]:
    for position in range(1, len(text)):
        before, after = text[position - 1], text[position]
        if before == " " or (_is_wide(before) and _is_wide(after)):
            yield position


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) == "W"


def _part(reading: Reading, first: int, last: int, ink: NDArray[np.float32]) -> Part:
    if last < len(reading.text) and reading.text[last - 1] == " ":
        last -= 1
    return Part(
        first=first, last=last, start=_cut_at(reading, first, ink), end=_cut_at(reading, last, ink)
    )


def _cut_at(reading: Reading, position: int, ink: NDArray[np.float32]) -> float:
    """The lightest place between the characters before and at `position`."""
    if position == 0:
        return 0.0
    if position == len(reading.text):
        return 1.0
    left, right = reading.centers[position - 1], reading.centers[position]
    if reading.text[position - 1] == " ":
        left = reading.centers[max(position - 2, 0)]
    width = len(ink)
    # The middle half only: the outer quarters belong to the characters.
    start, end = (round((left + (right - left) * share) * width) for share in (0.25, 0.75))
    window = ink[start : max(end, start + 1)]
    lightest = np.flatnonzero(window <= window.min() + 1)
    return float(start + lightest[len(lightest) // 2] + 0.5) / width
