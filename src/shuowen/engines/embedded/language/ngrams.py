"""An n-gram model over symbols, in a file that is mapped into memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path

from shuowen.engines.embedded.language.folding import fold_chinese, fold_english
from shuowen.engines.embedded.language.storage import STEPS_PER_NAT, Header, Level, open_file

UNKNOWN = 0
"""The symbol of all characters that have none of their own."""

FOLDS: dict[str, Callable[[str], str]] = {"chinese": fold_chinese, "english": fold_english}
"""How each language's text becomes symbols."""

Entry = tuple[int, int]
"""How many symbols an n-gram has, and where it stands among those of its length."""


class NgramModel:
    """How likely a symbol is after others; any number of threads may ask.

    Attributes:
        header: What the file says about itself.
        order: Of its longest n-grams.
    """

    def __init__(self, header: Header, levels: Sequence[Level]) -> None:
        self.header = header
        self.order = len(levels)
        self._levels = tuple(levels)
        self._fold = FOLDS[header.language]
        self._numbers = {
            character: number
            for number, characters in enumerate(header.symbols)
            for character in characters
        }

    @classmethod
    def open(cls, path: Path) -> NgramModel:
        """Maps a model's file; raises `ModelError` when it is missing or damaged."""
        return cls(*open_file(path))

    def symbols(self, text: str) -> list[int]:
        """The symbols of a text, folded."""
        return [self.symbol(character) for character in self._fold(text)]

    def symbol(self, character: str) -> int:
        """The symbol of a character."""
        return self._numbers.get(character, UNKNOWN)

    def entries(self, context: Sequence[int]) -> tuple[Entry, ...]:
        """Those endings of a context that were counted, the longest first, the empty one last.

        An unknown symbol is in no n-gram, so that what stands before one has no influence.
        """
        starts = range(max(len(context) - self.order + 1, 0), len(context) + 1)
        found = ((len(context) - start, self._find(context[start:])) for start in starts)
        return tuple((depth, entry) for depth, entry in found if entry is not None)

    def entries_after(self, text: str) -> tuple[Entry, ...]:
        """The entries of a text that is a context."""
        return self.entries(self.symbols(text))

    def log_probability(self, entries: Sequence[Entry], symbol: int) -> float:
        """Of a symbol after the context of `entries`, backing off where it was not counted.

        Katz's recursion (1987): the probability of the longest counted n-gram, times the back-off
        weights of the longer contexts that were counted without it.
        """
        codes = 0
        for depth, entry in entries:
            found = self._child(depth, entry, symbol)
            if found is not None:
                codes += self._levels[depth].probabilities[found]
                break
            codes += self._levels[depth - 1].backoffs[entry]
        return -codes / STEPS_PER_NAT

    def _find(self, symbols: Sequence[int]) -> int | None:
        """The entry of an n-gram, on the level of its length; 0 for the empty one."""
        entry = 0
        for depth, symbol in enumerate(symbols):
            child = self._child(depth, entry, symbol)
            if child is None:
                return None
            entry = child
        return entry

    def _child(self, depth: int, entry: int, symbol: int) -> int | None:
        """On level `depth`, counted from 0, the child of an entry of the level above."""
        if depth == 0:
            return symbol
        children = self._levels[depth - 1].children
        first, last = children[entry], children[entry + 1]
        symbols = self._levels[depth].symbols
        found = bisect_left(symbols, symbol, first, last)
        return found if found < last and symbols[found] == symbol else None
