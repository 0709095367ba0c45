"""What is shown while a model is downloaded, hashed or converted: sentences and a bar on stderr."""

from __future__ import annotations

import sys
import threading
from typing import Any

import click

from shuowen.cli.console import printable
from shuowen.hub.listing import Listing


def say(sentence: str) -> None:
    """Print a sentence for a person; results alone go to standard output."""
    click.echo(printable(sentence), err=True)


def gigabytes(num_bytes: int) -> str:
    """A size for people: "1.9 GB", "12.3 MB", "512 bytes"."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= scale:
            return f"{num_bytes / scale:.1f} {unit}"
    return f"{num_bytes} bytes"


class BytesBar:
    """A bar over bytes, where stderr is a terminal; a context manager that takes it away."""

    def __init__(self, what: str, num_bytes: int = 0) -> None:
        self._lock = threading.Lock()
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm  # help and pipes need no bar and should not wait for it

            self._bar = tqdm(
                total=num_bytes,
                desc=what,
                file=sys.stderr,
                unit="B",
                unit_scale=True,
                dynamic_ncols=True,
                leave=False,
            )

    def expect(self, num_bytes: int) -> None:
        """Let the bar count up to so many bytes."""
        if self._bar is not None:
            with self._lock:
                self._bar.total = num_bytes
                self._bar.refresh()

    def advance(self, num_bytes: int) -> None:
        """Move the bar on, or back; may be called from several threads."""
        if self._bar is not None:
            with self._lock:
                self._bar.update(num_bytes)

    def reach(self, num_bytes: int, total_bytes: int) -> None:
        """Move the bar to a place."""
        if self._bar is not None:
            with self._lock:
                self._bar.total = total_bytes
                self._bar.update(num_bytes - self._bar.n)

    def say(self, sentence: str) -> None:
        """Print a sentence above the bar."""
        with self._lock:
            if self._bar is not None:
                self._bar.clear()
            say(sentence)

    def __enter__(self) -> BytesBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


class DownloadBar(BytesBar):
    """A bar that a download tells how it goes."""

    def __init__(self) -> None:
        super().__init__("Downloading")

    def __enter__(self) -> DownloadBar:
        return self

    def listed(self, listing: Listing, num_files: int, num_bytes: int) -> None:
        """Say what comes and under which licence, before it comes."""
        licence = listing.licence or "not named on its card"
        self.say(f"{listing.name}: {gigabytes(listing.num_bytes)}. Licence: {licence}.")
        if num_files:
            files = "file" if num_files == 1 else "files"
            self.say(f"Downloading {num_files} {files}, {gigabytes(num_bytes)}.")
            self.expect(num_bytes)

    def received(self, num_bytes: int) -> None:
        """Move the bar."""
        self.advance(num_bytes)
