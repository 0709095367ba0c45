"""Mistral's OCR API: documents in, pages of Markdown out; and the files that it takes them from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shuowen.document.model import Document
from shuowen.errors import FieldError, ShuowenError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.answers import route_class
from shuowen.server.compat.bodies import form_of, json_object
from shuowen.server.compat.fields import Contract
from shuowen.server.compat.figures import Picture, figure_pictures
from shuowen.server.compat.given import Given
from shuowen.server.compat.mistral_files import UploadedFile, UploadedFiles
from shuowen.server.compat.mistral_pages import listed_figures, ocr_pages
from shuowen.server.compat.mistral_requests import (
    DOCUMENT_TABLE,
    IMAGE_TABLE,
    REQUEST_TABLE,
    UPLOAD_TABLE,
    OcrRequest,
    Place,
    ocr_request,
)
from shuowen.server.compat.openapi import answers, json_body, multipart_body, query
from shuowen.server.compat.reading import (
    Reading,
    check_readable,
    read_document,
)
from shuowen.server.compat.sources import download_limits, source_from
from shuowen.server.documents.uploads import shown_name
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.source.model import Source

READER = "shuowen-embedded"
"""What answers, as `model` says."""

_HOUR = 3600
_MAX_HOURS = 168

CONTRACT = Contract(
    title="Mistral OCR (client 3.7)",
    endpoints=(
        "POST /v1/ocr",
        "POST /v1/files",
        "GET /v1/files/{file_id}",
        "GET /v1/files/{file_id}/url",
        "GET /v1/files/{file_id}/content",
        "DELETE /v1/files/{file_id}",
    ),
    encoding="JSON; a file as a multipart form",
    tables=(REQUEST_TABLE, DOCUMENT_TABLE, IMAGE_TABLE, UPLOAD_TABLE),
    remarks=(
        "A signed address of an uploaded file serves `/v1/ocr` of this server alone, and only for"
        " the caller who uploaded it; nothing is downloaded for it.",
        "A page that cannot be read says so in its `markdown`; when none can, the status is 422.",
    ),
)


def router(parts: Parts) -> APIRouter:
    """The paths of Mistral's OCR."""
    files = UploadedFiles()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        files.close()

    paths = APIRouter(
        tags=["Mistral OCR"], lifespan=lifespan, route_class=route_class(_error_shape)
    )
    _add_ocr(paths, parts, files)
    _add_upload(paths, parts, files)
    _add_files(paths, files)
    return paths


def _error_shape(error: ShuowenError) -> dict[str, Any]:
    """Mistral's client takes a 422 apart, and shows any other body as it is."""
    if error.http_status != 422:
        return {"object": "error", "message": str(error)}
    place = [part for part in ("body", error.param) if part]
    return {"detail": [{"loc": place, "msg": str(error), "type": error.code}]}


def _add_ocr(paths: APIRouter, parts: Parts, files: UploadedFiles) -> None:
    body = json_body({**REQUEST_TABLE.schema()})

    @paths.post(
        "/v1/ocr",
        summary="Reads a document, page by page",
        openapi_extra=body,
        responses=answers("Pages, model, usage_info."),
    )
    async def ocr(request: Request) -> Response:
        """Reads a document, page by page."""
        asked = await call(ocr_request, await json_object(request))
        return json_reply(await _ocr(parts, files, asked, request))


async def _ocr(
    parts: Parts, files: UploadedFiles, asked: OcrRequest, request: Request
) -> dict[str, Any]:
    owner = caller_of(request).id
    source = await call(_source, parts, files, asked.place, owner)
    reading = Reading(source=source, options=asked.options, owner=owner)
    document = await read_document(parts, reading)
    check_readable(document)
    pictures = await call(_pictures, parts, source, asked, document)
    return {
        "pages": await call(ocr_pages, document, asked.wishes, pictures),
        "model": READER,
        "usage_info": {
            "pages_processed": len(document.pages),
            "doc_size_bytes": document.source.num_bytes,
        },
        "document_annotation": None,
    }


