"""Finished pages of one source on disk, so that a long run that stops loses nothing.

One file for each content, options, limit on pixels and version, in JSON Lines: what the source is,
then one line for every page that was read, the page itself packed (`zlib` over its JSON). Every
line is handed to the operating system at once, so a killed process loses no page that was added; a
power cut loses at most `SYNC_SECONDS` of work. A torn line does not decode and is passed over: its
page is read again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
import zlib
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

import msgspec

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page, SourceInfo, Status
from shuowen.errors import OutputError
from shuowen.version import __version__

SYNC_SECONDS = 2.0


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True, tag="source"):
    """What was opened: the first line of a journal."""

    info: SourceInfo
    num_pages: int


class _PageRecord(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    page_index: int
    status: Status
    packed: bytes


@dataclass(frozen=True)
class _Place:
    """Where a page's line stands in the file, in bytes."""

    start: int
    num_bytes: int
    status: Status


_decoder = msgspec.json.Decoder(SourceRecord | _PageRecord)


def reading_key(sha256: str, options: ReadOptions, limits: Limits) -> str:
    """One text for all that decides what is read: content, options, version, and the limit on
    pixels, by which large PDF pages are drawn more coarsely."""
    made_with = f"{sha256}:{options.fingerprint()}:{limits.max_pixels}:{__version__}"
    return hashlib.sha256(made_with.encode()).hexdigest()


def journal_path(folder: Path, sha256: str, options: ReadOptions, limits: Limits) -> Path:
    """The journal of a content; which pages are asked for makes no difference."""
    key = reading_key(sha256, replace(options, pages=""), limits)
    return folder / f"{key[:32]}.jsonl"


class Journal:
    """Pages that were read, by index; a context manager that owns one open file.

    Attributes:
        source: What the journal is about; None until `begin` or when nothing was kept.
    """

    def __init__(self, path: Path) -> None:
        """Load what `path` holds; a file that is not there holds nothing."""
        self._path = path
        self._file: FileIO | None = None
        self._places: dict[int, _Place] = {}
        self._line_is_open = False
        self._num_loaded_bytes = 0
        self._synced_at = time.monotonic()
        self.source: SourceRecord | None = None
        self.catch_up()

    def catch_up(self) -> None:
        """Take what was added by others, who own the open file, since this was loaded."""
        if not self._path.exists():
            return
        start = self._num_loaded_bytes
        with self._path.open("rb") as file:
            file.seek(start)
            for line in file:
                self._take(line, start)
                self._line_is_open = not line.endswith(b"\n")
                # The rest of an open line may be on its way: it is looked at again.
                start += 0 if self._line_is_open else len(line)
        self._num_loaded_bytes = start

    def statuses(self) -> dict[int, Status]:
        """How each kept page came out, by index."""
        return {index: place.status for index, place in self._places.items()}

    def finished(self) -> set[int]:
        """Indices of the pages that need no second reading: all that did not fail."""
        return {index for index, place in self._places.items() if place.status != "failed"}

    def discard(self) -> None:
        """Forget everything, on disk too."""
        self._path.unlink(missing_ok=True)
        self._places.clear()
        self._line_is_open = False
        self._num_loaded_bytes = 0
        self.source = None

    def begin(self, source: SourceRecord) -> None:
        """Open the file for appending; raises `OutputError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what `write` took is with the operating system.
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise _cannot_keep(self._path, error) from error
        if self.source is None:
            self._append(msgspec.json.encode(source))
            self.source = source

    def add(self, page: Page) -> None:
        """Keep a page; raises `OutputError` when the disk does not take it."""
        index = page.page_number - 1
        packed = zlib.compress(msgspec.json.encode(page), level=1)
        record = _PageRecord(page_index=index, status=page.status, packed=packed)
        start, num_bytes = self._append(msgspec.json.encode(record))
        self._places[index] = _Place(start, num_bytes, page.status)
        if time.monotonic() - self._synced_at > SYNC_SECONDS:
            self._sync()

    def page(self, page_index: int) -> Page:
        """A kept page; raises KeyError when it is not kept."""
        place = self._places[page_index]
        with self._path.open("rb") as file:
            file.seek(place.start)
            record = _decoder.decode(file.read(place.num_bytes))
        assert isinstance(record, _PageRecord)
        return msgspec.json.decode(zlib.decompress(record.packed), type=Page)

    def close(self) -> None:
        """Hand everything to the disk and close the file."""
        if self._file is not None:
            self._sync()
            self._file.close()
            self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, line: bytes, start: int) -> None:
        try:
            record = _decoder.decode(line)
        except msgspec.DecodeError:
            return  # torn by a crash: the page it held counts as not read
        if isinstance(record, SourceRecord):
            self.source = record
        else:
            self._places[record.page_index] = _Place(start, len(line), record.status)

    def _append(self, line: bytes) -> tuple[int, int]:
        """Write one line; where it starts and its length in bytes."""
        assert self._file is not None, "begin() comes first"
        data = (b"\n" if self._line_is_open else b"") + line + b"\n"
        self._line_is_open = True
        try:
            num_written = self._file.write(data)
        except OSError as error:
            raise _cannot_keep(self._path, error) from error
        if num_written < len(data):
            raise _cannot_keep(self._path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._line_is_open = False
        # The position stands behind our own bytes even if another process appends too.
        return self._file.tell() - len(line) - 1, len(line) + 1

    def _sync(self) -> None:
        assert self._file is not None
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _cannot_keep(self._path, error) from error
        self._synced_at = time.monotonic()


def _cannot_keep(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"Finished pages cannot be kept in {path.parent}: {error.strerror}.",
        "Free some space or choose another folder with -o, then run the same command again.",
    )
