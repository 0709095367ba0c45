"""What is known of every document job, in SQLite: the one place that changes a job's state.

A change that no longer fits is not made: a page that comes after its job was cancelled or erased
is refused, and whoever brought it is told so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from shuowen.errors import BusyError, ConflictError
from shuowen.server.documents.database import Database
from shuowen.server.documents.records import Job, JobError, JobState, NewJob, PageMark

_RETRY_SECONDS = 30

_JOBS = """
    SELECT jobs.*,
        (SELECT count(*) FROM pages WHERE job_id = jobs.id) AS num_done,
        (SELECT count(*) FROM pages WHERE job_id = jobs.id AND status = 'failed') AS num_failed
    FROM jobs
"""
_UNENDED = "state IN ('queued', 'running')"


class QueuedJob(msgspec.Struct, frozen=True):
    """The first in an owner's queue."""

    id: str
    owner: str
    sequence: int
    num_starts: int


class JobTable:
    """The jobs of all owners."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewJob, *, max_waiting: int, max_documents: int) -> tuple[Job, bool]:
        """Put a job into the queue, unless its idempotency key says that it is there already.

        Returns:
            The job, and whether it is new.

        Raises:
            ConflictError: The key was used for another request.
            BusyError: The owner has `max_waiting` jobs that are not ended, or `max_documents` in
                all.
        """
        with self._database.transaction() as connection:
            known = self._same_request(connection, new)
            if known is not None:
                return known, False
            count = f"SELECT count(*) FROM jobs WHERE owner = ? AND {_UNENDED}"
            if connection.execute(count, (new.owner,)).fetchone()[0] >= max_waiting:
                raise BusyError(
                    f"{max_waiting} of your documents are waiting or being read.",
                    "Wait until one is done, or delete one.",
                    retry_after_seconds=_RETRY_SECONDS,
                )
            count = "SELECT count(*) FROM jobs WHERE owner = ?"
            if connection.execute(count, (new.owner,)).fetchone()[0] >= max_documents:
                raise BusyError(
                    f"{max_documents} of your documents are kept, the most that may be.",
                    "Delete some that you need no more: DELETE /v1/documents/ID.",
                    retry_after_seconds=_RETRY_SECONDS,
                )
            _insert(connection, new)
            return _job(connection.execute(f"{_JOBS} WHERE id = ?", (new.id,)).fetchone()), True

    def get(self, job_id: str, owner: str | None = None) -> Job | None:
        """A job; None where there is none, or none of `owner`."""
        found = self._database.rows(f"{_JOBS} WHERE id = ?", job_id)
        job = _job(found[0]) if found else None
        return job if job and owner in (None, job.owner) else None

    def newest(self, owner: str, *, limit: int, before: int | None = None) -> list[Job]:
        """At most `limit` of an owner's jobs, the newest first, older than sequence `before`."""
        statement = f"{_JOBS} WHERE owner = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?"
        start = (1 << 62) if before is None else before
        return [_job(row) for row in self._database.rows(statement, owner, start, limit)]

    def queue(self) -> list[QueuedJob]:
        """For every owner with a queue, the first in it: what failed to start before, then age."""
        rows = self._database.rows(
            "SELECT id, owner, sequence, num_starts FROM jobs WHERE state = 'queued'"
            " ORDER BY num_starts DESC, sequence"
        )
        first: dict[str, QueuedJob] = {}
        for row in rows:
            first.setdefault(row["owner"], QueuedJob(*row))
        return list(first.values())

    def num_by_state(self) -> dict[JobState, int]:
        """How many jobs there are in each state; states without jobs are left out."""
        rows = self._database.rows("SELECT state, count(*) FROM jobs GROUP BY state")
        return {row[0]: row[1] for row in rows}

    def start(self, job_id: str) -> Job | None:
        """A queued job begins to run; None where it is not queued any more."""
        has_started = self._change(
            "UPDATE jobs SET state = 'running', started_at = coalesce(started_at, ?),"
            " num_starts = num_starts + 1 WHERE id = ? AND state = 'queued'",
            time.time(),
            job_id,
        )
        return self.get(job_id) if has_started else None

    def fetched_source(self, job_id: str, media_type: str, num_bytes: int) -> bool:
        """Note what a URL led to; whether the job still runs."""
        return self._change(
            "UPDATE jobs SET media_type = ?, num_bytes = ? WHERE id = ? AND state = 'running'",
            media_type,
            num_bytes,
            job_id,
        )

    def opened(self, job_id: str, *, num_pages: int, num_wanted: int) -> bool:
        """Note how many pages there are; whether the job still runs."""
        return self._change(
            "UPDATE jobs SET num_pages = ?, num_wanted = ? WHERE id = ? AND state = 'running'",
            num_pages,
            num_wanted,
            job_id,
        )

    def add_page(self, job_id: str, page_number: int, status: str, seconds: float) -> bool:
        """Note a page whose content is on disk; whether the job still runs."""
        with self._database.transaction() as connection:
            gained = connection.execute(
                "UPDATE jobs SET num_starts = 0 WHERE id = ? AND state = 'running'", (job_id,)
            )
            if not gained.rowcount:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO pages (job_id, page_number, sequence, status, seconds)"
                " SELECT ?, ?, coalesce(max(sequence), 0) + 1, ?, ? FROM pages WHERE job_id = ?",
                (job_id, page_number, status, seconds, job_id),
            )
        return True

    def drop_pages(self, job_id: str, page_numbers: Sequence[int]) -> None:
        """Forget pages whose content was lost; they will be read again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM pages WHERE job_id = ? AND page_number = ?",
                [(job_id, number) for number in page_numbers],
            )

    def pages(self, job_id: str, after: int = 0, *, limit: int = -1) -> list[PageMark]:
        """Finished pages in the order in which they were finished, from sequence `after` on.

        At most `limit`; -1 for all.
        """
        rows = self._database.rows(
            "SELECT sequence, page_number, status, seconds FROM pages"
            " WHERE job_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            job_id,
            after,
            limit,
        )
        return [PageMark(**row) for row in rows]

    def requeue(self, job_id: str) -> bool:
        """A running job goes back to the queue, stopped cleanly; whether it did."""
        return self._change(
            "UPDATE jobs SET state = 'queued', num_starts = max(num_starts - 1, 0)"
            " WHERE id = ? AND state = 'running'",
            job_id,
        )

    def requeue_all(self) -> None:
        """What a server that died left running is queued again."""
        self._change("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def end(
        self, job_id: str, state: JobState, *, keep_seconds: float, error: JobError | None = None
    ) -> bool:
        """End a job that is queued or running; whether it was."""
        now = time.time()
        return self._change(
            "UPDATE jobs SET state = ?, error = ?, finished_at = ?, expires_at = ?"
            f" WHERE id = ? AND {_UNENDED}",
            state,
            msgspec.json.encode(error).decode() if error else None,
            now,
            now + keep_seconds,
            job_id,
        )

    def note_fetched(self, job_id: str, format_name: str) -> Job | None:
        """A format was fetched whole; the job as it is then, None where it is gone."""
        with self._database.transaction() as connection:
            statement = "SELECT fetched FROM jobs WHERE id = ?"
            found = connection.execute(statement, (job_id,)).fetchone()
            if found is None:
                return None
            fetched = sorted({*msgspec.json.decode(found[0]), format_name})
            connection.execute(
                "UPDATE jobs SET fetched = ? WHERE id = ?", (_as_text(fetched), job_id)
            )
        return self.get(job_id)

    def erase(self, job_id: str, *, by_owner: bool) -> bool:
        """Forget a job; whether there was one. What its owner erased is remembered by its id."""
        with self._database.transaction() as connection:
            if by_owner:
                connection.execute(
                    "INSERT OR IGNORE INTO erased SELECT id, owner, ? FROM jobs WHERE id = ?",
                    (time.time(), job_id),
                )
            deleted = connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        return deleted.rowcount > 0

    def was_erased(self, job_id: str, owner: str) -> bool:
        """Whether an owner erased this job, not too long ago."""
        statement = "SELECT 1 FROM erased WHERE id = ? AND owner = ?"
        return bool(self._database.rows(statement, job_id, owner))

    def forget_erased(self, before: float) -> None:
        """Forget the ids of jobs that were erased before a time."""
        self._change("DELETE FROM erased WHERE erased_at < ?", before)

    def expired(self, now: float) -> list[str]:
        """Ids of ended jobs whose time is over."""
        return [
            row[0] for row in self._database.rows("SELECT id FROM jobs WHERE expires_at <= ?", now)
        ]

    def all_jobs(self) -> list[Job]:
        """Every job there is."""
        return [_job(row) for row in self._database.rows(_JOBS)]

    def _change(self, statement: str, *values: object) -> bool:
        with self._database.transaction() as connection:
            return connection.execute(statement, values).rowcount > 0

    def _same_request(self, connection: sqlite3.Connection, new: NewJob) -> Job | None:
        if not new.idempotency_key:
            return None
        statement = f"{_JOBS} WHERE owner = ? AND idempotency_key = ?"
        found = connection.execute(statement, (new.owner, new.idempotency_key)).fetchone()
        if found is None:
            return None
        if found["fingerprint"] != new.fingerprint:
            raise ConflictError(
                "This Idempotency-Key was used for another request.",
                "Send a key of its own with every new request.",
            )
        return _job(found)


def _insert(connection: sqlite3.Connection, new: NewJob) -> None:
    connection.execute(
        "INSERT INTO jobs (state, id, owner, name, options, formats, media_type, num_bytes,"
        " created_at, idempotency_key, fingerprint)"
        " VALUES ('queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            new.owner,
            new.name,
            _as_text(replace(new.options, password="")),
            _as_text(new.formats),
            new.media_type,
            new.num_bytes,
            time.time(),
            new.idempotency_key or None,
            new.fingerprint,
        ),
    )


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    del values["idempotency_key"]
    for name in ("options", "formats", "fetched", "error"):
        values[name] = msgspec.json.decode(values[name]) if values[name] else None
    return msgspec.convert(values, Job)


def _as_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
