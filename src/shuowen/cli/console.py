"""What people see while they wait: sentences and a progress bar on stderr.

stdout is for results alone. The bar shows only where stderr is a terminal.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import click

from shuowen.errors import OutputError

_BAR = "{desc} {n_fmt}/{total_fmt} pages |{bar}| {rate_fmt}, {remaining} left"
_NAME_WIDTH = 30


def printable(text: str) -> str:
    """Text on one line, safe for a terminal: what cannot be printed is shown as an escape.

    File names and servers' answers are strangers' text; sent raw they could drive the terminal.
    """
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def say_error(sentence: str) -> None:
    """Print an error on one line."""
    click.echo(f"Error: {printable(sentence)}", err=True)


class Console:
    """Sentences and progress of one run; a context manager that takes its bar away at the end.

    May be told things from several threads.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """With `quiet`, say nothing but errors."""
        self._quiet = quiet
        self._lock = threading.Lock()
        self._bar: Any = None
        if not quiet and sys.stderr.isatty():
            self._bar = _new_bar()

    def say(self, sentence: str) -> None:
        """Print a sentence, unless quiet."""
        if not self._quiet:
            self._print(printable(sentence))

    def say_error(self, sentence: str) -> None:
        """Print an error."""
        self._print(f"Error: {printable(sentence)}")

    def show(self, result: bytes) -> None:
        """Write a result to standard output; raises `OutputError`, and lets a closed pipe be."""
        with self._lock:
            if self._bar is not None:
                self._bar.clear()
            stream = sys.stdout.buffer
            try:
                stream.write(result)
                stream.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise OutputError(
                    f"The result cannot be written to standard output: {error.strerror}.",
                    "Write to files with -o DIR, or free some space.",
                ) from error

    def expect(self, num_pages: int) -> None:
        """Let the bar count up to so many pages more, or fewer when negative."""
        if self._bar is not None:
            with self._lock:
                self._bar.total += num_pages
                self._bar.refresh()

    def page_done(self, name: str) -> None:
        """Move the bar on by one page of the source `name`."""
        if self._bar is not None:
            with self._lock:
                self._bar.set_description_str(_shortened(printable(name)), refresh=False)
                self._bar.update()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _print(self, line: str) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.clear()
            click.echo(line, err=True)
            if self._bar is not None:
                self._bar.refresh()


def _new_bar() -> Any:
    # Imported here, because help and piped runs need no bar and should not wait for it.
    from tqdm import tqdm

    return tqdm(
        total=0, file=sys.stderr, unit="page", dynamic_ncols=True, leave=False, bar_format=_BAR
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else f"…{name[-_NAME_WIDTH + 1 :]}"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
