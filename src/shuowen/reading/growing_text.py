"""The lines of a page while they are read: what is known, and guesses for the rest.

A page is planned before it is read to its end, so that its first regions can be given early. For
that a line that was not read yet needs a text as long as it probably is, for the size of letters
and the ends of paragraphs are told by it. Which letters they are matters little, as long as they
do not mark an item, a caption or a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle, islice
from statistics import median

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Direction, Line, box_around
from shuowen.engines.embedded.background import Background
from shuowen.engines.embedded.detector import VERTICAL_RATIO
from shuowen.engines.embedded.lines import as_quad
from shuowen.engines.embedded.looks import Look
from shuowen.image.crops import quad_size
from shuowen.reading.letters import ems_of
from shuowen.reading.place import Placing

PARTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
"""Shares of the text after which those regions are given that are whole."""
MIN_LINES = 12
"""A page with fewer lines is read in one go."""
LINES_AFTER = 3
"""So many lines behind a region have to be read to see that it ends there."""
SHORT = 2.0
"""Lines up to this many times longer than high are read first: they may be numbers and bullets,
which tell what the lines beside them are, and take hardly any time."""
ENOUGH = 20
"""From so many lines on one knows what the text is like."""
LONG = 5.0
"""Lines this many times longer than high show what the page's text is like."""

Quad = NDArray[np.floating]
"""The corners of a line, (4, 2), clockwise from the top left."""


@dataclass(frozen=True, kw_only=True)
class Typical:
    """What the text of a page is like: its letters, and how many ems are as wide as a line is high.

    Size of letters is seen in ems, see `letters.py`.
    """

    letters: str
    density: float

    @staticmethod
    def of(lines: Iterable[Line]) -> Typical:
        """What lines that were read are like; English print where there are none."""
        letters, densities = "", []
        for line in lines:
            length, height, _ = _shape(np.array(line.quad))
            if length > LONG * height:
                densities.append(ems_of(line.text) * height / length)
                letters += "".join(c for c in f"{line.text} " if c.isalpha() or c == " ")
        return Typical(
            letters=letters.lstrip() or "word ", density=median(densities) if densities else 1.0
        )

    def line(self, quad: Quad) -> Line:
        """A line as it may stand in `quad`, (4, 2)."""
        length, height, direction = _shape(quad)
        ems = self.density * length / height
        widths = accumulate(map(ems_of, cycle(self.letters)))
        count = next(count for count, width in enumerate(widths, start=1) if width >= ems)
        text = "".join(islice(cycle(self.letters), count)).strip()
        corners = as_quad(quad)
        return Line(
            text=text, confidence=1.0, box=box_around(corners), quad=corners, direction=direction
        )


def _shape(quad: Quad) -> tuple[float, float, Direction]:
    """Length, height and direction of a line."""
    width, height = quad_size(np.asarray(quad, np.float32))
    if height >= VERTICAL_RATIO * width:
        return height, width, "vertical"
    return width, height, "horizontal"


class GrowingText:
    """The lines of a page by their numbers, some of them read and others still to be read."""

    def __init__(
        self,
        quads: Sequence[Quad],
        first: Background[Look | None] | None = None,
        placing: Placing | None = None,
    ) -> None:
        """Begins with nothing read.

        Args:
            quads: Where the lines were found, (4, 2) each.
            first: Reads them; None for one that turns out to be no text.
            placing: From the picture on which they were found to the one on which the page is
                planned; None where they are the same.
        """
        self._quads = quads
        self._first = first
        self._placing = placing
        self._looks: dict[int, Look | None] = {}
        self._guesses: dict[int, Line] = {}

    @staticmethod
    def finished(lines: Sequence[Line]) -> GrowingText:
        """A text of which nothing remains to be read."""
        text = GrowingText([np.array(line.quad) for line in lines])
        text._looks = {number: Look(line=line) for number, line in enumerate(lines)}
        return text

    def everything(self) -> Sequence[int]:
        """The numbers of all lines."""
        return range(len(self._quads))

    def parts(self, plan: Callable[[], Sequence[int]]) -> Iterator[Sequence[int]]:
        """What to read now, and what after that: all lines together.

        Args:
            plan: Gives all lines in the order in which their regions come, as far as one knows.
        """
        everything = self.everything()
        if self._first is None or len(everything) < MIN_LINES:
            yield everything
            return
        order = plan()
        shapes = [_shape(self._quads[number])[:2] for number in order]
        work = list(accumulate(length / height for length, height in shapes))
        pairs = zip(order, shapes, strict=True)
        short = [number for number, (length, height) in pairs if length <= SHORT * height]
        self._first.arrange([*short, *order])
        for share in PARTS:
            end = int(np.searchsorted(work, share * work[-1])) + 1
            yield [*short, *order[: end + LINES_AFTER]]
        yield everything

    def read(self, numbers: Sequence[int]) -> None:
        """Waits until these lines are read."""
        if len(self._looks) < ENOUGH:
            self._guesses = {}  # the next ones will be better
        new = [number for number in numbers if number not in self._looks]
        if self._first is not None:
            for number, look in zip(new, self._first.values(new), strict=True):
                self._looks[number] = self._placed(look)

    def is_read(self, numbers: Iterable[int]) -> bool:
        """Whether all these lines are read."""
        return self._looks.keys() >= set(numbers)

    def is_finished(self) -> bool:
        """Whether all lines are read."""
        return len(self._looks) == len(self._quads)

    def look(self, number: int) -> Look:
        """The first look at a line that was read and is text."""
        look = self._looks[number]
        assert look is not None
        return look

    def known_lines(self) -> list[Line]:
        """The lines that were read."""
        return [look.line for look in self._looks.values() if look]

    def _placed(self, look: Look | None) -> Look | None:
        return look.moved(self._placing.line) if look and self._placing else look

    def lines(self) -> dict[int, Line]:
        """All lines by number, those not read as they may be; what is no text is left out."""
        if not self._guesses:
            self._guess()
        return {
            number: look.line if (look := self._looks.get(number)) else self._guesses[number]
            for number in range(len(self._quads))
            if number not in self._looks or self._looks[number]
        }

    def _guess(self) -> None:
        typical = Typical.of(self.known_lines())
        for number, quad in enumerate(self._quads):
            if number not in self._looks:
                line = typical.line(quad)
                self._guesses[number] = self._placing.line(line) if self._placing else line
