"""Open WebUI's external document loader: any file in, its text out, page by page.

Open WebUI shows the page of a citation from `metadata.page`, which counts from 0 as its own loaders
do; so a document with several pages is answered as a list, an entry for each page that says
something. Files of every kind are sent here, so text files are taken too.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shuowen.config import ReadOptions
from shuowen.document.model import Document
from shuowen.errors import InputError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.fields import Contract, FieldTable, accepted, honoured
from shuowen.server.compat.openapi import answers, header, raw_body
from shuowen.server.compat.page_markdown import page_markdown
from shuowen.server.compat.reading import (
    Reading,
    check_readable,
    read_document,
)
from shuowen.server.compat.text_files import is_page_file, text_of
from shuowen.server.documents.uploads import shown_name
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.source.model import Source
from shuowen.version import __version__

# Open WebUI stores files as "<uuid>_<name>".
_STORED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_(?=.)", re.IGNORECASE)
_TEXT: dict[str, Any] = {"type": "string"}

CONTRACT = Contract(
    title="Open WebUI, external document loader (as of 0.12)",
    endpoints=("PUT /process",),
    encoding="headers, the document as the body",
    tables=(
        FieldTable(
            fields=(
                honoured("X-Filename", "what the document is called, percent-encoded", _TEXT),
                honoured("Content-Type", "only its `charset`; the bytes tell what it is", _TEXT),
                *accepted(
                    "X-OpenWebUI-User-Name X-OpenWebUI-User-Id X-OpenWebUI-User-Email"
                    " X-OpenWebUI-User-Role X-OpenWebUI-Chat-Id",
                    "callers are told apart by their key",
                ),
            )
        ),
    ),
    remarks=(
        "Pictures and PDFs are read; text files of every encoding, web pages too, are passed on as"
        " text; Office files are refused by name (422).",
    ),
)


def router(parts: Parts) -> APIRouter:
    """The one path of the loader."""
    paths = APIRouter(tags=["Open WebUI"])

    @paths.put(
        "/process",
        summary="Reads the document that is the body",
        openapi_extra=raw_body(header("X-Filename", "Name of the file, percent-encoded.")),
        responses=answers("One entry, or a list with one for each page: page_content, metadata."),
    )
    async def process(request: Request) -> Response:
        """Reads the document that is the body."""
        source = Source(name=_name(request), data=await request.body())
        if not await call(is_page_file, source):
            return json_reply(await call(_text_entry, source, _charset(request)))
        reading = Reading(source=source, options=ReadOptions(), owner=caller_of(request).id)
        document = await read_document(parts, reading)
        return json_reply(await call(_entries, document))

    return paths


def _entries(document: Document) -> list[dict[str, Any]] | dict[str, Any]:
    check_readable(document)
    entries = [
        {"page_content": text, "metadata": _metadata(document, page.page_number)}
        for page in document.pages
        if (text := page_markdown(document, page))
    ]
    if not entries:
        raise InputError(
            f"{document.source.name} holds no text.", "Check that the page is not blank."
        )
    return entries if document.num_pages > 1 else entries[0]


def _metadata(document: Document, page_number: int) -> dict[str, Any]:
    return {
        "source": document.source.name,
        "page": page_number - 1,
        "page_label": page_number,
        "total_pages": document.num_pages,
        "media_type": document.source.media_type,
        "processing_engine": f"shuowen {__version__}",
    }


def _text_entry(source: Source, charset: str) -> dict[str, Any]:
    text = text_of(source.data or b"", source.name, charset)
    return {"page_content": text, "metadata": {"source": source.name}}


def _name(request: Request) -> str:
    name = unquote(request.headers.get("x-filename", ""), errors="replace")
    return shown_name(_STORED.sub("", name))


def _charset(request: Request) -> str:
    message = Message()
    message["Content-Type"] = request.headers.get("content-type", "")
    charset = message.get_content_charset()
    return charset if isinstance(charset, str) else ""