def _source(parts: Parts, files: UploadedFiles, place: Place, owner: str) -> Source:
    if place.file_id:
        return _content(files.get(owner, place.file_id), place.name)
    uploaded = files.at_address(owner, place.address)
    if uploaded is not None:
        return _content(uploaded, place.name)
    limits = download_limits(parts.options)
    return source_from(place.address, place.name, limits, param="document")


def _content(file: UploadedFile, name: str) -> Source:
    return Source(name=shown_name(name or file.name), data=file.held.read())


def _pictures(
    parts: Parts, source: Source, asked: OcrRequest, document: Document
) -> dict[str, Picture]:
    if not asked.wishes.with_pictures:
        return {}
    names = listed_figures(document, asked.wishes)
    limits = parts.options.limits
    return figure_pictures(
        source, asked.options, limits, document, lambda region: region.id in names
    )


def _add_upload(paths: APIRouter, parts: Parts, files: UploadedFiles) -> None:
    body = multipart_body(UPLOAD_TABLE, files=("file",))

    @paths.post(
        "/v1/files",
        summary="Keeps a file for `/v1/ocr`",
        openapi_extra=body,
        responses=answers("The file's id, and more."),
    )
    async def upload(request: Request) -> Response:
        """Keeps a file for `/v1/ocr`."""
        async with form_of(request, ("file",)) as form:
            UPLOAD_TABLE.check(form.values)
            if len(form.files) != 1:
                raise FieldError("One file is needed.", "Send one.", param="file")
            seconds = _kept_seconds(Given(form.values), parts.options.retention_seconds)
            name = shown_name(form.files[0].filename or "")
            owner, content = caller_of(request).id, form.files[0].file
            file = await call(files.add, owner, name, content, seconds)
        asyncio.get_running_loop().call_later(seconds + 1, files.sweep)
        return json_reply(_described(file))


def _add_files(paths: APIRouter, files: UploadedFiles) -> None:
    expiry = {"type": "integer", "minimum": 1, "maximum": _MAX_HOURS}
    hours = query("expiry", "Hours until the address expires.", expiry)

    @paths.get(
        "/v1/files/{file_id}",
        summary="What is known of a file",
        responses=answers("The file's name and size, and more."),
    )
    async def retrieve(request: Request, file_id: str) -> Response:
        """What is known of a file."""
        file = files.get(caller_of(request).id, file_id)
        return json_reply({**_described(file), "deleted": False})

    @paths.get(
        "/v1/files/{file_id}/url",
        summary="An address that stands for a file until it expires",
        openapi_extra=hours,
        responses=answers("The signed address."),
    )
    async def signed_url(request: Request, file_id: str) -> Response:
        """An address that stands for a file until it expires."""
        file = files.get(caller_of(request).id, file_id)
        given = Given(dict(request.query_params))
        seconds = _HOUR * given.integer("expiry", default=24, minimum=1, maximum=_MAX_HOURS)
        return json_reply({"url": files.signed_address(file, str(request.base_url), seconds)})

    @paths.get(
        "/v1/files/{file_id}/content",
        summary="A file as it was uploaded",
        responses=answers("The file.", "application/octet-stream"),
    )
    async def content(request: Request, file_id: str) -> Response:
        """A file as it was uploaded."""
        file = files.get(caller_of(request).id, file_id)
        return Response(await call(file.held.read), media_type="application/octet-stream")

    @paths.delete(
        "/v1/files/{file_id}", summary="Erases a file", responses=answers("That it is deleted.")
    )
    async def delete(request: Request, file_id: str) -> Response:
        """Erases a file."""
        await call(partial(files.remove, caller_of(request).id, file_id))
        return json_reply({"id": file_id, "object": "file", "deleted": True})


def _kept_seconds(given: Given, longest: float) -> float:
    if not given.has("expiry"):
        return longest
    hours = given.integer("expiry", default=1, minimum=1, maximum=10**6)
    return min(hours * _HOUR, longest)


def _described(file: UploadedFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.held.num_bytes,
        "created_at": file.created_at,
        "expires_at": file.expires_at,
        "filename": file.name,
        "purpose": "ocr",
        "sample_type": "ocr_input",
        "source": "upload",
        "num_lines": None,
        "mimetype": None,
        "signature": None,
        "visibility": "user",
    }
