"""Where the value of a label may stand: behind it, to its right, or below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shuowen.document.model import Box
from shuowen.server.chat.key_values.book import Match
from shuowen.server.chat.key_values.labels import (
    colon_after,
    is_label,
    label_at,
    num_words,
    same_label_goes_on,
    value_end,
)
from shuowen.server.chat.key_values.numbers import is_bare_currency, number_in
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.words import is_han

AFTER_COLON, RIGHT, BEHIND, BELOW = 1.0, 0.95, 0.8, 0.65
"""How sure each place makes a value: "Total: 5", "Total    5", "Total 5", and 5 under Total."""
_ONE_OF_SEVERAL = 0.6
"""What a value is worth that is only the first of a row of numbers."""

_FAR_BELOW = 3.6
"""Line heights under a label, from which text belongs to something else."""
_MOST_BEHIND = 4
"""Words behind a label without a colon; more are a sentence."""


@dataclass(frozen=True)
class Spot:
    """Characters of a row that may be the value of a label.

    Attributes:
        row, start, end: The characters.
        weight: How sure the place makes it, 0 to 1.
        num_between: How many words of the label stand between its name and the value.
        is_exact: Whether the value begins here, and not after more words of the label.
    """

    row: Row
    start: int
    end: int
    weight: float
    num_between: int = 0
    is_exact: bool = True


def spots_of(match: Match, below: Sequence[Row]) -> Iterator[Spot]:
    """The places to look at for the value of a label, the surest first.

    Args:
        match: The label.
        below: The rows under its row; empty in a table, whose columns have many values.
    """
    row = match.row
    _, end = row.segment(match.end)
    begin = same_label_goes_on(match, end)
    rest = row.text[begin:end]
    colon = colon_after(row, begin, end)
    if colon is not None:
        yield from _after_colon(row, colon, end, num_words(row.text[begin:colon]))
    elif not rest.strip():
        yield from _to_the_right(row, end, RIGHT, 0)
        yield from _under(match, below)
    elif label_at(row.words, begin):  # a line of headings
        yield from _under(match, below)
    else:
        yield from _to_the_right(row, end, RIGHT, num_words(rest))
        yield Spot(row, begin, end, BEHIND * 0.9, 0, is_exact=False)
        if _is_apart(match, begin) and _is_value(rest):
            yield Spot(row, begin, value_end(row, begin, end), BEHIND)


def _after_colon(row: Row, start: int, end: int, num_between: int) -> Iterator[Spot]:
    text = row.text[start:end].strip()
    if not text:
        yield from _to_the_right(row, end, AFTER_COLON, num_between)
    elif not is_bare_currency(text):
        yield Spot(row, start, value_end(row, start, end), AFTER_COLON, num_between)
    elif end < len(row.text):  # "Total: RM     5.00"
        _, far = row.segment(end + 1)
        yield Spot(row, start, far, AFTER_COLON, num_between)


def _to_the_right(row: Row, end: int, weight: float, num_between: int) -> Iterator[Spot]:
    """The next piece of the row, unless it is a label itself or one of a row of numbers."""
    if end >= len(row.text):
        return
    start, far = row.segment(end + 1)
    if is_label(row, start, far):
        return
    following = [row.text[a:b] for a, b in row.segments() if a >= start]
    num_numbers = sum(number_in(text) is not None for text in following)
    if num_numbers > 2:
        return
    weight *= _ONE_OF_SEVERAL if num_numbers == 2 else 1.0
    yield Spot(row, start, value_end(row, start, far), weight, num_between)


def _is_value(text: str) -> bool:
    """Whether what follows a label without a colon can be a value, and not a sentence's rest."""
    words = text.split()
    first = words[0][0]
    return len(words) <= _MOST_BEHIND and (
        first.isupper() or not first.isascii() or first.isdigit()
    )


def _is_apart(match: Match, begin: int) -> bool:
    """Whether what follows a label is not a part of the same word or sentence."""
    row = match.row
    start, _ = row.segment(match.start)
    at_start = not row.text[start : match.start].strip() or match.start in row.joints
    is_joint = begin in row.joints or begin + 1 in row.joints
    is_wide = is_han(row.words[match.last].key)
    follows = row.text[begin : begin + 1]
    return is_joint or (at_start and (follows.isspace() or (is_wide and not is_han(follows))))


def _under(match: Match, below: Sequence[Row]) -> Iterator[Spot]:
    """What stands under a label, unless a whole column does."""
    label = match.row.part(match.start, match.end)
    if label is None:
        return
    following = [mark.level.left for mark in match.row.marks if mark.start >= match.end]
    right = min(following, default=float("inf"))
    found = [spot for row in below if (spot := _overlapping(row, label.level, right))]
    near = [spot for spot in found if _is_near(spot, label.level, match.row.height)]
    if not near or is_label(near[0].row, near[0].start, near[0].end):
        return
    if all(is_label(each.row, each.start, each.end) for each in near[1:2]):
        yield near[0]


def _overlapping(row: Row, label: Box, right: float) -> Spot | None:
    """The words of a row under a label and left of the next one."""
    left = label.left - row.height
    marks = [m for m in row.marks if m.level.left >= left and m.level.center[0] < right]
    under = [mark for mark in marks if mark.level.left < label.right + row.height]
    if not under:
        return None
    start = under[0].start
    _, end = row.segment(start)
    return Spot(row, start, max(m.end for m in marks if start <= m.start and m.end <= end), BELOW)


def _is_near(spot: Spot, label: Box, height: float) -> bool:
    part = spot.row.part(spot.start, spot.end)
    return part is not None and 0 <= part.level.top - label.top < _FAR_BELOW * height
