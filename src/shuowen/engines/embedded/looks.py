"""Lines that were read quickly and may be read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shuowen.document.model import Line


@dataclass(frozen=True, kw_only=True)
class Look:
    """A line after the first look at it.

    Attributes:
        line: What was read.
        read_again: The line once the careful recogniser has read what is in doubt; None where
            nothing is. Its text may change, its place does not.
    """

    line: Line
    read_again: Callable[[], Line] | None = None

    def final(self) -> Line:
        """The line as it stays; reads it again where there is doubt."""
        return self.read_again() if self.read_again else self.line

    def moved(self, move: Callable[[Line], Line]) -> Look:
        """The look with its line, and the line that it may become, at another place."""
        read_again = self.read_again
        return Look(line=move(self.line), read_again=read_again and (lambda: move(read_again())))
