"""What happens to a job besides being read: it is handed in, looked at, ended, erased.

Table, files and listeners always change in an order that a crash cannot hurt: files come before
their job is in the table and go after it has left.
"""

from __future__ import annotations

import logging
import time

from shuowen.document.model import Page
from shuowen.errors import NotFoundError
from shuowen.server.documents.files import JobFiles, is_job_id
from shuowen.server.documents.records import Job, JobError, JobLimits, JobState, NewJob
from shuowen.server.documents.signals import Signals
from shuowen.server.documents.table import JobTable
from shuowen.writers import DocumentWriter

_log = logging.getLogger("shuowen.server")


class Jobs:
    """All jobs; methods block for the length of a small read or write of the disk.

    Attributes:
        table, files, signals: Where jobs are kept, and who listens.
        limits: What a job may cost.
    """

    def __init__(self, table: JobTable, files: JobFiles, limits: JobLimits) -> None:
        self.table = table
        self.files = files
        self.limits = limits
        self.signals = Signals()

    def recover(self) -> None:
        """Put in order what a server that died has left behind; call before anything else."""
        self.table.requeue_all()
        jobs = self.table.all_jobs()
        self.files.erase_orphans({job.id for job in jobs})
        for job in jobs:
            if job.has_ended:
                self._tidy(job.id)

    def add(self, new: NewJob) -> tuple[Job, bool]:
        """Queue a job whose files are in place; they are erased if it is not taken.

        Returns:
            The job, and whether it is new: the same request under the same idempotency key gives
            the job that is there.

        Raises:
            ConflictError, BusyError, OutputError: As `JobTable.add`.
        """
        is_new = False
        try:
            job, is_new = self.table.add(
                new,
                max_waiting=self.limits.max_waiting,
                max_documents=self.limits.max_documents,
            )
        finally:
            if not is_new:
                self.files.erase(new.id)
        return job, is_new

    def get(self, job_id: str, owner: str) -> Job:
        """A job of `owner`; raises `NotFoundError` where there is none, whoever has one."""
        job = self.table.get(job_id, owner) if is_job_id(job_id) else None
        if job is None:
            raise not_found()
        return job

    def end(self, job_id: str, state: JobState, error: JobError | None = None) -> bool:
        """End a job that is not ended; whether it was not. What only reading needed is erased."""
        has_ended = self.table.end(
            job_id, state, keep_seconds=self.limits.retention_seconds, error=error
        )
        if has_ended:
            code = {} if error is None else {"code": error.code}
            _log.info(
                "document ended", extra={"fields": {"document": job_id, "state": state, **code}}
            )
            self._tidy(job_id)
            self.signals.tell(job_id)
        return has_ended

    def requeue(self, job_id: str) -> None:
        """A job that was stopped cleanly waits for its next turn."""
        if self.table.requeue(job_id):
            self.signals.tell(job_id)

    def add_page(self, job_id: str, page: Page) -> bool:
        """Note a page whose content is on disk; whether the job still runs."""
        seconds = round(sum(page.timings.values()), 3)
        still_runs = self.table.add_page(job_id, page.page_number, page.status, seconds)
        self.signals.tell(job_id)
        return still_runs

    def erase(self, job_id: str, owner: str) -> None:
        """Forget a job of `owner` and remove its files; once more makes no difference.

        Raises:
            NotFoundError: There is none, and was none.
        """
        if not is_job_id(job_id) or not (
            self.table.get(job_id, owner) or self.table.was_erased(job_id, owner)
        ):
            raise not_found()
        self.table.erase(job_id, by_owner=True)
        self._remove(job_id)

    def erase_expired(self) -> None:
        """Erase the ended jobs whose time is over, and forget what was erased long ago."""
        now = time.time()
        for job_id in self.table.expired(now):
            self.table.erase(job_id, by_owner=False)
            self._remove(job_id)
        self.table.forget_erased(now - self.limits.retention_seconds)

    def was_fetched(self, job: Job, writer: DocumentWriter) -> None:
        """A result was sent whole: where it was the last that is wanted, erase the job."""
        now = self.table.note_fetched(job.id, writer.name)
        if now is not None and set(now.formats) <= set(now.fetched):
            self.table.erase(job.id, by_owner=False)
            self._remove(job.id)

    def erase_if_gone(self, job_id: str) -> None:
        """Remove what was written while a job was being erased."""
        if self.table.get(job_id) is None:
            self.files.erase(job_id)

    def _remove(self, job_id: str) -> None:
        self.files.erase(job_id)
        self.signals.tell(job_id)

    def _tidy(self, job_id: str) -> None:
        self.files.erase_secrets(job_id)
        if self.limits.erase_after_read:
            self.files.erase_source(job_id)


def not_found() -> NotFoundError:
    """The same for what was never there, what is gone and what is somebody else's."""
    return NotFoundError(
        "There is no such document.", "Check its id; documents are erased when their time is over."
    )
