"""docling-serve's API: convert files and sources, now or later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shuowen.errors import CapacityError, NotFoundError, ShuowenError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.answers import route_class
from shuowen.server.compat.bodies import form_of, json_object
from shuowen.server.compat.docling_convert import Answer, Order, carry_out
from shuowen.server.compat.docling_document import VERSION
from shuowen.server.compat.docling_requests import (
    FORM_TABLE,
    REQUEST_TABLE,
    TABLES,
    VERSION_HEADER,
    Bringing,
    KeptOrder,
    bring_now,
    check_version,
    form_order,
    json_order,
    kept_order,
)
from shuowen.server.compat.docling_tasks import Task, TaskList
from shuowen.server.compat.fields import Contract
from shuowen.server.compat.given import Given
from shuowen.server.compat.openapi import answers, json_body, multipart_body, query
from shuowen.server.compat.sources import download_limits
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.version import __version__

MAX_WAIT_SECONDS = 30

CONTRACT = Contract(
    title="docling-serve (as of 1.38)",
    endpoints=(
        "POST /v1/convert/file",
        "POST /v1/convert/source",
        "POST /v1/convert/file/async",
        "POST /v1/convert/source/async",
        "GET /v1/status/poll/{task_id}",
        "GET /v1/result/{task_id}",
        "GET /version",
    ),
    encoding="a multipart form (`/file`) or JSON (`/source`)",
    tables=TABLES,
    remarks=(
        "A document that cannot be read is told in the answer (`status`, `errors`), as"
        " docling-serve does, not by an HTTP status; a page that cannot be read makes a"
        " `partial_success`.",
        "Tasks are kept in memory, a caller's one after another, and are gone when the server is;"
        " for jobs that outlive it there is `/v1/documents`. Their status comes by polling only.",
    ),
)

_FORM = multipart_body(FORM_TABLE, files=("files",))
_JSON = json_body(REQUEST_TABLE.schema())
_CONVERTED = answers("What became of the documents.", "application/json", "application/zip")
_STATUS = answers("How far the task is.")
_WAIT = query("wait", "Seconds to wait for the task's end.", {"type": "number", "minimum": 0})


def router(parts: Parts) -> APIRouter:
    """The paths of docling-serve."""
    tasks = TaskList(parts.options.retention_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await tasks.close()

    paths = APIRouter(
        tags=["docling-serve"], lifespan=lifespan, route_class=route_class(_error_shape)
    )
    _add_conversions(paths, parts)
    _add_beginnings(paths, parts, tasks)
    _add_tasks(paths, parts, tasks)
    return paths


def _error_shape(error: ShuowenError) -> dict[str, Any]:
    """Docling's client reads `detail`."""
    return {"detail": str(error)}


def _add_conversions(paths: APIRouter, parts: Parts) -> None:
    @paths.post(
        "/v1/convert/file",
        summary="Converts the files of a form, and answers with what they hold",
        openapi_extra=_FORM,
        responses=_CONVERTED,
    )
    async def convert_file(request: Request) -> Response:
        """Converts the files of a form, and answers with what they hold."""
        async with form_of(request, ("files",)) as form:
            check_version(request.headers.get(VERSION_HEADER, ""))
            order = form_order(form, caller_of(request).id, bring_now)
            return _response(await carry_out(parts, order))

    @paths.post(
        "/v1/convert/source",
        summary="Converts base64 and downloads, and answers with what they hold",
        openapi_extra=_JSON,
        responses=_CONVERTED,
    )
    async def convert_source(request: Request) -> Response:
        """Converts base64 and downloads, and answers with what they hold."""
        order = await call(await _json_order(request, parts), bring_now)
        return _response(await carry_out(parts, order))

    @paths.get("/version", summary="Which release answers", responses=answers("Releases by name."))
    async def version() -> Response:
        """Which release answers."""
        return json_reply({"shuowen": __version__, "docling-document": VERSION})


