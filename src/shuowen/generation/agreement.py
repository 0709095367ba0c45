"""A critic that asks the candidates themselves: the text most like all others is best.

Minimum Bayes risk decoding (Kumar and Byrne 2004, section 2): with the candidates as a sample of
what the truth may be, the one at the smallest mean distance from the others is the one that may
be expected to be least wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AgreementCritic:
    """Scores texts by how much they are like the other texts, 0 to 1."""

    name: str = "agreement"

    def scores(self, candidates: Sequence[str]) -> list[float]:
        """Each text's mean similarity to the others; 1 for a text that is alone.

        Texts that several gave count several times: that is the vote.
        """
        votes = Counter(candidates)
        likeness = {
            text: sum(count * similarity(text, other) for other, count in votes.items())
            for text in votes
        }
        others = len(candidates) - 1
        return [(likeness[text] - 1) / others if others else 1.0 for text in candidates]


def similarity(first: str, second: str) -> float:
    """1 for equal texts, 0 for texts with nothing in common.

    One minus the edit distance over the length of the longer text, so that neither long nor short
    texts have an advantage.
    """
    longer = max(len(first), len(second))
    return 1 - edits_between(first, second) / longer if longer else 1.0


def edits_between(first: str, second: str) -> int:
    """How many characters must be put in, left out or changed to make one text the other.

    A column of the table of distances is kept as two bit strings, of steps up and of steps down
    (Myers 1999, in the form of Hyyrö 2003, figure 3): the time is that of the second text's length
    as long as the first is a line.
    """
    if not first:
        return len(second)
    everything, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    places: dict[str, int] = {}
    for number, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << number
    up, down, distance = everything, 0, len(first)
    for character in second:
        here = places.get(character, 0)
        diagonal = (((here & up) + up) ^ up) | here | down
        right, left = down | ~(diagonal | up), up & diagonal
        distance += bool(right & last) - bool(left & last)
        right, left = right << 1 | 1, left << 1
        up, down = (left | ~(diagonal | right)) & everything, right & diagonal & everything
    return distance
