"""Lines that were read quickly and may be read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shuowen.document.model import Line
from shuowen.engines.embedded.ctc import LineMatrix
from shuowen.engines.embedded.repeated import Glance
from shuowen.engines.embedded.short_matrix import ShortMatrix


@dataclass(frozen=True, kw_only=True, eq=False)
class Ballot:
    """What a doubtful line brings to the vote of a page's characters (`repeated.py`).

    Attributes:
        glance: What is compared of the line's picture.
        matrix: What the careful recogniser makes of it, as much of it as may matter.
        told: The line that the matrix says after the vote; None where it says nothing.
    """

    glance: Glance
    matrix: ShortMatrix
    told: Callable[[LineMatrix], Line | None]


@dataclass(frozen=True, kw_only=True)
class Look:
    """A line after the first look at it.

    Attributes:
        line: What was read.
        read_again: The line once the careful recogniser has read what is in doubt; None where
            nothing is. Its text may change, its place does not.
        ballot: The line's part in the page's vote; None where it has none.
    """

    line: Line
    read_again: Callable[[], Line] | None = None
    ballot: Callable[[], Ballot] | None = None

    def final(self) -> Line:
        """The line as it stays; reads it again where there is doubt."""
        return self.read_again() if self.read_again else self.line

    def moved(self, move: Callable[[Line], Line]) -> Look:
        """The look with its line, and the line that it may become, at another place."""
        read_again, ballot = self.read_again, self.ballot
        return Look(
            line=move(self.line),
            read_again=read_again and (lambda: move(read_again())),
            ballot=ballot and (lambda: _moved(ballot(), move)),
        )


def _moved(ballot: Ballot, move: Callable[[Line], Line]) -> Ballot:
    def told(matrix: LineMatrix) -> Line | None:
        line = ballot.told(matrix)
        return line and move(line)

    return Ballot(glance=ballot.glance, matrix=ballot.matrix, told=told)
