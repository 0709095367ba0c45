"""Reading a line again that its first reading leaves in doubt, as hard as is planned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shuowen.engines.embedded.choosing import choose
from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.effort import Plan
from shuowen.engines.embedded.recogniser import CAREFUL, QUICK
from shuowen.engines.embedded.second_look import read_again
from shuowen.image.page import Pixels

TURN_GAIN = 0.1
"""How much surer, in mean confidence, a line has to be upside down to be turned."""


@dataclass(frozen=True, kw_only=True)
class Reread:
    """A line that was read again.

    Attributes:
        picture: The line as it was read, (height, width, 3): upside down if that reads better.
        first: What the quick recogniser says of it.
        reading: What it says after that was read again which the first reading doubts.
    """

    picture: Pixels
    first: Reading
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class Rereader:
    """Reads doubtful lines again; pictures are of one line each, as the networks take them."""

    plan: Plan

    def is_doubtful(self, first: Reading) -> bool:
        """Whether anything in the quick recogniser's reading calls for another look."""
        doubted = min(first.confidences) < self.plan.doubt
        return doubted or first.confidence < self.plan.turn_below

    def is_hard(self, reading: Reading) -> bool:
        """Whether a line that was read again stays in doubt and is worth reading in other views."""
        return bool(self.plan.views) and min(reading.confidences, default=1.0) < self.plan.hard

    def read_again(self, picture: Pixels, first: Reading) -> Reread:
        """The line after what the first reading doubts was read again, be it the way up."""
        reading = read_again(picture, first, self._read, self.plan.doubt)
        if reading.confidence < self.plan.turn_below:
            turned = np.ascontiguousarray(picture[::-1, ::-1])
            other = QUICK.read(turned)
            if other.confidence > reading.confidence + TURN_GAIN:
                again = read_again(turned, other, self._read, self.plan.doubt)
                return Reread(picture=turned, first=other, reading=again)
        return Reread(picture=picture, first=first, reading=reading)

    def final_reading(self, picture: Pixels, first: Reading) -> Reading:
        """What the line says after all that is planned."""
        again = self.read_again(picture, first)
        if not self.is_hard(again.reading):
            return again.reading
        seen = (self._read(view(again.picture)) for view in self.plan.views)
        return choose([again.reading, again.first, *seen])

    def _read(self, line: Pixels) -> Reading:
        return self.plan.decode(CAREFUL.matrix(line))
