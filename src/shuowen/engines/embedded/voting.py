"""Which lines of a page take part in its characters' vote, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from shuowen.document.model import Line
from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.language.protected import is_chinese
from shuowen.engines.embedded.looks import Ballot, Look
from shuowen.engines.embedded.repeated import vote
from shuowen.engines.embedded.short_matrix import ShortMatrix

BLURRED = 0.85
"""A line that the quick recogniser reads with less mean confidence takes part."""


def is_blurred(reading: Reading) -> bool:
    """Whether a line has Chinese characters and reads so badly that they should vote."""
    return reading.confidence < BLURRED and is_chinese(reading.text)


def voted(looks: Sequence[Look], ballots: Mapping[int, Ballot]) -> list[Callable[[], Line]]:
    """Gives each look's final line, by the vote where it changed something."""
    numbers = list(ballots)
    results = vote([(ballots[n].glance, ballots[n].matrix) for n in numbers])
    tasks = [look.final for look in looks]
    for number, result in zip(numbers, results, strict=True):
        if result is not ballots[number].matrix:
            tasks[number] = partial(_told, looks[number], ballots[number], result)
    return tasks


def _told(look: Look, ballot: Ballot, matrix: ShortMatrix) -> Line:
    return ballot.told(matrix.whole()) or look.final()
