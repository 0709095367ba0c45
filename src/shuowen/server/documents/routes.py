"""The paths of the document API; see `store.py` for what stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shuowen.errors import FieldError, NotFoundError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.documents import operations, results
from shuowen.server.documents.deliveries import Delivery, deliver, format_named, has_it, unchanged
from shuowen.server.documents.events import LAST_ID, Wanted, events
from shuowen.server.documents.records import Job
from shuowen.server.documents.store import DocumentStore
from shuowen.server.documents.uploads import receive_job
from shuowen.server.documents.wishes import DOCUMENT_FORMATS
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.writers import WRITERS, DocumentWriter, Writer

DEFAULT_FORMAT = "md"

_MAX_LIMIT = 100
_MAX_PAGE_NUMBER = 1_000_000
_MAX_DIGITS = 9
_ENUM = {"enum": list(DOCUMENT_FORMATS)}

_Id = Annotated[str, Path(description="Of a document of the caller's.")]
_PageNumber = Annotated[int, Path(ge=1, le=_MAX_PAGE_NUMBER, description="From 1.")]
_Limit = Annotated[int, Query(ge=1, le=_MAX_LIMIT, description="How many at most.")]
_After = Annotated[str | None, Query(description="Id of the last one seen; none for the newest.")]
_Format = Annotated[
    str | None,
    Query(
        description=f"The first of the option `formats`, else {DEFAULT_FORMAT}, when left out.",
        json_schema_extra=_ENUM,
    ),
]
_PageFormat = Annotated[str, Query(json_schema_extra={"enum": list(WRITERS)})]
_Partial = Annotated[bool, Query(description="Whether the pages read so far will do.")]
_Content = Annotated[
    str | None,
    Query(
        description="Format in which each page's content comes along; none when left out.",
        json_schema_extra=_ENUM,
    ),
]


def router(parts: Parts) -> APIRouter:
    """The paths below /v1/documents."""
    routes = APIRouter(prefix="/v1/documents", tags=["Documents"])
    paths = _Paths(parts.documents)
    one = "/{document_id}"
    for method, path, answer, described in (
        ("POST", "", paths.submit, operations.SUBMIT),
        ("GET", "", paths.all, operations.LISTED),
        ("GET", one, paths.one, operations.SHOWN),
        ("DELETE", one, paths.erase, operations.ERASED),
        ("POST", f"{one}/cancel", paths.cancel, operations.CANCELLED),
        ("GET", f"{one}/result", paths.result, operations.RESULT),
        ("GET", f"{one}/events", paths.events, operations.EVENTS),
        ("GET", f"{one}/pages/{{page_number}}", paths.page, operations.PAGE),
    ):
        _add(routes, method, path, answer, described)
    return routes


def _add(
    routes: APIRouter,
    method: str,
    path: str,
    answer: Callable[..., Any],
    described: operations.Operation,
) -> None:
    name = f"documents_{answer.__name__}"
    routes.add_api_route(
        path, answer, methods=[method], name=name, response_class=Response, **described
    )


class _Paths:
    """One method for each path."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def submit(
        self, request: Request, idempotency_key: Annotated[str, Header()] = ""
    ) -> Response:
        new = await receive_job(
            request,
            self._store.jobs.files,
            owner=caller_of(request).id,
            idempotency_key=idempotency_key,
            max_bytes=self._store.limits.max_bytes,
        )
        job, is_new = await call(self._store.submit, new)
        record = await call(self._store.record, job)
        headers = {"location": record.links["self"]}
        return json_reply(record, status=202 if is_new else 200, headers=headers)

    async def all(self, request: Request, limit: _Limit = 20, after: _After = None) -> Response:
        owner = caller_of(request).id
        try:
            found = await call(self._store.page_of_records, owner, limit=limit, after=after)
        except NotFoundError as error:
            raise FieldError(error.message, error.hint, param="after") from error
        return json_reply(found)

    async def one(self, request: Request, document_id: _Id) -> Response:
        job = await self._job(request, document_id)
        return json_reply(await call(self._store.record, job))

    async def erase(self, request: Request, document_id: _Id) -> Response:
        await call(self._store.erase, document_id, caller_of(request).id)
        return Response(status_code=204)

    async def cancel(self, request: Request, document_id: _Id) -> Response:
        job = await call(self._store.cancel, document_id, caller_of(request).id)
        return json_reply(await call(self._store.record, job))

    async def result(
        self,
        request: Request,
        document_id: _Id,
        format: _Format = None,
        partial: _Partial = False,
    ) -> Response:
        job = await self._job(request, document_id)
        writer = _document_writer(format or [*job.formats, DEFAULT_FORMAT][0], "format")
        if not partial:
            results.check_finished(job)
        tag = results.version_tag(job, writer.name)
        if has_it(request, tag):
            return unchanged(tag)
        data = await call(self._written, job, writer, partial)
        when_sent = None if partial else self._note_of(job, writer)
        return deliver(
            Delivery(
                data=data,
                writer=writer,
                name=job.name,
                suffix=writer.suffix,
                tag=tag,
                when_sent=when_sent,
            )
        )

    async def page(
        self,
        request: Request,
        document_id: _Id,
        page_number: _PageNumber,
        format: _PageFormat = DEFAULT_FORMAT,
    ) -> Response:
        job = await self._job(request, document_id)
        writer = format_named(format, "format")
        data = await call(self._written_page, job, writer, page_number)
        tag = results.version_tag(job, f"{page_number}/{writer.name}")
        if has_it(request, tag):
            return unchanged(tag)
        suffix = f".page-{page_number:04d}{writer.suffix}"
        return deliver(Delivery(data=data, writer=writer, name=job.name, suffix=suffix, tag=tag))

    async def events(
        self,
        request: Request,
        document_id: _Id,
        content: _Content = None,
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        job = await self._job(request, document_id)
        writer = None if content is None else _document_writer(content, "content")
        if last_event_id == LAST_ID and job.has_ended:
            return Response(status_code=204)  # tells a browser not to come back
        wanted = Wanted(
            job_id=job.id, owner=job.owner, after=_sequence(last_event_id), writer=writer
        )
        return StreamingResponse(
            events(self._store, wanted),
            media_type="text/event-stream",
            # For proxies that gather small pieces, as nginx does.
            headers={"cache-control": "no-cache", "x-accel-buffering": "no"},
        )

    async def _job(self, request: Request, document_id: str) -> Job:
        return await call(self._store.jobs.get, document_id, caller_of(request).id)

    def _written(self, job: Job, writer: DocumentWriter, is_partial: bool) -> bytes:
        with self._store.making():
            return writer.write(results.read_document(job, self._store.jobs, partial=is_partial))

    def _written_page(self, job: Job, writer: Writer, page_number: int) -> bytes:
        files = self._store.jobs.files
        with self._store.making():
            if isinstance(writer, DocumentWriter):
                return writer.write(results.read_one_page(job, files, page_number))
            return results.draw_page(job, files, page_number, writer, self._store.limits.source)

    def _note_of(self, job: Job, writer: DocumentWriter) -> Callable[[], None] | None:
        """What to do once a whole result was sent."""
        if not self._store.limits.erase_after_read:
            return None
        return partial(self._store.jobs.was_fetched, job, writer)


def _document_writer(name: str, param: str) -> DocumentWriter:
    writer = format_named(name, param)
    if not isinstance(writer, DocumentWriter):
        hint = f"Ask for a page: …/pages/1?format={writer.name}."
        raise FieldError(f"{writer.name} is made for each page.", hint, param=param)
    return writer


def _sequence(last_event_id: str) -> int:
    """Behind which page to go on; what is no id of ours begins at the start."""
    is_number = last_event_id.isascii() and last_event_id.isdecimal()
    return int(last_event_id) if is_number and len(last_event_id) <= _MAX_DIGITS else 0
