"""The documents of a server: open for as long as it runs, and all that can be done with them.

Everything is on disk before it is answered: a process that is killed loses no page that was
finished, and the next one goes on from there. Documents are erased on demand and when their time
is over; that removes their files, and promises nothing against somebody who searches the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from shuowen.errors import CapacityError
from shuowen.hub.lock import take
from shuowen.server.bridge import stop_of_thread
from shuowen.server.desk import Desk
from shuowen.server.documents.database import Database
from shuowen.server.documents.files import JobFiles, disk_error, make_private_folder
from shuowen.server.documents.jobs import Jobs
from shuowen.server.documents.records import (
    Job,
    JobLimits,
    JobList,
    JobRecord,
    JobState,
    NewJob,
    job_record,
)
from shuowen.server.documents.retention import Retention
from shuowen.server.documents.runner import JobRunner
from shuowen.server.documents.table import JobTable
from shuowen.server.options import ServerOptions

NUM_PLACES = 4
"""Jobs that are read side by side, so that the last page of one leaves no thread of the desk idle.
Each holds its source open and no page in memory but those that the desk reads."""

NUM_MAKERS = 4
"""Results that are made at once, as each may take the memory of its whole document."""


class DocumentStore:
    """All documents that were handed in; methods may be called from any thread, and block.

    Attributes:
        jobs: Looking at jobs and changing them; see `Jobs`.
        limits: What a document may cost.
        is_closing: Whether the server stops: those who listen should go.
    """

    def __init__(self, options: ServerOptions, desk: Desk) -> None:
        """Open what is in the data folder, alone, and put it in order.

        Raises:
            CapacityError: Another server has the folder open.
            UsageError: A newer release wrote it.
            OutputError: It cannot be used.
        """
        self.limits = _limits(options)
        self.is_closing = False
        self._makers = threading.Semaphore(NUM_MAKERS)
        folder = options.data_dir
        with ExitStack() as opening:
            make_private_folder(folder)
            opening.callback(_locked(folder).close)
            files = JobFiles(folder / "documents")
            database = Database(folder / "documents.sqlite3")
            opening.callback(database.close)
            self.jobs = Jobs(JobTable(database), files, self.limits)
            self.jobs.recover()
            self._runner = JobRunner(self.jobs, desk, num_places=NUM_PLACES)
            self._retention = Retention(self.jobs)
            self._open = opening.pop_all()

    def start(self) -> None:
        """Begin to read what is queued, and to erase what is over."""
        self._runner.start()
        self._retention.start()

    def stop_listening(self) -> None:
        """Let event streams come to their end, so that the server can close their connections."""
        self.is_closing = True
        self.jobs.signals.tell_all()

    def close(self, seconds: float) -> None:
        """Stop every job after its page at hand, within so many seconds; they go on next time.

        Call it before the desk is closed; a second call does nothing.
        """
        self.stop_listening()
        self._runner.close(seconds)
        self._retention.close()
        self._open.close()

    def submit(self, new: NewJob) -> tuple[Job, bool]:
        """Queue a job whose files are in place; see `Jobs.add`."""
        job, is_new = self.jobs.add(new)
        if is_new:
            self._runner.wake()
        return job, is_new

    @contextmanager
    def making(self) -> Iterator[None]:
        """Make a result in the block, when it is one's turn.

        Raises:
            CapacityError: Nobody waits for it any more.
        """
        with self._makers:
            if stop_of_thread().is_set:
                raise CapacityError("Nobody waits for this result any more.")
            yield

    def record(self, job: Job) -> JobRecord:
        """A job as the API shows it."""
        return job_record(job, self._runner.seconds_left(job))

    def page_of_records(self, owner: str, *, limit: int, after: str | None) -> JobList:
        """A part of an owner's jobs, newest first, that follows the job `after`.

        Raises:
            NotFoundError: The owner has no job `after`.
        """
        before = None if after is None else self.jobs.get(after, owner).sequence
        found = self.jobs.table.newest(owner, limit=limit + 1, before=before)
        shown = tuple(self.record(job) for job in found[:limit])
        return JobList(
            data=shown, has_more=len(found) > limit, last_id=shown[-1].id if shown else None
        )

    def cancel(self, job_id: str, owner: str) -> Job:
        """Stop a job and keep its pages; one that has ended stays as it is.

        Raises:
            NotFoundError: The owner has no such job.
        """
        self.jobs.get(job_id, owner)
        self.jobs.end(job_id, "cancelled")
        self._runner.cancel(job_id)
        return self.jobs.get(job_id, owner)

    def erase(self, job_id: str, owner: str) -> None:
        """Stop a job and erase all of it; raises as `Jobs.erase`."""
        self.jobs.erase(job_id, owner)
        self._runner.cancel(job_id)

    def num_by_state(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        return self.jobs.table.num_by_state()


def _limits(options: ServerOptions) -> JobLimits:
    return JobLimits(
        source=options.limits,
        max_bytes=min(options.limits.max_bytes, options.max_body_bytes),
        max_pages=options.max_pages,
        max_documents=options.max_documents,
        retention_seconds=options.retention_seconds,
        erase_after_read=options.erase_after_read,
    )


def _locked(folder: Path) -> IO[bytes]:
    """A file that only one process may have, open until it is closed or the process is dead."""
    try:
        stream = (folder / ".documents.lock").open("a+b")
    except OSError as error:
        raise disk_error(error) from error
    try:
        take(stream)
    except OSError as error:
        stream.close()
        raise CapacityError(
            "Another server uses this data folder.",
            "Stop it, or give this one a folder of its own (--data-dir).",
        ) from error
    return stream
