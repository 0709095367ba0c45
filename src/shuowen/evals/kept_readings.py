"""Readings that outlive a run: one line of JSON each, so that a rerun reads only what is missing.

A reading is found again by who read what: engine, its version and options, set, file and the file's
content, and the question if one was asked. Scores are not kept; they are computed from the readings
anew, so a changed measure needs no reading. What failed is not kept either, and tried again.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec

from shuowen.errors import OutputError
from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading
from shuowen.source.model import Source

FILE_NAME = "readings.jsonl"


class ReadingKey(msgspec.Struct, frozen=True, kw_only=True):
    """Who read what."""

    engine: str
    identity: str
    set_name: str
    file: str
    sha256: str
    """Of the file's bytes."""
    asked: str = ""


class KeptReading(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file."""

    key: ReadingKey
    seconds: float
    reading: Reading


def reading_key(engine: str, identity: str, item: Item) -> ReadingKey:
    """The key of `item`; raises `InputError` when its file cannot be read."""
    return ReadingKey(
        engine=engine,
        identity=identity,
        set_name=item.set_name,
        file=item.path.name,
        sha256=Source(name=str(item.path), path=item.path).sha256(),
        asked=item.question,
    )


class KeptReadings:
    """The readings in a file; may be used from several threads.

    A line that cannot be decoded, such as the last one of a run that was killed, is passed over.
    """

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        """Opens the file, and creates it when missing; with `fresh` all that is in it goes.

        Raises:
            OutputError: The file cannot be read or written.
        """
        self._path = path
        self._lock = threading.Lock()
        self._found: dict[ReadingKey, KeptReading] = {}
        try:
            lines = [] if fresh or not path.exists() else path.read_bytes().split(b"\n")
            self._file = path.open("wb" if fresh else "ab")
        except OSError as error:
            raise self._error(error) from error
        for line in lines:
            self._take(line)
        if lines and lines[-1]:  # half a line must not swallow the next one
            self._write(b"\n")

    def find(self, key: ReadingKey) -> KeptReading | None:
        """The reading kept under `key`, the latest if there are several."""
        with self._lock:
            return self._found.get(key)

    def keep(self, kept: KeptReading) -> None:
        """Add a reading; on return it is with the operating system.

        Raises:
            OutputError: It cannot be written.
        """
        with self._lock:
            self._found[kept.key] = kept
            self._write(msgspec.json.encode(kept) + b"\n")

    def close(self) -> None:
        """Closes the file and brings it to the disk."""
        with self._lock:
            if not self._file.closed:
                os.fsync(self._file.fileno())
                self._file.close()

    def _take(self, line: bytes) -> None:
        try:
            kept = msgspec.json.decode(line, type=KeptReading)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        self._found[kept.key] = kept

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> OutputError:
        message = f"{self._path} cannot be used: {error.strerror or error}."
        return OutputError(message, "Choose another folder with -o.")
