"""The nouns of the document API: a job, its pages, and what somebody wants read."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Literal

import msgspec

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Count, Number, Status


def _told(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=f"{text}.")


JobState = Literal["queued", "running", "partial", "completed", "failed", "cancelled"]
"""queued: waits for its turn, also after some pages; running: is being read; completed: every page
was read; partial: read to the end, but some pages failed; failed: could not be read, as a whole or
on any page; cancelled: stopped by its owner, pages read until then are kept."""

ENDED: frozenset[JobState] = frozenset({"partial", "completed", "failed", "cancelled"})
"""States that a job never leaves."""


class JobError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job failed: a stable code (that of `errors.py`) and a sentence for people."""

    code: str
    message: str


class PageMark(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was read, or failed; its content is in the job's folder.

    Attributes:
        sequence: Position in the order in which the job's pages were finished, from 1.
        page_number: From 1.
        status: That of the `Page`.
        seconds: Time that reading it took.
    """

    sequence: int
    page_number: Number
    status: Status
    seconds: float


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A document that somebody handed in, from then until it is erased.

    Attributes:
        sequence: Order in which jobs came.
        id: Cannot be guessed: "doc_" and 128 random bits.
        owner: Who handed it in: the id of a key.
        name: As people are shown it: a file name or a URL without what is secret in it.
        options: What to read and how; the password is not in here.
        formats: What the owner is going to fetch; may be empty.
        fetched: Formats that were fetched whole.
        num_bytes: Size of the source; None until a URL has been fetched.
        num_pages: Pages of the source; None until it was opened.
        num_wanted: Pages to read; None until it was opened.
        num_done: Pages that need no more reading: read, or failed.
        num_failed: Those among them that failed.
        created_at, started_at, finished_at, expires_at: Seconds since 1970, UTC.
        error: Why it failed; None otherwise.
        num_starts: How often reading was begun without a page gained or a clean stop since.
        fingerprint: What tells one request from another under the same idempotency key.
    """

    sequence: int
    id: str
    owner: str
    name: str
    state: JobState
    options: ReadOptions
    formats: tuple[str, ...]
    fetched: tuple[str, ...]
    media_type: str | None
    num_bytes: int | None
    num_pages: int | None
    num_wanted: int | None
    num_done: int
    num_failed: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None
    error: JobError | None
    num_starts: int
    fingerprint: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be read."""
        return self.state in ENDED


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, once the source is in its folder.

    Attributes:
        id: The folder's name; see `JobFiles.new_id`.
        media_type, num_bytes: None for a URL, which is fetched later.
        idempotency_key: "" for none.
        fingerprint: See `Job`.
    """

    id: str
    owner: str
    name: str
    options: ReadOptions
    formats: tuple[str, ...] = ()
    media_type: str | None = None
    num_bytes: int | None = None
    idempotency_key: str = ""
    fingerprint: str = ""


class JobLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one owner, and one document, may cost, and how long documents are kept.

    Attributes:
        source: What a source may cost.
        max_bytes: Of a document that comes with a request.
        max_pages: Pages of one document.
        max_waiting: Documents of one owner that are not ended; more are refused.
        max_documents: Documents of one owner, ended ones included; more are refused.
        retention_seconds: How long an ended document is kept.
        erase_after_read: Whether a source is erased once it was read, and the rest once it was
            fetched.
    """

    source: Limits
    max_bytes: int
    max_pages: int = 2000
    max_waiting: int = 100
    max_documents: int = 1000
    retention_seconds: float = 86400.0
    erase_after_read: bool = False


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A document as the API shows it. Times are ISO 8601, UTC."""

    id: str
    object: Literal["document"] = "document"
    state: Annotated[
        JobState,
        _told(
            "queued; running; completed; partial: read, but some pages failed; failed: could not be"
            " read, as a whole or on any page; cancelled"
        ),
    ]
    name: str
    media_type: Annotated[str | None, _told("Told from the bytes; null until a URL was fetched")]
    num_bytes: Count | None
    num_pages: Annotated[Count | None, _told("Pages of the source; null until it was opened")]
    pages_wanted: Annotated[Count | None, _told("Pages asked for; null until it was opened")]
    pages_done: Annotated[Count, _told("Pages that need no more reading: read, or failed")]
    pages_failed: Annotated[Count, _told("Of those done; the result says why each failed")]
    seconds_left: Annotated[
        float | None,
        _told("Estimate from the pace of this document's pages; null while there is none"),
    ]
    options: Annotated[
        dict[str, str | int | list[str]], _told("As asked for, without the password")
    ]
    created_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: Annotated[str | None, _told("When it is erased; null before its end")]
    error: JobError | None
    links: Annotated[dict[str, str], _told("Paths of the document, its result, events and pages")]


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the caller's documents, newest first."""

    object: Literal["list"] = "list"
    data: tuple[JobRecord, ...]
    has_more: Annotated[bool, _told("Whether older ones follow: ask with after = last_id")]
    last_id: str | None


def job_record(job: Job, seconds_left: float | None = None) -> JobRecord:
    """A job as the API shows it."""
    path = f"/v1/documents/{job.id}"
    asked = msgspec.to_builtins(job.options)
    options = {name: value for name, value in asked.items() if name != "password"}
    return JobRecord(
        id=job.id,
        state=job.state,
        name=job.name,
        media_type=job.media_type,
        num_bytes=job.num_bytes,
        num_pages=job.num_pages,
        pages_wanted=job.num_wanted,
        pages_done=job.num_done,
        pages_failed=job.num_failed,
        seconds_left=None if seconds_left is None else round(seconds_left, 1),
        options={**options, "formats": list(job.formats)},
        created_at=_iso(job.created_at) or "",
        started_at=_iso(job.started_at),
        finished_at=_iso(job.finished_at),
        expires_at=_iso(job.expires_at),
        error=job.error,
        links={
            "self": path,
            "result": f"{path}/result",
            "events": f"{path}/events",
            "pages": f"{path}/pages/{{page_number}}",
        },
    )


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