def _add_beginnings(paths: APIRouter, parts: Parts, tasks: TaskList) -> None:
    @paths.post(
        "/v1/convert/file/async",
        summary="Begins a task for the files of a form",
        openapi_extra=_FORM,
        responses=_STATUS,
    )
    async def begin_file(request: Request) -> Response:
        """Begins a task for the files of a form."""
        async with form_of(request, ("files",)) as form:
            check_version(request.headers.get(VERSION_HEADER, ""))
            owner = caller_of(request).id
            kept = await call(kept_order, partial(form_order, form, owner))
        return json_reply(_begun(parts, tasks, kept))

    @paths.post(
        "/v1/convert/source/async",
        summary="Begins a task for base64 and downloads",
        openapi_extra=_JSON,
        responses=_STATUS,
    )
    async def begin_source(request: Request) -> Response:
        """Begins a task for base64 and downloads."""
        kept = await call(kept_order, await _json_order(request, parts))
        return json_reply(_begun(parts, tasks, kept))


def _add_tasks(paths: APIRouter, parts: Parts, tasks: TaskList) -> None:
    @paths.get(
        "/v1/status/poll/{task_id}",
        summary="How far a task is",
        openapi_extra=_WAIT,
        responses=_STATUS,
    )
    async def poll(request: Request, task_id: str) -> Response:
        """How far a task is."""
        task = tasks.get(caller_of(request).id, task_id)
        seconds = Given(dict(request.query_params)).number("wait", minimum=0) or 0.0
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(task.has_ended.wait(), min(seconds, MAX_WAIT_SECONDS))
        return json_reply(_status(tasks, task))

    @paths.get(
        "/v1/result/{task_id}", summary="What a task that has ended gave", responses=_CONVERTED
    )
    async def result(request: Request, task_id: str) -> Response:
        """What a task that has ended gave."""
        task = tasks.get(caller_of(request).id, task_id)
        if task.error is not None:
            return json_reply({"kind": "TaskFailureResult", "failure": _failure(task.error)})
        if task.result is None:
            raise NotFoundError("Task result not found. Please wait for a completion status.")
        body = await call(task.result.read)
        task.was_fetched = True
        if parts.options.erase_after_read:
            tasks.forget(task)
        return _response(Answer(body=body, media_type=task.media_type))


def _begun(parts: Parts, tasks: TaskList, kept: KeptOrder) -> dict[str, Any]:
    work = partial(carry_out, parts, kept.order, is_urgent=False)
    return _status(tasks, tasks.begin(kept.order, work, kept.close))


async def _json_order(request: Request, parts: Parts) -> Callable[[Bringing], Order]:
    """What takes the request's JSON apart, on a thread."""
    check_version(request.headers.get(VERSION_HEADER, ""))
    body = await json_object(request)
    limits = download_limits(parts.options)
    return partial(json_order, body, caller_of(request).id, limits)


def _response(answer: Answer) -> Response:
    headers = {}
    if answer.media_type == "application/zip":
        headers["Content-Disposition"] = 'attachment; filename="converted_docs.zip"'
    return Response(answer.body, media_type=answer.media_type, headers=headers)


def _status(tasks: TaskList, task: Task) -> dict[str, Any]:
    has_succeeded = task.state == "success"
    return {
        "task_id": task.id,
        "task_type": "convert",
        "task_status": task.state,
        "task_position": tasks.position(task),
        "task_meta": {
            "num_docs": task.num_sources,
            "num_processed": task.num_sources if has_succeeded else 0,
        },
        "error_message": None if task.error is None else str(task.error),
        "failure": None if task.error is None else _failure(task.error),
    }


def _failure(error: ShuowenError) -> dict[str, Any]:
    is_capacity = isinstance(error, CapacityError)
    return {
        "category": "capacity" if is_capacity else "internal",
        "message": str(error),
        "retryable": is_capacity,
        "phase": "execution",
    }
