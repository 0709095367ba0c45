"""The beam's beginnings of texts: a tree that grows by a time step at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from heapq import nlargest

from shuowen.engines.embedded.ctc import BLANK

NEVER = -math.inf
CONTEXT_KEPT = 16
"""Characters that a prefix remembers for the language model, its last ones."""

Language = Callable[[str, str], float]
"""What a character adds to a text's score, given the text before it."""


class Prefix:
    """The beginning of a text, with the probability of all paths that lead to it.

    Attributes:
        column: Its last character's column; the blank for the empty text.
        context: Its last characters.
        language: What the language model says of it.
        blank, other: Log-probability of its paths that end in a blank, and that do not.
    """

    __slots__ = (
        "blank",
        "children",
        "column",
        "context",
        "language",
        "new_blank",
        "new_other",
        "other",
        "parent",
    )

    def __init__(self, parent: Prefix | None, column: int, context: str, language: float) -> None:
        self.parent = parent
        self.column = column
        self.context = context
        self.language = language
        self.children: dict[int, Prefix] = {}
        self.blank = self.other = self.new_blank = self.new_other = NEVER

    @classmethod
    def empty(cls, context: str = "") -> Prefix:
        """The empty text, before the first step and after `context`."""
        prefix = cls(None, BLANK, context[-CONTEXT_KEPT:], 0.0)
        prefix.blank = 0.0
        return prefix

    @property
    def picture(self) -> float:
        """Log-probability of all its paths."""
        return add_logs(self.blank, self.other)

    def columns(self) -> tuple[int, ...]:
        """The text, as columns."""
        columns = []
        node: Prefix | None = self
        while node is not None and node.parent is not None:
            columns.append(node.column)
            node = node.parent
        return tuple(reversed(columns))

    def child(self, column: int, character: str, language: Language) -> Prefix:
        """The text with one more character, which the model is asked about once."""
        found = self.children.get(column)
        if found is None:
            context = (self.context + character)[-CONTEXT_KEPT:]
            added = language(self.context, character)
            found = Prefix(self, column, context, self.language + added)
            self.children[column] = found
        return found


def add_logs(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    if one < other:
        one, other = other, one
    return one if other == NEVER else one + math.log1p(math.exp(other - one))


def advance(
    beam: Sequence[Prefix],
    step: Sequence[tuple[int, float]],
    characters: Sequence[str],
    language: Language,
) -> list[Prefix]:
    """All texts that a step reaches from those of the beam, with their new probabilities.

    Args:
        step: The columns the step may be, with their log-probabilities.
    """
    reached: dict[Prefix, None] = {}  # a set that keeps its order
    for prefix in beam:
        total = prefix.picture
        for column, log_probability in step:
            if column == BLANK:
                prefix.new_blank = add_logs(prefix.new_blank, total + log_probability)
                reached[prefix] = None
                continue
            before = total
            if column == prefix.column:
                # A repeat without a blank between is the same character going on.
                prefix.new_other = add_logs(prefix.new_other, prefix.other + log_probability)
                reached[prefix] = None
                before = prefix.blank
            if before > NEVER:
                longer = prefix.child(column, characters[column], language)
                longer.new_other = add_logs(longer.new_other, before + log_probability)
                reached[longer] = None
    for prefix in reached:
        prefix.blank, prefix.other = prefix.new_blank, prefix.new_other
        prefix.new_blank = prefix.new_other = NEVER
    return list(reached)


def best_prefixes(prefixes: Sequence[Prefix], width: int) -> list[Prefix]:
    """The `width` texts with the highest scores, the best first."""
    return nlargest(width, prefixes, key=lambda each: each.picture + each.language)
