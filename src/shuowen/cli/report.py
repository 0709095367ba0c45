"""What a run says about itself: progress, one sentence for every failure, a sum, an exit code."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from shuowen.cli.console import Console
from shuowen.errors import EXIT_PARTIAL, ShuowenError
from shuowen.reading.run import Outcome, OutcomeStatus, page_error


class Progress:
    """Moves the console's bar; see `run.Watch`."""

    def __init__(self, console: Console, num_sources: int | None) -> None:
        """`num_sources` are to come, each a page until it is opened; None where nobody knows."""
        self._console = console
        self._pages_expected = 0 if num_sources is None else 1
        console.expect(num_sources or 0)

    def opened(self, name: str, *, num_pages: int, num_kept: int) -> None:
        """Count the pages to read, and say what is left of a document begun earlier."""
        self._console.expect(num_pages - self._pages_expected)
        if num_kept and num_pages:
            total = num_kept + num_pages
            self._console.say(f"Resumed {name}: {num_kept} of {total} pages were read before.")

    def page_done(self, name: str) -> None:
        """Move on by a page."""
        self._console.page_done(name)

    def given_up(self, name: str, *, num_pages: int) -> None:
        """Wait no longer for the pages of a source that failed."""
        self._console.expect(-num_pages)

    def passed(self, name: str) -> None:
        """Wait no longer for a source that needs no reading."""
        self._console.expect(-self._pages_expected)


class Report:
    """Tells outcomes as they come, and keeps what the end of the run needs."""

    def __init__(self, console: Console, folder: Path | None) -> None:
        """`folder` is where files go; None when results go to standard output."""
        self._console = console
        self._folder = folder
        self._num: Counter[OutcomeStatus] = Counter()
        self._num_written = 0
        self._num_unmade = 0
        self._num_lacking_pages = 0
        self._first_error: ShuowenError | None = None

    def add(self, outcome: Outcome) -> None:
        """Tell what went wrong with a source, if anything, and count it."""
        self._num[outcome.status] += 1
        self._num_written += len(outcome.written)
        self._num_unmade += len(outcome.unmade)
        self._num_lacking_pages += bool(outcome.failed_pages)
        if outcome.error is not None:
            self._first_error = self._first_error or outcome.error
            self._console.say_error(_with_name(outcome.name, outcome.error))
        for page in outcome.failed_pages:
            self._console.say_error(_with_name(outcome.name, page_error(page), page.page_number))
        for error in outcome.unmade:
            self._console.say_error(_with_name(outcome.name, error))
        for path in outcome.edited:
            self._console.say(
                f"Kept {path}: it was changed after Shuowen wrote it. --force replaces it."
            )
        for path in outcome.foreign:
            self._console.say(f"Kept {path}: it was not written by Shuowen; --force replaces it.")

    def sum_up(self) -> None:
        """Say how many files were written and how many sources were skipped."""
        parts = [f"Wrote {_count(self._num_written, 'file')} to {self._folder}."]
        if num_skipped := self._num["skipped"]:
            parts.append(f"Skipped {_count(num_skipped, 'document')} already read.")
        if num_failed := self._num["failed"]:
            parts.append(f"{_count(num_failed, 'source')} could not be read.")
        if self._num_unmade:
            parts.append(f"{_count(self._num_unmade, 'file')} could not be made.")
        if self._num_lacking_pages:
            documents = _count(self._num_lacking_pages, "document")
            parts.append(f"Pages are missing in {documents}; a second run tries them again.")
        self._console.say(" ".join(parts))

    def exit_code(self) -> int:
        """0 when all is well; the first error's own when nothing could be read; else partial."""
        num_bad = self._num["failed"] + self._num["partial"]
        if not num_bad:
            return 0
        if self._first_error is not None and self._num["failed"] == self._num.total():
            return self._first_error.exit_code
        return EXIT_PARTIAL


def _with_name(name: str, error: ShuowenError, page_number: int | None = None) -> str:
    """The error's sentence, with the source's name in front unless it tells it already."""
    if _tells(error.message, name):
        return str(error)
    place = name if page_number is None else f"{name}, page {page_number}"
    return f"{place}: {error}"


def _tells(message: str, name: str) -> bool:
    """Whether `name` stands in `message` as a name, and not within another word or path."""
    # A plain word or number may mean something else, unless it stands where names do.
    is_plain = name.isalnum()
    before = r"(?:^|\b(?:of|for|folder|into|reading) )" if is_plain else r"(?<![\w./\\-])"
    return bool(re.search(rf"{before}{re.escape(name)}(?![\w/\\-]|\.\w)", message))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
