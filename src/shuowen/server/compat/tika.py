"""Apache Tika's server, as far as document loaders use it: a file in, its text out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shuowen.config import ReadOptions
from shuowen.document.model import Document
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.fields import Contract, FieldTable, accepted
from shuowen.server.compat.openapi import answers, raw_body
from shuowen.server.compat.reading import (
    Reading,
    check_readable,
    read_document,
)
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.source.model import Source
from shuowen.writers import markdown, text

CONTRACT = Contract(
    title="Apache Tika server (as of 3 and 4)",
    endpoints=("PUT /tika/text", "PUT /tika/json/md"),
    encoding="headers, the document as the body",
    tables=(
        FieldTable(
            fields=(
                *accepted("Content-Type", "the bytes tell what the document is"),
                *accepted("X-Tika-PDFextractInlineImages", "pictures in a PDF are always read"),
            )
        ),
    ),
    remarks=("`/tika/text` gives plain text, `/tika/json/md` Markdown, each in JSON.",),
)


def router(parts: Parts) -> APIRouter:
    """The two paths that loaders call."""
    paths = APIRouter(tags=["Tika"])

    @paths.put(
        "/tika/text",
        summary="Reads the document that is the body, as plain text",
        openapi_extra=raw_body(),
        responses=answers("X-TIKA:content: text."),
    )
    async def plain(request: Request) -> Response:
        """Reads the document that is the body, as plain text."""
        document = await _read(request, parts)
        return json_reply(_answer(document, "X-TIKA:content", await call(text.write, document)))

    @paths.put(
        "/tika/json/md",
        summary="Reads the document that is the body, as Markdown",
        openapi_extra=raw_body(),
        responses=answers("tk:content: Markdown."),
    )
    async def marked(request: Request) -> Response:
        """Reads the document that is the body, as Markdown."""
        document = await _read(request, parts)
        return json_reply(_answer(document, "tk:content", await call(markdown.write, document)))

    return paths


async def _read(request: Request, parts: Parts) -> Document:
    source = Source(name="document", data=await request.body())
    reading = Reading(source=source, options=ReadOptions(), owner=caller_of(request).id)
    document = await read_document(parts, reading)
    check_readable(document)
    return document


def _answer(document: Document, key: str, content: bytes) -> dict[str, Any]:
    return {
        key: content.decode(),
        "Content-Type": document.source.media_type,
        "xmpTPg:NPages": str(document.num_pages),
    }
