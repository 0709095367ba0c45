"""The operations of the document API as OpenAPI tells them: what each does and what it answers."""

from __future__ import annotations

from typing import Any

from shuowen.server.documents.deliveries import media_type
from shuowen.server.documents.openapi import LIST, RECORD, SUBMIT_BODY, answers, result_answers
from shuowen.server.documents.wishes import DOCUMENT_FORMATS
from shuowen.writers import WRITERS

Operation = dict[str, Any]
"""Keyword arguments of a route."""

SUBMIT: Operation = {
    "summary": "Hand in a document to be read",
    "description": (
        "As a form with the field `file`; as JSON with a `url` or `content_base64`; or as the body"
        " itself. The document is on disk when the answer comes, and is read in the background."
        " With an `Idempotency-Key` the same request may be sent again: the answer is then the"
        " document that is there, as long as it is kept."
    ),
    "status_code": 202,
    "responses": answers(
        {202: "It is queued; `Location` says where it is.", 200: "The same request came before."},
        400,
        409,
        413,
        422,
        429,
        507,
        schema=RECORD,
    ),
    "openapi_extra": SUBMIT_BODY,
}
LISTED: Operation = {
    "summary": "The caller's documents, newest first",
    "responses": answers({200: "A part of them."}, 400, schema=LIST),
}
SHOWN: Operation = {
    "summary": "How a document gets on",
    "responses": answers({200: "The document."}, 404, schema=RECORD),
}
CANCELLED: Operation = {
    "summary": "Stop reading a document, and keep its pages",
    "description": "A document that has ended stays as it is.",
    "responses": answers({200: "The document."}, 404, schema=RECORD),
}
ERASED: Operation = {
    "summary": "Stop reading a document, and erase all of it",
    "description": (
        "Source, pages and result are removed; once more makes no difference. That somebody who"
        " searches the disk finds nothing is not promised."
    ),
    "status_code": 204,
    "responses": answers({204: "It is gone."}, 404),
}
RESULT: Operation = {
    "summary": "What was read, as a file",
    "description": (
        "Once the document is completed or partial; before, with `partial=true`, the pages read so"
        " far. Where the server erases documents once they were fetched, this is the fetching."
    ),
    "responses": result_answers(*(media_type(WRITERS[name]) for name in DOCUMENT_FORMATS)),
}
PAGE: Operation = {
    "summary": "One page, as a file, as soon as it was read",
    "description": "`overlay` is the page's picture with what was found drawn on it.",
    "responses": result_answers(*(media_type(writer) for writer in WRITERS.values())),
}
EVENTS: Operation = {
    "summary": "Progress as server-sent events",
    "description": (
        "First what is done, then what happens: `state` with the document; `page` with its number,"
        " status and seconds, and its content if asked for; at the end `done` with the document."
        " `Last-Event-ID` goes on behind a page. A comment comes when nothing else does."
    ),
    "responses": {
        200: {
            "description": "The events, until the document's end.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "`Last-Event-ID` says that all was seen."},
        **answers({}, 400, 404),
    },
}
