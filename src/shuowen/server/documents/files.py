"""The folders of the document jobs: one each, for the source, what is secret, and the pages read.

Nobody but the server's user may look into them. A folder is there before its job is in the table
and goes after it, so that a crash leaves at worst a folder without a job, which the next start
removes. Erasing removes files; it does not promise that nothing can be recovered from the disk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from shuowen.errors import OutputError
from shuowen.reading.journal import Journal
from shuowen.source.model import Source
from shuowen.writers.save import save

_ID = re.compile(r"doc_[0-9a-f]{32}")
_PAGES_NAME = "pages.jsonl"
_CANNOT_KEEP = "The server cannot keep the document"
LEAST_FREE_BYTES = 256 * 1024**2
"""What documents leave free on the disk, for pages still to be read and for everybody else."""
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs to run and what nobody needs afterwards: erased when the job has ended.

    Attributes:
        password: Of an encrypted PDF.
        url: Where the source is to be downloaded, with all that is in the address.
    """

    password: str = ""
    url: str = ""


def is_job_id(text: str) -> bool:
    """Whether `text` has the form of a job's id; anything else names no folder."""
    return _ID.fullmatch(text) is not None


class JobFiles:
    """All folders of jobs, below one."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; raises `OutputError`."""
        self._folder = folder
        make_private_folder(folder)

    def create(self) -> str:
        """Make the folder of a new job, where the disk has room for one; its id."""
        check_room(self._folder)
        job_id = f"doc_{secrets.token_hex(16)}"
        try:
            self._of(job_id).mkdir(mode=_PRIVATE_FOLDER)
        except OSError as error:
            raise disk_error(error) from error
        return job_id

    def receive(self, job_id: str) -> IncomingSource:
        """A file to write a job's source into, piece by piece."""
        return IncomingSource(self._source_path(job_id))

    def keep_secrets(self, job_id: str, kept: Secrets) -> None:
        """Write down what the job will need."""
        if kept == Secrets():
            return
        try:
            path = self._secrets_path(job_id)
            with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, _PRIVATE_FILE), "wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_error(error) from error

    def secrets(self, job_id: str) -> Secrets:
        """What was written down, as far as it was not erased."""
        path = self._secrets_path(job_id)
        return msgspec.json.decode(path.read_bytes(), type=Secrets) if path.exists() else Secrets()

    def keep_source(self, job_id: str, data: bytes) -> None:
        """Put a downloaded source into its place, whole."""
        path = self._source_path(job_id)
        check_room(self._folder, len(data))
        try:
            save(path, data)
            path.chmod(_PRIVATE_FILE)
        except OutputError as error:
            raise unnamed(error) from error

    def source(self, job_id: str, name: str) -> Source | None:
        """The source by the name that people know; None where it is not there."""
        path = self._source_path(job_id)
        return Source(name=name, path=path) if path.exists() else None

    def journal(self, job_id: str) -> Journal:
        """The pages that were read, to look at; empty where the job was erased."""
        return Journal(self._of(job_id) / _PAGES_NAME)

    def journal_to_write(self, job_id: str) -> Journal:
        """The pages that were read, to add to; raises `OutputError`."""
        path = self._of(job_id) / _PAGES_NAME
        try:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _PRIVATE_FILE))
        except OSError as error:
            raise disk_error(error) from error
        return Journal(path)

    def erase_source(self, job_id: str) -> None:
        """Remove the source; nothing happens where there is none."""
        with suppress(OSError):
            self._source_path(job_id).unlink()

    def erase_secrets(self, job_id: str) -> None:
        """Remove what only reading needed; nothing happens where there is none."""
        with suppress(OSError):
            self._secrets_path(job_id).unlink()

    def erase(self, job_id: str) -> None:
        """Remove all of a job; what another program holds open goes with the next start."""
        shutil.rmtree(self._of(job_id), ignore_errors=True)

    def erase_orphans(self, known: Container[str]) -> None:
        """Remove the folders of jobs that are not `known`; other things are left alone."""
        for path in self._folder.iterdir():
            if is_job_id(path.name) and path.name not in known:
                self.erase(path.name)

    def _of(self, job_id: str) -> Path:
        return self._folder / job_id

    def _source_path(self, job_id: str) -> Path:
        return self._of(job_id) / "source"

    def _secrets_path(self, job_id: str) -> Path:
        return self._of(job_id) / "secrets.json"


class IncomingSource:
    """A source on its way to disk; a context manager that closes the file.

    Attributes:
        num_bytes: How many have come.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._digest = hashlib.sha256()
        self.num_bytes = 0
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE)
        except OSError as error:
            raise disk_error(error) from error
        self._file: BinaryIO = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        """Add some bytes; raises `OutputError` when the disk does not take them, or is too full."""
        check_room(self._folder, len(data))
        self._digest.update(data)
        self.num_bytes += len(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise disk_error(error) from error

    def finish(self) -> str:
        """Hand everything to the disk; the content's SHA-256."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise disk_error(error) from error
        return self._digest.hexdigest()

    def __enter__(self) -> IncomingSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # On a full disk closing tries once more to write what is buffered.
        with suppress(OSError):
            self._file.close()


def make_private_folder(folder: Path) -> None:
    """Make a folder that nobody else may look into, unless it is there; raises `OutputError`."""
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error) from error


def check_room(folder: Path, num_bytes: int = 0) -> None:
    """Raise `OutputError` where so many bytes more would leave too little of the folder's disk."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise disk_error(error) from error
    if free - num_bytes < LEAST_FREE_BYTES:
        raise OutputError(
            f"{_CANNOT_KEEP}: its disk is nearly full.", "Try again when there is room."
        )


def disk_error(error: OSError) -> OutputError:
    """What to tell about a disk that does not take a document, without saying where it is."""
    reason = error.strerror or type(error).__name__
    is_full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    hint = "Try again when there is room." if is_full else "Check the server's data folder."
    return OutputError(f"{_CANNOT_KEEP}: {reason}.", hint)


def unnamed(error: OutputError) -> OutputError:
    """The same error without the path that it names."""
    cause = error.__cause__
    if isinstance(cause, OSError):
        return disk_error(cause)
    return OutputError(f"{_CANNOT_KEEP}.", "Its disk may be full; try again when there is room.")
