"""What the bench can score: anything that reads the file of an item."""

from __future__ import annotations

from typing import Protocol

from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading


class EvaluatedEngine(Protocol):
    """A reader behind a name; may be asked from several threads at once."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    @property
    def identity(self) -> str:
        """Version and options: readings of another identity are not those of this engine."""
        ...

    @property
    def answers_questions(self) -> bool:
        """Whether it can be asked something about a file; items with a question need it."""
        ...

    def read(self, item: Item) -> Reading:
        """Read the item's file, or answer its question.

        Raises:
            Exception: Whatever goes wrong; it costs this item alone.
        """
        ...

    def close(self) -> None:
        """Let go of processes and connections; a second call does nothing."""
        ...
