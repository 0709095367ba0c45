"""What a reader hands in to be scored: its text, its HTML and how sure it is of each line."""

from __future__ import annotations

import msgspec


class ReadLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as a reader read it, with how likely it is right, 0 to 1.

    `character_confidences` holds one number for every character of `text`, or nothing when the
    reader knows no more than the line's own.
    """

    text: str
    confidence: float
    character_confidences: tuple[float, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader made of one file."""

    text: str
    html: str | None = None
    """The same with its tables as HTML; None from a reader that knows no tables."""
    num_pages: int = 1
    lines: tuple[ReadLine, ...] = ()
    """Lines with confidences; empty from a reader that says nothing about its confidence."""
    seconds: float | None = None
    """How long it took by the reader's own clock; None leaves it to the bench's."""
    failure: str = ""
    """Why some or all of the file could not be read; empty when all of it was."""
