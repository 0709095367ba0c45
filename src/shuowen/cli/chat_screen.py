"""Where answers appear: standard output, which a terminal and a pipe need differently.

A terminal shows words as they come, and nothing in them may drive it. A pipe gets the text as it
is, and only text that stands: an answer is written when it is complete.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from shuowen.cli.console import printable
from shuowen.errors import OutputError

_KEPT = frozenset("\n\t\u200c\u200d")  # the last two join letters in Persian, Hindi and emoji


def terminal_text(text: str) -> str:
    """Text that cannot drive a terminal; lines, tabs and all kinds of spaces stay.

    What a model says may come from the picture that it was shown, so it is a stranger's text.
    """
    return "".join(each if _is_harmless(each) else printable(each) for each in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in _KEPT or unicodedata.category(character) == "Zs"


class Screen:
    """Standard output for answers, standard error for remarks."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Takes another stream than standard output, for tests."""
        self._stream = stream or sys.stdout
        self._is_line_begun = False
        self._progress = ""

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._stream.isatty()

    def write(self, text: str) -> None:
        """Write text at once; raises `OutputError`, and lets a closed pipe be."""
        if not text:
            return
        shown = terminal_text(text) if self.is_terminal else text
        try:
            self._stream.write(_encodable(shown, self._stream.encoding or "utf-8"))
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"The answer cannot be written to standard output: {reason}."
            raise OutputError(message, "Free some space, or write elsewhere.") from error
        self._is_line_begun = not shown.endswith("\n")

    def end_line(self) -> None:
        """Go to a new line, unless there already is one."""
        if self._is_line_begun:
            self.write("\n")

    def show_progress(self, line: str) -> None:
        """How far something is, for a person at standard error; the next takes its place."""
        if sys.stderr.isatty():
            self.clear_progress()
            self._progress = line
            click.echo(line, err=True, nl=False)

    def clear_progress(self) -> None:
        """Take the last progress away."""
        if self._progress:
            click.echo(f"\r{' ' * len(self._progress)}\r", err=True, nl=False)
            self._progress = ""

    @contextmanager
    def progress(self) -> Iterator[None]:
        """No progress is left standing when the block ends, however it ends."""
        try:
            yield
        finally:
            self.clear_progress()

    def say(self, sentence: str) -> None:
        """A remark on standard error, on a line of its own."""
        if self.is_terminal:
            self.end_line()
        click.echo(printable(sentence), err=True)


def _encodable(text: str, encoding: str) -> str:
    """Text of which every character exists in `encoding`; others become "?"."""
    return text.encode(encoding, "replace").decode(encoding)
