"""The threads that read jobs: several side by side, fairly over owners, pausable at every page.

A thread does no reading itself: it waits for the desk, which reads the pages of all jobs and chats
on its own fixed number of threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from shuowen.errors import OutputError, ShuowenError
from shuowen.server.desk import Desk
from shuowen.server.documents.jobs import Jobs
from shuowen.server.documents.read_job import Stopped, Turn, end_job, job_error, read_job
from shuowen.server.documents.records import Job, JobError
from shuowen.server.documents.turns import (
    MAX_STARTS,
    RunningJob,
    is_suspect,
    must_make_room,
    next_job,
)

_RETRY_SECONDS = 1.0
_LAST_SECONDS = 5.0  # a page stops at its next region


class JobRunner:
    """Reads queued jobs until it is closed."""

    def __init__(self, jobs: Jobs, desk: Desk, *, num_places: int) -> None:
        """`num_places` jobs are read side by side, at least 1."""
        self._jobs = jobs
        self._desk = desk
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._running: dict[str, RunningJob] = {}
        self._served: dict[str, int] = {}
        self._num_turns = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"shuowen-jobs-{number}", daemon=True)
            for number in range(num_places)
        ]

    def start(self) -> None:
        """Begin to read what is queued."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look at the queue: a job has come."""
        with self._changed:
            self._changed.notify()

    def cancel(self, job_id: str) -> None:
        """Stop reading a job at once, if it is being read; see that it has ended first."""
        with self._changed:
            place = self._running.get(job_id)
        if place is not None:
            place.stop.set()

    def seconds_left(self, job: Job) -> float | None:
        """Estimate for a job from the pages that it gained lately; None while there are none."""
        with self._changed:
            place = self._running.get(job.id)
            if place is None or not place.num_gained or job.num_wanted is None or job.has_ended:
                return None
            pace = (time.monotonic() - place.since) / place.num_gained
        return pace * (job.num_wanted - job.num_done)

    def close(self, seconds: float) -> None:
        """Let every job stop after the page at hand, and stay queued for the next start.

        After so many seconds they stop within their pages, which are then read again next time.
        """
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._join(seconds)
        with self._changed:
            late = list(self._running.values())
        for place in late:
            place.stop.set()
        self._join(_LAST_SECONDS)
        with self._changed:
            stuck = list(self._running)
        for job_id in stuck:  # a slow page is no reason to call its job the server's killer
            with suppress(ShuowenError):
                self._jobs.requeue(job_id)

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0.0))

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                begun = self._begin()
            except ShuowenError:  # the disk is full: wait until it takes what is to be noted
                self._stopping.wait(_RETRY_SECONDS)
                continue
            if begun is not None:
                self._run(*begun)

    def _begin(self) -> tuple[Job, RunningJob] | None:
        """Take a place for the next job; None after waiting for one."""
        with self._changed:
            found = next_job(self._jobs.table.queue(), self._running.values(), self._served)
            if found is None:
                if not self._stopping.is_set():
                    self._changed.wait()
                return None
            if found.num_starts >= MAX_STARTS:
                self._jobs.end(found.id, "failed", _KEEPS_DYING)
                return None
            job = self._jobs.table.start(found.id)
            if job is None:
                return None
            self._num_turns += 1
            self._served[found.owner] = self._num_turns
            place = RunningJob(
                id=job.id,
                owner=job.owner,
                since=time.monotonic(),
                is_alone=is_suspect(found),
            )
            self._running[job.id] = place
        self._jobs.signals.tell(job.id)
        return job, place

    def _run(self, job: Job, place: RunningJob) -> None:
        try:
            self._settle(job, self._read(job, place))
        finally:
            with self._changed:
                del self._running[job.id]
                self._changed.notify_all()
            with suppress(ShuowenError):  # the database was closed: the next start removes it
                self._jobs.erase_if_gone(job.id)

    def _read(self, job: Job, place: RunningJob) -> Callable[[], object]:
        """Read a job; what then to note about it."""
        turn = Turn(stop=place.stop, must_pause=lambda: self._must_pause(place))
        try:
            how = read_job(job, self._jobs, self._desk, turn)
        except Exception as error:  # one job's failure, of any kind, must not cost the others
            if place.stop.is_set:  # if it was cancelled or erased, queueing it does nothing
                return lambda: self._jobs.requeue(job.id)
            if isinstance(error, OutputError):
                # The disk is full, as a rule: make room for what is to be noted.
                self._jobs.files.erase_source(job.id)
            failure = job_error(error)
            return lambda: self._jobs.end(job.id, "failed", failure)
        if how is Stopped.FINISHED:
            return lambda: end_job(job, self._jobs)
        if how is Stopped.PAUSED:
            return lambda: self._jobs.requeue(job.id)
        return lambda: None

    def _settle(self, job: Job, change: Callable[[], object]) -> None:
        """Make a change, as soon as the disk takes it; else the next start does."""
        while True:
            try:
                change()
            except OutputError:
                if not self._stopping.wait(_RETRY_SECONDS):
                    continue
            except ShuowenError:
                pass
            except Exception as error:  # its pages cannot be looked at: its thread must live on
                failure = job_error(error)
                with suppress(ShuowenError):
                    self._jobs.end(job.id, "failed", failure)
            return

    def _must_pause(self, place: RunningJob) -> bool:
        """Count a page, and say whether the job should stop for now."""
        if self._stopping.is_set():
            return True
        with self._changed:
            place.num_gained += 1
            if place.is_alone:
                place.is_alone = False
                self._changed.notify_all()
            if len(self._running) < len(self._threads):
                return False
            queue, now = self._jobs.table.queue(), time.monotonic()
            place.is_leaving = must_make_room(place, queue, self._running.values(), now)
            return place.is_leaving


_KEEPS_DYING = JobError(
    code="internal",
    message=f"The server died {MAX_STARTS} times while it read this document."
    " Try it without the page that it was at, and please report it.",
)
